import type { ProtocolError } from '@simple-im/grammar';
import { SaxesParser } from 'saxes';
import { TreeBuilder } from './build.js';
import { xmlError, type XmlFail } from './errors.js';
import { xmlLimits, type XmlLimits } from './limits.js';
import { checkDeclaredEncoding, decodeSource, type XmlSource } from './source.js';
import { octetOffset, type XmlDocument } from './tree.js';

export interface XmlReadOptions extends Partial<XmlLimits> {
  /** Prefixes that are bound around the root, for a fragment; the key `''` is the default namespace. */
  readonly namespaces?: ReadonlyMap<string, string>;
}

/**
 * Reads an XML 1.0 document with namespaces, in UTF-8 or in UTF-16 with a byte order mark. A document type declaration is
 * refused, so there are no entities but the five predefined ones. The time taken is linear in the input.
 *
 * @throws ProtocolError `XML_...`; its offset counts octets.
 */
export function readXml(bytes: Uint8Array, options: XmlReadOptions = {}): XmlDocument {
  const limits = { ...xmlLimits, ...options };
  if (bytes.length > limits.maxOctets) throw xmlError('XML_TOO_LARGE', { detail: `${bytes.length} octets, ${limits.maxOctets} allowed` });
  const decoded = decodeSource(bytes);
  refuseDoctype(decoded);
  // saxes looks a prefix up by walking through all open elements, so namespaces are resolved by the builder instead.
  const parser = new SaxesParser({ xmlns: false, position: false });
  const fail: XmlFail = (code, detail) => {
    const offset = octetOffset(decoded, Math.min(parser.position, decoded.source.length));
    return xmlError(code, detail === undefined ? { offset } : { detail, offset });
  };
  const builder = new TreeBuilder(decoded, limits, () => parser.position, fail, options.namespaces);
  parser.on('xmldecl', ({ version, encoding }) => {
    if (version !== '1.0') throw fail('XML_VERSION');
    checkDeclaredEncoding(encoding, decoded.encoding);
    builder.declaration();
  });
  parser.on('opentagstart', ({ name }) => builder.startTagBegins(name));
  parser.on('attribute', ({ name, value }) => builder.attribute(name, value));
  parser.on('opentag', () => builder.startTagEnds());
  parser.on('closetag', ({ isSelfClosing }) => builder.endTag(isSelfClosing));
  parser.on('text', (value) => builder.text(value));
  parser.on('cdata', (value) => builder.cdata(value));
  parser.on('comment', (value) => builder.comment(value));
  parser.on('processinginstruction', ({ target, body }) => builder.instruction(target, body));
  parser.on('error', ({ message }) => {
    throw malformed(message, fail);
  });
  parser.write(decoded.source).close();
  return { ...decoded, ...builder.result() };
}

/** Looks for a document type declaration where one can stand, so that not a word of it is parsed (XML 1.0 §2.8). */
function refuseDoctype(decoded: XmlSource): void {
  const { source } = decoded;
  let at = 0;
  while (at < source.length) {
    if (source.startsWith('<!DOCTYPE', at)) throw xmlError('XML_DOCTYPE', { offset: octetOffset(decoded, at) });
    if (source.startsWith('<!--', at)) at = behind(source, '-->', at + 4);
    else if (source.startsWith('<?', at)) at = behind(source, '?>', at + 2);
    else if (source.charCodeAt(at) <= 0x20) at++;
    else return;
  }
}

function behind(source: string, end: string, from: number): number {
  const found = source.indexOf(end, from);
  return found < 0 ? source.length : found + end.length;
}

/** A complaint of saxes as one of our errors. Behind a colon it may quote the document, so that is left out. */
function malformed(message: string, fail: XmlFail): ProtocolError {
  if (message.startsWith('undefined entity')) return fail('XML_UNKNOWN_ENTITY');
  if (message.startsWith('malformed character entity')) return fail('XML_FORBIDDEN_CHARACTER', 'by reference');
  if (message.startsWith('inappropriately located doctype')) return fail('XML_DOCTYPE');
  return fail('XML_MALFORMED', message.replace(/[.:].*$/s, ''));
}

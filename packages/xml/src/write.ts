/**
 * Writing XML that {@link readXml} of `@simple-im/xml` reads back the same. It runs in Node and in a browser.
 */
import { utf8 } from '@simple-im/grammar';
import { createDocument } from 'xmlbuilder2/lib/builder/dom.js';
import { DefaultBuilderOptions } from 'xmlbuilder2/lib/interfaces.js';
import { XMLWriter } from 'xmlbuilder2/lib/writers/XMLWriter.js';
import type { ChildDescription, ElementDescription } from './describe.js';
import { xmlError } from './errors.js';
import { forbiddenCharacter, isNcName } from './names.js';
import { outermostScope, writtenTag, type WrittenScope } from './write-namespaces.js';

export type { AttributeDescription, ChildDescription, ElementDescription } from './describe.js';

export interface XmlWriteOptions {
  /** Whether to begin with `<?xml version="1.0" encoding="UTF-8"?>`; true. A fragment has none. */
  readonly declaration?: boolean;
}

/** Levels of elements that can be written: xmlbuilder2 calls itself for each. */
export const MAX_WRITTEN_DEPTH = 512;
/** Attributes that one element can have: xmlbuilder2 compares each with all others. */
export const MAX_WRITTEN_ATTRIBUTES = 1024;

type Document = ReturnType<typeof createDocument>;
type Element = ReturnType<Document['createElement']>;

/**
 * The document as text. Names, prefixes, declarations and escapes are decided here; xmlbuilder2 is given them as they are
 * to be, in attributes and elements without a namespace, because it would choose other prefixes.
 *
 * @throws ProtocolError `XML_WRITE_...` for what XML 1.0 cannot hold; always the caller's fault.
 */
export function writeXml(root: ElementDescription, options: XmlWriteOptions = {}): string {
  const document = createDocument();
  document.appendChild(new Writer(document).element(root, outermostScope, 1));
  const written = new XMLWriter(DefaultBuilderOptions, { headless: true, prettyPrint: false }).serialize(document);
  return options.declaration === false ? written : `<?xml version="1.0" encoding="UTF-8"?>${written}`;
}

/** The document as UTF-8 octets. */
export function writeXmlBytes(root: ElementDescription, options: XmlWriteOptions = {}): Uint8Array {
  return utf8(writeXml(root, options));
}

class Writer {
  private readonly document: Document;

  constructor(document: Document) {
    this.document = document;
  }

  element(description: ElementDescription, outer: WrittenScope, depth: number): Element {
    if (depth > MAX_WRITTEN_DEPTH) throw xmlError('XML_WRITE_LIMIT', { detail: `${MAX_WRITTEN_DEPTH} levels` });
    const { name, attributes, scope } = writtenTag(description, outer);
    if (attributes.length > MAX_WRITTEN_ATTRIBUTES) throw xmlError('XML_WRITE_LIMIT', { detail: `${MAX_WRITTEN_ATTRIBUTES} attributes` });
    const element = this.document.createElement(name);
    for (const [attribute, value] of attributes) element.setAttribute(attribute, escapedAttribute(value));
    for (const child of description.children ?? []) {
      if (child !== '') element.appendChild(this.child(child, scope, depth));
    }
    return element;
  }

  private child(child: ChildDescription, scope: WrittenScope, depth: number): Parameters<Element['appendChild']>[0] {
    if (typeof child === 'string') return this.document.createTextNode(escapedText(child));
    if ('cdata' in child) return this.document.createCDATASection(raw(child.cdata, /\r|\]\]>/));
    if ('comment' in child) return this.document.createComment(raw(child.comment, /\r|--|-$/));
    if ('target' in child) {
      if (!isNcName(child.target) || child.target.toLowerCase() === 'xml') {
        throw xmlError('XML_WRITE_NAME', { detail: child.target.slice(0, 40) });
      }
      return this.document.createProcessingInstruction(child.target, raw(child.instruction, /\r|\?>|^[\t\n ]/));
    }
    return this.element(child, scope, depth + 1);
  }
}

/** What has no escapes: `cannot` matches what would end it early or be read back as something else. */
function raw(text: string, cannot: RegExp): string {
  refuseForbidden(text);
  if (cannot.test(text)) throw xmlError('XML_WRITE_CONTENT');
  return text;
}

/*
 * xmlbuilder2 escapes `<`, `>` and the quotes of attributes, and leaves alone an ampersand that begins a reference. So the
 * ampersand becomes one, and so does white space that a reader would change (XML 1.0 §2.11 and §3.3.3).
 */
function escapedText(text: string): string {
  refuseForbidden(text);
  return text.replaceAll('&', '&amp;').replaceAll('\r', '&#13;');
}

function escapedAttribute(value: string): string {
  return escapedText(value).replaceAll('\t', '&#9;').replaceAll('\n', '&#10;');
}

function refuseForbidden(text: string): void {
  const at = forbiddenCharacter(text);
  if (at < 0) return;
  const code = (text.codePointAt(at) as number).toString(16).toUpperCase().padStart(4, '0');
  throw xmlError('XML_WRITE_CHARACTER', { detail: `U+${code} at ${at}` });
}

import { abnf, Params, trimBlanks, type Param } from '@simple-im/grammar';
import { mimeError } from './errors.js';

/** The value of Content-Type (RFC 2045 §5.1). */
export interface ContentType {
  /** `type/subtype` in lower case. */
  readonly type: string;
  readonly params: Params;
}

/** The value of Content-Disposition (RFC 2183 §2). */
export interface ContentDisposition {
  /** `attachment`, `inline`, `recipient-list` ... in lower case. */
  readonly type: string;
  readonly params: Params;
}

// RFC 2045 §5.1: its token has more characters than that of SIP.
const token = "[!#$%&'*+\\-.0-9A-Z^_`a-z{|}~]+";
const blank = '(?:[ \\t]|\\r\\n[ \\t])*';
const mediaType = new RegExp(`^(${token})${blank}/${blank}(${token})${blank}`);
const dispositionType = new RegExp(`^(${token})${blank}`);
const parameter = new RegExp(`;${blank}(${token})${blank}=${blank}(${abnf.quotedString.source}|${token})${blank}`, 'y');
const wholeToken = new RegExp(`^${token}$`);
const PARAMS_MAX = 32;

/** @throws MIME_BAD_HEADER */
export function parseContentType(value: string): ContentType {
  const text = trimBlanks(value);
  const found = mediaType.exec(text);
  if (found === null) throw mimeError('MIME_BAD_HEADER', { header: 'Content-Type' });
  return { type: `${found[1] as string}/${found[2] as string}`.toLowerCase(), params: readParams(text, found[0].length, 'Content-Type') };
}

/** @throws MIME_BAD_HEADER */
export function parseContentDisposition(value: string): ContentDisposition {
  const text = trimBlanks(value);
  const found = dispositionType.exec(text);
  if (found === null) throw mimeError('MIME_BAD_HEADER', { header: 'Content-Disposition' });
  return { type: (found[1] as string).toLowerCase(), params: readParams(text, found[0].length, 'Content-Disposition') };
}

/** Content-Type or Content-Disposition as the value of a header field. @throws MIME_UNENCODABLE */
export function formatContentType(value: ContentType | ContentDisposition): string {
  if (!value.type.split('/').every((word) => wholeToken.test(word))) throw mimeError('MIME_UNENCODABLE', { detail: 'type' });
  return value.type + value.params.toString();
}

function readParams(text: string, from: number, header: string): Params {
  if (from === text.length) return Params.none;
  const entries: Param[] = [];
  const names = new Set<string>();
  parameter.lastIndex = from;
  while (parameter.lastIndex < text.length) {
    const offset = parameter.lastIndex;
    const found = parameter.exec(text);
    if (found === null) throw mimeError('MIME_BAD_HEADER', { header, offset });
    const name = found[1] as string;
    if (names.size === PARAMS_MAX || names.has(name.toLowerCase())) {
      throw mimeError('MIME_BAD_HEADER', { header, offset, detail: 'a parameter twice, or too many' });
    }
    names.add(name.toLowerCase());
    entries.push([name, found[2] as string]);
  }
  return new Params(entries);
}

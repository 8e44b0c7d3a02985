import { byteString, byteStringToText, isToken, textToByteString, trimBlanks } from '@simple-im/grammar';
import { parseContentDisposition, parseContentType, type ContentDisposition, type ContentType } from './content-type.js';
import { parseContentId } from './content-id.js';
import { mimeError } from './errors.js';

/** A header field: name and value, the value as text without folds and blanks around it. */
export type EntityField = readonly [name: string, value: string];

// Looks behind so that a run of blanks is tried once only, from its start.
const fold = /(?<![ \t])[ \t]*\r\n[ \t]+/g;

/** The header of an entity: Content-Type and its companions, in their order. Names compare without case. */
export class EntityHeaders {
  readonly fields: readonly EntityField[];
  /** The fields as they are on the wire, CRLF behind each, as a byte string. */
  readonly text: string;

  /** Fields from text. @throws MIME_UNENCODABLE for a name that is no token and for a value with a line break */
  constructor(fields: readonly EntityField[], asCame?: string) {
    this.fields = fields;
    this.text = asCame ?? fields.map(writeField).join('');
  }

  /** The value of the first field of that name. */
  get(name: string): string | undefined {
    const wanted = name.toLowerCase();
    return this.fields.find(([known]) => known.toLowerCase() === wanted)?.[1];
  }

  /** @throws MIME_BAD_HEADER */
  get contentType(): ContentType | undefined {
    const value = this.get('Content-Type');
    return value === undefined ? undefined : parseContentType(textToByteString(value));
  }

  /** @throws MIME_BAD_HEADER */
  get contentDisposition(): ContentDisposition | undefined {
    const value = this.get('Content-Disposition');
    return value === undefined ? undefined : parseContentDisposition(textToByteString(value));
  }

  /** Without angle brackets. @throws MIME_BAD_HEADER */
  get contentId(): string | undefined {
    const value = this.get('Content-ID');
    return value === undefined ? undefined : parseContentId(value);
  }

  /** In lower case; `binary` where there is none, as SIP and MSRP carry bodies (RFC 3261 §27.5). */
  get contentTransferEncoding(): string {
    return this.get('Content-Transfer-Encoding')?.toLowerCase() ?? 'binary';
  }
}

export interface HeaderLimits {
  /** Octets of the header of one entity; 8192 by default. */
  readonly maxHeaderBytes?: number;
  /** Fields of the header of one entity; 64 by default. */
  readonly maxHeaders?: number;
}

const HEADER_BYTES_MAX = 8192;
const HEADERS_MAX = 64;

/**
 * Reads header fields, with or without CRLF behind the last and without the blank line.
 * @throws MIME_BAD_HEADER, MIME_HEADERS_TOO_LONG, MIME_TOO_MANY_HEADERS
 */
export function parseEntityHeaders(bytes: Uint8Array, limits: HeaderLimits = {}): EntityHeaders {
  const { maxHeaderBytes = HEADER_BYTES_MAX, maxHeaders = HEADERS_MAX } = limits;
  if (bytes.length > maxHeaderBytes) throw mimeError('MIME_HEADERS_TOO_LONG', { detail: `more than ${maxHeaderBytes} octets` });
  const block = byteString(bytes);
  const text = block === '' || block.endsWith('\r\n') ? block : `${block}\r\n`;
  const fields: EntityField[] = [];
  for (let at = 0; at < text.length;) {
    if (fields.length === maxHeaders) throw mimeError('MIME_TOO_MANY_HEADERS', { detail: `more than ${maxHeaders}` });
    const end = endOfField(text, at);
    fields.push(readField(text.slice(at, end), at));
    at = end + 2;
  }
  return new EntityHeaders(fields, text);
}

/** Where the CRLF is that no blank follows. */
function endOfField(text: string, from: number): number {
  let at = text.indexOf('\r\n', from);
  while (text.charCodeAt(at + 2) === 0x20 || text.charCodeAt(at + 2) === 0x09) at = text.indexOf('\r\n', at + 2);
  return at;
}

function readField(line: string, offset: number): EntityField {
  const colon = line.indexOf(':');
  const name = trimBlanks(line.slice(0, Math.max(colon, 0)));
  const value = trimBlanks(line.slice(colon + 1).replace(fold, ' '));
  if (!isToken(name) || /[\r\n\x00]/.test(value)) throw mimeError('MIME_BAD_HEADER', { offset });
  return [name, byteStringToText(value)];
}

function writeField([name, value]: EntityField): string {
  if (!isToken(name) || /[\r\n\x00]/.test(value)) throw mimeError('MIME_UNENCODABLE', { detail: 'header field' });
  return `${name}: ${textToByteString(value)}\r\n`;
}

import { bytesOf, concatBytes, Params, type ParamValue } from '@simple-im/grammar';
import { formatContentType } from './content-type.js';
import { includesBytes } from './delimiter.js';
import { mimeError } from './errors.js';
import { EntityHeaders, type EntityField } from './headers.js';

/** A part to write. */
export interface NewPart {
  /** Fields from text, or the header of a part that was read, which goes out as it came. */
  readonly headers: readonly EntityField[] | EntityHeaders;
  readonly body: Uint8Array;
}

export interface MultipartOptions {
  /** `mixed` by default. */
  readonly subtype?: string;
  /** Further parameters of the Content-Type, such as `type` and `start` of multipart/related (RFC 2387). */
  readonly params?: Readonly<Record<string, ParamValue>>;
  /** Random octets for the boundary. */
  readonly random: { bytes(length: number): Uint8Array };
}

/** A multipart body and the value of its Content-Type field. */
export interface BuiltMultipart {
  readonly contentType: string;
  readonly body: Uint8Array;
}

const ATTEMPTS = 16;

/**
 * Writes a multipart body. The boundary is random, and every octet of the parts is searched to make sure that it occurs in none.
 * @throws MIME_UNENCODABLE for no parts at all, for header fields with line breaks, and for random octets that repeat themselves
 */
export function buildMultipart(parts: readonly NewPart[], options: MultipartOptions): BuiltMultipart {
  if (parts.length === 0) throw mimeError('MIME_UNENCODABLE', { detail: 'a multipart without parts' });
  const pieces = parts.flatMap(({ headers, body }) => [bytesOf(`${headerText(headers)}\r\n`), body]);
  const boundary = freeBoundary(pieces, options.random);
  const chunks: Uint8Array[] = [];
  pieces.forEach((piece, i) => {
    if (i % 2 === 0) chunks.push(bytesOf(`${i === 0 ? '' : '\r\n'}--${boundary}\r\n`));
    chunks.push(piece);
  });
  chunks.push(bytesOf(`\r\n--${boundary}--\r\n`));
  const params = Params.of({ boundary, ...options.params });
  return { contentType: formatContentType({ type: `multipart/${options.subtype ?? 'mixed'}`, params }), body: concatBytes(chunks) };
}

function headerText(headers: readonly EntityField[] | EntityHeaders): string {
  return headers instanceof EntityHeaders ? headers.text : new EntityHeaders(headers).text;
}

function freeBoundary(pieces: readonly Uint8Array[], random: { bytes(length: number): Uint8Array }): string {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const boundary = Array.from(random.bytes(18), (octet) => octet.toString(16).padStart(2, '0')).join('');
    const dashBoundary = bytesOf(`--${boundary}`);
    if (!pieces.some((piece) => includesBytes(piece, dashBoundary))) return boundary;
  }
  throw mimeError('MIME_UNENCODABLE', { detail: 'every random boundary occurs in a part' });
}

import { parseContentType, type ContentType } from './content-type.js';
import { contentIdOfCid } from './content-id.js';
import { DelimiterScanner, isBoundary } from './delimiter.js';
import { mimeError } from './errors.js';
import { EntityHeaders, parseEntityHeaders, type HeaderLimits } from './headers.js';

/** One body part; all octets are views of the body it came in. */
export interface BodyPart {
  readonly headers: EntityHeaders;
  readonly body: Uint8Array;
  /** Header, blank line and body as they came. */
  readonly bytes: Uint8Array;
}

/** A multipart body taken apart (RFC 2046 §5.1). */
export interface Multipart {
  readonly parts: readonly BodyPart[];
  /** What stands before the first delimiter and is to be ignored. */
  readonly preamble: Uint8Array;
  /** What stands behind the closing delimiter and is to be ignored. */
  readonly epilogue: Uint8Array;
}

export interface MultipartLimits extends HeaderLimits {
  /** Parts of one multipart body; 64 by default. */
  readonly maxParts?: number;
  /** How deep multipart bodies may be nested, for {@link leafParts}; 4 by default. */
  readonly maxDepth?: number;
}

const PARTS_MAX = 64;
const DEPTH_MAX = 4;

/** True for `multipart/...`. */
export function isMultipart(contentType: ContentType | undefined): boolean {
  return contentType?.type.startsWith('multipart/') === true;
}

/**
 * Takes a multipart body apart without copying. Nested multipart bodies stay whole: take them apart by another call, or use
 * {@link leafParts}.
 * @param contentType of the body, or the value of its Content-Type field
 * @throws MIME_NOT_MULTIPART, MIME_NO_DELIMITER, MIME_NOT_CLOSED, MIME_TOO_MANY_PARTS, MIME_BAD_HEADER, MIME_HEADERS_TOO_LONG,
 * MIME_TOO_MANY_HEADERS
 */
export function splitMultipart(body: Uint8Array, contentType: ContentType | string, limits: MultipartLimits = {}): Multipart {
  const { maxParts = PARTS_MAX } = limits;
  const scanner = new DelimiterScanner(body, boundaryOf(contentType));
  const first = scanner.next();
  if (first === undefined) throw mimeError('MIME_NO_DELIMITER');
  const parts: BodyPart[] = [];
  let last = first;
  while (!last.closes) {
    const next = scanner.next();
    if (next === undefined) throw mimeError('MIME_NOT_CLOSED');
    if (parts.length === maxParts) throw mimeError('MIME_TOO_MANY_PARTS', { detail: `more than ${maxParts}` });
    // Two delimiter lines in a row share a CRLF: between them is an empty part.
    parts.push(readPart(body.subarray(last.end, Math.max(next.start, last.end)), limits));
    last = next;
  }
  if (parts.length === 0) throw mimeError('MIME_NO_DELIMITER', { detail: 'only the closing one' });
  return { parts, preamble: body.subarray(0, first.start), epilogue: body.subarray(last.end) };
}

function boundaryOf(contentType: ContentType | string): string {
  const { type, params } = typeof contentType === 'string' ? parseContentType(contentType) : contentType;
  const boundary = params.get('boundary');
  if (!type.startsWith('multipart/') || boundary === undefined || !isBoundary(boundary)) throw mimeError('MIME_NOT_MULTIPART');
  return boundary;
}

const CR = 0x0d;
const LF = 0x0a;

/** body-part = MIME-part-headers [CRLF *OCTET] */
function readPart(bytes: Uint8Array, limits: HeaderLimits): BodyPart {
  if (bytes[0] === CR && bytes[1] === LF) return { headers: new EntityHeaders([]), body: bytes.subarray(2), bytes };
  const blank = blankLine(bytes);
  const headers = parseEntityHeaders(bytes.subarray(0, blank), limits);
  return { headers, body: bytes.subarray(Math.min(blank + 2, bytes.length)), bytes };
}

/** Where the CRLF of the first blank line begins; the end when there is none. */
function blankLine(bytes: Uint8Array): number {
  for (let lf = bytes.indexOf(LF); lf >= 0; lf = bytes.indexOf(LF, lf + 1)) {
    if (bytes[lf - 1] === CR && bytes[lf + 1] === CR && bytes[lf + 2] === LF) return lf + 1;
  }
  return bytes.length;
}

/**
 * All parts that are not multipart themselves, in their order; a body that is no multipart gives none.
 * @throws as {@link splitMultipart}, and MIME_TOO_DEEP
 */
export function leafParts(body: Uint8Array, contentType: ContentType | string, limits: MultipartLimits = {}): BodyPart[] {
  const type = typeof contentType === 'string' ? parseContentType(contentType) : contentType;
  return isMultipart(type) ? leavesOf(body, type, limits, limits.maxDepth ?? DEPTH_MAX) : [];
}

function leavesOf(body: Uint8Array, contentType: ContentType, limits: MultipartLimits, depth: number): BodyPart[] {
  if (depth <= 0) throw mimeError('MIME_TOO_DEEP');
  return splitMultipart(body, contentType, limits).parts.flatMap((part) => {
    const type = part.headers.contentType;
    return type !== undefined && isMultipart(type) ? leavesOf(part.body, type, limits, depth - 1) : [part];
  });
}

/** The part a cid URL refers to (RFC 2392); parts with a malformed Content-ID are passed over. @throws MIME_BAD_CID */
export function partOfCid(parts: readonly BodyPart[], url: string): BodyPart | undefined {
  const id = contentIdOfCid(url);
  return parts.find((part) => part.headers.get('Content-ID')?.trim() === `<${id}>`);
}

import { bytesOf } from '@simple-im/grammar';
import type { Random } from '@simple-im/transport';
import { msrpError } from './errors.js';
import type { Continuation, Field, MsrpHead } from './frame.js';
import type { ByteRange } from './grammar.js';

const ident = /^[A-Za-z0-9][A-Za-z0-9.\-+%=]{3,31}$/;
const methodName = /^[A-Z]+$/;
const fieldName = /^[A-Za-z][!#-'*+\-.0-9A-Z^-~]*$/;
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;
const pathUri = /^[\x21-\x7e]+$/;

export interface RequestHead {
  readonly transactionId: string;
  readonly method: string;
  readonly toPath: readonly string[];
  readonly fromPath: readonly string[];
  /** In the order to send; Content-Type must be the last (RFC 4975 §7.1). Values are byte strings. */
  readonly fields?: readonly Field[];
  /** Whether a body follows, an empty one included. */
  readonly body: boolean;
}

export interface Response {
  readonly transactionId: string;
  readonly status: number;
  readonly comment?: string;
  readonly toPath: readonly string[];
  readonly fromPath: readonly string[];
  readonly fields?: readonly Field[];
}

/** Start line and header fields, and the blank line when a body follows. Throws `MSRP_CANNOT_ENCODE`. */
export function encodeHead({ transactionId, method, toPath, fromPath, fields = [], body }: RequestHead): Uint8Array {
  check(methodName.test(method), 'method');
  return bytesOf(headText(`${checkedIdent(transactionId)} ${method}`, toPath, fromPath, fields) + (body ? '\r\n' : ''));
}

/** A whole response (RFC 4975 §7.2). Throws `MSRP_CANNOT_ENCODE`. */
export function encodeResponse({ transactionId, status, comment, toPath, fromPath, fields = [] }: Response): Uint8Array {
  return bytesOf(headText(statusText(transactionId, status, comment), toPath, fromPath, fields) + endText(transactionId, '$'));
}

/** The end-line; `afterBody` puts the CRLF before it that is no part of the body (RFC 4975 §7.1). */
export function encodeEnd(transactionId: string, flag: Continuation, afterBody: boolean): Uint8Array {
  return bytesOf((afterBody ? '\r\n' : '') + endText(checkedIdent(transactionId), flag));
}

/** What {@link rewriteHead} replaces. */
export interface Rewrite {
  readonly transactionId?: string;
  readonly toPath: readonly string[];
  readonly fromPath: readonly string[];
  readonly byteRange?: ByteRange;
}

/**
 * A head for the next hop: new paths, every other field as it came and in its place. A Byte-Range that was not there is put
 * behind the paths. Ends with the blank line when the head has a body. Throws `MSRP_CANNOT_ENCODE`.
 */
export function rewriteHead(head: MsrpHead, { transactionId = head.transactionId, toPath, fromPath, byteRange }: Rewrite): Uint8Array {
  const rest = head.fields.slice(2);
  if (byteRange !== undefined) {
    const field: Field = ['Byte-Range', formatByteRange(byteRange)];
    const at = rest.findIndex(([name]) => name.toLowerCase() === 'byte-range');
    rest.splice(Math.max(at, 0), at < 0 ? 0 : 1, field);
  }
  const { method, status, comment } = head;
  const start = status === undefined ? `${checkedIdent(transactionId)} ${method}` : statusText(transactionId, status, comment);
  return bytesOf(headText(start, toPath, fromPath, rest) + (head.hasBody ? '\r\n' : ''));
}

/**
 * The response to a request, or `undefined` where there cannot be one: to a response, to a REPORT (RFC 4975 §7.1.2), to a
 * refused request that said too little. `localUri` identifies this end in the session. Whether the request's Failure-Report
 * wants this status (§7.1.4) is not asked here.
 */
export function responseTo(head: MsrpHead, status: number, comment: string | undefined, localUri: string): Uint8Array | undefined {
  if (head.method === undefined || head.method === 'REPORT') return undefined;
  if (head.fromPath.length === 0 || !ident.test(head.transactionId)) return undefined;
  // §7.2: a response to SEND goes to the previous hop only, others the full path back.
  const toPath = head.method === 'SEND' ? head.fromPath.slice(0, 1) : head.fromPath;
  const response = { transactionId: head.transactionId, status, toPath, fromPath: [localUri] };
  return encodeResponse(comment === undefined ? response : { ...response, comment });
}

/** The value of a Byte-Range header. */
export function formatByteRange({ start, end, total }: ByteRange): string {
  return `${start}-${end ?? '*'}/${total ?? '*'}`;
}

// 32 characters, so that five bits of a random octet choose one and none is likelier than another.
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/**
 * An `ident` of `length` characters (4 to 32, five random bits each): transaction ids, Message-IDs and session ids. RFC 4975
 * §7.1 wants 64 bits of randomness at least, so 13 characters; the default has 80 bits.
 */
export function randomIdent(random: Random, length = 16): string {
  let text = '';
  for (const octet of random.bytes(length)) text += ALPHABET[octet & 31];
  return text;
}

/**
 * Whether a body holds the end-line of that transaction (RFC 4975 §7.1): then another transaction id must be taken. A body
 * sent in pieces is asked with the last `transactionId.length + 7` octets of the piece before in front.
 */
export function endLineOccurs(body: Uint8Array, transactionId: string): boolean {
  const line = bytesOf(`-------${transactionId}`);
  for (let at = body.indexOf(HYPHEN); at >= 0 && at + line.length < body.length; at = body.indexOf(HYPHEN, at + 1)) {
    let matched = 1;
    while (matched < line.length && body[at + matched] === line[matched]) matched++;
    if (matched === line.length && FLAGS.includes(body[at + matched])) return true;
  }
  return false;
}

const HYPHEN = 45;
const FLAGS = [36, 43, 35];

function headText(start: string, toPath: readonly string[], fromPath: readonly string[], fields: readonly Field[]): string {
  let text = `MSRP ${start}\r\nTo-Path: ${pathText(toPath)}\r\nFrom-Path: ${pathText(fromPath)}\r\n`;
  for (const [name, value] of fields) {
    check(fieldName.test(name), 'header name');
    check(fieldValue.test(value), 'header value', name);
    text += `${name}: ${value}\r\n`;
  }
  return text;
}

function pathText(path: readonly string[]): string {
  check(path.length > 0 && path.every((uri) => pathUri.test(uri)), 'path');
  return path.join(' ');
}

function statusText(transactionId: string, status: number, comment: string | undefined): string {
  check(Number.isInteger(status) && status >= 0 && status <= 999, 'status');
  check(comment === undefined || fieldValue.test(comment), 'comment');
  return `${checkedIdent(transactionId)} ${String(status).padStart(3, '0')}${comment === undefined ? '' : ` ${comment}`}`;
}

function endText(transactionId: string, flag: Continuation): string {
  return `-------${transactionId}${flag}\r\n`;
}

function checkedIdent(transactionId: string): string {
  check(ident.test(transactionId), 'transaction id');
  return transactionId;
}

function check(valid: boolean, detail: string, header?: string): void {
  if (!valid) throw msrpError('MSRP_CANNOT_ENCODE', { detail, ...(header === undefined ? {} : { header }) });
}

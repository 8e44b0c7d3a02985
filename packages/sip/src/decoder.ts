import { byteString, bytesOf, type ProtocolError } from '@simple-im/grammar';
import { sipError } from './errors.js';
import { CONTENT_LENGTH } from './field-names.js';
import { splitFields } from './field-rows.js';
import type { Headers } from './headers.js';
import { limitsOf, type DecoderOptions, type Limits } from './limits.js';
import type { SipMessage } from './message.js';
import { readStartLine } from './start-line.js';

const CR = 0x0d;
const LF = 0x0a;
const NO_OCTETS = new Uint8Array(0);

/**
 * Reads the one message of a datagram (RFC 3261 §18.3). The body is a view into `bytes`: octets behind Content-Length are
 * left out, and without Content-Length it reaches to the end. What is wrong but leaves a message that can be answered is put
 * into `message.flaw`, for {@link validate} to report. Throws SIP_NO_MESSAGE (a keepalive), SIP_NOT_SIP, SIP_BAD_STATUS_LINE
 * and the errors of the limits: these datagrams are dropped.
 */
export function decodeDatagram(bytes: Uint8Array, options?: DecoderOptions): SipMessage {
  return readDatagram(bytes, limitsOf(options), options?.liberal === true);
}

/** {@link decodeDatagram} for whoever has looked up the limits before. */
export function readDatagram(bytes: Uint8Array, limits: Limits, liberal: boolean): SipMessage {
  let start = 0;
  while (bytes[start] === CR || bytes[start] === LF) start++;
  if (start === bytes.length) throw sipError('SIP_NO_MESSAGE');
  const found = headEnd(bytes, start, start);
  const bodyAt = found >= 0 ? found : liberal ? looseHeadEnd(bytes, start) : bytes.length;
  if (bodyAt - start > limits.headOctets) throw sipError('SIP_HEAD_TOO_LARGE', { offset: bodyAt });
  const message = found >= 0 ? readHead(bytes, start, bodyAt, limits, liberal) : readUnfinishedHead(bytes, start, bodyAt, limits, liberal);
  if (found < 0 && !liberal) noteFlaw(message, sipError('SIP_HEAD_UNFINISHED', { offset: bytes.length }));
  const length = bodyLength(message, bytes.length - bodyAt);
  if (length > limits.bodyOctets) throw sipError('SIP_BODY_TOO_LARGE', { offset: bodyAt });
  message.body = bodyView(bytes, bodyAt, length);
  return message;
}

/** {@link readHead} for a head without the empty line. */
function readUnfinishedHead(bytes: Uint8Array, from: number, to: number, limits: Limits, liberal: boolean): SipMessage {
  let end = to;
  while (bytes[end - 1] === LF || bytes[end - 1] === CR) end--;
  const head = bytesOf(`${byteString(bytes, from, end)}\r\n\r\n`);
  return readHead(head, 0, head.length, limits, liberal);
}

/** How many of the octets that are there belong to the body; says in `message.flaw` what is wrong with that. */
function bodyLength(message: SipMessage, present: number): number {
  const declared = declaredLength(message.headers);
  if (declared === undefined) return present;
  if (typeof declared !== 'number') {
    noteFlaw(message, declared);
    return 0;
  }
  if (declared <= present) return declared;
  noteFlaw(message, sipError('SIP_BODY_TRUNCATED', { header: 'Content-Length', detail: `${present} of ${declared} octets` }));
  return present;
}

/** A view of `length` octets; never a copy, and no Buffer even if `bytes` is one. */
export function bodyView(bytes: Uint8Array, from: number, length: number): Uint8Array {
  return length === 0 ? NO_OCTETS : new Uint8Array(bytes.buffer, bytes.byteOffset + from, length);
}

/** The offset behind the first CRLF CRLF between `from` and `to`, or -1; `start` is where the message begins. */
export function headEnd(bytes: Uint8Array, start: number, from: number, to = bytes.length): number {
  // Looks at every fourth octet only: one of any four in a row that end a head is at such a place, and few others are CR or LF.
  for (let at = Math.max(start, from) + 3; at < to; at += 4) {
    const octet = bytes[at] as number;
    if (octet > CR) continue;
    const last = octet === LF ? at : at + 1;
    if (isHeadEnd(bytes, last, to)) return last + 1;
    if (isHeadEnd(bytes, last + 2, to)) return last + 3;
  }
  return -1;
}

/** Whether the LF of a CRLF CRLF is at `last`. */
function isHeadEnd(bytes: Uint8Array, last: number, to: number): boolean {
  return last < to && bytes[last] === LF && bytes[last - 1] === CR && bytes[last - 2] === LF && bytes[last - 3] === CR;
}

/** The offset behind the first empty line, whatever its line ends; the end if there is none. */
function looseHeadEnd(bytes: Uint8Array, start: number): number {
  for (let at = bytes.indexOf(LF, start); at >= 0; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at + 1] === LF) return at + 2;
    if (bytes[at + 1] === CR && bytes[at + 2] === LF) return at + 3;
  }
  return bytes.length;
}

/** Start line and fields of the head that stands in `octets` from `from` to before `to` and ends with its empty line. */
export function readHead(octets: Uint8Array, from: number, to: number, limits: Limits, liberal: boolean): SipMessage {
  const head = byteString(octets, from, to);
  if (liberal && /(?:^|[^\r])\n/.test(head)) {
    const corrected = bytesOf(head.replace(/\r?\n/g, '\r\n'));
    return readHead(corrected, 0, corrected.length, limits, false);
  }
  const lineEnd = head.indexOf('\r\n');
  const { headers, flaw } = splitFields(octets, from, head, lineEnd + 2, limits);
  const message = readStartLine(head, lineEnd, headers);
  if (flaw !== undefined) noteFlaw(message, flaw);
  return message;
}

/** Keeps what is wrong. A request line that can be put right must not hide what cannot. */
export function noteFlaw(message: SipMessage, flaw: ProtocolError): void {
  if (message.flaw === undefined || message.flaw.code === 'SIP_BAD_REQUEST_LINE') message.flaw = flaw;
}

/** What Content-Length says; an error if it says nothing clear; `undefined` if there is none. */
export function declaredLength(headers: Headers): number | ProtocolError | undefined {
  return headers.typed(CONTENT_LENGTH, 1, readDeclaredLength);
}

function readDeclaredLength(headers: Headers): number | ProtocolError | undefined {
  if (headers.isRepeated(CONTENT_LENGTH)) return sipError('SIP_BAD_CONTENT_LENGTH', { header: 'Content-Length', detail: 'more than one' });
  return headers.readFirst(CONTENT_LENGTH, lengthOf);
}

/** The number of the digits that stand there. */
function lengthOf(text: string, from: number, to: number): number | ProtocolError {
  let length = 0;
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    // Sixteen digits hold more than any limit and stay exact.
    if (!(digit >= 0 && digit <= 9) || length > 1e15) return sipError('SIP_BAD_CONTENT_LENGTH', { header: 'Content-Length' });
    length = length * 10 + digit;
  }
  return from === to ? sipError('SIP_BAD_CONTENT_LENGTH', { header: 'Content-Length' }) : length;
}

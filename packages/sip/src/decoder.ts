import { byteString, byteStringToText, isToken, type ProtocolError } from '@simple-im/grammar';
import { sipError } from './errors.js';
import { CONTENT_LENGTH, UNKNOWN, fieldIdAt } from './field-names.js';
import { Headers, type FieldRows } from './headers.js';
import { limitsOf, type DecoderOptions, type Limits } from './limits.js';
import { TOKEN, isBlank } from './lists.js';
import { SipRequest, SipResponse, type SipMessage } from './message.js';

const CR = 0x0d;
const LF = 0x0a;
const COLON = 0x3a;
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
  const head = byteString(bytes, start, bodyAt);
  const message = readHead(found >= 0 ? head : finished(head), limits, liberal);
  if (found < 0 && !liberal) noteFlaw(message, sipError('SIP_HEAD_UNFINISHED', { offset: bytes.length }));
  const length = bodyLength(message, bytes.length - bodyAt);
  if (length > limits.bodyOctets) throw sipError('SIP_BODY_TOO_LARGE', { offset: bodyAt });
  message.body = bodyView(bytes, bodyAt, length);
  return message;
}

/** A head with the empty line it lacks. */
function finished(head: string): string {
  let end = head.length;
  while (head[end - 1] === '\n' || head[end - 1] === '\r') end--;
  return `${head.slice(0, end)}\r\n\r\n`;
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
  const first = Math.max(start, from) + 3;
  for (let at = first; at < to;) {
    const octet = bytes[at];
    if (octet === LF) {
      if (bytes[at - 1] === CR && bytes[at - 2] === LF && bytes[at - 3] === CR) return at + 1;
      at += 2;
    } else {
      at += octet === CR ? 1 : 4;
    }
  }
  return -1;
}

/** The offset behind the first empty line, whatever its line ends; the end if there is none. */
function looseHeadEnd(bytes: Uint8Array, start: number): number {
  for (let at = bytes.indexOf(LF, start); at >= 0; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at + 1] === LF) return at + 2;
    if (bytes[at + 1] === CR && bytes[at + 2] === LF) return at + 3;
  }
  return bytes.length;
}

/** Start line and fields of a head, a byte string that ends with its empty line. */
export function readHead(head: string, limits: Limits, liberal: boolean): SipMessage {
  const text = liberal && /(?:^|[^\r])\n/.test(head) ? head.replace(/\r?\n/g, '\r\n') : head;
  const lineEnd = text.indexOf('\r\n');
  const flaw = splitFields(text, lineEnd + 2, text.length - 2, limits);
  const headers = Headers.fromHead(text, scratch.slice(0, scratchLength), scratchFolded);
  const message = text.startsWith('SIP/') ? readStatusLine(text.slice(0, lineEnd), headers) : readRequestLine(text.slice(0, lineEnd), headers);
  if (flaw !== undefined) noteFlaw(message, flaw);
  return message;
}

/** Keeps what is wrong. A request line that can be put right must not hide what cannot. */
export function noteFlaw(message: SipMessage, flaw: ProtocolError): void {
  if (message.flaw === undefined || message.flaw.code === 'SIP_BAD_REQUEST_LINE') message.flaw = flaw;
}

// Rows are collected here and copied once, at their final length; a growing array would be copied several times a message.
const scratch: FieldRows = [];
let scratchLength = 0;
let scratchFolded = false; // whether one of them is on several lines

/** Splits the lines from `start` to before `end` into rows (RFC 3261 §7.3.1); returns what was wrong with the first bad one. */
function splitFields(head: string, start: number, end: number, limits: Limits): ProtocolError | undefined {
  let flaw: ProtocolError | undefined;
  let fields = 0;
  scratchLength = 0;
  scratchFolded = false;
  for (let at = start; at < end;) {
    let lineFeed = head.indexOf('\n', at);
    let carriageReturn = head.indexOf('\r', at);
    while (carriageReturn === lineFeed - 1 && isBlank(head.charCodeAt(lineFeed + 1))) { // the field goes on
      scratchFolded = true;
      carriageReturn = head.indexOf('\r', lineFeed + 1);
      lineFeed = head.indexOf('\n', lineFeed + 1);
    }
    if (carriageReturn !== lineFeed - 1) {
      flaw ??= sipError('SIP_BAD_LINE', { offset: at, detail: 'CR or LF alone' });
      lineFeed = head.indexOf('\r\n', at) + 1;
    }
    if (++fields > limits.fields) throw sipError('SIP_TOO_MANY_FIELDS', { offset: at });
    if (!pushField(head, at, lineFeed - 1)) flaw ??= sipError('SIP_BAD_LINE', { offset: at, detail: 'no name and colon' });
    at = lineFeed + 1;
  }
  return flaw;
}

/** header = header-name HCOLON header-value; `false` when there is no name or no colon. */
function pushField(head: string, from: number, to: number): boolean {
  let nameEnd = from;
  while (TOKEN[head.charCodeAt(nameEnd)] === 1) nameEnd++;
  let value = nameEnd;
  while (isBlank(head.charCodeAt(value))) value++;
  if (nameEnd === from || head.charCodeAt(value) !== COLON) {
    pushRow(UNKNOWN, from, from, to);
    return false;
  }
  value++;
  while (isBlank(head.charCodeAt(value))) value++;
  pushRow(fieldIdAt(head, from, nameEnd), from, value, to);
  return true;
}

function pushRow(id: number, from: number, value: number, to: number): void {
  scratch[scratchLength] = id;
  scratch[scratchLength + 1] = from;
  scratch[scratchLength + 2] = value;
  scratch[scratchLength + 3] = to;
  scratchLength += 4;
}

/** Half a line end: the line itself ends at a whole one. */
const lineEnd = /[\r\n]/;

/** Status-Line = SIP-Version SP Status-Code SP Reason-Phrase (RFC 3261 §7.2). */
function readStatusLine(line: string, headers: Headers): SipResponse {
  if (!line.startsWith('SIP/2.0 ')) throw sipError('SIP_BAD_STATUS_LINE', { offset: 0, detail: 'version' });
  const status = (line.charCodeAt(8) - 48) * 100 + (line.charCodeAt(9) - 48) * 10 + (line.charCodeAt(10) - 48);
  const digits = isDigit(line.charCodeAt(8)) && isDigit(line.charCodeAt(9)) && isDigit(line.charCodeAt(10));
  // The space behind the code is mandatory, yet many leave it out when they leave out the phrase.
  if (!digits || status < 100 || status > 699 || (line.length > 11 && line.charCodeAt(11) !== 0x20)) {
    throw sipError('SIP_BAD_STATUS_LINE', { offset: 8, detail: 'status code' });
  }
  const phrase = line.slice(12);
  if (lineEnd.test(phrase)) throw sipError('SIP_BAD_STATUS_LINE', { offset: 12, detail: 'reason phrase' });
  return new SipResponse(status, byteStringToText(phrase), headers);
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** Request-Line = Method SP Request-URI SP SIP-Version (RFC 3261 §7.1). */
function readRequestLine(line: string, headers: Headers): SipRequest {
  const space = line.indexOf(' ');
  const method = line.slice(0, Math.max(space, 0));
  const uri = line.slice(space + 1, -8);
  if (!line.endsWith(' SIP/2.0') || uri === '' || !isToken(method) || isBlank(uri.charCodeAt(0)) || isBlank(uri.charCodeAt(uri.length - 1))) {
    return readOddRequestLine(line, headers);
  }
  return new SipRequest(method, byteStringToText(uri), headers);
}

/** A request line with a flaw that can be answered, or no request line at all. */
function readOddRequestLine(line: string, headers: Headers): SipRequest {
  const parts = /^[ \t]*([^ \t]+)[ \t]+(?=[^ \t])(.*[^ \t])[ \t]+(SIP\/\d+\.\d+)[ \t]*$/is.exec(line) as [string, string, string, string] | null;
  if (parts === null) throw sipError('SIP_NOT_SIP', { offset: 0 });
  const [, method, uri, version] = parts;
  const request = new SipRequest(method, byteStringToText(uri), headers);
  if (!isToken(method)) request.flaw = sipError('SIP_BAD_REQUEST_LINE', { offset: 0, detail: 'the method is not a token' });
  else if (`${method} ${uri} ${version}` !== line) request.flaw = sipError('SIP_BAD_REQUEST_LINE', { offset: 0, detail: 'blanks' });
  else if (version.toUpperCase() !== 'SIP/2.0') request.flaw = sipError('SIP_UNSUPPORTED_VERSION', { offset: line.length - version.length, detail: version });
  return request;
}

/** What Content-Length says; an error if it says nothing clear; `undefined` if there is none. */
export function declaredLength(headers: Headers): number | ProtocolError | undefined {
  return headers.typed(CONTENT_LENGTH, 1, readDeclaredLength);
}

function readDeclaredLength(headers: Headers): number | ProtocolError | undefined {
  const text = headers.rawFirst(CONTENT_LENGTH);
  if (text === undefined) return undefined;
  if (headers.repeated([CONTENT_LENGTH]) !== undefined) return sipError('SIP_BAD_CONTENT_LENGTH', { header: 'Content-Length', detail: 'more than one' });
  let length = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    // Sixteen digits hold more than any limit and stay exact.
    if (!isDigit(code) || length > 1e15) return sipError('SIP_BAD_CONTENT_LENGTH', { header: 'Content-Length' });
    length = length * 10 + code - 0x30;
  }
  return text === '' ? sipError('SIP_BAD_CONTENT_LENGTH', { header: 'Content-Length' }) : length;
}

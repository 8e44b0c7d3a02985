import {
  NameAddr, ProtocolError, bytesOf, isToken, parseNameAddr, parseParams, parseUsualNameAddr, utf8Text, type Params, type Uri,
} from '@simple-im/grammar';
import { sipError } from './errors.js';
import { parseContactByLane } from './fast-lane.js';
import { CALL_ID, CONTENT_LENGTH, CSEQ, MAX_FORWARDS, fieldName } from './field-names.js';
import type { ReadValue } from './field-line.js';
import { NO_VALUES, type Headers } from './headers.js';
import { elementEnd, isBlank, trimBlanks } from './lists.js';
import { parseUsualVia, parseVia, type Via } from './via.js';

/** RFC 3261 §20.16 */
export interface Cseq {
  /** 0 to 2^31-1. */
  readonly number: number;
  readonly method: string;
}

/** RFC 3261 §20.15 */
export interface ContentType {
  /** `type/subtype` in lower case. */
  readonly type: string;
  readonly params: Params;
}

/** One address of a Contact field (RFC 3261 §20.10): a name-addr, its preference and its lifetime; or the wildcard `*`. */
export class Contact {
  readonly address: NameAddr;

  constructor(address: NameAddr) {
    this.address = address;
  }

  /** True for the `*` of a REGISTER, which has no URI (RFC 3261 §10.2.2). */
  get wildcardContact(): boolean {
    return this.address.uriText === '*';
  }

  get uriText(): string {
    return this.address.uriText;
  }

  get uri(): Uri {
    return this.address.uri;
  }

  get displayName(): string | undefined {
    return this.address.displayName;
  }

  get params(): Params {
    return this.address.params;
  }

  /** 0 to 1; `undefined` when absent. Throws SIP_BAD_HEADER. */
  get q(): number | undefined {
    const text = this.params.get('q');
    if (text === undefined) return undefined;
    if (!/^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(text)) throw sipError('SIP_BAD_HEADER', { header: 'Contact', detail: 'q' });
    return Number(text);
  }

  /** Seconds up to 2^32-1; 3600 when malformed, the most when overlarge (RFC 3261 §10.2.1.1); `undefined` when absent. */
  get expires(): number | undefined {
    const text = this.params.get('expires');
    if (text === undefined) return undefined;
    return /^\d+$/.test(text) ? Math.min(Number(text), MOST_SECONDS) : 3600;
  }
}

const MOST_SECONDS = 2 ** 32 - 1;

/** An error of the grammar as one of the header field; any other as it is. */
function badHeader(id: number, cause: unknown): unknown {
  if (!ProtocolError.is(cause) || cause.code.startsWith('SIP_')) return cause;
  return sipError('SIP_BAD_HEADER', { header: fieldName(id), detail: fieldName(id), cause });
}

function bad(id: number): ProtocolError {
  return sipError('SIP_BAD_HEADER', { header: fieldName(id), detail: fieldName(id) });
}

/** What `read` makes of the first field of a name. */
function readOne<T>(headers: Headers, id: number, read: ReadValue<T>): T | undefined {
  try {
    return headers.readFirst(id, read);
  } catch (cause) {
    throw badHeader(id, cause);
  }
}

/** What `read` makes of every element of the lists in the fields of a name. */
function readList<T>(headers: Headers, id: number, read: ReadElement<T>): readonly T[] {
  return headers.hasKnown(id) ? readPresentList(headers, id, read) : NO_VALUES;
}

function readPresentList<T>(headers: Headers, id: number, read: ReadElement<T>): readonly T[] {
  const values: T[] = [];
  try {
    headers.readAll(id, (text, from, to) => {
      const only = read.usual(text, from, to); // no comma separates anything in what this takes
      if (only === undefined) readElements(text, from, to, read, values);
      else values.push(only);
    });
  } catch (cause) {
    throw badHeader(id, cause);
  }
  return values;
}

/** Reads one element of a list, where it stands by a fast lane if it is of the common form, else as a text of its own. */
interface ReadElement<T> {
  usual(text: string, from: number, to: number): T | undefined;
  any(text: string): T;
}

function readElements<T>(text: string, from: number, to: number, read: ReadElement<T>, values: T[]): void {
  for (let at = from; at <= to;) {
    const end = elementEnd(text, at, to);
    let last = end;
    while (at < last && isBlank(text.charCodeAt(at))) at++;
    while (at < last && isBlank(text.charCodeAt(last - 1))) last--;
    values.push(read.usual(text, at, last) ?? read.any(text.slice(at, last)));
    at = end + 1;
  }
}

const via: ReadElement<Via> = { usual: parseUsualVia, any: parseVia };
const nameAddr: ReadElement<NameAddr> = { usual: parseUsualNameAddr, any: parseNameAddr };
const contact: ReadElement<Contact> = { usual: readUsualContact, any: readContact };

/** The topmost Via. */
export function readVia(headers: Headers, id: number): Via | undefined {
  const all = headers.kept(id, 1) as readonly Via[] | undefined;
  return all === undefined ? readOne(headers, id, readTopVia) : all[0];
}

function readTopVia(text: string, from: number, to: number): Via {
  return parseUsualVia(text, from, to) ?? parseVia(trimBlanks(text.slice(from, elementEnd(text, from, to))));
}

export function readVias(headers: Headers, id: number): readonly Via[] {
  return readList(headers, id, via);
}

export function readNameAddr(headers: Headers, id: number): NameAddr | undefined {
  return readOne(headers, id, readAddress);
}

function readAddress(text: string, from: number, to: number): NameAddr {
  return parseUsualNameAddr(text, from, to) ?? parseNameAddr(text.slice(from, to));
}

export function readNameAddrs(headers: Headers, id: number): readonly NameAddr[] {
  return readList(headers, id, nameAddr);
}

export function readContacts(headers: Headers, id: number): readonly Contact[] {
  return readList(headers, id, contact);
}

const WILDCARD = new NameAddr({ display: undefined, uriText: '*', params: '' });

function readUsualContact(text: string, from: number, to: number): Contact | undefined {
  const parts = parseContactByLane(text, from, to);
  return parts === undefined ? undefined : new Contact(new NameAddr(parts));
}

function readContact(text: string): Contact {
  return new Contact(text === '*' ? WILDCARD : parseNameAddr(text));
}

/** callid = word [ "@" word ] (RFC 3261 §25.1) */
const callId = /[A-Za-z0-9\-.!%*_+`'~()<>:\\"/[\]?{}]+(?:@[A-Za-z0-9\-.!%*_+`'~()<>:\\"/[\]?{}]+)?/y;

export function readCallId(headers: Headers, id: number): string | undefined {
  return headers.readFirst(id, checkedCallId);
}

function checkedCallId(text: string, from: number, to: number): string {
  callId.lastIndex = from;
  if (!callId.test(text) || callId.lastIndex !== to) throw bad(CALL_ID);
  return text.slice(from, to);
}

/** CSeq = 1*DIGIT LWS Method, the number below 2^31 (RFC 3261 §8.1.1.5) */
export function readCseq(headers: Headers, id: number): Cseq | undefined {
  return headers.readFirst(id, numberAndMethod);
}

function numberAndMethod(text: string, from: number, to: number): Cseq {
  const digitsEnd = endOfDigits(text, from, to);
  let methodAt = digitsEnd;
  while (methodAt < to && isBlank(text.charCodeAt(methodAt))) methodAt++;
  const method = text.slice(methodAt, to);
  if (digitsEnd === from || methodAt === digitsEnd || !isToken(method)) throw bad(CSEQ);
  return { number: numberOf(text, from, digitsEnd, CSEQ), method };
}

/** One number (delta-seconds and the like) within its range. */
export function readNumber(headers: Headers, id: number): number | undefined {
  return headers.readFirst(id, numberAlone);
}

function numberAlone(text: string, from: number, to: number, id: number): number {
  if (from === to || endOfDigits(text, from, to) !== to) throw bad(id);
  return numberOf(text, from, to, id);
}

function endOfDigits(text: string, from: number, to: number): number {
  let at = from;
  while (at < to && text.charCodeAt(at) >= 0x30 && text.charCodeAt(at) <= 0x39) at++;
  return at;
}

/** The number that stands there as digits. */
function numberOf(text: string, from: number, to: number, id: number): number {
  let number = 0;
  for (let at = from; at < to; at++) number = number * 10 + text.charCodeAt(at) - 0x30;
  if (number > mostOf(id)) throw sipError('SIP_OUT_OF_RANGE', { header: fieldName(id), detail: fieldName(id) });
  return number;
}

function mostOf(id: number): number {
  if (id === CSEQ) return 2 ** 31 - 1;
  if (id === MAX_FORWARDS) return 255;
  return id === CONTENT_LENGTH ? Number.MAX_SAFE_INTEGER : MOST_SECONDS;
}

/** Values read before: most messages have one of a few types. Bounded, since a peer chooses the texts. */
const contentTypes = new Map<string, ContentType>();
const MOST_CONTENT_TYPES = 64;
const LONGEST_KEPT = 64;

export function readContentType(headers: Headers, id: number): ContentType | undefined {
  return readOne(headers, id, (text, from, to) => {
    const written = text.slice(from, to);
    const known = contentTypes.get(written);
    if (known !== undefined) return known;
    const value = parseContentType(written, id);
    if (written.length > LONGEST_KEPT) return value;
    if (contentTypes.size === MOST_CONTENT_TYPES) contentTypes.clear();
    // A text of its own: the value would hold its whole message in memory.
    const own = utf8Text(bytesOf(written));
    if (own === written) contentTypes.set(own, parseContentType(own, id));
    return value;
  });
}

/** m-type SLASH m-subtype *(SEMI m-parameter) (RFC 3261 §25.1) */
function parseContentType(text: string, id: number): ContentType {
  const semicolon = text.indexOf(';');
  const end = semicolon < 0 ? text.length : semicolon;
  const [type = '', subtype = '', more] = text.slice(0, end).split('/').map(trimBlanks);
  if (!isToken(type) || !isToken(subtype) || more !== undefined) throw bad(id);
  return { type: `${type}/${subtype}`.toLowerCase(), params: parseParams(text.slice(end)) };
}

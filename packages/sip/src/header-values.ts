import { NameAddr, ProtocolError, bytesOf, isToken, parseNameAddr, parseParams, splitList, utf8Text, type Params, type Uri } from '@simple-im/grammar';
import { sipError } from './errors.js';
import { parseContactByLane } from './fast-lane.js';
import { CONTENT_LENGTH, CSEQ, MAX_FORWARDS, fieldName } from './field-names.js';
import type { Headers } from './headers.js';
import { firstElementEnd, isBlank, trimBlanks } from './lists.js';
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

function guarded<T>(id: number, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw badHeader(id, cause);
  }
}

/** An error of the grammar as one of the header field; any other as it is. */
function badHeader(id: number, cause: unknown): unknown {
  if (!ProtocolError.is(cause) || cause.code.startsWith('SIP_')) return cause;
  return sipError('SIP_BAD_HEADER', { header: fieldName(id), detail: fieldName(id), cause });
}

function bad(id: number): ProtocolError {
  return sipError('SIP_BAD_HEADER', { header: fieldName(id), detail: fieldName(id) });
}

/** The topmost Via. */
export function readVia(headers: Headers, id: number): Via | undefined {
  const all = headers.kept(id, 1) as readonly Via[] | undefined;
  if (all !== undefined) return all[0];
  const text = headers.rawFirst(id);
  if (text === undefined) return undefined;
  const end = firstElementEnd(text);
  return guarded(id, () => parseVia(end === text.length ? text : trimBlanks(text.slice(0, end))));
}

export function readVias(headers: Headers, id: number): readonly Via[] {
  const vias: Via[] = [];
  let usual = true;
  headers.eachSpan(id, (text, from, to) => {
    const via = usual ? parseUsualVia(text, from, to) : undefined;
    if (via === undefined) usual = false;
    else vias.push(via);
  });
  return usual ? vias : readAll(headers, id, parseVia);
}

export function readNameAddr(headers: Headers, id: number): NameAddr | undefined {
  const text = headers.rawFirst(id);
  if (text === undefined) return undefined;
  try {
    return parseNameAddr(text);
  } catch (cause) {
    throw badHeader(id, cause);
  }
}

export function readNameAddrs(headers: Headers, id: number): readonly NameAddr[] {
  return readAll(headers, id, parseNameAddr);
}

export function readContacts(headers: Headers, id: number): readonly Contact[] {
  return readAll(headers, id, readContact);
}

const WILDCARD = new NameAddr({ display: undefined, uriText: '*', params: '' });

function readContact(text: string): Contact {
  if (text === '*') return new Contact(WILDCARD);
  const parts = parseContactByLane(text);
  return new Contact(parts === undefined ? parseNameAddr(text) : new NameAddr(parts));
}

/** Every element of the lists in the fields of one name. */
function readAll<T>(headers: Headers, id: number, read: (text: string) => T): readonly T[] {
  const values: T[] = [];
  try {
    for (const text of headers.rawAll(id)) {
      if (text.includes(',')) for (const element of splitList(text)) values.push(read(element));
      else values.push(read(text));
    }
  } catch (cause) {
    throw badHeader(id, cause);
  }
  return values;
}

/** callid = word [ "@" word ] (RFC 3261 §25.1) */
export function readCallId(headers: Headers, id: number): string | undefined {
  const text = headers.rawFirst(id);
  if (text === undefined) return undefined;
  if (!/^[A-Za-z0-9\-.!%*_+`'~()<>:\\"/[\]?{}]+(?:@[A-Za-z0-9\-.!%*_+`'~()<>:\\"/[\]?{}]+)?$/.test(text)) throw bad(id);
  return text;
}

/** CSeq = 1*DIGIT LWS Method, the number below 2^31 (RFC 3261 §8.1.1.5) */
export function readCseq(headers: Headers, id: number): Cseq | undefined {
  const text = headers.rawFirst(id);
  if (text === undefined) return undefined;
  const at = digitsEnd(text);
  let methodAt = at;
  while (isBlank(text.charCodeAt(methodAt))) methodAt++;
  const method = text.slice(methodAt);
  if (at === 0 || methodAt === at || !isToken(method)) throw bad(id);
  return { number: numberOf(text, at, id), method };
}

/** One number (delta-seconds and the like) within its range. */
export function readNumber(headers: Headers, id: number): number | undefined {
  const text = headers.rawFirst(id);
  if (text === undefined) return undefined;
  if (text === '' || digitsEnd(text) !== text.length) throw bad(id);
  return numberOf(text, text.length, id);
}

function digitsEnd(text: string): number {
  let at = 0;
  for (let code = text.charCodeAt(0); code >= 0x30 && code <= 0x39; code = text.charCodeAt(at)) at++;
  return at;
}

/** The number the first `digits` characters are. */
function numberOf(text: string, digits: number, id: number): number {
  let number = 0;
  for (let at = 0; at < digits; at++) number = number * 10 + text.charCodeAt(at) - 0x30;
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
  const text = headers.rawFirst(id);
  if (text === undefined) return undefined;
  const known = contentTypes.get(text);
  if (known !== undefined) return known;
  const value = parseContentType(text, id);
  if (text.length > LONGEST_KEPT) return value;
  if (contentTypes.size === MOST_CONTENT_TYPES) contentTypes.clear();
  // A text of its own: the value would hold its whole message in memory.
  const own = utf8Text(bytesOf(text));
  if (own === text) contentTypes.set(own, parseContentType(own, id));
  return value;
}

/** m-type SLASH m-subtype *(SEMI m-parameter) (RFC 3261 §25.1) */
function parseContentType(text: string, id: number): ContentType {
  const semicolon = text.indexOf(';');
  const end = semicolon < 0 ? text.length : semicolon;
  const [type = '', subtype = '', more] = text.slice(0, end).split('/').map(trimBlanks);
  if (!isToken(type) || !isToken(subtype) || more !== undefined) throw bad(id);
  return { type: `${type}/${subtype}`.toLowerCase(), params: guarded(id, () => parseParams(text.slice(end))) };
}

import { ALPHANUM, CLASSES, DIGIT, PARAM, USER } from './chars.js';
import { type Param, Params } from './params.js';
import type { SipUri } from './uri.js';

const HOST_MAX = 255;
const COLON = 0x3a;
const SEMICOLON = 0x3b;
const DOT = 0x2e;
const HYPHEN = 0x2d;
const noParams = new Params([], 'uri');

/**
 * SIP URIs of the common form: scheme in lower case, no password, no escapes, no header components, a host name whose last
 * label begins with a letter, or an IPv4 address of plain numbers. `undefined` for everything else, which the grammar reads.
 */
export function parseSipUriByLane(text: string): SipUri | undefined {
  if (!text.startsWith('sip')) return undefined;
  const start = text.charCodeAt(3) === COLON ? 4 : text.startsWith('s:', 3) ? 5 : 0;
  if (start === 0) return undefined;
  const at = text.indexOf('@', start);
  if (at === start) return undefined;
  for (let i = start; i < at; i++) if (((CLASSES[text.charCodeAt(i)] as number) & USER) === 0) return undefined;
  const hostStart = at < 0 ? start : at + 1;
  const hostEnd = usualHostEnd(text, hostStart);
  if (hostEnd < 0) return undefined;

  let port: number | undefined;
  let next = hostEnd;
  if (text.charCodeAt(next) === COLON) {
    const portEnd = endOfDigits(text, next + 1);
    if (portEnd === next + 1 || portEnd > next + 6) return undefined;
    port = Number(text.slice(next + 1, portEnd));
    if (port > 65535) return undefined;
    next = portEnd;
  }
  const params = next === text.length ? noParams : readParams(text, next);
  if (params === undefined) return undefined;
  return {
    scheme: start === 4 ? 'sip' : 'sips',
    user: at < 0 ? undefined : text.slice(start, at),
    password: undefined,
    host: text.slice(hostStart, hostEnd),
    port,
    params,
    headers: [],
    text,
  };
}

function endOfDigits(text: string, from: number): number {
  let at = from;
  while (at < text.length && ((CLASSES[text.charCodeAt(at)] as number) & DIGIT) !== 0) at++;
  return at;
}

/**
 * Where the host ends that begins at `from`: a host name whose last label begins with a letter, or an IPv4 address. -1 when
 * none begins there, or one with another form.
 */
export function usualHostEnd(text: string, from: number): number {
  let at = from;
  let labelStart = from;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (((CLASSES[code] as number) & ALPHANUM) !== 0) continue;
    if (code === HYPHEN) {
      if (at === labelStart) return -1;
    } else if (code === DOT) {
      if (at === labelStart || text.charCodeAt(at - 1) === HYPHEN) return -1;
      labelStart = at + 1;
    } else {
      break;
    }
  }
  if (at === labelStart || at - from > HOST_MAX || text.charCodeAt(at - 1) === HYPHEN) return -1;
  const startsWithDigit = ((CLASSES[text.charCodeAt(labelStart)] as number) & DIGIT) !== 0;
  return !startsWithDigit || isPlainIPv4(text, from, at) ? at : -1;
}

/** Four numbers up to 255 of at most three digits, with dots between. */
function isPlainIPv4(text: string, from: number, to: number): boolean {
  let numbers = 1;
  let value = 0;
  let digits = 0;
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    if (code === DOT) {
      numbers++;
      value = 0;
      digits = 0;
      continue;
    }
    if (((CLASSES[code] as number) & DIGIT) === 0) return false;
    value = value * 10 + code - 0x30;
    if (++digits > 3 || value > 255) return false;
  }
  return numbers === 4;
}

function readParams(text: string, from: number): Params | undefined {
  const entries: Param[] = [];
  let at = from;
  while (at < text.length) {
    if (text.charCodeAt(at) !== SEMICOLON) return undefined;
    const nameEnd = endOfParam(text, at + 1);
    if (nameEnd === at + 1) return undefined;
    const name = text.slice(at + 1, nameEnd);
    let value: string | undefined;
    at = nameEnd;
    if (text.charCodeAt(nameEnd) === 0x3d) {
      at = endOfParam(text, nameEnd + 1);
      if (at === nameEnd + 1) return undefined;
      value = text.slice(nameEnd + 1, at);
    }
    if (entries.length > 8 || isIn(entries, name)) return undefined;
    entries.push([name, value]);
  }
  return new Params(entries, 'uri');
}

function endOfParam(text: string, from: number): number {
  let at = from;
  while (at < text.length && ((CLASSES[text.charCodeAt(at)] as number) & PARAM) !== 0) at++;
  return at;
}

function isIn(entries: readonly Param[], name: string): boolean {
  if (entries.length === 0) return false;
  const key = name.toLowerCase();
  for (const entry of entries) if (entry[0].toLowerCase() === key) return true;
  return false;
}

import { isIPv6, usualHostEnd, type NameAddrParts, type Param } from '@simple-im/grammar';
import { TOKEN } from './lists.js';
import type { ViaSyntax } from './via.js';

/*
 * The common forms of Via and Contact, read without the grammar. `undefined` for everything else, which the grammar reads;
 * a property test holds both to the same answer.
 */

const DQUOTE = 0x22;
const COLON = 0x3a;
const SEMICOLON = 0x3b;
const EQUAL = 0x3d;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const PARAMS_MAX = 32;

/**
 * One via-parm: `SIP/2.0/`, a transport in upper case, one space, sent-by, parameters that are tokens (or an IPv6 address, as
 * `received` has it) without blanks.
 */
export function parseViaByLane(text: string, from: number, to: number): ViaSyntax | undefined {
  if (!text.startsWith('SIP/2.0/', from)) return undefined;
  const transport = transportAt(text, from + 8);
  if (transport === undefined) return undefined;
  const hostAt = from + 9 + transport.length;
  let at = hostEnd(text, hostAt, to);
  if (at < 0) return undefined;
  const host = text.slice(hostAt, at);
  let port: number | undefined;
  if (text.charCodeAt(at) === COLON) {
    port = 0;
    const portAt = ++at;
    for (let code = text.charCodeAt(at); code >= 0x30 && code <= 0x39; code = text.charCodeAt(++at)) port = port * 10 + code - 0x30;
    if (at === portAt || at > portAt + 5 || port > 65535) return undefined;
  }
  const via = { protocol: 'SIP/2.0', transport, host, port, params: '', branch: undefined, received: undefined, rport: undefined, ttl: undefined };
  return readParams(text, at, to, via);
}

/** The transport that stands there, up to the space; the usual ones without making a string. */
function transportAt(text: string, at: number): string | undefined {
  if (text.startsWith('UDP ', at)) return 'UDP';
  if (text.startsWith('TCP ', at)) return 'TCP';
  if (text.startsWith('TLS ', at)) return 'TLS';
  const space = text.indexOf(' ', at);
  const transport = text.slice(at, space);
  return space > 0 && /^[A-Z-]+$/.test(transport) ? transport : undefined;
}

/** Where the host that begins at `from` ends, or -1 if it is none or a rare one. */
function hostEnd(text: string, from: number, to: number): number {
  if (text.charCodeAt(from) !== OPEN_BRACKET) return usualHostEnd(text, from);
  const close = text.indexOf(']', from);
  return close >= 0 && close < to && isIPv6(text.slice(from + 1, close)) ? close + 1 : -1;
}

type Writable = { -readonly [K in keyof ViaSyntax]: ViaSyntax[K] };

function readParams(text: string, from: number, to: number, via: Writable): ViaSyntax | undefined {
  let names = 0; // one bit for each kind of name seen; two of a kind may be the same name and are left to the grammar
  let at = from;
  while (at < to) {
    if (text.charCodeAt(at) !== SEMICOLON) return undefined;
    const nameAt = at + 1;
    const nameEnd = tokenEnd(text, nameAt);
    if (nameEnd === nameAt) return undefined;
    const kind = kindOf(text, nameAt, nameEnd);
    if ((names & kind) !== 0) return undefined;
    names |= kind;
    at = nameEnd;
    let value = '';
    if (text.charCodeAt(nameEnd) === EQUAL) {
      at = tokenEnd(text, nameEnd + 1);
      if (at === nameEnd + 1 || (at < to && text.charCodeAt(at) !== SEMICOLON)) at = addressEnd(text, nameEnd + 1, to);
      if (at < 0) return undefined;
      value = text.slice(nameEnd + 1, at);
    }
    keep(text, nameAt, nameEnd, value, via);
  }
  if (at !== to) return undefined;
  via.params = text.slice(from, to);
  return via;
}

/** Where a value ends that is an IPv6 address without brackets, else -1. */
function addressEnd(text: string, from: number, to: number): number {
  const semicolon = text.indexOf(';', from);
  const end = semicolon < 0 || semicolon > to ? to : semicolon;
  return isIPv6(text.slice(from, end)) ? end : -1;
}

/** Keeps the parameters that are read of every message. */
function keep(text: string, from: number, to: number, value: string, via: Writable): void {
  switch (to - from) {
    case 6: if (isName('branch', text, from)) via.branch = value; break;
    case 8: if (isName('received', text, from)) via.received = value; break;
    case 5: if (isName('rport', text, from)) via.rport = value; break;
    case 3: if (isName('ttl', text, from)) via.ttl = value; break;
    default:
  }
}

/** Whether a name of small letters stands there, in any case. */
function isName(name: string, text: string, from: number): boolean {
  for (let at = 0; at < name.length; at++) if ((text.charCodeAt(from + at) | 0x20) !== name.charCodeAt(at)) return false;
  return true;
}

/** One bit for the kind of name that stands there; equal names, in any case, are of one kind. */
function kindOf(text: string, from: number, to: number): number {
  return 1 << (((to - from) * 5 + (text.charCodeAt(from) & 31) * 3 + (text.charCodeAt(to - 1) & 31)) & 31);
}

const sipUri = /<sips?:[!#-;=?-~]+>/y;

/**
 * One address of a Contact: `<uri>` or `"Name" <uri>` with any number of parameters that are tokens or quoted strings without
 * escapes, no blanks around. Devices put a dozen of them there (RFC 3840), which the grammar needs long for.
 */
export function parseContactByLane(text: string, from: number, to: number): NameAddrParts | undefined {
  let open = from;
  let display: string | undefined;
  if (text.charCodeAt(from) === DQUOTE) {
    const close = plainQuoteEnd(text, from, to);
    if (close < 0) return undefined;
    display = text.slice(from, close);
    open = text.charCodeAt(close) === 0x20 ? close + 1 : close;
  }
  sipUri.lastIndex = open;
  if (!sipUri.test(text) || sipUri.lastIndex > to) return undefined;
  const uriEnd = sipUri.lastIndex - 1;
  const params = contactParams(text, uriEnd + 1, to);
  return params === undefined ? undefined : { display, uriText: text.slice(open + 1, uriEnd), params };
}

function contactParams(text: string, from: number, to: number): Param[] | undefined {
  const params: Param[] = [];
  let names = 0;
  let at = from;
  while (at < to) {
    if (text.charCodeAt(at) !== SEMICOLON) return undefined;
    const nameAt = at + 1;
    const nameEnd = tokenEnd(text, nameAt);
    if (nameEnd === nameAt || params.length === PARAMS_MAX) return undefined;
    const kind = kindOf(text, nameAt, nameEnd);
    const name = text.slice(nameAt, nameEnd);
    if ((names & kind) !== 0 && params.some((param) => param[0].toLowerCase() === name.toLowerCase())) return undefined;
    names |= kind;
    at = nameEnd;
    let value: string | undefined;
    if (text.charCodeAt(nameEnd) === EQUAL) {
      at = text.charCodeAt(nameEnd + 1) === DQUOTE ? plainQuoteEnd(text, nameEnd + 1, to) : tokenEnd(text, nameEnd + 1);
      if (at <= nameEnd + 1) return undefined;
      value = text.slice(nameEnd + 1, at);
    }
    params.push([name, value]);
  }
  return at === to ? params : undefined;
}

function tokenEnd(text: string, from: number): number {
  let at = from;
  while (TOKEN[text.charCodeAt(at)] === 1) at++;
  return at;
}

/** Behind the quoted-string that begins at `from`, if it is visible ASCII and spaces without escapes; else -1. */
function plainQuoteEnd(text: string, from: number, to: number): number {
  for (let at = from + 1; at < to; at++) {
    const code = text.charCodeAt(at);
    if (code === DQUOTE) return at + 1;
    if (code < 0x20 || code > 0x7e || code === BACKSLASH) return -1;
  }
  return -1;
}

import { isHost, isIPv6, type NameAddrParts, type Param } from '@simple-im/grammar';
import { TOKEN } from './lists.js';
import type { ViaSyntax } from './via.js';

/*
 * The common forms of Via and Contact, read without the grammar. `undefined` for everything else, which the grammar reads;
 * a property test holds both to the same answer.
 */

const DQUOTE = 0x22;
const DOT = 0x2e;
const COLON = 0x3a;
const SEMICOLON = 0x3b;
const LESS = 0x3c;
const EQUAL = 0x3d;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const HOST_MAX = 255;
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
  if (!isPlainName(text, hostAt, at) && !isHost(host)) return undefined;
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

/** Where the host that begins at `from` ends. */
function hostEnd(text: string, from: number, to: number): number {
  if (text.charCodeAt(from) === OPEN_BRACKET) {
    const close = text.indexOf(']', from);
    return close < to ? close + 1 || -1 : -1;
  }
  return tokenEnd(text, from);
}

type Writable = { -readonly [K in keyof ViaSyntax]: ViaSyntax[K] };

function readParams(text: string, from: number, to: number, via: Writable): ViaSyntax | undefined {
  let names = 0; // one bit for each kind of name seen; two of a kind may be the same name and are left to the grammar
  for (let at = from; at < to;) {
    if (text.charCodeAt(at) !== SEMICOLON) return undefined;
    const nameAt = at + 1;
    let nameEnd = nameAt;
    while (TOKEN[text.charCodeAt(nameEnd)] === 1) nameEnd++;
    if (nameEnd === nameAt) return undefined;
    const kind = kindOf(text, nameAt, nameEnd);
    if ((names & kind) !== 0) return undefined;
    names |= kind;
    at = nameEnd;
    let value = '';
    if (text.charCodeAt(nameEnd) === EQUAL) {
      at = nameEnd + 1;
      while (TOKEN[text.charCodeAt(at)] === 1) at++;
      if (at === nameEnd + 1 || (at < to && text.charCodeAt(at) !== SEMICOLON)) at = addressEnd(text, nameEnd + 1, to);
      if (at < 0) return undefined;
      value = text.slice(nameEnd + 1, at);
    }
    keep(text, nameAt, nameEnd, value, via);
  }
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
  const first = text.charCodeAt(from) | 0x20;
  if (first !== 0x62 && first !== 0x72 && first !== 0x74) return; // b, r, t
  switch (text.slice(from, to).toLowerCase()) {
    case 'branch': via.branch = value; break;
    case 'received': via.received = value; break;
    case 'rport': via.rport = value; break;
    case 'ttl': via.ttl = value; break;
    default:
  }
}

/** One bit for the kind of name that stands there; equal names, in any case, are of one kind. */
function kindOf(text: string, from: number, to: number): number {
  return 1 << (((to - from) * 5 + (text.charCodeAt(from) & 31) * 3 + (text.charCodeAt(to - 1) & 31)) & 31);
}

/** A host name of letters, digits and dots whose last label begins with a letter; the other hosts need a closer look. */
function isPlainName(text: string, from: number, to: number): boolean {
  let labelAt = from;
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    if (code === DOT) {
      if (at === labelAt) return false;
      labelAt = at + 1;
    } else if (!((code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a))) {
      return false;
    }
  }
  return labelAt < to && to - from <= HOST_MAX && text.charCodeAt(labelAt) > 0x39;
}

/**
 * One address of a Contact: `<uri>` or `"Name" <uri>` with any number of parameters that are tokens or quoted strings without
 * escapes, no blanks around. Devices put a dozen of them there (RFC 3840), which the grammar needs long for.
 */
export function parseContactByLane(text: string): NameAddrParts | undefined {
  let open = 0;
  if (text.charCodeAt(0) === DQUOTE) {
    const close = plainQuoteEnd(text, 0);
    if (close < 0) return undefined;
    open = text.charCodeAt(close) === 0x20 ? close + 1 : close;
  }
  if (text.charCodeAt(open) !== LESS) return undefined;
  const uriEnd = text.indexOf('>', open);
  const uriText = text.slice(open + 1, uriEnd);
  if (uriEnd < 0 || !/^sips?:[!#-;=?-~]+$/.test(uriText)) return undefined;
  const params = contactParams(text, uriEnd + 1);
  return params === undefined ? undefined : { display: open === 0 ? undefined : text.slice(0, text.lastIndexOf('"', open) + 1), uriText, params };
}

function contactParams(text: string, from: number): Param[] | undefined {
  const params: Param[] = [];
  let names = 0;
  for (let at = from; at < text.length;) {
    if (text.charCodeAt(at) !== SEMICOLON) return undefined;
    const nameAt = at + 1;
    let nameEnd = nameAt;
    while (TOKEN[text.charCodeAt(nameEnd)] === 1) nameEnd++;
    if (nameEnd === nameAt || params.length === PARAMS_MAX) return undefined;
    const kind = kindOf(text, nameAt, nameEnd);
    const name = text.slice(nameAt, nameEnd);
    if ((names & kind) !== 0 && params.some((param) => param[0].toLowerCase() === name.toLowerCase())) return undefined;
    names |= kind;
    at = nameEnd;
    let value: string | undefined;
    if (text.charCodeAt(nameEnd) === EQUAL) {
      at = text.charCodeAt(nameEnd + 1) === DQUOTE ? plainQuoteEnd(text, nameEnd + 1) : tokenEnd(text, nameEnd + 1);
      if (at <= nameEnd + 1) return undefined;
      value = text.slice(nameEnd + 1, at);
    }
    params.push([name, value]);
  }
  return params;
}

function tokenEnd(text: string, from: number): number {
  let at = from;
  while (TOKEN[text.charCodeAt(at)] === 1) at++;
  return at;
}

/** Behind the quoted-string that begins at `from`, if it is visible ASCII and spaces without escapes; else -1. */
function plainQuoteEnd(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === DQUOTE) return at + 1;
    if (code < 0x20 || code > 0x7e || code === BACKSLASH) return -1;
  }
  return -1;
}

import { canonicalEscapes, canonicalUser, unescapeUri } from './escapes.js';
import { canonicalHost } from './host.js';
import { paramKey, type Params } from './params.js';
import { isSipUri, type ImUri, type SipUri, type TelUri, type Uri, type UriHeader } from './uri.js';
import { withoutSeparators } from './uri-grammar.js';

/**
 * Whether two URIs are equivalent: SIP and SIPS by RFC 3261 §19.1.4 as clarified by RFC 5954 §4.2, tel by RFC 3966 §4, im and
 * pres by mailbox and header components, any other character by character behind the scheme. Not transitive: a parameter
 * that only one of two SIP URIs has is mostly ignored.
 */
export function uriEquals(a: Uri, b: Uri): boolean {
  if (isSipUri(a)) return isSipUri(b) && sipUriEquals(a, b);
  if (a.scheme === 'tel') return b.scheme === 'tel' && telUriEquals(a, b);
  if (a.scheme === 'other') return b.scheme === 'other' && a.name === b.name && a.text.slice(a.name.length) === b.text.slice(b.name.length);
  return (b.scheme === 'im' || b.scheme === 'pres') && imUriEquals(a, b);
}

function sipUriEquals(a: SipUri, b: SipUri): boolean {
  return a.scheme === b.scheme
    && sameText(a.user, b.user)
    && sameText(a.password, b.password)
    && canonicalHost(a.host) === canonicalHost(b.host)
    && a.port === b.port
    && sameUriParams(a.params, b.params)
    && sameHeaders(a.headers, b.headers);
}

/** Both absent, or equal but for needless escapes; with regard to case, as userinfo compares. */
function sameText(a: string | undefined, b: string | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && canonicalEscapes(a) === canonicalEscapes(b));
}

// `transport` is among them by the paragraph on default values ("can resolve to different transports").
const MUST_BE_IN_BOTH = ['user', 'ttl', 'method', 'maddr', 'transport'];

function sameUriParams(a: Params, b: Params): boolean {
  if (a.size === 0 && b.size === 0) return true;
  if (MUST_BE_IN_BOTH.some((name) => a.has(name) !== b.has(name))) return false;
  return a.entries().every(([name, value]) => {
    const key = paramKey(name, 'uri');
    return !b.has(key) || sameParamValue(key, value, b.raw(key));
  });
}

function sameParamValue(key: string, a: string | undefined, b: string | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  // A method is the one value whose case counts (RFC 3261 §7.1).
  if (key === 'method') return canonicalEscapes(a) === canonicalEscapes(b);
  return canonicalEscapes(a).toLowerCase() === canonicalEscapes(b).toLowerCase();
}

/** Each header component of one is in the other and matches, in whatever order. */
function sameHeaders(a: readonly UriHeader[], b: readonly UriHeader[]): boolean {
  if (a.length !== b.length) return false;
  if (a.length === 0) return true;
  const ours = a.map(canonicalHeader).sort();
  const theirs = b.map(canonicalHeader).sort();
  return ours.every((header, i) => header === theirs[i]);
}

/**
 * Field values compare without case unless defined otherwise (RFC 3261 §7.3.1): quoted strings, Call-ID (§20.8) and the body
 * keep theirs.
 */
function canonicalHeader([name, value]: UriHeader): string {
  const key = unescapeUri(name).toLowerCase();
  const text = canonicalEscapes(value);
  const keepsCase = key === 'body' || key === 'call-id' || key === 'i';
  return `${key}=${keepsCase ? text : lowerCaseOutsideQuotes(text)}`;
}

function lowerCaseOutsideQuotes(text: string): string {
  return text.split('%22').map((part, i) => (i % 2 === 0 ? part.toLowerCase() : part)).join('%22');
}

function telUriEquals(a: TelUri, b: TelUri): boolean {
  if (a.global !== b.global || a.number.toLowerCase() !== b.number.toLowerCase() || a.params.size !== b.params.size) return false;
  return a.params.entries().every(([name, value]) => {
    const key = paramKey(name, 'uri');
    return b.params.has(key) && canonicalTelValue(key, value) === canonicalTelValue(key, b.params.raw(key));
  });
}

function canonicalTelValue(key: string, value: string | undefined): string | undefined {
  const digits = value !== undefined && (key === 'ext' || (key === 'phone-context' && value.startsWith('+')));
  return digits ? withoutSeparators(value) : value === undefined ? undefined : canonicalEscapes(value).toLowerCase();
}

function imUriEquals(a: ImUri, b: ImUri): boolean {
  return a.scheme === b.scheme
    && sameText(a.user, b.user)
    && canonicalHost(a.host) === canonicalHost(b.host)
    && sameHeaders(a.headers, b.headers);
}

/**
 * The text that stands for an address-of-record, to index bindings and users by (RFC 3261 §10.3 step 5): scheme, user and host
 * without parameters, port and password, host in lower case, escapes undone that need not be there. A tel URI keeps its
 * phone-context, which is part of what it names. Compare keys by `===`.
 */
export function aorOf(uri: Uri): string {
  if (uri.scheme === 'other') return uri.text;
  if (uri.scheme === 'tel') {
    const context = uri.phoneContext === undefined ? '' : `;phone-context=${uri.phoneContext}`;
    return `tel:${uri.number}${context}`.toLowerCase();
  }
  const host = canonicalHost(uri.host);
  return uri.user === undefined ? `${uri.scheme}:${host}` : `${uri.scheme}:${canonicalUser(uri.user)}@${host}`;
}

import { escapeUser } from './escapes.js';
import { grammarError } from './grammar-errors.js';
import { isHost } from './host.js';
import { Params, type ParamValue } from './params.js';
import { parseUriByGrammar } from './uri-grammar.js';
import { parseSipUriByLane } from './uri-fast-lane.js';

/** A header component of a URI, name and value as they came, escapes included. */
export type UriHeader = readonly [name: string, value: string];

/** A SIP or SIPS URI (RFC 3261 §19.1); every part as it came, escapes included. */
export interface SipUri {
  readonly scheme: 'sip' | 'sips';
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** A name, an IPv4 address, or an IPv6 address in brackets. */
  readonly host: string;
  /** 0 to 65535; `undefined` when none is written. */
  readonly port?: number | undefined;
  readonly params: Params;
  readonly headers: readonly UriHeader[];
  /** The whole URI as it came. */
  readonly text: string;
}

/** A telephone number (RFC 3966). */
export interface TelUri {
  readonly scheme: 'tel';
  /** Without visual separators; a global number begins with `+`. */
  readonly number: string;
  readonly global: boolean;
  /** Of a local number: a domain name, or a global number without visual separators. */
  readonly phoneContext?: string | undefined;
  readonly params: Params;
  readonly text: string;
}

/** An `im:` (RFC 3860) or `pres:` (RFC 3859) URI that names a mailbox. */
export interface ImUri {
  readonly scheme: 'im' | 'pres';
  readonly user: string;
  readonly host: string;
  readonly headers: readonly UriHeader[];
  readonly text: string;
}

/** Any other absolute URI, kept as text. */
export interface OtherUri {
  readonly scheme: 'other';
  /** The scheme as written, in lower case. */
  readonly name: string;
  readonly text: string;
}

/** A URI, told apart by `scheme`. */
export type Uri = SipUri | TelUri | ImUri | OtherUri;

export interface UriOptions {
  /** Longest URI in octets; 4096 by default. */
  readonly maxLength?: number;
}

const URI_MAX = 4096;

/**
 * Reads an absolute URI, all of the text.
 * @throws GRAMMAR_BAD_URI, GRAMMAR_URI_TOO_LONG, GRAMMAR_DUPLICATE_PARAMETER, GRAMMAR_TOO_MANY_PARAMETERS
 */
export function parseUri(text: string, options?: UriOptions): Uri {
  if (text.length > (options?.maxLength ?? URI_MAX)) throw grammarError('GRAMMAR_URI_TOO_LONG', { detail: `${text.length} octets` });
  return parseSipUriByLane(text) ?? parseUriByGrammar(text);
}

/** {@link parseUri} for what must be a SIP or SIPS URI. @throws GRAMMAR_BAD_URI too for another scheme */
export function parseSipUri(text: string, options?: UriOptions): SipUri {
  const uri = parseUri(text, options);
  if (!isSipUri(uri)) throw grammarError('GRAMMAR_BAD_URI', { detail: 'the scheme is not sip or sips', status: 416 });
  return uri;
}

export function isSipUri(uri: Uri): uri is SipUri {
  return uri.scheme === 'sip' || uri.scheme === 'sips';
}

/** What a new SIP URI is made from: plain text, escaped as needed. */
export interface SipUriParts {
  /** `sip` by default. */
  readonly scheme?: 'sip' | 'sips';
  readonly user?: string | undefined;
  readonly host: string;
  readonly port?: number | undefined;
  readonly params?: Params | Readonly<Record<string, ParamValue>> | undefined;
}

/**
 * Makes a SIP URI.
 * @throws GRAMMAR_UNENCODABLE for what is no host (an IPv6 address needs its brackets), port or parameter.
 */
export function sipUri(parts: SipUriParts): SipUri {
  const { scheme = 'sip', user, host, port } = parts;
  if (!isHost(host)) throw grammarError('GRAMMAR_UNENCODABLE', { detail: 'host' });
  const isPort = port === undefined || (Number.isInteger(port) && port >= 0 && port <= 65535);
  if (!isPort) throw grammarError('GRAMMAR_UNENCODABLE', { detail: 'port' });
  if (user === '') throw grammarError('GRAMMAR_UNENCODABLE', { detail: 'empty user part' });
  const params = parts.params instanceof Params ? parts.params : Params.of(parts.params ?? {}, 'uri');
  const made = { scheme, user: user === undefined ? undefined : escapeUser(user), password: undefined, host, port, params, headers: [] };
  return { ...made, text: formatUri({ ...made, text: '' }) };
}

/**
 * The text of a URI, made from its parts: what a copy with changed parts, `{ ...uri, port: 5062 }`, is written as. A SIP URI
 * nobody changed gives its `text`, but for the case of the scheme and zeros before the port; the other schemes are given as
 * they came.
 */
export function formatUri(uri: Uri): string {
  if (!isSipUri(uri)) return uri.text;
  const password = uri.password === undefined ? '' : `:${uri.password}`;
  const userinfo = uri.user === undefined ? '' : `${uri.user}${password}@`;
  const port = uri.port === undefined ? '' : `:${uri.port}`;
  const headers = uri.headers.length === 0 ? '' : `?${uri.headers.map(([name, value]) => `${name}=${value}`).join('&')}`;
  return `${uri.scheme}:${userinfo}${uri.host}${port}${uri.params.toString()}${headers}`;
}

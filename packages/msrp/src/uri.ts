import { msrpError } from './errors.js';
import { msrpUriRule } from './grammar.js';

/** An MSRP URI (RFC 4975 §6). */
export interface MsrpUri {
  /** True for `msrps`: the connection must be protected with TLS. */
  readonly secure: boolean;
  /** As it came in; an IPv6 address without its brackets. */
  readonly host: string;
  readonly port?: number;
  /** Absent for a relay or another host device that names no session. */
  readonly sessionId?: string;
  /** As it came in, such as `tcp` or `ws`. */
  readonly transport: string;
  readonly parameters: readonly (readonly [name: string, value: string | undefined])[];
  readonly userinfo?: string;
  /** The whole URI as it came in. */
  readonly text: string;
}

/** Reads an MSRP URI. Throws `MSRP_BAD_URI` with the offset of what is wrong. */
export function parseMsrpUri(text: string): MsrpUri {
  const result = msrpUriRule(text);
  if ('at' in result) throw msrpError('MSRP_BAD_URI', { offset: result.at, detail: `expected ${result.expected}` });
  const { scheme, host, port, sessionId, transport, parameters, userinfo } = result.value;
  return {
    secure: scheme === 'msrps',
    host: host.startsWith('[') ? host.slice(1, -1) : host,
    ...(port === undefined ? {} : { port }),
    ...(sessionId === undefined ? {} : { sessionId }),
    transport,
    parameters,
    ...(userinfo === undefined ? {} : { userinfo }),
    text,
  };
}

/** What {@link formatMsrpUri} builds a URI from. */
export type MsrpUriParts = Pick<MsrpUri, 'host'> & Partial<Pick<MsrpUri, 'secure' | 'port' | 'sessionId' | 'transport'>>;

/** Writes an MSRP URI; `transport` is `tcp` by default. Throws `MSRP_BAD_URI` when the parts make none. */
export function formatMsrpUri({ secure = false, host, port, sessionId, transport = 'tcp' }: MsrpUriParts): string {
  const authority = (host.includes(':') ? `[${host}]` : host) + (port === undefined ? '' : `:${port}`);
  return parseMsrpUri(`${secure ? 'msrps' : 'msrp'}://${authority}${sessionId === undefined ? '' : `/${sessionId}`};${transport}`).text;
}

/**
 * RFC 4975 §6.1: scheme, host and transport without regard to case, the port as given (an absent one matches only an absent
 * one), the session id with regard to case. Userinfo and further parameters do not count.
 */
export function msrpUriEquals(a: MsrpUri | string, b: MsrpUri | string): boolean {
  return msrpUriKey(a) === msrpUriKey(b);
}

/**
 * Only the session ids, for peers behind address translators that rewrite SDP but not MSRP ("sessmatch" in RCS). It gives up
 * what the authority protects against, so it is never the default. URIs without session id do not match.
 */
export function sessionIdEquals(a: MsrpUri | string, b: MsrpUri | string): boolean {
  const id = asUri(a).sessionId;
  return id !== undefined && id === asUri(b).sessionId;
}

/** A text that is the same for URIs that are equal by RFC 4975 §6.1: a key for tables. */
export function msrpUriKey(uri: MsrpUri | string): string {
  const { secure, host, port, sessionId, transport } = asUri(uri);
  return `${secure ? 'msrps' : 'msrp'}://${hostKey(host)}:${port ?? ''}/${sessionId ?? ''};${transport.toLowerCase()}`;
}

function asUri(uri: MsrpUri | string): MsrpUri {
  return typeof uri === 'string' ? parseMsrpUri(uri) : uri;
}

function hostKey(host: string): string {
  if (host.includes(':')) return ipv6Key(host.toLowerCase());
  return decodeUnreserved(host).toLowerCase();
}

// RFC 3986 §6.2.2.2: only unreserved characters may be decoded without changing what the URI means.
function decodeUnreserved(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (whole, hex: string) => {
    const character = String.fromCharCode(parseInt(hex, 16));
    return /[A-Za-z0-9\-._~]/.test(character) ? character : whole;
  });
}

// "address equivalence": ::1 and 0:0:0:0:0:0:0:1 are one address. What is no IPv6 address is compared as text.
function ipv6Key(host: string): string {
  const hex = (high: string, low: string): string => (Number(high) * 256 + Number(low)).toString(16);
  const ipv4 = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/;
  const text = host.replace(ipv4, (_all, a: string, b: string, c: string, d: string) => `${hex(a, b)}:${hex(c, d)}`);
  const halves = text.split('::');
  if (halves.length > 2) return host;
  const [head, tail] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const groups = tail === undefined ? head : [...head, ...new Array<string>(Math.max(0, 8 - head.length - tail.length)).fill('0'), ...tail];
  if (groups.length !== 8 || !groups.every((group) => /^[0-9a-f]{1,4}$/.test(group))) return host;
  return groups.map((group) => parseInt(group, 16).toString(16)).join(':');
}

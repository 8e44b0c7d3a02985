import { transportError } from './errors.js';

/** A `ws:` or `wss:` URL in its parts. */
export interface WebSocketUrl {
  readonly secure: boolean;
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
  /** Path and query. */
  readonly target: string;
  /** For messages: without the query and without credentials. */
  readonly where: string;
}

/** Throws TRANSPORT_BAD_ADDRESS unless it is a `ws:` or `wss:` URL without a fragment (RFC 6455 §3). */
export function parseWebSocketUrl(url: string): WebSocketUrl {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^wss?:$/.test(parsed.protocol) || url.includes('#') || parsed.username !== '' || parsed.password !== '') {
    throw transportError('TRANSPORT_BAD_ADDRESS', { detail: 'no ws: or wss: URL without user and fragment' });
  }
  const secure = parsed.protocol === 'wss:';
  return {
    secure,
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: parsed.port === '' ? (secure ? 443 : 80) : Number(parsed.port),
    target: parsed.pathname + parsed.search,
    where: `${parsed.protocol}//${parsed.host}${parsed.pathname}`,
  };
}

import type { Address } from './ports.js';

/** What a server of WebSockets takes. */
export interface WebSocketAcceptorOptions {
  /** `/sip`, `/msrp` ...: exactly, without the query. A server may have several acceptors; what nobody takes is answered 404. */
  readonly path: string;
  /** The subprotocols spoken, best first; a client that offers none of them is answered 400 (RFC 6455 §4.2.2, RFC 7118 §4.1). */
  readonly protocols: readonly string[];
  /** Largest message taken, octets; default 1,048,576. A larger one closes the connection with 1009 (RFC 6455 §7.4.1). */
  readonly maxMessage?: number | undefined;
  /** Asked with the Origin header, undefined for clients that are no browser; false is answered 403 (RFC 6455 §10.2). Default: all. */
  readonly allowOrigin?: ((origin: string | undefined) => boolean) | undefined;
  /** Connections open at a time, default 10,000; one more is answered 503. */
  readonly maxConnections?: number | undefined;
  /** Milliseconds between pings (RFC 6455 §5.5.2); without it none are sent. A peer that answers none is TRANSPORT_TIMEOUT. */
  readonly keepAlive?: number | undefined;
  /** Milliseconds an ended connection waits, default 5,000, as in `NodeNetworkOptions`. */
  readonly linger?: number | undefined;
}

/** The HTTP request a connection came with. */
export interface AcceptedRequest {
  readonly remote: Address;
  /** Path and query as they came. */
  readonly target: string;
  readonly origin: string | undefined;
  /** The Cookie header (RFC 7118 §7). */
  readonly cookie: string | undefined;
}

/** The first of ours that the client offers. */
export function chooseProtocol(ours: readonly string[], offered: Iterable<string>): string | undefined {
  const names = new Set(offered);
  return ours.find((name) => names.has(name));
}

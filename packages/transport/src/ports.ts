/*
 * What a protocol driver needs from the world. Protocol packages take these as arguments; the drivers in
 * `@simple-im/transport/node` and the fakes in `@simple-im/transport/fake` implement them.
 */

/** An IP address or host name and a port (0 to 65535; 0 asks the system for a free one). IPv6 without brackets. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A timer that may be taken back. */
export interface Timer {
  /** Harmless when the timer has fired. */
  cancel(): void;
}

/** Time, of both kinds. */
export interface Clock {
  /** Milliseconds from an arbitrary start; never goes back. Every deadline is on this scale. */
  now(): number;
  /** The wall clock, for Date headers and documents. */
  date(): Date;
  /**
   * Calls `fire` once after `delay` milliseconds (0 or more), never early and never within this call. A timer alone does
   * not keep a process alive.
   */
  setTimer(delay: number, fire: () => void): Timer;
}

/** Randomness. */
export interface Random {
  /** `length` octets that nobody can predict. */
  bytes(length: number): Uint8Array;
}

/** What a connection tells its owner. Nothing is told before `attach`, and nothing after `closed`. */
export interface ConnectionHandlers {
  /**
   * Octets as they arrived. They are the receiver's from then on: the driver does not touch them again, so that they can be
   * passed on without a copy. A small view of them keeps all of them in memory: copy that.
   */
  data(bytes: Uint8Array): void;
  /** After a `write` that was false: what was written has left; more may be written. */
  drain?(): void;
  /**
   * The connection is gone. Called exactly once, never within a call to the connection, also after `end` and `destroy`.
   * `error` is absent when either side ended it in order; else TRANSPORT_CLOSED (reset), TRANSPORT_TIMEOUT (the peer took
   * nothing any more) or what the system reported.
   */
  closed(error?: Error): void;
}

/**
 * A stream of octets both ways: TCP, TLS. Created paused; `attach` starts the flow. When the peer ends its side, what is
 * pending is sent and this side ended too.
 */
export interface ByteConnection {
  readonly local: Address;
  readonly remote: Address;
  readonly secure: boolean;
  /** Of the peer of a TLS connection that showed one. */
  readonly peerCertificate?: PeerCertificate | undefined;
  /** Names the owner; a second call hands the connection to another one. A `pause` before it holds. */
  attach(handlers: ConnectionHandlers): void;
  /**
   * Takes the octets (the caller must not change them until they left). False: stop writing until `drain`. On a connection
   * that either side has ended the octets are dropped, false is returned, and `closed` follows.
   */
  write(bytes: Uint8Array): boolean;
  /** Octets written and not yet handed to the system, corked ones included. */
  readonly pending: number;
  /** Several writes between `cork` and `uncork` leave together. */
  cork(): void;
  uncork(): void;
  /** No `data` until `resume`; the peer is slowed by its own transport. */
  pause(): void;
  resume(): void;
  /**
   * Sends what is pending, corked or not, then closes: once the peer has ended its side too, or has not for 5 s. Until
   * then `data` goes on.
   */
  end(): void;
  /** Closes at once; what is pending is lost. */
  destroy(): void;
}

/** What a peer's TLS certificate says of it, for the identity rules of the protocol above (RFC 5922 for SIP). */
export interface PeerCertificate {
  /** Whether it leads to a trusted root and is in force. */
  readonly authorized: boolean;
  /** `URI:sip:example.com`, `DNS:example.com` ...: subjectAltName, each entry with its type in front. */
  readonly subjectAltNames: readonly string[];
  /** The CN of the subject; asked only when there is no subjectAltName (RFC 5922 §7.1). */
  readonly commonName: string | undefined;
  /** SHA-256 over the certificate, in pairs of hex digits and colons, as in `a=fingerprint` (RFC 8122 §5). */
  readonly fingerprint: string;
}

/** What a message connection tells its owner. Nothing is told before `attach`, and nothing after `closed`. */
export interface MessageHandlers {
  /** One message, text or binary; its octets are the receiver's from then on. */
  message(bytes: Uint8Array): void;
  /** After a `write` that was false: what was written has left; more may be written. */
  drain?(): void;
  /** The connection is gone, as with {@link ConnectionHandlers}. */
  closed(error?: Error): void;
}

/** A connection that keeps the bounds of messages: WebSocket (RFC 6455). Created paused; `attach` starts the flow. */
export interface MessageConnection {
  /** Undefined where the system does not tell: a browser. */
  readonly local: Address | undefined;
  readonly remote: Address | undefined;
  readonly secure: boolean;
  /** The subprotocol agreed on, such as `sip` (RFC 7118 §4.1) or `msrp` (RFC 7977 §5.1). */
  readonly protocol: string;
  attach(handlers: MessageHandlers): void;
  /** Sends one message; valid UTF-8 or not, as a binary one unless `text` is asked for. False: stop until `drain`. */
  write(bytes: Uint8Array, options?: { readonly text?: boolean }): boolean;
  /** Octets written and not yet handed to the system. */
  readonly pending: number;
  /** No `message` until `resume`. Without effect in a browser, whose WebSocket knows no backpressure. */
  pause(): void;
  resume(): void;
  /** Closes in order once what is pending has left. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
}

/** A socket that accepts connections. */
export interface Listener {
  /** As bound: a port asked for as 0 is the real one here. */
  readonly local: Address;
  /** Stops accepting and frees the address; connections already accepted live on. Calling it again is harmless. */
  close(): Promise<void>;
}

/** What a datagram socket tells its owner. */
export interface DatagramHandlers {
  /** One datagram; valid until the call returns. */
  datagram(bytes: Uint8Array, from: Address): void;
  /** A send to `to` failed, or, without `to`, the system reported an error while receiving; the socket stays usable. */
  error(error: Error, to?: Address): void;
}

/** A UDP socket. */
export interface DatagramSocket {
  /** As bound: a port asked for as 0 is the real one here. */
  readonly local: Address;
  /** Sends one datagram; a failure is told to `error`, later. The octets must not change until then or until the next turn. */
  send(bytes: Uint8Array, to: Address): void;
  /** Frees the address. Calling it again is harmless. */
  close(): Promise<void>;
}

/** Sockets, each of one address family. Each promise rejects with a ProtocolError (`TRANSPORT_...`) that names the address. */
export interface Network {
  bindUdp(local: Address, handlers: DatagramHandlers): Promise<DatagramSocket>;
  listenTcp(local: Address, accept: (connection: ByteConnection) => void): Promise<Listener>;
  /**
   * Connects; of several addresses of a name the first that answers. `signal` gives up (TRANSPORT_ABORTED); without one
   * the attempt ends after `timeout` milliseconds (default 10,000) with TRANSPORT_TIMEOUT. With both, whichever is first.
   */
  connectTcp(remote: Address, options?: { readonly signal?: AbortSignal; readonly timeout?: number }): Promise<ByteConnection>;
}

/** A certificate chain and its key, PEM. */
export interface TlsIdentity {
  readonly certificate: string;
  readonly key: string;
}

export interface TlsConnectOptions {
  /** The name asked for (SNI) and, unless `verify` is given, the one the certificate must hold. Default: the host. */
  readonly serverName?: string | undefined;
  /** Roots to trust, PEM, instead of the system's. */
  readonly trusted?: string | undefined;
  /** Ours, for a peer that asks for one. */
  readonly identity?: TlsIdentity | undefined;
  /**
   * The protocol's own rule on who the peer is (RFC 5922 §7), instead of that of HTTPS; false refuses the connection
   * (TRANSPORT_CERTIFICATE). A chain that leads to no trusted root is refused before it is asked, unless `anyRoot`.
   */
  readonly verify?: ((certificate: PeerCertificate) => boolean) | undefined;
  /** Takes self-signed certificates to `verify` as well: for those pinned by fingerprint (RFC 4975 §14.4). */
  readonly anyRoot?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds; default 10,000. */
  readonly timeout?: number | undefined;
}

export interface TlsListenOptions {
  readonly identity: TlsIdentity;
  /** Asks clients for certificates against these roots, PEM; one that shows none is let in without `peerCertificate`. */
  readonly trusted?: string | undefined;
}

/** TLS 1.2 and later over TCP. Each promise rejects with a ProtocolError (`TRANSPORT_...`). */
export interface TlsNetwork {
  listenTls(local: Address, options: TlsListenOptions, accept: (connection: ByteConnection) => void): Promise<Listener>;
  connectTls(remote: Address, options?: TlsConnectOptions): Promise<ByteConnection>;
}

export interface WebSocketConnectOptions {
  /** The subprotocols offered; the server must choose one of them (TRANSPORT_SUBPROTOCOL). */
  readonly protocols: readonly string[];
  /** Roots to trust, PEM; without effect in a browser. */
  readonly trusted?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds; default 10,000. */
  readonly timeout?: number | undefined;
  /** Largest message taken, octets; default 1,048,576. A larger one closes the connection with 1009 (RFC 6455 §7.4.1). */
  readonly maxMessage?: number | undefined;
}

/** WebSockets, as a client: all that a browser has. Servers attach to an HTTP server of their own. */
export interface WebSocketNetwork {
  /** Connects to a `ws:` or `wss:` URL. Rejects with a ProtocolError (`TRANSPORT_...`). */
  connectWebSocket(url: string, options: WebSocketConnectOptions): Promise<MessageConnection>;
}

/** Names to addresses. RFC 3263's procedures live in the sip package; this only asks. */
export interface Resolver {
  /**
   * IPv4 and IPv6 addresses of a host name, in the order to try, at least one; a numeric host answers itself. Rejects
   * with TRANSPORT_NAME_NOT_FOUND, or TRANSPORT_LOOKUP when nobody could be asked.
   */
  lookup(host: string): Promise<readonly string[]>;
  /** NAPTR records (RFC 3403), in no order; empty where there are none. Rejects with TRANSPORT_LOOKUP when nobody could be asked. */
  naptr?(name: string): Promise<readonly NaptrRecord[]>;
  /** SRV records (RFC 2782), in no order; empty where there are none. Rejects with TRANSPORT_LOOKUP when nobody could be asked. */
  srv?(name: string): Promise<readonly SrvRecord[]>;
}

/** A NAPTR record (RFC 3403 §4). */
export interface NaptrRecord {
  readonly order: number;
  readonly preference: number;
  readonly flags: string;
  readonly service: string;
  readonly regexp: string;
  readonly replacement: string;
}

/** An SRV record (RFC 2782). */
export interface SrvRecord {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: string;
}

import type { ProtocolError } from '@simple-im/grammar';
import type { Clock, Network, Random, Resolver, TlsIdentity, TlsNetwork, WebSocketNetwork } from '@simple-im/transport';
import type { Flow } from './flow.js';
import { DEFAULT_LIMITS } from './limits.js';
import type { Limits } from './limits.js';
import type { SipMessage, SipRequest, SipResponse } from './message.js';
import type { Timers } from './timers.js';

/** How much an endpoint holds; the decoder's limits may be given along. */
export interface EndpointLimits extends Limits {
  /** Transactions under way at once; requests above get 503 with Retry-After. Default 100,000. */
  readonly maxTransactions: number;
  /** Transactions answered and kept for repeated messages (over UDP for 32 s), about 2 kB each; above as `maxTransactions`. Default 400,000. */
  readonly maxAnswered: number;
  /** Connections at once, of every transport, both directions; more are closed. Default 10,000. */
  readonly maxConnections: number;
  /** Octets that may wait for one peer to read before its connection is closed. Default 1,048,576. */
  readonly maxPendingOutput: number;
  /** Milliseconds without a whole message or keepalive until a connection is closed. Default 600,000. */
  readonly idleTimeout: number;
  /** Milliseconds a connection attempt may take, handshakes included. Default 10,000. */
  readonly connectTimeout: number;
  /** Octets of the largest request that goes over UDP; larger ones go over TCP if it connects (§18.1.1). Default 1300. */
  readonly maxUdpRequest: number;
}

export const DEFAULT_ENDPOINT_LIMITS: EndpointLimits = {
  ...DEFAULT_LIMITS,
  maxTransactions: 100_000,
  maxAnswered: 400_000,
  maxConnections: 10_000,
  maxPendingOutput: 1_048_576,
  idleTimeout: 600_000,
  connectTimeout: 10_000,
  maxUdpRequest: 1300,
};

/** One message on the wire. */
export interface TraceEvent {
  readonly direction: 'in' | 'out';
  readonly flow: Flow;
  readonly bytes: Uint8Array;
  /** Absent when it could not be decoded. */
  readonly message?: SipMessage;
}

export interface SipEndpointOptions {
  /** UDP and TCP; absent in a browser. */
  readonly network?: Network | undefined;
  readonly tls?: TlsNetwork | undefined;
  /** For connections we open over TLS or WSS. */
  readonly tlsClient?: TlsClientOptions | undefined;
  /** For WebSockets we open; those of clients come through `acceptWebSocket`. */
  readonly webSockets?: WebSocketNetwork | undefined;
  readonly clock: Clock;
  readonly random: Random;
  /** For host names in URIs; without one only numeric hosts can be reached. */
  readonly resolver?: Resolver;
  readonly timers?: Partial<Timers>;
  readonly limits?: Partial<EndpointLimits>;
  /** Accept what RFC 4475 allows to accept although it is malformed. Default false. */
  readonly liberal?: boolean;
  readonly trace?: (event: TraceEvent) => void;
  /** What went wrong without anybody asking: malformed messages, lost connections, an exception of a handler. */
  readonly onError?: (error: Error, flow?: Flow) => void;
}

export interface ListenOptions {
  /** Host, or `host:port`, for our Via on this socket; by default the address as bound. IPv6 in brackets. */
  readonly advertise?: string;
}

/** The peer must prove to be the domain of the URI (RFC 5922 §7.3): sip URIs, else DNS names of its certificate, no wildcards. */
export interface TlsClientOptions {
  /** Roots to trust, PEM, instead of the system's. */
  readonly trusted?: string | undefined;
  /** Our certificate, for servers that want to know who we are. With a TLS listener it makes us offer `alias` (RFC 5923). */
  readonly identity?: TlsIdentity | undefined;
}

export interface ListenTlsOptions extends ListenOptions {
  readonly identity: TlsIdentity;
  /**
   * Asks clients for certificates that lead to one of these roots, PEM. Who shows one is known by `flow.identities`; who
   * shows none is let in without.
   */
  readonly trusted?: string | undefined;
}

export interface WebSocketOptions {
  /** For our Via on this connection, as in {@link ListenOptions}; by default its local address. */
  readonly advertise?: string | undefined;
}

/** A request that came and waits for its response. */
export interface IncomingRequest {
  readonly key: string;
  readonly request: SipRequest;
  readonly flow: Flow;
  /** True once a final response was given. */
  readonly answered: boolean;
  /** Gives a response to the server transaction; ones it cannot send any more are dropped. */
  respond(response: SipResponse): void;
  /** A CANCEL came for this INVITE while it had no final response; answer 487 (§9.2). */
  onCancelled?: ((cancel: SipRequest) => void) | undefined;
  /** The response could not be delivered (SIP_TRANSPORT), or no ACK came for it (SIP_NO_ACK). */
  onFailed?: ((error: ProtocolError) => void) | undefined;
  /** The server transaction is over. */
  onTerminated?: (() => void) | undefined;
}

/** What becomes of a request. Never called before `request` has returned. */
export interface ResponseHandlers {
  /** Every provisional response, the final one, and each 2xx to an INVITE, retransmissions included (RFC 6026 §7.2). */
  response(response: SipResponse): void;
  /** No final response: SIP_TIMEOUT (408), SIP_TRANSPORT (503), SIP_ENDPOINT_CLOSED (503). Called at most once. */
  failed(error: ProtocolError): void;
  /** The client transaction is over; nothing more comes. */
  readonly terminated?: (() => void) | undefined;
}

export interface SendOptions {
  /** Goes behind the random part of our branch: the second part that a proxy detects loops by (RFC 5393 §4.2.1). A token. */
  readonly branchSuffix?: string | undefined;
  /** The request is given away: our Via goes on it and not on a copy. Default false. */
  readonly handOver?: boolean | undefined;
  /**
   * Rather fails with SIP_TOO_LARGE_FOR_UDP than goes over UDP above `maxUdpRequest`, also where TCP does not connect: a MESSAGE
   * must not travel large without congestion control (RFC 3428 §8). Default false.
   */
  readonly congestionSafe?: boolean | undefined;
  /** Our Via says that we would send keepalives (RFC 6223 §4.3); not in an ACK. Default false. */
  readonly keep?: boolean | undefined;
}

/** A request under way. `key`, `branch` and `flow` change once if TCP was refused and it went over UDP after all. */
export interface OutgoingRequest {
  readonly key: string;
  readonly branch: string;
  readonly flow: Flow;
  /** As sent, with our Via. */
  readonly request: SipRequest;
  /** Cancels an INVITE as §9.1 says; `reason` becomes a Reason field. */
  cancel(reason?: string): void;
}

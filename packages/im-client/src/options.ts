import type { Hash } from '@simple-im/digest';
import type { SipMessage, Timers } from '@simple-im/sip';
import type { MsrpUri } from '@simple-im/msrp';
import type { Address, Clock, Network, Random, Resolver, TlsNetwork, WebSocketNetwork } from '@simple-im/transport';

/**
 * What the client needs from the world: `nodePlatform` of `@simple-im/transport/node`, `webPlatform` of `@simple-im/transport/web`,
 * or fakes. Of `network`, `tls` and `webSockets` those have to be there that `proxy` is reached over, and the sessions.
 */
export interface ImPlatform {
  /** UDP and TCP; absent in a browser. */
  readonly network?: Network | undefined;
  readonly tls?: TlsNetwork | undefined;
  readonly webSockets?: WebSocketNetwork | undefined;
  readonly clock: Clock;
  readonly random: Random;
  /** For host names; without one only numeric hosts can be reached. */
  readonly resolver?: Resolver | undefined;
  /** For Digest. */
  readonly hash: Hash;
}

/** Octets on the wire, for a log or a ladder. `bytes` is valid until the call returns. */
export interface ImTraceEvent {
  readonly protocol: 'sip' | 'msrp';
  readonly direction: 'in' | 'out';
  readonly transport: 'UDP' | 'TCP' | 'TLS' | 'WS' | 'WSS';
  /** `0.0.0.0:0` for what is written to a connection that is still being opened. */
  readonly local: Address;
  readonly remote: Address;
  readonly bytes: Uint8Array;
  /** SIP only; absent when it could not be decoded. */
  readonly message?: SipMessage;
}

/** How much the client holds. Nothing is dropped at a limit: what does not fit is refused, and its sender told so. */
export interface ImLimits {
  /** Pager messages nobody has taken from `messages`; more are answered 480. Default 1000. */
  readonly maxMessages: number;
  /** Octets of them together; more are answered 480. Default 4,194,304. */
  readonly maxMessageOctets: number;
  /** Notifications nobody has taken from `notifications`; more are answered 480, in a session 413. Default 1000. */
  readonly maxNotifications: number;
  /** Invitations that wait for an answer; more are answered 486. Default 16. */
  readonly maxInvitations: number;
  /** Messages of one session nobody has taken from its `messages`; more are answered 413. Default 1000. */
  readonly maxSessionMessages: number;
  /** Octets of them together; more are answered 413. Default 4,194,304. */
  readonly maxSessionOctets: number;
  /** Octets of one message in a session, told to the peer as `a=max-size`; longer ones are answered 413. Default 1,048,576. */
  readonly maxSessionMessage: number;
  /** Messages that wait for the answer to an earlier one to the same recipient; more fail with IM_QUEUE_FULL. Default 100. */
  readonly maxWaiting: number;
  /**
   * Octets a MESSAGE request may grow on its way, by Via, Record-Route and identity of the proxies, without exceeding the 1300 that
   * RFC 3428 §8 allows on any hop. In mode `auto` a message that leaves less than this goes as a large one. Default 400.
   */
  readonly pagerReserve: number;
}

export const defaultImLimits: ImLimits = {
  maxMessages: 1000,
  maxMessageOctets: 4_194_304,
  maxNotifications: 1000,
  maxInvitations: 16,
  maxSessionMessages: 1000,
  maxSessionOctets: 4_194_304,
  maxSessionMessage: 1_048_576,
  maxWaiting: 100,
  pagerReserve: 400,
};

export interface ImClientOptions {
  readonly platform: ImPlatform;
  /** The address of record: `sip:alice@example.com`. */
  readonly aor: string;
  readonly password?: string | undefined;
  /** For Digest; by default the user part of `aor`. */
  readonly username?: string | undefined;
  readonly displayName?: string | undefined;
  /**
   * Where every request goes first: `sip:192.0.2.1:5060;transport=tcp`, `sips:im.example.com`, or the URL of a WebSocket,
   * `wss://im.example.com/sip`. A URI with `lr` becomes a Route as well. Over anything but UDP the client opens a connection and
   * listens nowhere; the server has to use that connection to reach it, and registered the client sends everything over it.
   */
  readonly proxy: string;
  /**
   * Roots to trust instead of the system's, PEM: for a server with a certificate of its operator's own. Without effect in a
   * browser.
   */
  readonly trusted?: string | undefined;
  /**
   * Who this device is, a URN that is the same at every start: keep `ImClient.instance` of the first and hand it in
   * (RFC 5626 §4.1). By default a new UUID.
   */
  readonly instance?: string | undefined;
  /** The URL behind an MSRP URI with the transport `ws`. Default `wss://HOST:PORT/msrp`, `ws:` for `msrp:` URIs. */
  readonly webSocketUrl?: ((uri: MsrpUri) => string) | undefined;
  /**
   * How the way through a NAT is kept open over UDP: `stun` finds dead flows but must be answered, `crlf` need not. By default only
   * a registrar with outbound (RFC 5626) is sent any, and by STUN.
   */
  readonly udpKeepAlive?: 'stun' | 'crlf' | undefined;
  /** The UDP socket, if `proxy` is reached over UDP; by default a free port of the loopback address or of all addresses. */
  readonly local?: Address | undefined;
  /** URIs of the server's services. By default `sip:deferred@DOMAIN` and `sip:history@DOMAIN` (docs/profile.md). */
  readonly services?: { readonly deferredMessages?: string | undefined; readonly history?: string | undefined } | undefined;
  /** Accepts every invitation at once; `accept()` of it still gives the session. Default false. */
  readonly autoAccept?: boolean | undefined;
  /** Media types of content that is taken, in lower case and without wildcards. Default `text/plain`. */
  readonly acceptTypes?: readonly string[] | undefined;
  /** Seconds after which a session that nobody refreshed is over (RFC 4028): what is asked for, at least 90. Default 1800. */
  readonly sessionInterval?: number | undefined;
  /** Seconds a registration is asked for. Default 600. */
  readonly expires?: number | undefined;
  /**
   * Milliseconds that the waits for a lost registration grow from, doubled with each failure, and at most. Between half and all is
   * waited (RFC 5626 §4.5). Defaults 30,000 and 1,800,000.
   */
  readonly retry?: { readonly base?: number; readonly most?: number } | undefined;
  readonly limits?: Partial<ImLimits> | undefined;
  /** SIP's timers, for tests and special networks. */
  readonly timers?: Partial<Timers> | undefined;
  /** For User-Agent and Server fields. */
  readonly userAgent?: string | undefined;
  readonly trace?: ((event: ImTraceEvent) => void) | undefined;
  /** What went wrong without anybody waiting for it: a notification that could not be sent, a malformed message. */
  readonly onError?: ((error: Error) => void) | undefined;
}

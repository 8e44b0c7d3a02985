import type { MsrpEndpoint } from './msrp-endpoint.js';
import type { MsrpPeer } from './raw-msrp.js';
import type { SipPeer, User } from './raw-sip.js';
import type { RawWebSocket } from './raw-websocket.js';
import type { Feature } from './profile.js';
import type { SipTransport } from './target-address.js';

export type Level = 'SHALL' | 'SHOULD' | 'MAY';

/** One thing a standard asks of the system under test, and how we find out whether it is done. */
export interface ConformanceCase {
  /** Never changes: others keep lists of them. Reference point, document, section, what: `IM-7/rfc4975/7.3/unknown-session-481`. */
  readonly id: string;
  /** As one cites it: `RFC 4975 §7.3`. */
  readonly clause: string;
  readonly level: Level;
  /** What the clause asks, in one sentence of our own. */
  readonly asks: string;
  /** What the case does, in one sentence. */
  readonly does: string;
  /** What the target must have; where it has not, the case is skipped. */
  readonly needs: readonly Feature[];
  /** How many users it holds exclusively while it runs; 0 when it talks without one. */
  readonly users: number;
  /** Set where the target's real timers must pass: for how many seconds at most. */
  readonly slow?: number;
  /** Returns when all is well; `check`, `equal`, `fail` and the peers' expectations end it otherwise. */
  readonly run: (context: CaseContext) => Promise<void>;
}

export interface SipPeerChoice {
  /** Who it speaks for: its name, its answers to challenges. */
  readonly user?: User;
  /** By default what the target listed first. */
  readonly transport?: SipTransport;
}

/** What a running case has. All of it is closed when the case ends. */
export interface CaseContext {
  readonly domain: string;
  /** The users leased to this case, as many as it asked for, without bindings. */
  readonly users: readonly User[];
  /** Milliseconds that every wait is bounded by. */
  readonly timeout: number;
  /** A new SIP peer with a socket of its own. */
  readonly sip: (choice?: SipPeerChoice) => Promise<SipPeer>;
  /** A new MSRP connection to the URI, as given by the target's SDP; `ownUri` is ours. */
  readonly msrp: (remotePath: string, ownUri: string) => Promise<MsrpPeer>;
  /** An MSRP endpoint with a port of its own on this host of ours: it connects, or is connected to. `name` is for the wire log. */
  readonly msrpEndpoint: (host: string, name: string) => Promise<MsrpEndpoint>;
  /** A new MSRP connection to the address the target listed; `{to}` names it with a session id nobody has. */
  readonly msrpAtListener: (transport?: 'tcp' | 'tls' | 'ws') => Promise<MsrpPeer>;
  /** A WebSocket to the target's address for SIP, with these subprotocols offered and whatever it answers to the handshake. */
  readonly webSocket: (subprotocols: readonly string[]) => Promise<RawWebSocket>;
  /** Whether this is in the target's profile; for what a case *needs*, `needs` is the place. */
  readonly has: (feature: Feature) => boolean;
  /** The target's XCAP root, when it has the feature `xcap`. */
  readonly xcapRoot: string;
  /** Adds a line to what is shown with a failure. */
  readonly note: (text: string) => void;
}

/** The reference point a case belongs to: the first part of its id. */
export function pointOf({ id }: Pick<ConformanceCase, 'id'>): string {
  return id.split('/', 1)[0] ?? id;
}

import type { ProtocolError } from '@simple-im/grammar';
import type { MsrpConnection } from './connection.js';
import type { Continuation, MsrpHead } from './frame.js';

/**
 * Who owns a session: the frames addressed to its URI come here. Chunks arrive as `head`, any number of `body`, `end`.
 * Any of the three may throw a ProtocolError with a status: the connection answers with it where an answer is due
 * (RFC 4975 §7.2) and skips the rest of the chunk. Success is answered by the owner, with `connection.respond`.
 */
export interface FrameSink {
  /** Methods besides SEND and REPORT that the owner takes; others are answered with 501. */
  readonly methods?: readonly string[];
  /** A request begins. The head may be kept. */
  head(head: MsrpHead, connection: MsrpConnection): void;
  /** Octets of its body, `offset` from the chunk's first octet; a view of what arrived, which may be kept (see {@link kept}). */
  body(bytes: Uint8Array, offset: number): void;
  end(flag: Continuation): void;
  /** A response to a request the owner wrote: match it by its transaction id. */
  response(head: MsrpHead): void;
  /** The chunk that began will not end: the connection was lost or the rest could not be parsed. */
  lost(): void;
  /** After a write of a frame returned false: more may be written. */
  drain?(): void;
  /** The session has ended; `error` is absent when this side closed it. Called once. */
  closed?(error?: ProtocolError): void;
}

/** Who else wants to write: nobody, a long chunk (take turns), or something short that must not wait (RFC 4975 §7.1.1). */
export type Demand = 'none' | 'share' | 'urgent';

/** Where a connection takes a session's frames from. */
export interface FrameSource {
  /** In the middle of a frame on the wire: nobody else may write. */
  readonly open: boolean;
  /** What waits to be written, the open frame aside. */
  readonly waiting: Demand;
  /** The next octets, or `undefined` when there are none now. `demand` says what waits elsewhere; an open frame ends early for it. */
  pull(now: number, demand: Demand): Uint8Array | undefined;
  /** Gives the open frame up and returns what ends it on the wire, so that others can write behind it. */
  abandon(): Uint8Array;
  /** When `wake` is to be called, in milliseconds of the clock. */
  deadline(): number | undefined;
  wake(now: number): void;
}

/** Octets a chunk must hold before it may be interrupted (RFC 4975 §7.1.1). */
export const INTERRUPTIBLE = 2048;
/** Octets a chunk may hold before it makes way for another long one. */
export const FAIR_SHARE = 16_384;

/** Whether an open, interruptible chunk with `sent` octets must make way. */
export function mustYield(sent: number, demand: Demand): boolean {
  return demand === 'urgent' ? sent >= INTERRUPTIBLE : demand === 'share' && sent >= FAIR_SHARE;
}

/** The more pressing of two. */
export function moreUrgent(a: Demand, b: Demand): Demand {
  return a === 'urgent' || b === 'urgent' ? 'urgent' : a === 'none' ? b : a;
}

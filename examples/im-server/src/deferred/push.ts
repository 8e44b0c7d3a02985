/*
 * Pushing: what the delivery of one recipient's items asks of whoever can bring them to a device, as MESSAGEs or in a session.
 */
import type { DeferredItem, Lease } from './store.js';

/** What became of one item. `refused`: for good, the device does not want it; `status` is SIP's. */
export type PushOutcome = { readonly result: 'taken' } | { readonly result: 'refused'; readonly status: number };

/**
 * Consecutive items of one recipient that go the same way: messages of one sender in a session, notifications in a session, or
 * any that go as MESSAGEs. Items are read from the store as they are asked for, so a run may be of any length.
 */
export interface Run {
  readonly recipient: string;
  /** The asserted sender of all of them, or undefined; meaningless for notifications and MESSAGEs. */
  readonly sender: string | undefined;
  readonly kind: DeferredItem['kind'];
  /** What the push holds; it is prolonged by itself. Lost (see `settle`): stop, say no more. */
  readonly lease: Lease;
  /** The next in order; undefined when the run has ended, which is asked of the store anew each time. */
  next(): Promise<DeferredItem | undefined>;
  /** The body, in pieces of 64 KiB at most. */
  read(item: DeferredItem): AsyncIterable<Uint8Array>;
  /** Resolves when it is removed, with what has to be stored or told because of it. Rejects with IM_LEASE_LOST, IM_STORE_FAILED. */
  settle(item: DeferredItem, outcome: PushOutcome): Promise<void>;
}

/**
 * How a run ended. `done`: every item that `next` gave is settled. `away`: the recipient is not there any more; what is not settled
 * stays. `unsupported`: the device takes no notifications this way, and nothing was settled.
 */
export type RunEnd = 'done' | 'away' | 'unsupported';

/** One way to a device. Rejects only with what `settle` rejects with. */
export interface Push {
  push(run: Run): Promise<RunEnd>;
}

/*
 * The lease of one recipient, prolonged while it is needed.
 */
import { ProtocolError } from '@simple-im/grammar';
import type { Clock, Timer } from '@simple-im/transport';
import { serverError } from '../errors.js';
import type { DeferredStore, Lease } from './store.js';

/** Milliseconds for which a lease is taken; longer than a device may take for one MESSAGE (Timer F). */
const LEASE = 60_000;

export interface HeldLeaseOptions {
  readonly store: DeferredStore;
  readonly clock: Clock;
  /** Our name among those that share the store. */
  readonly holder: string;
}

export class HeldLease {
  readonly #options: HeldLeaseOptions;
  #lease: Lease;
  #lost = false;
  #timer: Timer;

  /** Undefined where somebody else holds it. */
  static async of(recipient: string, options: HeldLeaseOptions): Promise<HeldLease | undefined> {
    const lease = await take(recipient, options);
    return lease === undefined ? undefined : new HeldLease(lease, options);
  }

  private constructor(lease: Lease, options: HeldLeaseOptions) {
    this.#lease = lease;
    this.#options = options;
    this.#timer = this.#prolongLater();
  }

  /** Throws IM_LEASE_LOST. */
  get current(): Lease {
    if (this.#lost) throw serverError('IM_LEASE_LOST');
    return this.#lease;
  }

  get isLost(): boolean {
    return this.#lost;
  }

  async end(): Promise<void> {
    this.#timer.cancel();
    if (!this.#lost) await this.#options.store.unlease(this.#lease);
    this.#lost = true;
  }

  #prolongLater(): Timer {
    return this.#options.clock.setTimer(LEASE / 3, () => {
      this.#timer = this.#prolongLater();
      void this.#prolong();
    });
  }

  async #prolong(): Promise<void> {
    try {
      const lease = await take(this.#lease.recipient, this.#options);
      if (this.#lost) return;
      if (lease === undefined) this.#lose();
      else this.#lease = lease;
    } catch (error) {
      if (!ProtocolError.is(error)) throw error;
      // The fence of the next commit tells, and the next time is soon.
      if (error.code === 'IM_LEASE_LOST') this.#lose();
    }
  }

  #lose(): void {
    this.#lost = true;
    this.#timer.cancel();
  }
}

function take(recipient: string, { store, clock, holder }: HeldLeaseOptions): Promise<Lease | undefined> {
  const now = clock.date().getTime();
  return store.lease(recipient, holder, now, now + LEASE);
}

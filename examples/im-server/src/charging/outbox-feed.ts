/*
 * The hook for charging: what the outbox holds is reported in order, at least once each, and stays there until it was taken.
 */
import { Alarm, type Clock } from '@simple-im/transport';
import type { Charging, ChargingEvent } from '../internal-ports.js';
import type { Log } from '../observe/ports.js';

/** What of a store matters here. */
export interface Outbox {
  events(topic: string, limit: number): Promise<readonly { readonly id: number; readonly payload: unknown }[]>;
  settle(ids: readonly number[]): Promise<void>;
}

export interface OutboxFeedOptions {
  readonly store: Outbox;
  readonly topic: string;
  readonly charging: Charging;
  readonly clock: Clock;
  readonly log: Log;
}

const PAGE = 100;
/** Milliseconds until the next try: the first, and the longest. */
const RETRY = 1000;
const LONGEST_RETRY = 300_000;

export class OutboxFeed {
  readonly #options: OutboxFeedOptions;
  readonly #alarm: Alarm;
  #retry = RETRY;
  #working = false;
  #again = false;
  #failed = false;
  #closed = false;

  constructor(options: OutboxFeedOptions) {
    this.#options = options;
    this.#alarm = new Alarm(options.clock, () => {
      this.#failed = false;
      this.wake();
    });
  }

  /** There is something, or may be. While charging does not take it, only time is waited for. */
  wake(): void {
    this.#again = true;
    if (!this.#working && !this.#failed && !this.#closed) void this.#work();
  }

  close(): void {
    this.#closed = true;
    this.#alarm.cancel();
  }

  async #work(): Promise<void> {
    const { clock, log } = this.#options;
    this.#working = true;
    try {
      while (this.#again && !this.#closed) {
        this.#again = false;
        while (!this.#closed && await this.#reportPage());
      }
      this.#retry = RETRY;
    } catch (error) {
      log.warn({ err: error }, 'charging did not take what it was told');
      this.#failed = true;
      if (!this.#closed) this.#alarm.set(clock.now() + this.#retry);
      this.#retry = Math.min(2 * this.#retry, LONGEST_RETRY);
    } finally {
      this.#working = false;
    }
  }

  /** Whether there may be more. */
  async #reportPage(): Promise<boolean> {
    const { store, topic, charging } = this.#options;
    const events = await store.events(topic, PAGE);
    if (events.length === 0) return false;
    await charging.report(events.map(({ payload }) => payload as ChargingEvent));
    await store.settle(events.map(({ id }) => id));
    return events.length === PAGE;
  }
}

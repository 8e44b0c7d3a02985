/*
 * What is of no use any more goes (RFC 3428 §4), and its sender hears of it if that was asked for.
 */
import { ProtocolError } from '@simple-im/grammar';
import { Alarm, type Clock } from '@simple-im/transport';
import type { Log, Metrics } from '../observe/ports.js';
import { chargingNote } from './charging-note.js';
import type { Custody } from './custody.js';
import type { Dispositions } from './disposition.js';
import { headOf } from './recipient-delivery.js';
import type { DeferredItem, NewItem } from './store.js';

export interface ExpiryOptions {
  readonly custody: Custody;
  readonly dispositions: Dispositions;
  readonly charged: boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Items of one commit. */
const PAGE = 100;
/** Milliseconds: no timer of the system is set for longer than this, and the store may have been away. */
const LONGEST_SLEEP = 3_600_000;
const RETRY = 10_000;

export class Expiry {
  readonly #options: ExpiryOptions;
  readonly #alarm: Alarm;
  #working = false;
  #closed = false;

  constructor(options: ExpiryOptions) {
    this.#options = options;
    this.#alarm = new Alarm(options.clock, () => void this.#ring());
    options.custody.listen({ stored: (items) => { for (const { expiresAt } of items) this.#expect(expiresAt); } });
  }

  /** Takes up what expired while nobody was there. */
  start(): void {
    void this.#ring();
  }

  close(): void {
    this.#closed = true;
    this.#alarm.cancel();
  }

  #expect(at: number): void {
    const { clock } = this.#options;
    const delay = Math.min(LONGEST_SLEEP, Math.max(0, at - clock.date().getTime()));
    if (!this.#closed) this.#alarm.set(clock.now() + delay);
  }

  async #ring(): Promise<void> {
    // Whatever came meanwhile is seen by the end of the one that works.
    if (this.#working || this.#closed) return;
    const { custody, clock, log } = this.#options;
    this.#working = true;
    try {
      while (await this.#removePage());
      const next = await custody.store.nextExpiry();
      if (next !== undefined) this.#expect(next);
    } catch (error) {
      if (!ProtocolError.is(error)) throw error;
      log.warn({ code: error.code }, 'expired messages could not be removed');
      this.#expect(clock.date().getTime() + RETRY);
    } finally {
      this.#working = false;
    }
  }

  /** Whether there may be more. */
  async #removePage(): Promise<boolean> {
    const { custody, charged, clock, metrics, log } = this.#options;
    const now = clock.date().getTime();
    const items = await custody.store.expired(now, PAGE);
    if (items.length === 0) return false;
    const notices = (await Promise.all(items.map((item) => this.#failure(item, now)))).flat();
    const events = charged ? items.map((item) => chargingNote('expired', item, now)) : [];
    await custody.commit({ remove: items.map(({ id }) => id), add: notices, events }, items.map(({ recipient }) => recipient));
    for (const { kind } of items) metrics.count('im_deferred_total', { what: 'expired', kind });
    log.debug({ items: items.length }, 'expired');
    return items.length === PAGE;
  }

  /** Nothing for what its recipient has fetched and kept. */
  async #failure(item: DeferredItem, now: number): Promise<NewItem[]> {
    const { custody, dispositions } = this.#options;
    if (item.fetched || item.kind === 'notification') return [];
    const notice = dispositions.about(item, await headOf(custody, item), 'failed', now);
    return notice === undefined ? [] : [notice];
  }
}

/*
 * Custody: changes to what is stored, and who has to hear of them.
 */
import { ProtocolError } from '@simple-im/grammar';
import type { Log, Metrics } from '../observe/ports.js';
import type { DeferredChange, DeferredItem, DeferredStore } from './store.js';

export interface CustodyOptions {
  readonly store: DeferredStore;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** What was committed; listeners are called after that, and before whoever asked for it goes on. */
export interface CustodyListener {
  /** Items are there, new ones or such as were there already. */
  stored?(items: readonly DeferredItem[]): void;
  /** What this user has is another number of messages. */
  changed?(user: string): void;
  /** Events wait in the outbox. */
  noted?(): void;
}

/** Labels of the metric. */
const REASONS: Readonly<Record<string, string>> = { IM_QUOTA: 'quota', IM_STORE_FULL: 'full', IM_STORE_FAILED: 'failed' };

export class Custody {
  readonly store: DeferredStore;
  readonly #options: CustodyOptions;
  readonly #listeners: CustodyListener[] = [];

  constructor(options: CustodyOptions) {
    this.store = options.store;
    this.#options = options;
  }

  listen(listener: CustodyListener): void {
    this.#listeners.push(listener);
  }

  /** `users`: whose items are removed or marked. Rejects as the store does; refusals are logged and counted. */
  async commit(change: DeferredChange, users: readonly string[] = []): Promise<readonly DeferredItem[]> {
    let added: readonly DeferredItem[];
    try {
      added = await this.store.commit(change);
    } catch (error) {
      this.refused(error);
      throw error;
    }
    for (const listener of this.#listeners) {
      if (added.length > 0) listener.stored?.(added);
      for (const user of new Set([...users, ...added.map(({ recipient }) => recipient)])) listener.changed?.(user);
      if ((change.events ?? []).length > 0) listener.noted?.();
    }
    return added;
  }

  /** Says why the store takes something not; also for an upload that was refused. */
  refused(error: unknown): void {
    const { log, metrics } = this.#options;
    const reason = ProtocolError.is(error) ? REASONS[error.code] : undefined;
    if (reason === undefined) return;
    metrics.count('im_store_refusals_total', { reason });
    if (reason === 'quota') log.info({ reason }, 'a user\'s quota of stored messages is used up');
    else log.error({ reason, err: error }, 'the store takes nothing');
  }
}

/*
 * The subscriptions there are, by dialog, and the writing of them: what concerns one is written in order, and the store puts what many
 * ask for into one commit.
 */
import type { ServedSubscription } from '@simple-im/sip-events';
import type { Clock } from '@simple-im/transport';
import type { Log } from '../observe/ports.js';
import { isSnapshot, type StoredSubscription, type SubscriptionStore } from './subscription-store.js';

export class KeptSubscriptions {
  readonly #store: SubscriptionStore;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #byKey = new Map<string, ServedSubscription>();
  readonly #keys = new Map<ServedSubscription, string>();
  readonly #counts = new Map<string, number>();
  /** The last write of each that has one under way. */
  readonly #writes = new Map<string, Promise<void>>();

  constructor(store: SubscriptionStore, clock: Clock, log: Log) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
  }

  find(key: string): ServedSubscription | undefined {
    return this.#byKey.get(key);
  }

  all(): readonly ServedSubscription[] {
    return [...this.#keys.keys()];
  }

  countOf(packageName: string): number {
    return this.#counts.get(packageName) ?? 0;
  }

  add(key: string, subscription: ServedSubscription): void {
    this.#byKey.set(key, subscription);
    this.#keys.set(subscription, key);
    this.#adjust(subscription, 1);
  }

  /** False when it was removed before. */
  remove(subscription: ServedSubscription): boolean {
    const key = this.#keys.get(subscription);
    if (key === undefined) return false;
    this.#byKey.delete(key);
    this.#keys.delete(subscription);
    this.#adjust(subscription, -1);
    this.forget(key);
    return true;
  }

  /** What is stored and can be read; what cannot be is removed, and the log says so. */
  async load(): Promise<readonly StoredSubscription[]> {
    const readable: StoredSubscription[] = [];
    for (const { key, snapshot } of await this.#store.load()) {
      if (isSnapshot(snapshot)) readable.push({ key, snapshot });
      else {
        this.#log.warn({ key }, 'a stored subscription cannot be read');
        this.forget(key);
      }
    }
    return readable;
  }

  save(key: string): void {
    this.#write(key, async () => {
      const snapshot = this.#byKey.get(key)?.snapshot(this.#clock.now(), this.#clock.date().getTime());
      if (snapshot !== undefined) await this.#store.save({ key, snapshot });
    });
  }

  forget(key: string): void {
    this.#write(key, () => this.#store.remove(key));
  }

  /** Resolves when what was asked for in this turn, too, is stored; rejects if it could not be. */
  async saved(key: string): Promise<void> {
    await Promise.resolve();
    await this.#writes.get(key);
  }

  /** Stores the numbers of the NOTIFY that is to leave. It leaves in any case: the watcher would rather know. */
  async numbered(key: string): Promise<void> {
    if (this.#byKey.has(key)) this.save(key);
    await this.saved(key).catch(() => undefined);
  }

  /** Resolves when everything asked for is stored, or could not be. */
  async written(): Promise<void> {
    await Promise.allSettled(this.#writes.values());
  }

  #write(key: string, job: () => Promise<void>): void {
    const before = this.#writes.get(key) ?? Promise.resolve();
    const write = before.catch(() => undefined).then(job);
    this.#writes.set(key, write);
    write.catch((error: unknown) => this.#log.error({ err: error }, 'a subscription could not be stored')).finally(() => {
      if (this.#writes.get(key) === write) this.#writes.delete(key);
    });
  }

  #adjust({ resource }: ServedSubscription, by: number): void {
    const { name } = resource.package;
    this.#counts.set(name, this.countOf(name) + by);
  }
}

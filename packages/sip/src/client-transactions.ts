import { EndingKeys } from './ending-keys.js';
import { FlowIndex } from './flow-index.js';
import type { Flow } from './flow.js';
import type { Transaction } from './transaction.js';

/** The client transactions of a layer: by key, by flow, and of most of those that were answered no more than the key. */
export class ClientTransactions {
  /**
   * Of those that only absorb what a server sends again over UDP, until Timer K (§17.1.2.2), the method alone. It takes the place of the
   * transaction: a Map leaves the tables it has outgrown to the collector of old objects, and whatever stood in them lives until then.
   */
  readonly #byKey = new Map<string, Transaction | string>();
  readonly #byFlow = new FlowIndex();
  readonly #ending = new EndingKeys();
  #answered = 0;

  get size(): number {
    return this.#byKey.size;
  }

  /** Those of which only the key is left. */
  get answered(): number {
    return this.#answered;
  }

  get(key: string): Transaction | undefined {
    const known = this.#byKey.get(key);
    return typeof known === 'string' ? undefined : known;
  }

  /** Those that need the flow, the oldest first. */
  on(flow: Flow): Transaction[] {
    return this.#byFlow.on(flow.id);
  }

  add(transaction: Transaction): void {
    this.#byKey.set(transaction.key, transaction);
    this.#byFlow.add(transaction);
  }

  /** It has had a response, and lets go of what it needs no more; `timerK` is when it ends if it only absorbs further ones. */
  received(transaction: Transaction, timerK: number): void {
    if (!transaction.accepts('transport error')) this.#byFlow.delete(transaction);
    if (!transaction.onlyAbsorbs) return;
    transaction.stopTimers();
    this.#byKey.set(transaction.key, transaction.method);
    this.#ending.add(transaction.key, timerK);
    this.#answered += 1;
  }

  /** Whether a response is one more to a request that was answered before. */
  absorbs(key: string, method: string | undefined): boolean {
    return method !== undefined && this.#byKey.get(key) === method;
  }

  delete(transaction: Transaction): void {
    this.#byKey.delete(transaction.key);
    this.#byFlow.delete(transaction);
  }

  /** When `take` has something. */
  deadline(): number | undefined {
    return this.#ending.deadline();
  }

  /** Takes out the keys of transactions whose Timer K fires; undefined when none does at `now`. */
  take(now: number): readonly string[] | undefined {
    const keys = this.#ending.take(now);
    if (keys === undefined) return undefined;
    for (const key of keys) this.#byKey.delete(key);
    this.#answered -= keys.length;
    return keys;
  }
}

import { AnsweredClients } from './answered-clients.js';
import { FlowIndex } from './flow-index.js';
import type { Flow } from './flow.js';
import type { Transaction } from './transaction.js';

/** The client transactions of a layer: by key, by flow, and of most of those that were answered no more than the key. */
export class ClientTransactions {
  readonly #byKey = new Map<string, Transaction>();
  readonly #byFlow = new FlowIndex();
  readonly #answered = new AnsweredClients();

  get size(): number {
    return this.#byKey.size + this.#answered.size;
  }

  /** Those of which only the key is left. */
  get answered(): number {
    return this.#answered.size;
  }

  get(key: string): Transaction | undefined {
    return this.#byKey.get(key);
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
    this.#byKey.delete(transaction.key);
    this.#answered.add(transaction.key, transaction.method, timerK);
  }

  /** Whether a response is one more to a request that was answered before. */
  absorbs(key: string, method: string | undefined): boolean {
    return this.#answered.has(key, method);
  }

  delete(transaction: Transaction): void {
    this.#byKey.delete(transaction.key);
    this.#byFlow.delete(transaction);
  }

  /** When `take` has something. */
  deadline(): number | undefined {
    return this.#answered.deadline();
  }

  /** Takes out the keys of transactions whose Timer K fires; undefined when none does at `now`. */
  take(now: number): readonly string[] | undefined {
    return this.#answered.take(now);
  }
}

import type { Transaction } from './transaction.js';

/** Client transactions by the flow they use, for the day the flow fails. */
export class FlowIndex {
  readonly #byFlow = new Map<string, Set<Transaction>>();

  add(transaction: Transaction): void {
    const known = this.#byFlow.get(transaction.flow.id);
    if (known === undefined) this.#byFlow.set(transaction.flow.id, new Set([transaction]));
    else known.add(transaction);
  }

  delete(transaction: Transaction): void {
    const known = this.#byFlow.get(transaction.flow.id);
    if (known === undefined) return;
    known.delete(transaction);
    if (known.size === 0) this.#byFlow.delete(transaction.flow.id);
  }

  /** A copy, since telling a transaction of the failure takes it out of here. */
  on(flowId: string): Transaction[] {
    return [...(this.#byFlow.get(flowId) ?? [])];
  }

  get size(): number {
    return this.#byFlow.size;
  }
}

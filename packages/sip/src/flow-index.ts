import type { Transaction } from './transaction.js';

/** Client transactions by the flow they use, for the day the flow fails: those of a flow are a list of their own. */
export class FlowIndex {
  readonly #newest = new Map<string, Transaction>();

  add(transaction: Transaction): void {
    const { id } = transaction.flow;
    const older = this.#newest.get(id);
    this.#newest.set(id, transaction);
    transaction.olderOnFlow = older;
    transaction.newerOnFlow = undefined;
    transaction.onFlow = true;
    if (older !== undefined) older.newerOnFlow = transaction;
  }

  /** Harmless when it is not here. */
  delete(transaction: Transaction): void {
    if (!transaction.onFlow) return;
    const { olderOnFlow: older, newerOnFlow: newer } = transaction;
    if (newer !== undefined) newer.olderOnFlow = older;
    else if (older !== undefined) this.#newest.set(transaction.flow.id, older);
    else this.#newest.delete(transaction.flow.id);
    if (older !== undefined) older.newerOnFlow = newer;
    transaction.olderOnFlow = undefined;
    transaction.newerOnFlow = undefined;
    transaction.onFlow = false;
  }

  /** The oldest first; a copy, since telling a transaction of the failure takes it out of here. */
  on(flowId: string): Transaction[] {
    const found: Transaction[] = [];
    for (let one = this.#newest.get(flowId); one !== undefined; one = one.olderOnFlow) found.push(one);
    return found.reverse();
  }

  get size(): number {
    return this.#newest.size;
  }
}

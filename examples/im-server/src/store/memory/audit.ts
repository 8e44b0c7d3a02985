import type { AuditEntry, AuditStore } from '../../system-messages/store.js';

/** Entries that are remembered; the store is gone with the process anyway. */
const REMEMBERED = 10_000;

export class MemoryAuditStore implements AuditStore {
  readonly #entries = new Map<string, AuditEntry>();

  async begin(entry: AuditEntry): Promise<void> {
    this.#entries.set(entry.id, entry);
    if (this.#entries.size > REMEMBERED) this.#entries.delete(this.#entries.keys().next().value as string);
  }

  async finish(id: string, stored: number): Promise<void> {
    const entry = this.#entries.get(id);
    if (entry !== undefined) this.#entries.set(id, { ...entry, stored });
  }

  async latest(limit: number): Promise<readonly AuditEntry[]> {
    return [...this.#entries.values()].slice(-limit).reverse();
  }
}

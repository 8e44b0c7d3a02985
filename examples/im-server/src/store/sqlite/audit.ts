import type { AuditEntry, AuditStore } from '../../system-messages/store.js';
import type { SqliteDatabase } from './database.js';

type Row = Omit<AuditEntry, 'to' | 'stored'> & { readonly receivers: string; readonly stored: number | null };

/** Entries in the `audit` table, one row each; nothing removes them. */
export class SqliteAuditStore implements AuditStore {
  readonly #database: SqliteDatabase;

  constructor(database: SqliteDatabase) {
    this.#database = database;
  }

  async begin({ to, ...entry }: AuditEntry): Promise<void> {
    await this.#database.run('audit.begin', { ...entry, receivers: JSON.stringify(to) });
  }

  async finish(id: string, stored: number): Promise<void> {
    await this.#database.run('audit.finish', id, stored);
  }

  async latest(limit: number): Promise<readonly AuditEntry[]> {
    const rows = (await this.#database.run('audit.latest', limit)) as readonly Row[];
    return rows.map(({ receivers, stored, ...entry }) => ({
      ...entry, to: JSON.parse(receivers) as AuditEntry['to'], stored: stored ?? undefined,
    }));
  }
}

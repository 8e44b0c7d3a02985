import type { Binding, Bindings, LocationStore } from '../../sip-core/location.js';
import type { SqliteDatabase } from './database.js';

interface Row {
  readonly version: number;
  readonly bindings: string;
}

/** Bindings in the `location` table, one row an address-of-record. */
export class SqliteLocationStore implements LocationStore {
  readonly #database: SqliteDatabase;

  constructor(database: SqliteDatabase) {
    this.#database = database;
  }

  async load(aor: string): Promise<Bindings> {
    const row = (await this.#database.run('location.load', aor)) as Row | undefined;
    return row === undefined ? { version: 0, bindings: [] } : { version: row.version, bindings: JSON.parse(row.bindings) as Binding[] };
  }

  async save(aor: string, version: number, bindings: readonly Binding[]): Promise<boolean> {
    const text = bindings.length === 0 ? null : JSON.stringify(bindings);
    return (await this.#database.run('location.save', aor, version, text)) as boolean;
  }

  /** Everybody with bindings, expired ones included, and when the first and the last of them expires. */
  async registered(): Promise<readonly { readonly aor: string; readonly from: number; readonly until: number }[]> {
    const rows = (await this.#database.run('location.all')) as readonly (Row & { readonly aor: string })[];
    return rows.map(({ aor, bindings: text }) => {
      const expiries = (JSON.parse(text) as Binding[]).map((binding) => binding.expiresAt);
      return { aor, from: Math.min(...expiries), until: Math.max(...expiries) };
    });
  }
}

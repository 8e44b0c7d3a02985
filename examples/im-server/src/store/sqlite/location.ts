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
    return (await this.#database.run('location.save', aor, version, JSON.stringify(bindings))) as boolean;
  }
}

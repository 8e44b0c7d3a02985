import type { LoadedSubscription, StoredSubscription, SubscriptionStore } from '../../sip-core/subscription-store.js';
import type { SqliteDatabase } from './database.js';

interface Row {
  readonly key: string;
  readonly snapshot: string;
}

/** Subscriptions in the `subscription` table, one row each. */
export class SqliteSubscriptionStore implements SubscriptionStore {
  readonly durable = true;
  readonly #database: SqliteDatabase;

  constructor(database: SqliteDatabase) {
    this.#database = database;
  }

  async load(): Promise<readonly LoadedSubscription[]> {
    const rows = (await this.#database.run('subscription.all')) as readonly Row[];
    return rows.map(({ key, snapshot }) => ({ key, snapshot: read(snapshot) }));
  }

  async save({ key, snapshot }: StoredSubscription): Promise<void> {
    await this.#database.run('subscription.save', key, snapshot.expires, JSON.stringify(snapshot));
  }

  async remove(key: string): Promise<void> {
    await this.#database.run('subscription.remove', key);
  }
}

function read(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

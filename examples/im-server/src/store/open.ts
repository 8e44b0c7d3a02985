import type { StoreUrl } from '../config.js';
import type { LocationStore } from '../sip-core/location.js';
import { MemoryLocationStore } from './memory/location.js';
import { SqliteDatabase } from './sqlite/database.js';
import { SqliteLocationStore } from './sqlite/location.js';

/** The storage of every entity, over one medium. */
export interface Store {
  readonly location: LocationStore;
  /** Rejects while nothing can be stored. */
  healthy(): Promise<void>;
  close(): Promise<void>;
}

/** Opens what `--store` names. Rejects with a message that begins `cannot open the store`. */
export async function openStore(url: StoreUrl): Promise<Store> {
  if (url.kind === 'memory') return { location: new MemoryLocationStore(), healthy: async () => {}, close: async () => {} };
  const database = await SqliteDatabase.open(url.path);
  const location = new SqliteLocationStore(database);
  return {
    location,
    // A read that goes all the way to the file and back.
    healthy: async () => void (await location.load('')),
    close: () => database.close(),
  };
}

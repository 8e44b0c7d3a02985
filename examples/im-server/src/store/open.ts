import { MemoryPublicationStore } from '@simple-im/sip-events';
import type { Random } from '@simple-im/transport';
import { ConfigError, oneLine } from '../config-error.js';
import type { DeferredStore } from '../deferred/store.js';
import type { HistoryStore } from '../history/store.js';
import type { StoreUrl } from '../option-values.js';
import type { LocationStore } from '../sip-core/location.js';
import type { SettingsStore } from '../settings/store.js';
import type { SubscriptionStore } from '../sip-core/subscription-store.js';
import type { AuditStore } from '../system-messages/store.js';
import { defaultLimits, type StoreLimits } from './limits.js';
import { MemoryAuditStore } from './memory/audit.js';
import { MemoryDeferredStore } from './memory/deferred.js';
import { MemoryHistoryStore } from './memory/history.js';
import { MemoryLocationStore } from './memory/location.js';
import { MemorySubscriptionStore } from './memory/subscriptions.js';
import { SqliteAuditStore } from './sqlite/audit.js';
import { SqliteDatabase } from './sqlite/database.js';
import { SqliteDeferredStore } from './sqlite/deferred.js';
import { SqliteHistoryStore } from './sqlite/history.js';
import { SqliteLocationStore } from './sqlite/location.js';
import { SqlitePublicationStore } from './sqlite/publications.js';
import { SqliteSubscriptionStore } from './sqlite/subscriptions.js';

/** The storage of every entity, over one medium. */
export interface Store {
  readonly location: LocationStore;
  readonly subscriptions: SubscriptionStore;
  readonly settings: SettingsStore;
  readonly deferred: DeferredStore;
  readonly history: HistoryStore;
  readonly audit: AuditStore;
  /**
   * 32 octets that nobody can guess, made when the store is new and the same ever after: what clients and bindings hold of
   * ours (Path tokens, nonces) outlives a restart.
   */
  readonly secret: Uint8Array;
  /** Users whose bindings outlived the process that made them: when the first and the last one expires, milliseconds of the wall clock. */
  registered(): Promise<readonly Registered[]>;
  /** Rejects while nothing can be stored. */
  healthy(): Promise<void>;
  /** Finishes what was asked for. */
  close(): Promise<void>;
}

export interface Registered {
  readonly aor: string;
  readonly from: number;
  readonly until: number;
}

export interface StoreOptions {
  readonly limits?: StoreLimits;
  /** 32 octets that encrypt what is stored of messages; only for a medium that outlives the process. */
  readonly key?: Uint8Array | undefined;
}

const SECRET_OCTETS = 32;

/** Opens what `--store` names. Rejects with ConfigError when it cannot be had. */
export async function openStore(url: StoreUrl, random: Random, { key, limits = defaultLimits }: StoreOptions = {}): Promise<Store> {
  const fresh = random.bytes(SECRET_OCTETS);
  if (url.kind === 'memory') {
    const location = new MemoryLocationStore();
    const subscriptions = new MemorySubscriptionStore();
    const settings = new MemoryPublicationStore();
    const deferred = new MemoryDeferredStore(random, limits);
    const history = new MemoryHistoryStore(random, limits);
    const audit = new MemoryAuditStore();
    return {
      location, subscriptions, settings, deferred, history, audit,
      secret: fresh, registered: async () => [], healthy: async () => {}, close: async () => {},
    };
  }
  try {
    return await openSqlite(await SqliteDatabase.open(url.path, limits, key), fresh, random);
  } catch (error) {
    throw new ConfigError(`--store sqlite:${url.path}: cannot open the store: ${oneLine((error as Error).message)}`, { cause: error });
  }
}

async function openSqlite(database: SqliteDatabase, fresh: Uint8Array, random: Random): Promise<Store> {
  const location = new SqliteLocationStore(database);
  return {
    location,
    subscriptions: new SqliteSubscriptionStore(database),
    settings: new SqlitePublicationStore(database),
    deferred: new SqliteDeferredStore(database, random),
    history: new SqliteHistoryStore(database, random),
    audit: new SqliteAuditStore(database),
    secret: (await database.run('secret.keep', fresh)) as Uint8Array,
    registered: () => location.registered(),
    healthy: async () => void (await Promise.all([location.load(''), database.run('store.try')])),
    close: () => database.close(),
  };
}

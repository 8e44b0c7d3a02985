/* The stores that the contract holds for. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { nodeRandom } from '@simple-im/transport/node';
import { defaultLimits, type StoreLimits } from '../../src/store/limits.js';
import { openStore, type Store, type StoreOptions } from '../../src/store/open.js';

export const stores: readonly { readonly kind: string; open(limits?: StoreLimits): Promise<Store> }[] = [
  { kind: 'memory', open: (limits = defaultLimits) => openStore({ kind: 'memory' }, nodeRandom, { limits }) },
  { kind: 'sqlite', open: (limits = defaultLimits) => sqliteStore(join(folder(), 'im.db'), { limits }) },
];

/** A folder that is gone after the test. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'simple-im-store-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Closed after the test. */
export async function sqliteStore(path: string, options?: StoreOptions): Promise<Store> {
  const store = await openStore({ kind: 'sqlite', path }, nodeRandom, options);
  onTestFinished(() => store.close());
  return store;
}

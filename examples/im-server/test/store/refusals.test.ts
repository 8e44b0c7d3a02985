import { closeSync, openSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeRandom } from '@simple-im/transport/node';
import type { DeferredItem, DeferredStore, NewItem } from '../../src/deferred/store.js';
import type { Binding } from '../../src/sip-core/location.js';
import { openStore } from '../../src/store/open.js';
import { alice, bodyOf, firstPage, headOf, message, NOW, pattern } from './deferred-items.js';
import { canMount, makeReadOnly, smallDisk } from './small-disk.js';
import { folder, sqliteStore } from './stores.js';

const codeOf = async (promise: Promise<unknown>): Promise<string> =>
  promise.then(() => 'resolved', (error: { readonly code?: string }) => error.code ?? String(error));

const body = pattern(50_000);
const big = (): NewItem => ({ head: headOf(), body });

/** What was refused is not there, what was promised is, whole. */
async function holdsExactly(deferred: DeferredStore, promised: readonly DeferredItem[]): Promise<void> {
  const kept: DeferredItem[] = [];
  for (let page = await deferred.waiting(alice, firstPage, NOW); page.length > 0;) {
    kept.push(...page);
    page = await deferred.waiting(alice, { after: kept.at(-1)?.sequence as number, limit: 100 }, NOW);
  }
  expect(kept.map(({ id }) => id)).toEqual(promised.toSorted((a, b) => a.sequence - b.sequence).map(({ id }) => id));
  for (const { id, size } of kept) expect(Buffer.compare(await bodyOf(deferred, id), pattern(size))).toBe(0);
  expect((await deferred.counts(alice)).newMessages).toBe(promised.length);
}

/** Of some mebioctets, more than the log of SQLite has allocated already. */
const hugeBinding: Binding = { contact: 'x'.repeat(6_000_000), parameters: '', q: 1, expiresAt: 1, callId: 'c', cseq: 1, path: [] };

/** Commits until the disk is full. What was promised, and the codes of what was not. */
async function fill(deferred: DeferredStore): Promise<{ readonly promised: readonly DeferredItem[]; readonly codes: readonly string[] }> {
  const promised: DeferredItem[] = [];
  const codes = new Set<string>();
  for (let round = 0; round < 40; round++) {
    const adding = Array.from({ length: 10 }, () => deferred.commit({ add: [big()], events: [{ topic: 't', payload: round }] }));
    for (const result of await Promise.allSettled(adding)) {
      if (result.status === 'fulfilled') promised.push(result.value[0] as DeferredItem);
      else codes.add((result.reason as { code: string }).code);
    }
  }
  return { promised, codes: [...codes] };
}

describe.skipIf(!canMount)('a store whose disk is full', () => {
  it('refuses with IM_STORE_FULL, keeps what it promised and nothing else, and goes on when there is room again', async () => {
    const disk = smallDisk(22_000_000);
    const ballast = join(disk, 'ballast');
    writeFileSync(ballast, new Uint8Array(4_000_000));
    const store = await sqliteStore(join(disk, 'im.db'));
    const { promised, codes } = await fill(store.deferred);
    expect(codes).toEqual(['IM_STORE_FULL']);
    expect(promised.length).toBeGreaterThan(5);
    const upload = await store.deferred.upload(alice);
    expect(await codeOf((async () => { for (;;) await upload.write(pattern(65_536)); })())).toBe('IM_STORE_FULL');
    await upload.abort();
    await holdsExactly(store.deferred, promised);
    expect(await store.deferred.events('t', 1000)).toHaveLength(promised.length);

    rmSync(ballast);
    await store.healthy();
    const [one] = await store.deferred.commit({ remove: [promised[0]?.id as string], add: [big()] });
    await holdsExactly(store.deferred, [...promised.slice(1), one as DeferredItem]);
  });

  it('is not well, and does all that makes room or needs little', async () => {
    const store = await sqliteStore(join(smallDisk(22_000_000), 'im.db'));
    const { promised } = await fill(store.deferred);
    expect(await codeOf(store.healthy())).toBe('IM_STORE_FULL');
    await holdsExactly(store.deferred, promised);
    const lease = await store.deferred.lease(alice, 'me', NOW, NOW + 1);
    for (const { id } of promised) await store.deferred.commit({ remove: [id], ...(lease === undefined ? {} : { lease }), events: [{ topic: 'u', payload: id }] });
    for (let n = 0; n < 500; n++) await store.location.save(`sip:${n}@h`, 0, []);
    const events = await store.deferred.events('t', 1000);
    await store.deferred.settle(events.map(({ id }) => id));
    await holdsExactly(store.deferred, []);
    const again = await fill(store.deferred);
    expect(again.promised.length).toBeGreaterThan(promised.length / 2);
    expect(again.codes).toEqual(['IM_STORE_FULL']);
  });

  it('refuses with IM_STORE_FULL when somebody else takes the last octet', async () => {
    const disk = smallDisk(22_000_000);
    const path = join(disk, 'im.db');
    const store = await sqliteStore(path);
    const { promised } = await fill(store.deferred);
    const filler = openSync(join(disk, 'filler'), 'w');
    try {
      for (;;) writeSync(filler, pattern(4096));
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC');
    }
    closeSync(filler);
    const answers = new Set<string>();
    for (let n = 0; n < 3; n++) answers.add(await codeOf(Promise.resolve(store.location.save(`sip:${n}@h`, 0, [hugeBinding]))));
    expect([...answers]).toEqual(['IM_STORE_FULL']);
    await store.close();
    const again = await sqliteStore(path);
    await holdsExactly(again.deferred, promised);
    rmSync(join(disk, 'filler'));
    expect(await again.location.save(alice, 0, [hugeBinding])).toBe(true);
  });
});

describe.skipIf(!canMount)('a store on a medium that is read-only', () => {
  it('is refused at start, in one line', async () => {
    const disk = smallDisk(22_000_000);
    const path = join(disk, 'im.db');
    await (await openStore({ kind: 'sqlite', path }, nodeRandom)).close();
    makeReadOnly(disk);
    await expect(openStore({ kind: 'sqlite', path }, nodeRandom)).rejects.toThrow(/^--store sqlite:.*: cannot open the store: .*read-only/i);
  });
});

describe('a store whose file is damaged', () => {
  it('refuses with IM_STORE_FAILED what it cannot read or write, and gives nothing half', async () => {
    const path = join(folder(), 'im.db');
    const store = await openStore({ kind: 'sqlite', path }, nodeRandom);
    const { promised } = await fill(store.deferred);
    await store.close();
    // Everything but the first pages, which hold the schema.
    const file = openSync(path, 'r+');
    const start = 40 * 4096;
    writeSync(file, pattern(statSync(path).size - start), 0, undefined, start);
    closeSync(file);
    const damaged = await sqliteStore(path);
    const reads = await Promise.all(promised.map(({ id, size }) => bodyOf(damaged.deferred, id).then(
      (body) => Buffer.compare(body, pattern(size)) === 0 ? 'whole' : 'half',
      (error: { code?: string }) => error.code,
    )));
    expect(reads).not.toContain('half');
    expect(reads).toContain('IM_STORE_FAILED');
    const adds = await Promise.all(Array.from({ length: 50 }, () => codeOf(damaged.deferred.commit({ add: [big()] }))));
    expect(adds).toContain('IM_STORE_FAILED');
  });
});

describe('a store that is closed', () => {
  it('refuses everything with IM_STORE_FAILED', async () => {
    const store = await openStore({ kind: 'sqlite', path: join(folder(), 'im.db') }, nodeRandom);
    const upload = await store.deferred.upload(alice);
    await store.close();
    const { deferred } = store;
    const asked = [
      deferred.commit({ add: [message('1')] }), deferred.commit({}), deferred.waiting(alice, firstPage, NOW), deferred.counts(alice), deferred.nextExpiry(),
      deferred.lease(alice, 'me', NOW, NOW + 1), deferred.settle([1]), bodyOf(deferred, 'x'), upload.write(pattern(200_000)), store.healthy(),
    ];
    expect(new Set(await Promise.all(asked.map(codeOf)))).toEqual(new Set(['IM_STORE_FAILED']));
  });
});

describe('what SQLite says', () => {
  interface Refusals {
    refusalOf(error: unknown): { readonly code: string };
  }

  it.each([
    ['SQLITE_FULL', 13, 'IM_STORE_FULL'],
    ['SQLITE_IOERR_SHMSIZE', 4874, 'IM_STORE_FULL'],
    ['SQLITE_BUSY', 5, 'IM_STORE_FAILED'],
    ['SQLITE_READONLY', 8, 'IM_STORE_FAILED'],
    ['SQLITE_READONLY_DBMOVED', 1032, 'IM_STORE_FAILED'],
    ['SQLITE_IOERR_WRITE', 778, 'IM_STORE_FAILED'],
    ['SQLITE_CORRUPT', 11, 'IM_STORE_FAILED'],
    ['SQLITE_NOTADB', 26, 'IM_STORE_FAILED'],
  ])('%s (%i) is %s', async (_, errcode, code) => {
    const path = new URL('../../src/store/sqlite/refusals.mjs', import.meta.url).href;
    const { refusalOf } = (await import(path)) as Refusals;
    expect(refusalOf(Object.assign(new Error('why'), { errcode })).code).toBe(code);
  });
});

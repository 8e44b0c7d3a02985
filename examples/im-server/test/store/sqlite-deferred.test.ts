import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { nodeRandom } from '@simple-im/transport/node';
import { openStore } from '../../src/store/open.js';
import { alice, bob, bodyOf, firstPage, headOf, HOUR, message, NOW, pattern, textOf, uploaded } from './deferred-items.js';
import { inFile, openFile } from './sqlite-module.js';
import { folder, sqliteStore } from './stores.js';

const open = (path: string) => openStore({ kind: 'sqlite', path }, nodeRandom);

describe('deferred messages in SQLite, over a restart', () => {
  it('are there with their order, counters and events; leases and bodies on their way are not', async () => {
    const path = join(folder(), 'im.db');
    const before = await open(path);
    const items = await before.deferred.commit({ add: [message('1'), { head: headOf(), body: pattern(200_000) }], events: [{ topic: 't', payload: 1 }] });
    const counts = await before.deferred.counts(alice);
    const lease = await before.deferred.lease(alice, 'me', NOW, NOW + HOUR);
    await uploaded(before.deferred, pattern(300_000));
    await before.close();
    expect(inFile(path, 'SELECT count(*) AS pieces FROM piece')).toMatchObject([{ pieces: 4 + 4 }]);

    const { deferred } = await sqliteStore(path);
    expect(await deferred.waiting(alice, firstPage, NOW)).toEqual(items);
    expect(await deferred.counts(alice)).toEqual(counts);
    expect(await deferred.events('t', 9)).toMatchObject([{ payload: 1 }]);
    const next = await deferred.lease(alice, 'other', NOW, NOW + HOUR);
    expect(next?.fence).toBeGreaterThan(lease?.fence as number);
    expect((await deferred.commit({ add: [message('3')] }))[0]?.sequence).toBeGreaterThan(items[1]?.sequence as number);
    expect(await bodyOf(deferred, items[1]?.id as string)).toHaveLength(200_000);
  });
});

describe('bodies in SQLite', () => {
  it('are deleted piece by piece once nobody needs them, after a restart too', async () => {
    const path = join(folder(), 'im.db');
    const store = await open(path);
    const [large] = await store.deferred.commit({ add: [{ head: headOf(), body: pattern(3_000_000) }] });
    const [twin] = await store.deferred.commit({ add: [message('once', { messageId: 'm' })] });
    const upload = await uploaded(store.deferred, pattern(3_000_000));
    expect(await store.deferred.commit({ add: [{ head: headOf({ messageId: 'm' }), upload: upload.id }] })).toEqual([twin]);
    const given = await uploaded(store.deferred, pattern(3_000_000));
    await given.abort();
    await uploaded(store.deferred, pattern(3_000_000));
    await store.deferred.commit({ remove: [large?.id as string] });
    await store.close();
    const again = await sqliteStore(path);
    await vi.waitFor(async () => {
      await again.deferred.counts(alice);
      expect(inFile(path, 'SELECT (SELECT count(*) FROM piece) + (SELECT count(*) FROM discarded) AS rows')).toMatchObject([{ rows: 0 }]);
    }, { timeout: 10_000, interval: 20 });
    expect(await textOf(again.deferred, twin?.id as string)).toBe('once');
  });

  it('delay no small commit: a batch has all of those and a mebioctet of pieces at most', async () => {
    const { deferred } = await sqliteStore(join(folder(), 'im.db'));
    const posted = vi.spyOn(Worker.prototype, 'postMessage');
    onTestFinished(() => posted.mockRestore());
    const uploads = await Promise.all(Array.from({ length: 100 }, () => deferred.upload(alice)));
    const writes = uploads.map((upload) => upload.write(new Uint8Array(65_537)));
    await Promise.all([...writes, ...Array.from({ length: 30 }, () => deferred.commit({ add: [message('small')] }))]);
    const batches = posted.mock.calls.map(([posting]) => (posting as { batch: { name: string }[] }).batch.map(({ name }) => name));
    const pieces = batches.map((names) => names.filter((name) => name === 'deferred.write').length);
    expect(Math.max(...pieces)).toBe(16);
    expect(pieces.reduce((sum, count) => sum + count)).toBe(100);
    // The first batch is the piece that found the thread idle; the one after it has every commit.
    expect(batches[1]?.filter((name) => name === 'deferred.commit')).toHaveLength(30);
  });

  it('that wait for a slow disk are taken up to 64 MiB, then refused', async () => {
    const { deferred } = await sqliteStore(join(folder(), 'im.db'));
    const body = new Uint8Array(8 * 1024 * 1024);
    const results = await Promise.allSettled(Array.from({ length: 10 }, (_, n) => deferred.commit({ add: [{ head: headOf({ recipient: `sip:${n}@h` }), body }] })));
    expect(results.map(({ status }) => status)).toEqual([...Array.from({ length: 8 }, () => 'fulfilled'), 'rejected', 'rejected']);
    expect((results[9] as PromiseRejectedResult).reason).toMatchObject({ code: 'IM_STORE_FAILED' });
    await deferred.commit({ add: [{ head: headOf({ recipient: bob }), body }] });
  });
});

describe('queries of deferred messages', () => {
  /** Those that look at one row of an index, or clear up at start. */
  const whole = [
    'SELECT octets FROM stored', 'SELECT body FROM discarded LIMIT 1', 'SELECT body FROM deferred_upload', 'DELETE FROM deferred_lease',
    'SELECT expires_at FROM deferred_item ORDER BY expires_at LIMIT 1',
  ];

  it('go by an index, every one of them, and none sorts', async () => {
    const path = join(folder(), 'im.db');
    await (await open(path)).close();
    const database = openFile(path);
    onTestFinished(() => database.close());
    const prepared: string[] = [];
    const recording = {
      prepare: (sql: string) => {
        prepared.push(sql);
        return database.prepare(sql);
      },
      exec: (sql: string) => database.exec(sql),
    };
    const seal = { seal: (octets: unknown) => octets, open: (octets: unknown) => octets, digest: () => null };
    const parts: Record<string, unknown> = { seal };
    const make = async (file: string, name: string, argument: unknown): Promise<unknown> =>
      ((await import(new URL(`../../src/store/sqlite/${file}.mjs`, import.meta.url).href)) as Record<string, (...args: readonly unknown[]) => unknown>)[name]?.(recording, argument);
    parts.bodies = await make('bodies', 'bodies', seal);
    parts.accounts = await make('accounts', 'accounts', { quota: 1, total: await make('total', 'total', { limit: 1, room: {} }) });
    parts.leases = await make('leases', 'leases', undefined);
    parts.outbox = await make('outbox', 'outbox', seal);
    await make('deferred-items', 'deferredItems', parts);
    const queries = prepared.filter((sql) => /^(SELECT|UPDATE|DELETE)/.test(sql) && !whole.includes(sql));
    expect(queries.length).toBeGreaterThan(20);
    const plans = queries.map((sql) => ({ sql, plan: database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all().map(({ detail }) => String(detail)).join('; ') }));
    expect(plans.filter(({ sql, plan }) => /SCAN|TEMP B-TREE|rowid>/.test(plan) && sql !== 'UPDATE stored SET octets = octets + ?')).toEqual([]);
  });
});

import { chmodSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Publication } from '@simple-im/sip-events';
import { nodeRandom } from '@simple-im/transport/node';
import { ConfigError } from '../../src/index.js';
import type { Binding } from '../../src/sip-core/location.js';
import { isSnapshot, type StoredSubscription } from '../../src/sip-core/subscription-store.js';
import { openStore } from '../../src/store/open.js';
import { SqliteDatabase } from '../../src/store/sqlite/database.js';
import { alice, message } from './deferred-items.js';
import { executeIn, inFile } from './sqlite-module.js';
import { folder, sqliteStore } from './stores.js';

function binding(contact: string, expiresAt = 1000): Binding {
  return { contact, parameters: ';+g.oma.sip-im', q: 0.5, expiresAt, callId: 'c', cseq: 1, instance: '"<urn:uuid:1>"', path: ['<sip:a@b;lr>', '<sip:c@d>'] };
}

function subscription(key: string, version: number): StoredSubscription {
  const dialog = {
    callId: 'call', localTag: 'tag', remoteTag: 'theirs', localUri: alice, remoteUri: alice, localSeq: version, remoteSeq: 1,
    routeSet: ['sip:r.token@192.0.2.1:5060;lr'], remoteTarget: 'sip:alice@192.0.2.7', secure: false, isUac: false,
  };
  const state = { state: 'active' as const, id: 'one', accepts: ['application/reginfo+xml'], suppress: '*' };
  return { key, snapshot: { package: 'reg', resource: alice, ...state, version, expires: 5000.5, dialog } };
}

async function listOf<T>(items: Iterable<T> | AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

function publication(tag: string, resource = alice): Publication {
  return { event: 'im-settings', resource, tag, publisher: alice, source: `${alice} call`, contentType: 'text/plain', body: new Uint8Array([1, 0, 255]), expires: 5000.5 };
}

async function database(): Promise<SqliteDatabase> {
  const opened = await SqliteDatabase.open(join(folder(), 'im.db'));
  onTestFinished(() => opened.close());
  return opened;
}

describe.each([
  { kind: 'memory', open: () => openStore({ kind: 'memory' }, nodeRandom) },
  { kind: 'sqlite', open: () => sqliteStore(join(folder(), 'new/im.db')) },
])('the $kind store', ({ open }) => {
  it('keeps publications by their tags, in the order they came, and replaces one in one step (RFC 3903 §6)', async () => {
    const { settings } = await open();
    const [first, second] = [publication('t1'), publication('t2')];
    expect(await settings.replace('im-settings', alice, undefined, first)).toBe(true);
    expect(await settings.replace('im-settings', alice, undefined, second)).toBe(true);
    expect(await settings.list('im-settings', alice)).toEqual([first, second]);
    expect(await settings.list('im-settings', 'sip:bob@example.com')).toEqual([]);
    expect(await settings.replace('im-settings', alice, 'unknown', publication('t3'))).toBe(false);
    expect(await settings.replace('im-settings', alice, 't1', publication('t3'))).toBe(true);
    expect((await settings.list('im-settings', alice)).map(({ tag }) => tag).toSorted()).toEqual(['t2', 't3']);
    expect(await settings.replace('im-settings', alice, 't2', undefined)).toBe(true);
    expect((await listOf(settings.all())).map(({ tag }) => tag)).toEqual(['t3']);
  });

  it('gives all publications, however many there are', async () => {
    const { settings } = await open();
    await Promise.all(Array.from({ length: 250 }, (_, n) => settings.replace('im-settings', `sip:user${n}@example.com`, undefined, publication(`t${n}`, `sip:user${n}@example.com`))));
    expect(new Set((await listOf(settings.all())).map(({ tag }) => tag)).size).toBe(250);
  });

  it('keeps subscriptions under their keys, until they are removed', async () => {
    const { subscriptions } = await open();
    expect(await subscriptions.load()).toEqual([]);
    await subscriptions.save(subscription('call tag', 1));
    await subscriptions.save(subscription('call tag', 2));
    await subscriptions.save(subscription('other tag', 1));
    const kept = await subscriptions.load();
    expect(kept.toSorted((a, b) => a.key.localeCompare(b.key))).toEqual([subscription('call tag', 2), subscription('other tag', 1)]);
    expect(kept.every(({ snapshot }) => isSnapshot(snapshot))).toBe(true);
    await subscriptions.remove('call tag');
    await subscriptions.remove('never there');
    expect(await subscriptions.load()).toEqual([subscription('other tag', 1)]);
  });

  it('knows nobody at first', async () => {
    const { location } = await open();
    expect(await location.load(alice)).toEqual({ version: 0, bindings: [] });
  });

  it('gives back what was saved, under a new version each time', async () => {
    const { location } = await open();
    const first = [binding('sip:a@192.0.2.1'), binding('sip:"\'\u00e9\u{1f600}@192.0.2.2')];
    expect(await location.save(alice, 0, first)).toBe(true);
    const loaded = await location.load(alice);
    expect(loaded.bindings).toEqual(first);
    expect(loaded.version).toBeGreaterThan(0);
    expect(await location.save(alice, loaded.version, [binding('sip:b@192.0.2.3')])).toBe(true);
    const again = await location.load(alice);
    expect(again.bindings).toEqual([binding('sip:b@192.0.2.3')]);
    expect(again.version).toBeGreaterThan(loaded.version);
  });

  it('refuses to save over what somebody else saved meanwhile', async () => {
    const { location } = await open();
    expect(await Promise.all([1, 2, 3].map((n) => location.save(alice, 0, [binding(`sip:${n}@h`)])))).toEqual([true, false, false]);
    const { version, bindings } = await location.load(alice);
    expect(bindings).toEqual([binding('sip:1@h')]);
    expect(await location.save(alice, version + 1, [])).toBe(false);
    expect(await location.save(alice, version, [binding('sip:2@h')])).toBe(true);
    expect(await location.save(alice, version, [])).toBe(false);
    expect((await location.load(alice)).bindings).toEqual([binding('sip:2@h')]);
  });

  it('never takes an old version again, not even of a user who was gone in between', async () => {
    const { location } = await open();
    await location.save(alice, 0, [binding('sip:a@h')]);
    const { version } = await location.load(alice);
    expect(await location.save(alice, version, [])).toBe(true);
    expect(await location.load(alice)).toEqual({ version: 0, bindings: [] });
    expect(await location.save(alice, version, [binding('sip:late@h')])).toBe(false);
    expect(await location.save(alice, 0, [])).toBe(true);
    expect(await location.save(alice, 0, [binding('sip:b@h')])).toBe(true);
    expect((await location.load(alice)).version).toBeGreaterThan(version);
    expect(await location.save(alice, version, [binding('sip:late@h')])).toBe(false);
  });

  it('keeps users apart', async () => {
    const { location } = await open();
    await location.save(alice, 0, [binding('sip:a@h')]);
    await location.save('sip:Alice@example.com', 0, [binding('sip:b@h')]);
    expect((await location.load(alice)).bindings).toEqual([binding('sip:a@h')]);
  });

  it('has a secret of 32 octets and is well', async () => {
    const store = await open();
    expect(store.secret).toHaveLength(32);
    expect(new Set(store.secret).size).toBeGreaterThan(8);
    await store.healthy();
  });
});

/** What versions before this one made of a new file: schema 1, and what each later one added. */
const earlierSchemas = [
  `CREATE TABLE location (version INTEGER PRIMARY KEY AUTOINCREMENT, aor TEXT NOT NULL UNIQUE, bindings TEXT NOT NULL) STRICT;
   CREATE TABLE secret (id INTEGER PRIMARY KEY CHECK (id = 1), value BLOB NOT NULL) STRICT`,
  'CREATE TABLE subscription (key TEXT PRIMARY KEY, expires REAL NOT NULL, snapshot TEXT NOT NULL) STRICT, WITHOUT ROWID',
  `CREATE TABLE publication (tag TEXT PRIMARY KEY, event TEXT NOT NULL, resource TEXT NOT NULL, publisher TEXT NOT NULL, source TEXT NOT NULL,
     content_type TEXT NOT NULL, body BLOB NOT NULL, expires REAL NOT NULL) STRICT;
   CREATE INDEX publication_resource ON publication (resource, event)`,
];

describe('the SQLite store', () => {
  it('keeps bindings, versions and its secret over a restart', async () => {
    const path = join(folder(), 'im.db');
    const before = await sqliteStore(path);
    await before.location.save(alice, 0, [binding('sip:a@h', 5000), binding('sip:b@h', 7000)]);
    const saved = await before.location.load(alice);
    await before.close();
    const after = await sqliteStore(path);
    expect(await after.location.load(alice)).toEqual(saved);
    expect(after.secret).toEqual(before.secret);
    expect(await after.registered()).toEqual([{ aor: alice, from: 5000, until: 7000 }]);
  });

  it('keeps subscriptions over a restart, and gives back what cannot be read as such', async () => {
    const path = join(folder(), 'im.db');
    const before = await sqliteStore(path);
    await before.subscriptions.save(subscription('call tag', 1));
    await before.subscriptions.save(subscription('broken tag', 1));
    await before.close();
    inFile(path, `UPDATE subscription SET snapshot = '{' WHERE key = 'broken tag'`);
    const kept = await (await sqliteStore(path)).subscriptions.load();
    expect(kept).toHaveLength(2);
    expect(kept).toContainEqual(subscription('call tag', 1));
    expect(kept).toContainEqual({ key: 'broken tag', snapshot: undefined });
  });

  it.each([1, 2, 3])('takes up a file of schema %i, as it was written then', async (schema) => {
    const path = join(folder(), 'im.db');
    executeIn(path, [...earlierSchemas.slice(0, schema), `PRAGMA user_version = ${schema}`, `INSERT INTO secret VALUES (1, x'${'5a'.repeat(32)}')`].join(';'));
    executeIn(path, `INSERT INTO location VALUES (7, '${alice}', '${JSON.stringify([binding('sip:a@h', 5000)])}')`);
    if (schema >= 2) executeIn(path, `INSERT INTO subscription VALUES ('call tag', 5000.5, '${JSON.stringify(subscription('call tag', 1).snapshot)}')`);
    const store = await sqliteStore(path);
    expect(await store.location.load(alice)).toEqual({ version: 7, bindings: [binding('sip:a@h', 5000)] });
    expect(store.secret).toEqual(new Uint8Array(32).fill(0x5a));
    expect(await store.subscriptions.load()).toEqual(schema >= 2 ? [subscription('call tag', 1)] : []);
    await store.subscriptions.save(subscription('call tag', 1));
    await store.deferred.commit({ add: [message('text')] });
    await store.close();
    expect(inFile(path, 'SELECT key, expires FROM subscription')).toEqual([{ key: 'call tag', expires: 5000.5 }]);
    expect(inFile(path, 'SELECT recipient FROM deferred_item')).toEqual([{ recipient: alice }]);
  });

  it('leaves no row for who has no bindings', async () => {
    const path = join(folder(), 'im.db');
    const store = await sqliteStore(path);
    for (let n = 0; n < 20; n++) {
      await store.location.save(`sip:${n}@h`, 0, [binding('sip:a@h')]);
      await store.location.save(`sip:${n}@h`, (await store.location.load(`sip:${n}@h`)).version, []);
    }
    await store.close();
    expect(inFile(path, 'SELECT count(*) AS rows FROM location')).toEqual([expect.objectContaining({ rows: 0 })]);
  });

  it('is for the eyes of its owner: it holds the key of our tokens', async () => {
    const path = join(folder(), 'im.db');
    await (await sqliteStore(path)).close();
    expect(statSync(path).mode & 0o077).toBe(0);
  });

  it('commits operations that wait for each other\'s disk in one transaction', async () => {
    const opened = await database();
    const posted = vi.spyOn(Worker.prototype, 'postMessage');
    onTestFinished(() => posted.mockRestore());
    await Promise.all(Array.from({ length: 50 }, (_, n) => opened.run('location.save', `sip:${n}@h`, 0, '[]')));
    // The first finds the thread idle; the others form the next batch.
    expect(posted.mock.calls.map(([message]) => (message as { batch: unknown[] }).batch.length)).toEqual([1, 49]);
    expect(await opened.run('location.all')).toHaveLength(50);
  });

  it('undoes an operation that fails alone, and tells who asked', async () => {
    const opened = await database();
    const results = await Promise.allSettled([
      opened.run('location.all'),
      opened.run('location.save', 'sip:a@h', 0, '[]'),
      opened.run('location.save', 'sip:b@h', 0, { not: 'a text' }),
      opened.run('no such operation'),
      opened.run('location.save', 'sip:c@h', 0, '[]'),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected', 'fulfilled']);
    expect(((await opened.run('location.all')) as { aor: string }[]).map(({ aor }) => aor).sort()).toEqual(['sip:a@h', 'sip:c@h']);
  });

  it('rejects every operation of a transaction that could not be committed, and goes on afterwards', async () => {
    const path = join(folder(), 'im.db');
    const store = await sqliteStore(path);
    await store.location.save(alice, 0, [binding('sip:a@h')]);
    inFile(path, 'DROP TABLE location');
    await expect(store.location.load(alice)).rejects.toThrow('no such table');
    await expect(store.healthy()).rejects.toThrow('no such table');
    expect(store.secret).toHaveLength(32);
  });

  it('takes no more than it can hold while the disk is slow', async () => {
    const opened = await database();
    const results = await Promise.allSettled(Array.from({ length: 10_003 }, () => opened.run('location.load', 'sip:a@h')));
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(2);
    await expect(opened.run('location.load', 'sip:a@h')).resolves.toBeUndefined();
  });

  it('finishes what waits when it is closed, and takes nothing after that', async () => {
    const path = join(folder(), 'im.db');
    const opened = await SqliteDatabase.open(path);
    const saves = [1, 2, 3].map((n) => opened.run('location.save', `sip:${n}@h`, 0, '[]'));
    const closed = opened.close();
    await expect(opened.run('location.load', alice)).rejects.toThrow('the store is closed');
    expect(await Promise.all(saves)).toEqual([true, true, true]);
    await Promise.all([closed, opened.close()]);
    expect(inFile(path, 'SELECT aor FROM location')).toHaveLength(3);
  });

  it('rejects what waits when its thread dies, and can still be closed', async () => {
    const opened = await database();
    const posted = vi.spyOn(Worker.prototype, 'postMessage');
    onTestFinished(() => posted.mockRestore());
    await opened.run('location.all');
    const worker = posted.mock.contexts[0] as Worker;
    const waiting = opened.run('location.all');
    await worker.terminate();
    await expect(waiting.then(() => opened.run('location.all'))).rejects.toThrow('the store is closed');
    await opened.close();
  });
});

describe('a SQLite store that cannot be opened', () => {
  async function refusal(path: string): Promise<string> {
    const error: unknown = await openStore({ kind: 'sqlite', path }, nodeRandom).then(() => undefined, (reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConfigError);
    const { message } = error as Error;
    expect(message).not.toContain('\n');
    expect(message).toContain(`--store sqlite:${path}: cannot open the store: `);
    return message;
  }

  it('was written by a newer version', async () => {
    const path = join(folder(), 'im.db');
    await (await sqliteStore(path)).close();
    inFile(path, 'PRAGMA user_version = 99');
    expect(await refusal(path)).toContain('newer version');
    expect(inFile(path, 'PRAGMA user_version')).toEqual([expect.objectContaining({ user_version: 99 })]);
  });

  it('is in use by another server', async () => {
    const path = join(folder(), 'im.db');
    const first = await sqliteStore(path);
    expect(await refusal(path)).toContain('another server uses it; each needs a file of its own');
    await first.healthy();
    await first.close();
    await (await sqliteStore(path)).healthy();
  });

  it('is no database', async () => {
    const path = join(folder(), 'im.db');
    writeFileSync(path, 'A shopping list, not a database. '.repeat(40));
    expect(await refusal(path)).toContain('not a database');
  });

  it('is a folder, or below a file', async () => {
    const path = folder();
    expect(await refusal(path)).toContain('EISDIR');
    writeFileSync(join(path, 'file'), '');
    expect(await refusal(join(path, 'file/im.db'))).toMatch(/ENOTDIR|EEXIST/);
  });

  it.skipIf(process.platform !== 'linux')('is where no folder can be made', async () => {
    expect(await refusal('/proc/no/such/im.db')).toMatch(/ENOENT|EACCES|EPERM/);
  });

  it.skipIf(process.getuid?.() === 0)('is in a folder that may not be written to', async () => {
    const path = join(folder(), 'locked');
    mkdirSync(path);
    chmodSync(path, 0o500);
    expect(await refusal(join(path, 'im.db'))).toContain('EACCES');
    expect(existsSync(join(path, 'im.db'))).toBe(false);
  });
});

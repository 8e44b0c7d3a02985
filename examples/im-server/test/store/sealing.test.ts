import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeRandom } from '@simple-im/transport/node';
import { openStore } from '../../src/store/open.js';
import { alice, bob, bodyOf, firstPage, headOf, message, NOW, pattern, textOf, uploaded } from './deferred-items.js';
import { executeIn, inFile } from './sqlite-module.js';
import { folder, sqliteStore } from './stores.js';

const key = new Uint8Array(32).fill(7);
const otherKey = new Uint8Array(32).fill(8);

const codeOf = async (promise: Promise<unknown>): Promise<string> =>
  promise.then(() => 'resolved', (error: { readonly code?: string }) => error.code ?? String(error));

/** A store with two messages of alice, the second one in pieces, that has been closed. */
async function written(path: string): Promise<readonly string[]> {
  const store = await openStore({ kind: 'sqlite', path }, nodeRandom, { key });
  const small = { messageId: 'Mid-secret', from: '"Robert Secret" <sip:bob@example.com>', headers: [['Subject', 'subject of secret']] as const };
  const [first] = await store.deferred.commit({ add: [message('text of secret', small)], events: [{ topic: 't', payload: 'event of secret' }] });
  const upload = await uploaded(store.deferred, new TextEncoder().encode('piece of secret'.repeat(10_000)));
  await store.deferred.commit({ add: [{ head: headOf(), upload: upload.id }] });
  await store.close();
  return [first?.id as string, upload.id];
}

describe('a store with a key', () => {
  it('gives everything back with the key, and shows nothing of it without', async () => {
    const path = join(folder(), 'im.db');
    const [small, large] = await written(path);
    for (const secret of ['of secret', 'Mid-secret', 'Robert', 'text/plain', 'sip:bob@example.com']) expect(readFileSync(path).includes(secret)).toBe(false);
    const { deferred } = await sqliteStore(path, { key });
    const [item] = await deferred.waiting(alice, firstPage, NOW);
    expect(item).toMatchObject({ from: '"Robert Secret" <sip:bob@example.com>', messageId: 'Mid-secret', sender: bob, headers: [['Subject', 'subject of secret']] });
    expect(await textOf(deferred, small as string)).toBe('text of secret');
    expect(await textOf(deferred, large as string)).toBe('piece of secret'.repeat(10_000));
    expect(await deferred.events('t', 1)).toMatchObject([{ payload: 'event of secret' }]);
    expect((await deferred.commit({ add: [message('again', { messageId: 'Mid-secret' })] }))[0]?.id).toBe(small);
  });

  it('encrypts the same octets differently each time', async () => {
    const path = join(folder(), 'im.db');
    const store = await openStore({ kind: 'sqlite', path }, nodeRandom, { key });
    await store.deferred.commit({ add: [message('same'), message('same')] });
    await store.close();
    const bodies = inFile(path, 'SELECT body FROM deferred_item').map(({ body }) => body as Uint8Array);
    expect(bodies[0]).toHaveLength(4 + 44);
    expect(bodies[0]).not.toEqual(bodies[1]);
    expect(bodies[0]?.subarray(44)).not.toEqual(bodies[1]?.subarray(44));
  });

  it.each([
    ['bodies of two messages are swapped', `UPDATE deferred_item SET body = (SELECT body FROM deferred_item AS o WHERE o.id <> deferred_item.id) WHERE body IS NOT NULL`],
    ['two pieces are swapped', 'UPDATE piece SET number = 9 WHERE number = 0; UPDATE piece SET number = 0 WHERE number = 1; UPDATE piece SET number = 1 WHERE number = 9'],
    ['a piece is missing', 'DELETE FROM piece WHERE number = 1'],
    ['a body is cut short', 'UPDATE deferred_item SET size = 65536'],
    ['a bit of a body is turned', `UPDATE deferred_item SET body = zeroblob(length(body)) WHERE body IS NOT NULL; UPDATE piece SET octets = zeroblob(length(octets))`],
    ['a message is given to somebody else', `UPDATE deferred_item SET recipient = '${bob}'`],
  ])('refuses with IM_STORE_FAILED when %s behind its back', async (_, sql) => {
    const path = join(folder(), 'im.db');
    const store = await openStore({ kind: 'sqlite', path }, nodeRandom, { key });
    const items = await store.deferred.commit({ add: [message('one'), message('two'), { head: headOf(), body: pattern(140_000) }] });
    await store.close();
    executeIn(path, sql);
    const { deferred } = await sqliteStore(path, { key });
    const reads = [...items.map(({ id }) => bodyOf(deferred, id)), deferred.waiting(alice, firstPage, NOW), deferred.waiting(bob, firstPage, NOW)];
    expect(await Promise.all(reads.map(codeOf))).toContain('IM_STORE_FAILED');
  });

  it.each([
    ['another key', { key: otherKey }, '--store-key is not the key its messages were encrypted with'],
    ['no key', {}, 'its messages are encrypted: give the key by --store-key FILE'],
  ])('is refused at start with %s, in one line, and left as it is', async (_, options, why) => {
    const path = join(folder(), 'im.db');
    const [small] = await written(path);
    await expect(openStore({ kind: 'sqlite', path }, nodeRandom, options)).rejects.toThrow(`--store sqlite:${path}: cannot open the store: ${why}`);
    expect(await textOf((await sqliteStore(path, { key })).deferred, small as string)).toBe('text of secret');
  });

  it('may get another key, or none, once nothing is stored any more', async () => {
    const path = join(folder(), 'im.db');
    await written(path);
    const store = await openStore({ kind: 'sqlite', path }, nodeRandom, { key });
    const items = await store.deferred.list(alice, firstPage, NOW);
    await store.deferred.commit({ remove: items.map(({ id }) => id) });
    await store.deferred.settle((await store.deferred.events('t', 9)).map(({ id }) => id));
    await store.close();
    for (const options of [{ key: otherKey }, {}, { key }]) {
      const next = await openStore({ kind: 'sqlite', path }, nodeRandom, options);
      const [item] = await next.deferred.commit({ add: [message('text')] });
      expect(await textOf(next.deferred, item?.id as string)).toBe('text');
      await next.deferred.commit({ remove: [item?.id as string] });
      await next.close();
    }
  });
});

describe('a store without a key', () => {
  it('is refused with one while it holds messages', async () => {
    const path = join(folder(), 'im.db');
    const store = await openStore({ kind: 'sqlite', path }, nodeRandom);
    await store.deferred.commit({ add: [message('text')] });
    await store.close();
    await expect(openStore({ kind: 'sqlite', path }, nodeRandom, { key })).rejects.toThrow('its messages were stored without a key');
    expect(await (await sqliteStore(path)).deferred.counts(alice)).toMatchObject({ newMessages: 1 });
  });
});

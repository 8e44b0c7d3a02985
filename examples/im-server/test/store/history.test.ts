/* The contract of the history store, for each of them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeRandom } from '@simple-im/transport/node';
import type { HistoryHead, HistoryStore, NewEntry } from '../../src/history/store.js';
import { defaultLimits } from '../../src/store/limits.js';
import { openStore } from '../../src/store/open.js';
import { alice, bob, HOUR, NOW, pattern } from './deferred-items.js';
import { folder, sqliteStore, stores } from './stores.js';

function entry(text: string, fields: Partial<HistoryHead> = {}, key = 'with bob', since = 0): NewEntry {
  const head: HistoryHead = {
    user: alice, direction: 'sent', mode: 'pager', sender: alice, from: '"Alice \xc3\xa9" <sip:alice@example.com>', to: '<sip:bob@example.com>',
    contentType: 'text/plain', headers: [['Subject', 'lunch']], receivedAt: NOW, ...fields,
  };
  return { head, conversation: { key, since }, body: new TextEncoder().encode(text) };
}

async function bodyOf(store: HistoryStore, id: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of store.read(id)) pieces.push(piece);
  return new Uint8Array(Buffer.concat(pieces));
}

const firstPage = { after: 0, limit: 100 };

describe.each(stores)('conversation history in $kind', ({ open }) => {
  it('keeps messages by conversation, in order, as they were', async () => {
    const { history } = await open();
    const one = await history.add(entry('one'));
    const two = await history.add(entry('two', { direction: 'received', sender: bob, receivedAt: NOW + 5 }));
    const other = await history.add(entry('other', {}, 'session 7'));
    expect(two.conversation).toBe(one.conversation);
    expect(await history.conversations(alice, firstPage)).toEqual([
      {
        id: one.conversation, sequence: expect.any(Number) as number, user: alice, mode: 'pager', sender: alice, from: '"Alice \xc3\xa9" <sip:alice@example.com>',
        to: '<sip:bob@example.com>', headers: [['Subject', 'lunch']], began: NOW, ended: NOW + 5, messages: 2, size: 6,
      },
      expect.objectContaining({ id: other.conversation, messages: 1, size: 5 }),
    ]);
    expect(await history.entries(alice, one.conversation, firstPage)).toEqual([one, two]);
    expect(await history.entries(alice, undefined, { after: one.sequence, limit: 1 })).toEqual([two]);
    expect(new TextDecoder().decode(await bodyOf(history, two.id))).toBe('two');
  });

  it('begins another conversation when the last one is over', async () => {
    const { history } = await open();
    const first = await history.add(entry('first'));
    expect(await history.current(alice, { key: 'with bob', since: NOW })).toBe(first.conversation);
    expect(await history.current(alice, { key: 'with bob', since: NOW + 1 })).toBeUndefined();
    const later = await history.add(entry('later', { receivedAt: NOW + HOUR }, 'with bob', NOW + 1));
    expect(later.conversation).not.toBe(first.conversation);
    expect(await history.current(alice, { key: 'with bob', since: 0 })).toBe(later.conversation);
    expect(await history.current(bob, { key: 'with bob', since: 0 })).toBeUndefined();
  });

  it('keeps bodies of many pieces, which go as they came', async () => {
    const { history } = await open();
    const body = pattern(200_001);
    const upload = await history.upload(alice);
    for (let at = 0; at < body.length; at += 50_000) await upload.write(body.subarray(at, at + 50_000));
    const { head, conversation } = entry('');
    const { id, size } = await history.add({ head, conversation, upload: upload.id });
    expect([size, Buffer.from(await bodyOf(history, id)).equals(Buffer.from(body))]).toEqual([200_001, true]);
    const given = await history.upload(alice);
    await given.write(body);
    const before = await history.account(alice);
    await given.abort();
    expect((await history.account(alice)).octets).toBeLessThan(before.octets);
  });

  it('gives nobody else anything', async () => {
    const { history } = await open();
    const { id, conversation } = await history.add(entry('mine'));
    expect(await history.conversations(bob, firstPage)).toEqual([]);
    for (const of of [undefined, conversation]) expect(await history.entries(bob, of, firstPage)).toEqual([]);
    expect([await history.find(bob, id), await history.conversation(bob, conversation)]).toEqual([undefined, undefined]);
    for (const part of [{}, { item: id }, { conversation }, { item: id, conversation }]) expect(await history.remove(bob, part, 100)).toBe(0);
    expect(await history.find(alice, id)).toMatchObject({ id });
  });

  it('removes one, a conversation, or all, some at a time; a conversation goes with its last message', async () => {
    const { history } = await open();
    const [one, two, three] = [await history.add(entry('one')), await history.add(entry('two')), await history.add(entry('three', {}, 'other'))];
    expect(await history.remove(alice, { item: one.id, conversation: three.conversation }, 100)).toBe(0);
    expect(await history.remove(alice, { item: one.id }, 100)).toBe(1);
    expect(await history.conversation(alice, one.conversation)).toMatchObject({ messages: 1, size: 3 });
    await expect(bodyOf(history, one.id)).rejects.toMatchObject({ code: 'IM_ITEM_GONE' });
    expect(await history.remove(alice, { conversation: two.conversation }, 100)).toBe(1);
    expect(await history.conversations(alice, firstPage)).toMatchObject([{ id: three.conversation }]);
    await history.add(entry('four'));
    expect([await history.remove(alice, {}, 1), await history.remove(alice, {}, 100), await history.remove(alice, {}, 100)]).toEqual([1, 1, 0]);
    expect((await history.account(alice)).octets).toBe(0);
  });

  it('refuses what would go beyond the quota of a user, in pieces too', async () => {
    const { history } = await open({ ...defaultLimits, history: 100_000 });
    await history.add(entry('x'.repeat(60_000)));
    await expect(history.add(entry('x'.repeat(60_000)))).rejects.toMatchObject({ code: 'IM_HISTORY_QUOTA' });
    const upload = await history.upload(alice);
    await expect((async () => { for (let n = 0; n < 10; n++) await upload.write(pattern(65_536)); })()).rejects.toMatchObject({ code: 'IM_HISTORY_QUOTA' });
    await upload.abort();
    await history.add(entry('x'.repeat(30_000)));
    expect(await history.entries(alice, undefined, firstPage)).toHaveLength(2);
    await history.tell(alice, 1);
    expect(await history.account(alice)).toMatchObject({ told: 1 });
    await history.add(entry('x'.repeat(60_000), { user: bob }));
  });

  it('keeps the last word on each conversation', async () => {
    const { history } = await open();
    await history.rule({ user: alice, conversation: bob, active: true });
    await history.rule({ user: alice, conversation: bob, active: false });
    await history.rule({ user: bob, conversation: bob, active: true });
    expect(new Set(await history.rules())).toEqual(new Set([
      { user: alice, conversation: bob, active: false }, { user: bob, conversation: bob, active: true },
    ]));
  });
});

describe('a history that is encrypted', () => {
  const key = Uint8Array.from({ length: 32 }, (_, n) => n);

  it('outlives a restart, and the file says nothing of it', async () => {
    const path = join(folder(), 'im.db');
    const first = await openStore({ kind: 'sqlite', path }, nodeRandom, { key });
    const { id } = await first.history.add(entry('a secret word'));
    await first.history.rule({ user: alice, conversation: 'sip:hidden@example.com', active: true });
    await first.close();
    const octets = readFileSync(path).toString('latin1');
    for (const text of ['a secret word', 'lunch', 'sip:hidden@example.com']) expect(octets).not.toContain(text);
    const { history } = await sqliteStore(path, { key });
    expect(new TextDecoder().decode(await bodyOf(history, id))).toBe('a secret word');
    expect(await history.rules()).toEqual([{ user: alice, conversation: 'sip:hidden@example.com', active: true }]);
  });
});

import { describe, expect, it } from 'vitest';
import type { DeferredChange, DeferredItem, DeferredStore, Lease } from '../../src/deferred/store.js';
import { defaultLimits } from '../../src/store/limits.js';
import { alice, bob, bodyOf, firstPage, headOf, HOUR, message, NOW, pattern, textOf, uploaded } from './deferred-items.js';
import { stores } from './stores.js';

const carol = 'sip:carol@example.com';

async function add(store: DeferredStore, text: string, ...fields: Parameters<typeof headOf>): Promise<DeferredItem> {
  const [item] = await store.commit({ add: [message(text, ...fields)] });
  return item as DeferredItem;
}

const waiting = async (store: DeferredStore, who = alice, now = NOW): Promise<readonly string[]> =>
  Promise.all((await store.waiting(who, firstPage, now)).map(({ id }) => textOf(store, id)));

const refused = async (promise: Promise<unknown>): Promise<string> =>
  promise.then(() => 'resolved', (error: { readonly code?: string }) => error.code ?? String(error));

describe.each(stores)('deferred messages in the $kind store: what is committed', ({ open }) => {
  it('is given back as it came, under an id of its own and with its place in the order', async () => {
    const { deferred } = await open();
    const head = headOf({ messageId: 'Mid 1', mode: 'large', contentType: 'message/cpim;\x80', headers: [['Subject', '"\\'], ['X', '']] });
    const items = await deferred.commit({ add: [{ head, body: pattern(300) }, message('2', { sender: undefined, kind: 'notification', held: true })] });
    expect(items[0]).toEqual({ ...head, id: items[0]?.id, sequence: items[0]?.sequence, size: 300, fetched: false });
    expect(items[1]).toMatchObject({ sender: undefined, kind: 'notification', held: true, size: 1 });
    expect(items.map(({ id }) => /^[\w-]{22}$/.test(id))).toEqual([true, true]);
    expect(items[0]?.id).not.toBe(items[1]?.id);
    expect(items[1]?.sequence).toBeGreaterThan(items[0]?.sequence as number);
    expect(await deferred.find(alice, items[0]?.id as string)).toEqual(items[0]);
    expect(Buffer.compare(await bodyOf(deferred, items[0]?.id as string), pattern(300))).toBe(0);
  });

  it('is its own: what the caller does to its octets afterwards changes nothing', async () => {
    const { deferred } = await open();
    const body = pattern(10);
    const [item] = await deferred.commit({ add: [{ head: headOf(), body }] });
    body.fill(0);
    expect(Buffer.compare(await bodyOf(deferred, item?.id as string), pattern(10))).toBe(0);
  });

  it('may be empty, and as long as a piece or a little more', async () => {
    const { deferred } = await open();
    for (const size of [0, 1, 65_535, 65_536, 65_537, 200_000]) {
      const [item] = await deferred.commit({ add: [{ head: headOf(), body: pattern(size) }] });
      expect(item?.size).toBe(size);
      expect(Buffer.compare(await bodyOf(deferred, item?.id as string), pattern(size))).toBe(0);
      for await (const piece of deferred.read(item?.id as string)) expect(piece.length).toBeLessThanOrEqual(65_536);
    }
  });

  it('is not stored again when its Message-ID is there for the same sender and recipient (RFC 5438 §6.3)', async () => {
    const { deferred } = await open();
    const first = await add(deferred, 'once', { messageId: 'm' });
    expect(await add(deferred, 'again', { messageId: 'm', receivedAt: NOW + 5 })).toEqual(first);
    const [one, same] = await deferred.commit({ add: [message('1', { messageId: 'n' }), message('2', { messageId: 'n' })] });
    expect(same).toEqual(one);
    const others: Parameters<typeof headOf>[] = [[{ messageId: 'M' }], [{ sender: carol }], [{ kind: 'notification' }], [{ recipient: bob }], [{ sender: undefined }], [{ sender: undefined }]];
    for (const [fields] of others) await add(deferred, 'another', { messageId: 'm', ...fields });
    expect(await waiting(deferred)).toEqual(['once', '1', 'another', 'another', 'another', 'another', 'another']);
    await deferred.commit({ remove: [first.id] });
    expect((await add(deferred, 'anew', { messageId: 'm' })).sequence).toBeGreaterThan(first.sequence);
    expect((await deferred.commit({ remove: [one?.id as string], add: [message('3', { messageId: 'n' })] }))[0]?.id).not.toBe(one?.id);
  });

  it('happens together or not at all', async () => {
    const { deferred } = await open({ ...defaultLimits, deferred: 5000 });
    const kept = await add(deferred, 'kept');
    const [counts, lease] = [await deferred.counts(alice), await deferred.lease(alice, 'me', NOW, NOW + HOUR)];
    const change: DeferredChange = { remove: [kept.id], add: [message('small', { messageId: 'm' }), message('x'.repeat(6000))], events: [{ topic: 't', payload: 1 }] };
    expect(await refused(deferred.commit(change))).toBe('IM_QUOTA');
    expect(await refused(deferred.commit({ ...change, add: [message('small')], lease: { ...lease as Lease, holder: 'other' } }))).toBe('IM_LEASE_LOST');
    expect(await waiting(deferred)).toEqual(['kept']);
    expect(await deferred.counts(alice)).toEqual(counts);
    expect(await deferred.events('t', 10)).toEqual([]);
    expect(await textOf(deferred, (await add(deferred, 'taken', { messageId: 'm' })).id)).toBe('taken');
  });

  it('grows in sequence, whoever commits at the same time', async () => {
    const { deferred } = await open();
    const committed = await Promise.all(Array.from({ length: 40 }, (_, n) => add(deferred, String(n), n % 2 === 0 ? {} : { recipient: bob })));
    expect(new Set(committed.map(({ sequence }) => sequence)).size).toBe(40);
    expect(await waiting(deferred)).toEqual(Array.from({ length: 20 }, (_, n) => String(2 * n)));
    await deferred.commit({ remove: committed.map(({ id }) => id) });
    const last = Math.max(...committed.map(({ sequence }) => sequence));
    expect((await add(deferred, 'later')).sequence).toBeGreaterThan(last);
  });
});

describe.each(stores)('deferred messages in the $kind store: looking', ({ open }) => {
  it('waits in order, page by page, without what is held, fetched or expired', async () => {
    const { deferred } = await open();
    for (const text of ['1', '2', '3', '4', '5']) await add(deferred, text);
    await add(deferred, 'held', { held: true });
    await add(deferred, 'expired', { expiresAt: NOW });
    await add(deferred, 'notification', { kind: 'notification' });
    await add(deferred, 'of bob', { recipient: bob });
    const [fetched] = await deferred.waiting(alice, firstPage, NOW);
    await deferred.commit({ fetched: [fetched?.id as string] });
    expect(await waiting(deferred)).toEqual(['2', '3', '4', '5', 'notification']);
    const page = await deferred.waiting(alice, { after: 0, limit: 2 }, NOW);
    expect(page).toHaveLength(2);
    const rest = await deferred.waiting(alice, { after: page[1]?.sequence as number, limit: 2 }, NOW);
    expect(await Promise.all(rest.map(({ id }) => textOf(deferred, id)))).toEqual(['4', '5']);
    expect(await deferred.waiting(alice, { after: rest[1]?.sequence as number, limit: 2 }, NOW)).toHaveLength(1);
    expect(await waiting(deferred, alice, NOW + HOUR)).toEqual([]);
    expect(await waiting(deferred, carol)).toEqual([]);
  });

  it('lists messages, held and fetched ones too, and no notifications', async () => {
    const { deferred } = await open();
    const first = await add(deferred, 'first');
    await add(deferred, 'n', { kind: 'notification' });
    await add(deferred, 'expired', { expiresAt: NOW });
    const held = await add(deferred, 'held', { held: true });
    await deferred.commit({ fetched: [first.id] });
    expect(await deferred.list(alice, firstPage, NOW)).toEqual([{ ...first, fetched: true }, held]);
    expect(await deferred.list(alice, { after: first.sequence, limit: 1 }, NOW)).toEqual([held]);
    expect(await deferred.list(bob, firstPage, NOW)).toEqual([]);
  });

  it('finds nothing that is somebody else\'s', async () => {
    const { deferred } = await open();
    const { id } = await add(deferred, 'private');
    expect(await deferred.find(bob, id)).toBeUndefined();
    expect(await deferred.find(alice, 'no such id')).toBeUndefined();
  });

  it('counts messages, new and old, and the octets of everything (RFC 3842 §5.2)', async () => {
    const { deferred } = await open();
    expect(await deferred.counts(alice)).toEqual({ newMessages: 0, oldMessages: 0, octets: 0 });
    const one = await add(deferred, 'one');
    const { octets } = await deferred.counts(alice);
    expect(octets).toBeGreaterThan(3);
    const held = await add(deferred, 'held', { held: true });
    const note = await add(deferred, 'x'.repeat(100_000), { kind: 'notification' });
    await deferred.commit({ fetched: [one.id, one.id, note.id] });
    const counts = await deferred.counts(alice);
    expect(counts).toMatchObject({ newMessages: 1, oldMessages: 1 });
    expect(counts.octets).toBeGreaterThan(100_000 + octets);
    await deferred.commit({ remove: [one.id, note.id, one.id, 'unknown'], fetched: [one.id, 'unknown'] });
    expect(await deferred.counts(alice)).toMatchObject({ newMessages: 1, oldMessages: 0 });
    await deferred.commit({ remove: [held.id] });
    expect(await deferred.counts(alice)).toEqual({ newMessages: 0, oldMessages: 0, octets: 0 });
  });

  it('releases what is held for one user, in its old place', async () => {
    const { deferred } = await open();
    await add(deferred, '1', { held: true });
    await add(deferred, '2');
    await add(deferred, 'of bob', { held: true, recipient: bob });
    await deferred.commit({ release: alice });
    expect(await waiting(deferred)).toEqual(['1', '2']);
    expect(await waiting(deferred, bob)).toEqual([]);
  });

  it('says what has expired, the first to expire first, and when the next one does (RFC 3428 §4)', async () => {
    const { deferred } = await open();
    expect(await deferred.nextExpiry()).toBeUndefined();
    for (const [text, after] of [['c', 3], ['a', 1], ['b', 2], ['later', 9]] as const) await add(deferred, text, { expiresAt: NOW + after });
    expect(await deferred.nextExpiry()).toBe(NOW + 1);
    expect(await deferred.expired(NOW, 10)).toEqual([]);
    const expired = await deferred.expired(NOW + 3, 10);
    expect(await Promise.all(expired.map(({ id }) => textOf(deferred, id)))).toEqual(['a', 'b', 'c']);
    expect(await deferred.expired(NOW + 3, 2)).toEqual(expired.slice(0, 2));
    await deferred.commit({ remove: expired.map(({ id }) => id) });
    expect(await deferred.nextExpiry()).toBe(NOW + 9);
  });

  it('names the users for whom something waits, page by page', async () => {
    const { deferred } = await open();
    await add(deferred, 'for carol', { recipient: carol, kind: 'notification' });
    const one = await add(deferred, 'for alice');
    await add(deferred, 'held', { recipient: bob, held: true });
    expect(await deferred.recipients('', 10)).toEqual([alice, carol]);
    expect(await deferred.recipients('', 1)).toEqual([alice]);
    expect(await deferred.recipients(alice, 10)).toEqual([carol]);
    await deferred.commit({ release: bob, fetched: [one.id] });
    expect(await deferred.recipients('', 10)).toEqual([bob, carol]);
    await deferred.commit({ remove: [one.id], add: [message('notification', { kind: 'notification' })] });
    expect(await deferred.recipients('', 10)).toEqual([alice, bob, carol]);
  });

  it('ends the reading of what is gone with an error, not as if it were whole', async () => {
    const { deferred } = await open();
    const [item] = await deferred.commit({ add: [{ head: headOf(), body: pattern(200_000) }] });
    const reading = deferred.read(item?.id as string)[Symbol.asyncIterator]();
    expect((await reading.next()).value).toHaveLength(65_536);
    await reading.return?.();
    await deferred.commit({ remove: [item?.id as string] });
    expect(await refused(bodyOf(deferred, item?.id as string))).toBe('IM_ITEM_GONE');
  });
});

describe.each(stores)('deferred messages in the $kind store: bodies in pieces', ({ open }) => {
  it('become the body of their item, which has the id of the upload', async () => {
    const { deferred } = await open();
    for (const cut of [[], [1], [65_536], [70_000, 0, 5], [65_535, 1, 1, 200_000, 1]]) {
      let at = 0;
      const pieces = cut.map((length) => pattern(length, (at += length) - length));
      const upload = await uploaded(deferred, ...pieces);
      const [item] = await deferred.commit({ add: [{ head: headOf(), upload: upload.id }] });
      expect(item).toMatchObject({ id: upload.id, size: at });
      await upload.abort();
      expect(Buffer.compare(await bodyOf(deferred, upload.id), pattern(at))).toBe(0);
    }
  });

  it('are forgotten when they are given up, and what is repeated', async () => {
    const { deferred } = await open();
    const first = await add(deferred, 'once', { messageId: 'm' });
    const { octets } = await deferred.counts(alice);
    const given = await uploaded(deferred, pattern(100_000));
    expect((await deferred.counts(alice)).octets).toBeGreaterThan(octets);
    await given.abort();
    expect(await refused(given.write(pattern(1)))).toBe('IM_STORE_FAILED');
    expect(await refused(deferred.commit({ add: [{ head: headOf(), upload: given.id }] }))).toBe('IM_STORE_FAILED');
    const again = await uploaded(deferred, pattern(100_000));
    expect(await deferred.commit({ add: [{ head: headOf({ messageId: 'm' }), upload: again.id }] })).toEqual([first]);
    expect((await deferred.counts(alice)).octets).toBe(octets);
    expect(await waiting(deferred)).toEqual(['once']);
  });

  it('belong to the recipient they were begun for', async () => {
    const { deferred } = await open();
    const upload = await uploaded(deferred, pattern(10));
    expect(await refused(deferred.commit({ add: [{ head: headOf({ recipient: bob }), upload: upload.id }] }))).toBe('IM_STORE_FAILED');
    expect(await deferred.commit({ add: [{ head: headOf(), upload: upload.id }] })).toHaveLength(1);
  });
});

describe.each(stores)('deferred messages in the $kind store: limits', ({ open }) => {
  it('refuses what would go beyond the quota of a user, and takes it when there is room again', async () => {
    const { deferred } = await open({ ...defaultLimits, deferred: 100_000 });
    const first = await add(deferred, 'x'.repeat(90_000));
    expect(await refused(add(deferred, 'y'.repeat(20_000)))).toBe('IM_QUOTA');
    const upload = await deferred.upload(alice);
    expect(await refused((async () => { for (;;) await upload.write(pattern(65_536)); })())).toBe('IM_QUOTA');
    await upload.abort();
    await add(deferred, 'y'.repeat(20_000), { recipient: bob });
    await deferred.commit({ remove: [first.id], add: [message('z'.repeat(95_000))] });
    expect(await refused(add(deferred, 'y'.repeat(20_000)))).toBe('IM_QUOTA');
  });

  it('counts an upload no more when its message was there already', async () => {
    const { deferred } = await open({ ...defaultLimits, deferred: 200_000 });
    await add(deferred, 'once', { messageId: 'm' });
    const again = await uploaded(deferred, pattern(120_000));
    await deferred.commit({ add: [{ head: headOf({ messageId: 'm' }), upload: again.id }, message('x'.repeat(120_000))] });
    expect(await deferred.counts(alice)).toMatchObject({ newMessages: 2 });
  });

  it('counts heads, so that empty messages fill a quota too', async () => {
    const { deferred } = await open({ ...defaultLimits, deferred: 2000 });
    const results = await Promise.all(Array.from({ length: 20 }, () => refused(add(deferred, '', { headers: [['Subject', 'x'.repeat(200)]] }))));
    expect(results.filter((result) => result === 'IM_QUOTA').length).toBeGreaterThan(10);
    expect(results[0]).not.toBe('IM_QUOTA');
  });

  it('refuses what would go beyond the limit of the whole store', async () => {
    const { deferred } = await open({ ...defaultLimits, total: 200_000, deferred: 150_000 });
    const one = await add(deferred, 'x'.repeat(120_000));
    const upload = await uploaded(deferred, pattern(10));
    expect(await refused(add(deferred, 'x'.repeat(100_000), { recipient: bob }))).toBe('IM_STORE_FULL');
    await upload.abort();
    await deferred.commit({ remove: [one.id] });
    await add(deferred, 'x'.repeat(100_000), { recipient: bob });
  });
});

describe.each(stores)('deferred messages in the $kind store: leases', ({ open }) => {
  it('are held by one at a time, with a fence that grows with every holder', async () => {
    const { deferred } = await open();
    const mine = await deferred.lease(alice, 'me', NOW, NOW + 100) as Lease;
    expect(mine).toEqual({ recipient: alice, holder: 'me', fence: mine.fence });
    expect(await deferred.lease(alice, 'other', NOW + 99, NOW + 500)).toBeUndefined();
    expect(await deferred.lease(bob, 'other', NOW, NOW + 500)).toBeDefined();
    expect(await deferred.lease(alice, 'me', NOW + 99, NOW + 200)).toEqual(mine);
    expect(await deferred.lease(alice, 'other', NOW + 199, NOW + 500)).toBeUndefined();
    const theirs = await deferred.lease(alice, 'other', NOW + 200, NOW + 500) as Lease;
    expect(theirs.fence).toBeGreaterThan(mine.fence);
    await deferred.unlease(mine);
    expect(await deferred.lease(alice, 'me', NOW + 201, NOW + 300)).toBeUndefined();
    await deferred.unlease(theirs);
    expect((await deferred.lease(alice, 'me', NOW + 201, NOW + 300) as Lease).fence).toBeGreaterThan(theirs.fence);
  });

  it('fence off who has lost theirs: nothing of their change is done', async () => {
    const { deferred } = await open();
    const one = await add(deferred, 'one');
    const lost = await deferred.lease(alice, 'me', NOW, NOW + 1) as Lease;
    const lease = await deferred.lease(alice, 'other', NOW + 1, NOW + 2) as Lease;
    expect(await refused(deferred.commit({ lease: lost, remove: [one.id], events: [{ topic: 't', payload: 1 }] }))).toBe('IM_LEASE_LOST');
    expect(await waiting(deferred)).toEqual(['one']);
    expect(await deferred.events('t', 1)).toEqual([]);
    await deferred.commit({ lease, remove: [one.id] });
    expect(await waiting(deferred)).toEqual([]);
    await deferred.unlease(lease);
    expect(await refused(deferred.commit({ lease }))).toBe('IM_LEASE_LOST');
    // Whoever comes back is another holder than it was.
    await deferred.commit({ lease: await deferred.lease(alice, 'me', NOW + 2, NOW + 3) as Lease });
    expect(await refused(deferred.commit({ lease: lost }))).toBe('IM_LEASE_LOST');
  });
});

describe.each(stores)('deferred messages in the $kind store: the outbox', ({ open }) => {
  it('gives the events of a topic, oldest first, until they are settled', async () => {
    const { deferred } = await open();
    await deferred.commit({ events: [{ topic: 'charging', payload: { user: alice, octets: 5 } }, { topic: 'waiting', payload: alice }] });
    await deferred.commit({ events: [{ topic: 'charging', payload: null }], add: [message('1')] });
    const events = await deferred.events('charging', 10);
    expect(events.map(({ payload }) => payload)).toEqual([{ user: alice, octets: 5 }, null]);
    expect(await deferred.events('charging', 1)).toEqual(events.slice(0, 1));
    await deferred.settle([events[0]?.id as number, 999_999]);
    expect(await deferred.events('charging', 10)).toEqual(events.slice(1));
    expect(await deferred.events('waiting', 10)).toMatchObject([{ payload: alice }]);
  });
});

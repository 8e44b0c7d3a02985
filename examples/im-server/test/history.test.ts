/* Conversation history over real sockets (docs/profile.md, "Conversation history"), with core and IM server in one process and apart. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { encodeCpim, makeCpim, requestNotifications } from '@simple-im/cpim';
import { notificationFor } from '@simple-im/cpim/imdn';
import { utf8, utf8Text } from '@simple-im/grammar';
import type { StoredMessages } from '@simple-im/im-client';
import type { RetrievalEntry } from '@simple-im/sip-events/documents/retrieval';
import { all, clientOf, page, textsOf } from './retrieval-support.js';
import { answering, call } from './session-support.js';
import { register, serverWith, userOf } from './support.js';

const [ALICE, BOB] = ['sip:alice@example.com', 'sip:bob@example.com'];
const LARGE: readonly [string, string][] = [['Accept-Contact', '*;+g.oma.sip-im.large-message']];
const refused = (code: string): object => ({ code: 'IM_RETRIEVAL_REFUSED', message: expect.stringContaining(code) as string });

/** Waits until there are so many messages in the history. */
async function recorded(history: StoredMessages, count: number): Promise<RetrievalEntry[]> {
  let conversations: RetrievalEntry[] = [];
  await vi.waitFor(async () => {
    conversations = await all(history.entries());
    expect(conversations.reduce((sum, { messages = 0 }) => sum + messages, 0)).toBe(count);
  }, 3000);
  return conversations;
}

describe('pager messages', () => {
  it('are recorded for who wants it, in one conversation, sent and received', async () => {
    const server = await serverWith();
    const [alice, bob] = [await userOf(server, 'alice'), await userOf(server, 'bob')];
    bob.ua.handle('MESSAGE', (incoming) => incoming.respond(200));
    alice.ua.handle('MESSAGE', (incoming) => incoming.respond(200));
    await Promise.all([register(alice), register(bob)]);
    const client = clientOf(server, 'alice');
    expect(await page(alice, BOB, 'not yet')).toBe(200);
    await client.publishSettings({ recording: { pager: true } });
    expect(await page(alice, BOB, 'Hello', [['Subject', 'Tea']])).toBe(200);
    expect(await page(bob, ALICE, 'Hi')).toBe(200);
    const history = await client.history();
    const [conversation, ...others] = await recorded(history, 2);
    expect([conversation, others]).toMatchObject([{ mode: 'pager', from: ALICE, to: BOB, subject: 'Tea', messages: 2, size: 7 }, []]);
    const id = conversation?.id ?? '';
    const entries = await all(history.entries({ conversation: id }));
    expect(entries).toMatchObject([{ from: ALICE, to: BOB, contentType: 'text/plain', size: 5 }, { from: BOB, to: ALICE, size: 2 }]);
    expect(await all(history.fetch({ conversation: id }))).toMatchObject([{ from: ALICE, text: 'Hello' }, { from: BOB, text: 'Hi' }]);
    expect(await textsOf(history, { item: entries[1]?.id ?? '' })).toEqual(['Hi']);
    // The other one did not ask for it.
    expect(await all((await clientOf(server, 'bob').history()).entries())).toEqual([]);
  });

  it('are recorded when they are stored for somebody who is away (202), and not when they are refused', async () => {
    const server = await serverWith();
    const [alice, bob] = [await userOf(server, 'alice'), await userOf(server, 'bob')];
    const [ofAlice, ofBob] = [clientOf(server, 'alice'), clientOf(server, 'bob')];
    await Promise.all([ofAlice, ofBob].map((client) => client.publishSettings({ recording: { pager: true } })));
    bob.ua.handle('MESSAGE', (incoming) => incoming.respond(utf8Text(incoming.request.body) === 'no' ? 486 : 200));
    await register(bob);
    expect(await page(alice, BOB, 'no')).toBe(486);
    expect(await page(alice, BOB, 'yes')).toBe(200);
    await register(bob, { expires: 0 });
    expect(await page(alice, BOB, 'stored')).toBe(202);
    for (const client of [ofAlice, ofBob]) {
      const history = await client.history();
      await recorded(history, 2);
      expect(await textsOf(history)).toEqual(['yes', 'stored']);
    }
  });

  it('are people\'s: no notifications, and nobody is seen typing', async () => {
    const server = await serverWith();
    const alice = await userOf(server, 'alice');
    const client = clientOf(server, 'alice');
    await client.publishSettings({ recording: { pager: true } });
    const about = requestNotifications(makeCpim({ from: { uri: BOB }, to: { uri: ALICE }, dateTime: 0, contentType: 'text/plain', body: utf8('x') }), ['positive-delivery'], { messageId: 'm123456789abcdef' });
    const notification = encodeCpim(notificationFor(about, { role: 'recipient', kind: 'delivery', status: 'delivered', dateTime: 0, messageId: 'n123456789abcdef' }));
    expect(await page(alice, BOB, utf8Text(notification), [], 'message/cpim')).toBe(202);
    expect(await page(alice, BOB, '<isComposing/>', [], 'application/im-iscomposing+xml')).toBe(202);
    expect(await page(alice, BOB, 'said')).toBe(202);
    const history = await client.history();
    await recorded(history, 1);
    expect(await textsOf(history)).toEqual(['said']);
  });
});

describe('sessions', () => {
  it('are one conversation each, for both; large bodies whole, what is given up not at all', async () => {
    const server = await serverWith();
    const [alice, bob] = [await userOf(server, 'alice', { transport: 'TCP' }), await userOf(server, 'bob', { transport: 'TCP' })];
    const device = answering(bob, { media: { acceptTypes: ['*'] } });
    await register(bob);
    const clients = [clientOf(server, 'alice'), clientOf(server, 'bob')];
    await Promise.all(clients.map((client) => client.publishSettings({ recording: { session: true } })));
    const session = await call(alice, BOB, [['Subject', 'Tea']]);
    const big = 'big '.repeat(50_000);
    for (const text of ['one', big]) await session.media.send({ contentType: 'text/plain', body: utf8(text) }).accepted;
    await session.media.send({ contentType: 'application/im-iscomposing+xml', body: utf8('<isComposing/>') }).accepted;
    await vi.waitFor(() => expect(device.got).toHaveLength(3));
    await device.ends[0]?.media.send({ contentType: 'text/plain', body: utf8('answer') }).accepted;
    await vi.waitFor(() => expect(session.got).toHaveLength(1));
    await session.dialog.bye();
    for (const client of clients) {
      const history = await client.history();
      const [conversation] = await recorded(history, 3);
      expect(conversation).toMatchObject({ mode: 'session', from: ALICE, to: BOB, subject: 'Tea', messages: 3 });
      expect(await textsOf(history, { conversation: conversation?.id ?? '' })).toEqual(['one', big, 'answer']);
    }
    const next = await call(alice, BOB);
    await next.media.send({ contentType: 'text/plain', body: utf8('again') }).accepted;
    expect(await recorded(await (clients[0] as ReturnType<typeof clientOf>).history(), 4)).toHaveLength(2);
  });

  it('with somebody who is away too, and large messages, each as its mode is wanted', async () => {
    const server = await serverWith();
    const alice = await userOf(server, 'alice', { transport: 'TCP' });
    const client = clientOf(server, 'alice');
    await client.publishSettings({ recording: { large: true } });
    const session = await call(alice, BOB);
    await session.media.send({ contentType: 'text/plain', body: utf8('in a session') }).accepted;
    const large = await call(alice, BOB, LARGE);
    await large.media.send({ contentType: 'text/plain', body: utf8('large') }).accepted;
    const history = await client.history();
    expect(await recorded(history, 1)).toMatchObject([{ mode: 'large' }]);
    expect(await textsOf(history)).toEqual(['large']);
  });
});

describe('a single conversation', () => {
  it('is recorded or not, whatever the settings say: by whom it is with, or by its id', async () => {
    const server = await serverWith();
    const alice = await userOf(server, 'alice');
    const history = await clientOf(server, 'alice').history();
    await history.record(BOB, true);
    expect(await page(alice, BOB, 'one')).toBe(202);
    const [conversation] = await recorded(history, 1);
    await history.record(conversation?.id ?? '', false);
    expect(await page(alice, BOB, 'two')).toBe(202);
    await history.record(conversation?.id ?? '', true);
    expect(await page(alice, BOB, 'three')).toBe(202);
    await recorded(history, 2);
    expect(await textsOf(history)).toEqual(['one', 'three']);
    await expect(history.record('no such conversation', true)).rejects.toMatchObject(refused('not-found'));
  });
});

describe('another user', () => {
  it('can neither see, fetch, delete nor switch what is not theirs', async () => {
    const server = await serverWith();
    const alice = await userOf(server, 'alice');
    const [ofAlice, ofBob] = [clientOf(server, 'alice'), clientOf(server, 'bob')];
    await ofAlice.publishSettings({ recording: { pager: true } });
    expect(await page(alice, BOB, 'private')).toBe(202);
    const [mine, theirs] = [await ofAlice.history(), await ofBob.history()];
    const [conversation] = await recorded(mine, 1);
    const id = conversation?.id ?? '';
    const [entry] = await all(mine.entries({ conversation: id }));
    const item = entry?.id ?? '';
    expect(await all(theirs.entries())).toEqual([]);
    expect(await textsOf(theirs)).toEqual([]);
    expect(await theirs.delete()).toBe(0);
    await expect(theirs.list({ conversation: id })).rejects.toMatchObject(refused('not-found'));
    for (const part of [{ item }, { conversation: id }, { item, conversation: id }]) {
      await expect(textsOf(theirs, part)).rejects.toMatchObject(refused('not-found'));
      await expect(theirs.delete(part)).rejects.toMatchObject(refused('not-found'));
    }
    await expect(theirs.record(id, false)).rejects.toMatchObject(refused('not-found'));
    // Nor does the service for deferred messages know it.
    const deferred = await ofAlice.deferredMessages();
    await expect(deferred.delete({ item })).rejects.toMatchObject(refused('not-found'));
    expect(await textsOf(mine)).toEqual(['private']);
  });
});

describe('what is recorded', () => {
  it('is deleted by entry, by conversation, or all of it', async () => {
    const server = await serverWith();
    const alice = await userOf(server, 'alice');
    const client = clientOf(server, 'alice');
    await client.publishSettings({ recording: { pager: true } });
    for (const text of ['one', 'two', 'three']) expect(await page(alice, BOB, text)).toBe(202);
    expect(await page(alice, ALICE, 'note')).toBe(202);
    const history = await client.history();
    // A note to oneself is sent and received.
    const [withBob, withAlice] = await recorded(history, 5);
    const [one] = await all(history.entries({ conversation: withBob?.id ?? '' }));
    expect(await history.delete({ item: one?.id ?? '' })).toBe(1);
    expect(await history.delete({ conversation: withAlice?.id ?? '' })).toBe(2);
    expect(await textsOf(history)).toEqual(['two', 'three']);
    const { entries, next } = await history.list({ conversation: withBob?.id ?? '', max: 1 });
    expect([entries.length, next]).toEqual([1, entries[0]?.sequence]);
    expect(await history.delete()).toBe(2);
    expect(await all(history.entries())).toEqual([]);
  });

  it('has a limit, of which the user is told at 80 % and at the end; messages go on', async () => {
    const server = await serverWith(['--history-quota', '10000']);
    const [alice, bob] = [await userOf(server, 'alice'), await userOf(server, 'bob')];
    const client = clientOf(server, 'alice');
    await client.publishSettings({ recording: { pager: true } });
    bob.ua.handle('MESSAGE', (incoming) => incoming.respond(200));
    await register(bob);
    const history = await client.history();
    const told: [string | undefined, string][] = [];
    alice.ua.handle('MESSAGE', (incoming) => {
      told.push([incoming.request.headers.get('P-Asserted-Identity'), utf8Text(incoming.request.body)]);
      incoming.respond(200);
    });
    await register(alice);
    for (let count = 1; told.length === 0; count++) {
      expect(await page(alice, BOB, 'x'.repeat(500))).toBe(200);
      const [{ size = 0 } = {}] = await recorded(history, count);
      if (size > 6000) await vi.waitFor(() => expect(told).toEqual([['<sip:system@example.com>', expect.stringContaining('nearly full') as string]]));
    }
    for (let count = 0; count < 6; count++) expect(await page(alice, BOB, 'x'.repeat(500))).toBe(200);
    await vi.waitFor(() => expect(told.map(([, text]) => text)).toEqual([expect.stringContaining('nearly full'), expect.stringContaining('is full')]));
    const kept = (await all(history.entries())).reduce((sum, { messages = 0 }) => sum + messages, 0);
    expect(kept).toBeLessThan(15);
    expect(await history.delete()).toBe(kept);
    expect(await page(alice, BOB, 'again')).toBe(200);
    await recorded(history, 1);
    expect(told).toHaveLength(2);
  });
});

describe('a store that is encrypted', () => {
  it('gives back what was stored and recorded, small and large', async () => {
    const place = mkdtempSync(join(tmpdir(), 'simple-im-history-'));
    onTestFinished(() => rmSync(place, { recursive: true, force: true }));
    const [key, database] = [join(place, 'store.key'), join(place, 'im.db')];
    writeFileSync(key, 'ab'.repeat(32));
    const server = await serverWith(['--store', `sqlite:${database}`, '--store-key', key]);
    const alice = await userOf(server, 'alice', { transport: 'TCP' });
    const client = clientOf(server, 'alice');
    await client.publishSettings({ recording: { pager: true, session: true } });
    const large = 'large '.repeat(100_000);
    expect(await page(alice, BOB, 'small')).toBe(202);
    const session = await call(alice, BOB);
    await session.media.send({ contentType: 'text/plain', body: utf8(large) }).accepted;
    const history = await client.history();
    await recorded(history, 2);
    expect(await textsOf(history)).toEqual(['small', large]);
    expect(await textsOf(await clientOf(server, 'bob').deferredMessages())).toEqual(['small', large]);
    expect(await history.delete()).toBe(2);
  });
});

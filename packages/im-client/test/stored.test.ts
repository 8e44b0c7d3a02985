/* What a server stores and hands over, and what a client asks of its services (docs/profile.md). */
import { describe, expect, it } from 'vitest';
import { encodeCpim, IMDN_HEADERS, makeCpim, requestNotifications, type CpimMessage } from '@simple-im/cpim';
import { notificationFor } from '@simple-im/cpim/imdn';
import { concatBytes, utf8 } from '@simple-im/grammar';
import { parseMsrpUri, type MessageSession } from '@simple-im/msrp';
import { formatMsrpAnswer, formatMsrpOffer, parseMsrpSdp } from '@simple-im/msrp/sdp';
import type { UaDialog, UaInvite } from '@simple-im/sip';
import { EventStateCompositor, Notifier } from '@simple-im/sip-events';
import { parseImSettings } from '@simple-im/sip-events/documents/im-settings';
import { buildMessageSummary, type MessageSummary } from '@simple-im/sip-events/documents/message-summary';
import { buildRetrieval, parseRetrieval, RETRIEVAL_MEDIA_TYPE, type Retrieval } from '@simple-im/sip-events/documents/retrieval';
import { lines, next, World, type TestClient } from './world.js';

const alice = 'sip:alice@example.com';
const carol = 'sip:carol@example.com';
const STORE = '<sip:rcse-standfw@example.com>';

function wrapped(text: string, messageId: string, from = carol): CpimMessage {
  const message = makeCpim({ from: { uri: from }, to: { uri: alice }, dateTime: 1000, contentType: 'text/plain', body: utf8(text) });
  return requestNotifications(message, ['positive-delivery'], { messageId });
}

async function one(options: Parameters<World['client']>[1] = { transport: 'udp' }): Promise<{ world: World; client: TestClient }> {
  const world = await World.start();
  const client = world.client('alice', options);
  await world.done(client.im.register());
  return { world, client };
}

function describeMedia(media: MessageSession): Parameters<typeof formatMsrpOffer>[0] {
  const { host, port = 2855 } = parseMsrpUri(media.uri);
  return { address: { host, port }, path: [media.uri], acceptTypes: ['*'], acceptWrappedTypes: ['*'], setup: 'actpass' };
}

interface Handed {
  readonly media: MessageSession;
  readonly dialog: UaDialog;
}

/** The server's own invitation to a client. */
async function handOver(world: World, headers: readonly [string, string][]): Promise<Handed> {
  const { server } = world;
  const media = server.msrp.createSession({ acknowledge: 'accepted' });
  const { contact } = server.bindings.get(alice) as { contact: string };
  const body = utf8(formatMsrpOffer(describeMedia(media), { sessionId: 1, version: 1 }));
  const invite = server.ua.invite(contact, { contentType: 'application/sdp', body, headers });
  const { response, dialog } = await world.done(invite.answered);
  invite.ack();
  await world.done(media.accept(parseMsrpSdp(response.body).path));
  return { media, dialog };
}

const sendIn = (world: World, { media }: Handed, message: CpimMessage): Promise<void> =>
  world.done(media.send({ contentType: 'message/cpim', body: encodeCpim(message) }).accepted);

/** How many of them wait. */
async function left(world: World, client: TestClient): Promise<string[]> {
  void client.im.close();
  await world.settle();
  const texts: string[] = [];
  for await (const { text } of client.im.messages) texts.push(text);
  return texts;
}

describe('a message that comes again', () => {
  it('is shown once, and answered 200 each time: by Message-ID and sender (RFC 5438 §6.3)', async () => {
    const { world, client } = await one();
    const body = encodeCpim(wrapped('once', 'm1'));
    for (const _ of [1, 2]) {
      expect((await world.done(world.server.toClient(alice, 'MESSAGE', { contentType: 'message/cpim', body }))).status).toBe(200);
    }
    expect(lines(client).filter((line) => line === 'out MESSAGE')).toHaveLength(1);
    const other = { contentType: 'message/cpim', body: encodeCpim(wrapped('of another', 'm1', 'sip:dave@example.com')), from: 'sip:dave@example.com' };
    expect((await world.done(world.server.toClient(alice, 'MESSAGE', other))).status).toBe(200);
    expect(await left(world, client)).toEqual(['once', 'of another']);
  });

  it('is known by Call-ID, CSeq and tag of From where it has no Message-ID (RFC 3261 §8.2.2.2)', async () => {
    const { world, client } = await one();
    const page = async (text: string, callId: string, cseq: number, tag: string, headers: [string, string][] = []): Promise<number> => {
      const parts = { contentType: 'text/plain', body: utf8(text), callId, cseq, tag, headers };
      return (await world.done(world.server.toClient(alice, 'MESSAGE', parts))).status;
    };
    for (const _ of [1, 2]) expect(await page('once', 'c1', 1, 't1')).toBe(200);
    expect(await page('next', 'c1', 2, 't1')).toBe(200);
    expect(await page('another', 'c2', 1, 't1')).toBe(200);
    expect(await page('of another', 'c1', 1, 't2')).toBe(200);
    // From a store, where it is another request.
    expect(await page('once', 'c3', 7, 't3', [['Original-Request', 'c1 1 t1']])).toBe(200);
    for (const cseq of [8, 9]) expect(await page('stored', 'c4', cseq, 't3', [['Original-Request', 'c5 1 t1']])).toBe(200);
    expect(await left(world, client)).toEqual(['once', 'next', 'another', 'of another', 'stored']);
  });
});

describe('an invitation of the server that stores', () => {
  it('hands messages over: taken without ringing, told as messages of who sent them', async () => {
    const { world, client } = await one();
    const handed = await handOver(world, [['P-Asserted-Identity', STORE], ['Referred-By', `<${carol}>`]]);
    await sendIn(world, handed, wrapped('stored', 'm1'));
    await sendIn(world, handed, wrapped('stored', 'm1'));
    await sendIn(world, handed, wrapped('later', 'm2'));
    expect(lines(client)).not.toContain('out 180 INVITE');
    expect(await next(world, client.im.messages)).toMatchObject({ from: carol, asserted: true, text: 'stored', messageId: 'm1' });
    expect(await next(world, client.im.messages)).toMatchObject({ text: 'later' });
  });

  it('goes on as a session with a sender who is still there', async () => {
    const { world, client } = await one();
    const handed = await handOver(world, [['P-Asserted-Identity', STORE], ['Referred-By', `<${carol}>`]]);
    const taken: string[] = [];
    handed.media.attach({
      message: (message) => {
        taken.push(message.contentType);
        message.accept();
      },
    });
    await sendIn(world, handed, wrapped('stored', 'm1'));
    const { session } = await next(world, client.im.messages);
    await world.done(session?.send('an answer') ?? Promise.reject(new Error('no session')));
    expect(taken.at(-1)).toBe('message/cpim');
    expect(session?.peer).toBe(carol);
  });

  it('hands notifications over', async () => {
    const { world, client } = await one();
    const handed = await handOver(world, [['P-Asserted-Identity', STORE]]);
    const about = wrapped('mine', 'm7');
    await sendIn(world, handed, notificationFor(about, { role: 'recipient', kind: 'delivery', status: 'delivered', dateTime: 2000, messageId: 'n1' }));
    expect(await next(world, client.im.notifications)).toMatchObject({ messageId: 'm7', kind: 'delivery', status: 'delivered' });
    // The same once more, from who wrote it, and another.
    for (const [messageId, original] of [['n1', about], ['n2', wrapped('mine too', 'm8')]] as const) {
      const notification = notificationFor(original, { role: 'recipient', kind: 'delivery', status: 'delivered', dateTime: 2000, messageId });
      const page = world.server.toClient(alice, 'MESSAGE', { contentType: 'message/cpim', body: encodeCpim(notification) });
      expect((await world.done(page)).status).toBe(200);
    }
    expect(await next(world, client.im.notifications)).toMatchObject({ messageId: 'm8' });
    expect(await left(world, client)).toEqual([]);
  });

  it('is one that the network asserts: anybody else rings (RFC 3325 §8)', async () => {
    const { world, client } = await one();
    const invite = (headers: readonly [string, string][]): void => {
      const { contact } = world.server.bindings.get(alice) as { contact: string };
      const body = utf8(formatMsrpOffer(describeMedia(world.server.msrp.createSession()), { sessionId: 1, version: 1 }));
      void world.server.ua.invite(contact, { contentType: 'application/sdp', body, headers }).answered.catch(() => undefined);
    };
    invite([['P-Asserted-Identity', '<sip:rcse-standfw@other.example>'], ['Referred-By', `<${carol}>`]]);
    expect((await next(world, client.im.invitations)).from).toBe('sip:rcse-standfw@other.example');
    invite([['Referred-By', `<${carol}>`]]);
    expect((await next(world, client.im.invitations)).from).toBe('sip:server@example.com');
  });
});

describe('service settings', () => {
  it('are published for the own address, and each change with the tag of the last (RFC 3903 §4)', async () => {
    const { world, client } = await one();
    const compositor = new EventStateCompositor({
      agent: world.server.ua, packages: [{ name: 'im-settings', contentTypes: ['application/vnd.simple-im.settings+xml'] }],
    });
    await world.done(client.im.publishSettings({ barring: true }));
    await world.done(client.im.publishSettings({ barring: false, deferral: 'hold', recording: { pager: true } }));
    const published = await compositor.publications('im-settings', alice);
    expect(published.map(({ body }) => parseImSettings(body))).toEqual([{
      entities: [{ id: client.im.instance, incomingBarring: { active: false }, deferral: { mode: 'hold' }, recording: { pager: true } }],
    }]);
  });

  it('are refused by a server that has none: 489', async () => {
    const { world, client } = await one();
    const compositor = new EventStateCompositor({ agent: world.server.ua, packages: [] });
    expect(await world.failure(client.im.publishSettings({ barring: true }))).toMatchObject({ code: 'EVENTS_REJECTED', status: 489 });
    expect(compositor.size).toBe(0);
  });
});

it('message waiting tells what is stored, and every change (RFC 3842)', async () => {
  const { world, client } = await one();
  let waiting = 2;
  const notifier = new Notifier({
    agent: world.server.ua,
    packages: [{
      name: 'message-summary', defaultExpires: 3600, contentTypes: ['application/simple-message-summary'], minInterval: 0,
      fullState: () => ({
        contentType: 'application/simple-message-summary',
        body: buildMessageSummary({ messagesWaiting: waiting > 0, classes: [{ context: 'pager-message', newMessages: waiting, oldMessages: 0 }] }),
      }),
    }],
  });
  const told: AsyncIterator<MessageSummary> = client.im.messageWaiting[Symbol.asyncIterator]();
  expect((await world.done(told.next())).value).toMatchObject({ messagesWaiting: true, classes: [{ newMessages: 2 }] });
  waiting = 0;
  notifier.changed('message-summary', alice);
  expect((await world.done(told.next())).value).toMatchObject({ messagesWaiting: false });
  await world.done(told.return?.(undefined) ?? Promise.reject(new Error('it cannot be ended')));
});

describe('stored messages', () => {
  /** A service that answers as the test says. */
  async function service(answer: (request: Retrieval, send: (message: CpimMessage) => Promise<void>) => Promise<Omit<Retrieval, 'id'>>) {
    const { world, client } = await one();
    const { server } = world;
    const asked: string[] = [];
    server.ua.handle('INVITE', async (incoming: UaInvite) => {
      asked.push(incoming.request.uri);
      const media = server.msrp.createSession({ acknowledge: 'accepted' });
      const offer = parseMsrpSdp(incoming.request.body);
      expect(offer.acceptTypes).toContain(RETRIEVAL_MEDIA_TYPE);
      const bound = media.accept(offer.path);
      const body = utf8(formatMsrpAnswer(incoming.request.body, { ...describeMedia(media), setup: 'passive' }, { sessionId: 2, version: 1 }));
      await incoming.accept({ contentType: 'application/sdp', body });
      await bound;
      media.attach({
        message: (message) => void (async () => {
          const pieces: Uint8Array[] = [];
          for await (const piece of message) pieces.push(piece.slice());
          message.accept();
          const request = parseRetrieval(concatBytes(pieces));
          const send = async (item: CpimMessage): Promise<void> => void await media.send({ contentType: 'message/cpim', body: encodeCpim(item) }).accepted;
          await media.send({ contentType: RETRIEVAL_MEDIA_TYPE, body: buildRetrieval({ ...await answer(request, send), id: request.id }) }).accepted;
        })(),
      });
    });
    return { world, client, asked };
  }

  const entry = (n: number) => ({ id: `i${n}`, sequence: n, mode: 'pager' as const, received: '2026-11-21T10:00:00Z', size: n });
  const item = (id: string, text: string): CpimMessage => makeCpim({
    from: { uri: 'sip:anonymous@anonymous.invalid' }, to: { uri: alice }, dateTime: 1000, contentType: 'text/plain', body: utf8(text),
    headers: [
      { namespace: IMDN_HEADERS, name: 'Message-ID', value: `m-${id}` },
      { namespace: 'urn:simple-im:deferred', name: 'Item', value: id },
      { namespace: 'urn:simple-im:deferred', name: 'Sender', value: `<${carol}>` },
    ],
  });

  it('are listed page by page, by a session with the service', async () => {
    const { world, client, asked } = await service(async ({ list }) =>
      ({ page: (list?.after ?? 0) === 0 ? { entries: [entry(1), entry(2)], next: 2 } : { entries: [entry(3)] } }));
    const stored = await world.done(client.im.deferredMessages());
    const ids: string[] = [];
    const reading = (async () => { for await (const { id } of stored.entries()) ids.push(id); })();
    await world.done(reading);
    expect(ids).toEqual(['i1', 'i2', 'i3']);
    expect(asked).toEqual(['sip:deferred@example.com']);
    await world.done(stored.close());
    expect(await world.failure(stored.list())).toMatchObject({ code: 'IM_SESSION_ENDED' });
  });

  it('are fetched as messages of whom the server took them from', async () => {
    const { world, client } = await service(async ({ fetch }, send) => {
      for (const id of fetch?.item === undefined ? ['i1', 'i2'] : [fetch.item]) await send(item(id, `text of ${id}`));
      return { done: { count: 2 } };
    });
    const stored = await world.done(client.im.deferredMessages());
    const fetched: unknown[] = [];
    await world.done((async () => { for await (const { id, from, asserted, text, messageId } of stored.fetch()) fetched.push({ id, from, asserted, text, messageId }); })());
    expect(fetched).toEqual([
      { id: 'i1', from: carol, asserted: true, text: 'text of i1', messageId: 'm-i1' },
      { id: 'i2', from: carol, asserted: true, text: 'text of i2', messageId: 'm-i2' },
    ]);
  });

  it('are deleted, or not: the server says how many, or why', async () => {
    const { world, client } = await service(async (request) =>
      (request.delete?.item === 'gone' ? { error: { code: 'not-found', reason: 'no such message' } } : { done: { count: 3 } }));
    const stored = await world.done(client.im.history());
    expect(await world.done(stored.delete())).toBe(3);
    expect(await world.failure(stored.delete({ item: 'gone' }))).toMatchObject({ code: 'IM_RETRIEVAL_REFUSED' });
    await world.done(stored.record('c1', true));
  });

  it('end with the session, and whoever waits is told', async () => {
    const { world, client } = await service(() => new Promise(() => undefined));
    const stored = await world.done(client.im.deferredMessages());
    const listed = stored.list();
    listed.catch(() => undefined);
    await world.settle();
    await world.done(client.im.close());
    expect(await world.failure(listed)).toMatchObject({ code: 'IM_SESSION_ENDED' });
  });
});

import { describe, expect, it } from 'vitest';
import { decodeCpim, encodeCpim, makeCpim, messageIdOf, notifyRequests } from '@simple-im/cpim';
import { buildImdn, notificationOf } from '@simple-im/cpim/imdn';
import { concatBytes, utf8, utf8Text } from '@simple-im/grammar';
import { respondTo } from '@simple-im/sip';
import type { Notification } from '../src/index.js';
import { next, World } from './world.js';

const bobUri = 'sip:bob@example.com';

async function two(options: Parameters<World['pair']>[0] = {}) {
  const world = await World.start();
  return { world, ...(await world.pair(options)) };
}

/** CPIM headers of a message that asks for notifications. */
function asking(value: string) {
  const namespace = 'urn:ietf:params:imdn';
  return [{ namespace, name: 'Message-ID', value: 'x1' }, { namespace, name: 'Disposition-Notification', value }];
}

/** What Bob sent to Alice, read. */
function fromBob(world: World) {
  return world.server.messages.filter(({ from }) => from?.uriText === bobUri).map(({ body }) => decodeCpim(body));
}

describe('asking for notifications (RFC 5438 §7.1.1)', () => {
  it('takes message/cpim with Message-ID, DateTime and what is asked for', async () => {
    const { world, alice } = await two();
    const { messageId } = await world.done(alice.im.send(bobUri, 'hi', { notify: ['delivered', 'failed', 'displayed', 'processed'] }));
    const request = world.server.messages[0];
    expect(request?.contentType?.type).toBe('message/cpim');
    const message = decodeCpim(request?.body as Uint8Array);
    expect(messageIdOf(message)).toBe(messageId);
    expect(message.dateTime?.text).toBe('2026-01-01T00:00:00Z');
    expect(notifyRequests(message).map(({ value }) => value)).toEqual(['positive-delivery', 'negative-delivery', 'display', 'processing']);
    expect([message.from?.uri, message.to[0]?.uri]).toEqual(['sip:alice@example.com', bobUri]);
  });
});

describe('answering with notifications (RFC 5438 §7.2.1)', () => {
  it.each([
    { notify: [], shows: true, sent: [] },
    { notify: ['delivered'], shows: true, sent: ['delivered'] },
    { notify: ['displayed'], shows: true, sent: ['displayed'] },
    { notify: ['displayed'], shows: false, sent: [] },
    { notify: ['failed', 'processed'], shows: true, sent: [] },
    { notify: ['delivered', 'displayed'], shows: true, sent: ['delivered', 'displayed'] },
  ] as const)('asked for $notify, shown: $shows, sends $sent', async ({ notify, shows, sent }) => {
    const { world, alice, bob } = await two();
    const { messageId } = await world.done(alice.im.send(bobUri, 'hi', { notify }));
    const message = await next(world, bob.im.messages);
    if (shows) await world.done(Promise.all([message.displayed(), message.displayed()]));
    await world.settle();
    const documents = fromBob(world).map((one) => notificationOf(one));
    expect(documents).toMatchObject(sent.map((status) => ({ messageId, status, recipientUri: bobUri })));
    for (const status of sent) {
      expect(await next(world, alice.im.notifications)).toMatchObject({ messageId, status, from: bobUri, recipient: bobUri });
    }
    expect([...alice.errors, ...bob.errors]).toEqual([]);
  });

  it('asks for nothing and is answered by nothing', async () => {
    const { world, alice, bob } = await two();
    await world.done(alice.im.send(bobUri, 'hi', { notify: ['delivered'] }));
    await next(world, bob.im.messages);
    await world.settle();
    const [notification] = fromBob(world);
    expect(notification && notifyRequests(notification)).toEqual([]);
    expect(notification?.entityHeader('Content-Disposition')).toBe('notification');
    expect(world.server.messages.length).toBe(2);
  });

  it('fits into 1300 octets (RFC 3428 §8)', async () => {
    const { world, alice, bob } = await two({ transport: 'udp' });
    await world.done(alice.im.send(bobUri, 'hi', { notify: ['delivered'] }));
    await world.settle();
    expect(bob.errors).toEqual([]);
    expect(await next(world, alice.im.notifications)).toMatchObject({ status: 'delivered' });
  });

  it('goes to the sender in SIP when CPIM names an anonymous one', async () => {
    const { world, bob } = await two();
    const anonymous = { uri: 'sip:anonymous@anonymous.invalid' };
    const message = makeCpim({
      from: anonymous, to: anonymous, dateTime: 0, contentType: 'text/plain', body: utf8('boo'),
      headers: asking('positive-delivery'),
    });
    const cpim = { contentType: 'message/cpim', body: encodeCpim(message) };
    const answer = world.server.toClient(bobUri, 'MESSAGE', { from: 'sip:alice@example.com', ...cpim });
    expect((await world.done(answer)).status).toBe(200);
    await world.settle();
    expect(world.server.messages.at(-1)?.uri).toBe('sip:alice@example.com');
    expect(bob.errors).toEqual([]);
  });

  it('reports what cannot be sent, and makes nothing else of it', async () => {
    const { world, alice, bob } = await two();
    await world.done(alice.im.close());
    const message = makeCpim({
      from: { uri: 'sip:alice@example.com' }, to: { uri: bobUri }, dateTime: 0, contentType: 'text/plain', body: utf8('hi'),
      headers: asking('positive-delivery, display'),
    });
    await world.done(world.server.toClient(bobUri, 'MESSAGE', { contentType: 'message/cpim', body: encodeCpim(message) }));
    await world.settle();
    expect(bob.errors.map((error) => (error as { code?: string }).code)).toEqual(['IM_NOT_DELIVERED']);
    const received = await next(world, bob.im.messages);
    expect(await world.failure(received.displayed())).toMatchObject({ code: 'IM_NOT_DELIVERED', status: 404 });
  });

  it('is sent again, the same, while no server takes it; one of display when it is asked for again', async () => {
    const { world, alice, bob } = await two();
    world.server.answerMessage = (incoming) => {
      const isNotification = incoming.request.from?.uriText === bobUri;
      if (isNotification) incoming.respond(respondTo(incoming.request, 503, { toTag: 'x' }));
      return isNotification;
    };
    await world.done(alice.im.send(bobUri, 'hi', { notify: ['delivered', 'displayed'] }));
    const received = await next(world, bob.im.messages);
    await world.settle();
    expect(await world.failure(received.displayed())).toMatchObject({ code: 'IM_NOT_DELIVERED', status: 503 });
    await world.clock.elapse(1000);
    world.server.answerMessage = undefined;
    await world.clock.elapse(2000);
    await world.done(received.displayed());
    const bodies = world.server.messages.filter(({ from }) => from?.uriText === bobUri).map(({ body }) => utf8Text(body));
    const [delivered, displayed] = ['delivery', 'display'].map((kind) => bodies.filter((body) => body.includes(`<${kind}-notification>`)));
    expect([delivered?.length, new Set(delivered).size, displayed?.length, new Set(displayed).size]).toEqual([3, 1, 2, 1]);
    for (const status of ['delivered', 'displayed']) expect(await next(world, alice.im.notifications)).toMatchObject({ status });
  });
});

describe('receiving notifications', () => {
  const document = (messageId: string) => buildImdn({ messageId, dateTime: '2026-01-01T00:00:00Z', kind: 'display', status: 'displayed' });
  const opening = utf8('--x\r\nContent-Type: message/imdn+xml\r\n\r\n');
  const part = (messageId: string) => concatBytes([opening, document(messageId), utf8('\r\n')]);
  const aggregate = encodeCpim(makeCpim({
    from: { uri: bobUri },
    to: { uri: 'sip:alice@example.com' },
    contentType: 'multipart/mixed;boundary=x',
    entityHeaders: { 'Content-Disposition': 'notification' },
    body: concatBytes([part('one'), part('two'), utf8('--x--\r\n')]),
  }));

  const send = (world: World) =>
    world.server.toClient('sip:alice@example.com', 'MESSAGE', { from: bobUri, contentType: 'message/cpim', body: aggregate });

  it('takes an aggregated one apart (RFC 5438 §8.3)', async () => {
    const { world, alice } = await two();
    await world.done(send(world));
    for (const messageId of ['one', 'two']) expect(await next(world, alice.im.notifications)).toMatchObject({ messageId });
  });

  it('answers 480 when there is no room, and takes none of an aggregate then', async () => {
    const { world, alice } = await two({ limits: { maxNotifications: 1 } });
    expect((await world.done(send(world))).status).toBe(480);
    const taken = [alice.im.notifications, alice.im.notifications].map((stream) => stream[Symbol.asyncIterator]().next());
    expect((await world.done(send(world))).status).toBe(200);
    const ids = (await world.done(Promise.all(taken))).map(({ value }) => (value as Notification).messageId);
    expect(ids).toEqual(['one', 'two']);
  });

  it('answers 400 to a malformed document', async () => {
    const { world } = await two();
    const body = encodeCpim(makeCpim({ contentType: 'message/imdn+xml', body: utf8('<imdn/>') }));
    const answer = world.server.toClient(bobUri, 'MESSAGE', { contentType: 'message/cpim', body });
    expect((await world.done(answer)).status).toBe(400);
  });
});

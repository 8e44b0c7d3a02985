/* Deferred messages over real sockets, with core and IM server in one process and apart. */
import { describe, expect, it, vi } from 'vitest';
import { decodeCpim, encodeCpim, notificationTarget, recordRoutes, routes } from '@simple-im/cpim';
import { notificationFor } from '@simple-im/cpim/imdn';
import { utf8, utf8Text } from '@simple-im/grammar';
import type { SipRequest, UaRequest } from '@simple-im/sip';
import type { ChargingEvent, RunningServer } from '../src/index.js';
import { parseMessageSummary, type MessageSummary } from '@simple-im/sip-events/documents/message-summary';
import { RawWatcher } from './events/watcher.js';
import { register, serverWith, userOf, type TestUser } from './support.js';

type Fields = readonly (readonly [string, string])[];

async function send(from: TestUser, to: string, text: string, headers: Fields = [], contentType = 'text/plain'): Promise<number> {
  const { status } = await from.ua.request('MESSAGE', to, { contentType, body: utf8(text), headers: [...headers] });
  return status;
}

/** Keeps every MESSAGE, and answers it. */
function inbox(user: TestUser, status: (request: SipRequest) => number = () => 200): SipRequest[] {
  const received: SipRequest[] = [];
  user.ua.handle('MESSAGE', (incoming) => {
    received.push(incoming.request);
    incoming.respond(status(incoming.request));
  });
  return received;
}

/** What the metrics say of messages. */
async function countOf(server: RunningServer, what: string): Promise<number> {
  const found = new RegExp(`im_deferred_total\\{what="${what}",kind="message"\\} (\\d+)`).exec((await server.metrics.text()).body);
  return Number(found?.[1] ?? 0);
}

function summaryOf({ seen }: RawWatcher): MessageSummary | undefined {
  const last = seen.at(-1);
  return last === undefined ? undefined : parseMessageSummary(last.body);
}

const textOf = (request: SipRequest): string => utf8Text(request.body);

function cpim(text: string, id: string, asks: string): string {
  return [
    'From: <sip:alice@example.com>', 'To: <sip:bob@example.com>', 'DateTime: 2026-01-01T00:00:00Z', 'NS: imdn <urn:ietf:params:imdn>',
    `imdn.Message-ID: ${id}`, `imdn.Disposition-Notification: ${asks}`, '', 'Content-Type: text/plain', '', text,
  ].join('\r\n');
}

describe('a MESSAGE to a user who is away (RFC 3428 §7)', () => {
  it('is answered 202, and pushed when the user registers, as it was, with the time it came', async () => {
    const server = await serverWith();
    const alice = await userOf(server, 'alice');
    const bob = await userOf(server, 'bob');
    const received = inbox(bob);
    expect(await send(alice, 'sip:bob@example.com', 'one', [['Subject', 'Tea']])).toBe(202);
    expect(await send(alice, 'sip:bob@example.com', 'two')).toBe(202);
    expect(await register(bob)).toBe(200);
    await vi.waitFor(() => expect(received).toHaveLength(2));
    expect(received.map(textOf)).toEqual(['one', 'two']);
    const [first] = received;
    expect(first?.headers.get('Subject')).toBe('Tea');
    expect(first?.headers.get('P-Asserted-Identity')).toBe('<sip:alice@example.com>');
    expect(Date.parse(first?.headers.get('Date') ?? '')).toBeGreaterThan(Date.now() - 60_000);
    expect(first?.callId).toMatch(/@example\.com$/);
    for (const name of ['P-Served-User', 'Route', 'Contact']) expect(first?.headers.has(name)).toBe(false);
    // Whoever is there gets the next one at once, and says so itself.
    await vi.waitFor(async () => expect(await send(alice, 'sip:bob@example.com', 'three')).toBe(200));
  });

  it('goes to one device only (RFC 3841 §9.1)', async () => {
    const server = await serverWith();
    const alice = await userOf(server, 'alice');
    const [phone, desk] = [await userOf(server, 'bob'), await userOf(server, 'bob')];
    const received = [inbox(phone), inbox(desk)];
    await register(phone);
    await register(desk);
    await register(phone, { expires: 0 });
    await register(desk, { expires: 0 });
    expect(await send(alice, 'sip:bob@example.com', 'once')).toBe(202);
    await Promise.all([register(phone), register(desk)]);
    await vi.waitFor(() => expect(received.flat()).toHaveLength(1));
  });

  it('is stored when the recipient\'s device cannot take it now, and not when it refuses', async () => {
    const server = await serverWith();
    const alice = await userOf(server, 'alice');
    const bob = await userOf(server, 'bob');
    let status = 480;
    const received = inbox(bob, () => status);
    await register(bob);
    expect(await send(alice, 'sip:bob@example.com', 'busy')).toBe(202);
    // What comes behind it stays behind it.
    status = 200;
    expect(await send(alice, 'sip:bob@example.com', 'later')).toBe(202);
    await register(bob);
    await vi.waitFor(() => expect(received.map(textOf)).toEqual(['busy', 'busy', 'later']));
    status = 486;
    await vi.waitFor(async () => expect(await send(alice, 'sip:bob@example.com', 'no')).toBe(486));
  });

  it('that a silent device takes late after all is not pushed a second time', async () => {
    const server = await serverWith(['--pager-timeout', '1']);
    const alice = await userOf(server, 'alice');
    const bob = await userOf(server, 'bob', { transport: 'TCP' });
    const received: UaRequest[] = [];
    bob.ua.handle('MESSAGE', (incoming) => void received.push(incoming));
    await register(bob);
    expect(await send(alice, 'sip:bob@example.com', 'slow')).toBe(202);
    received[0]?.respond(200);
    await vi.waitFor(async () => expect(await countOf(server, 'delivered')).toBe(1));
    await register(bob);
    const next = send(alice, 'sip:bob@example.com', 'next');
    await vi.waitFor(() => expect(received).toHaveLength(2));
    received[1]?.respond(200);
    expect([await next, received.map(({ request }) => textOf(request))]).toEqual([200, ['slow', 'next']]);
  });
});

describe('disposition notifications of a server that stores (RFC 5438 §8)', () => {
  it('says `stored` to who asked for processing', async () => {
    const server = await serverWith();
    const alice = await userOf(server, 'alice');
    const received = inbox(alice);
    await register(alice);
    expect(await send(alice, 'sip:bob@example.com', cpim('Hi', 'abcdef0123456789', 'processing, positive-delivery'), [], 'message/cpim')).toBe(202);
    await vi.waitFor(() => expect(received).toHaveLength(1));
    expect(textOf(received[0] as SipRequest)).toMatch(/<message-id>abcdef0123456789<\/message-id>[^]*<processing-notification><status><stored\/>/);
  });

  it('says `failed` when the recipient\'s device refuses for good, and keeps that for a sender who has gone (§12.2)', async () => {
    const server = await serverWith();
    const alice = await userOf(server, 'alice');
    const bob = await userOf(server, 'bob');
    inbox(bob, () => 403);
    const received = inbox(alice);
    expect(await send(alice, 'sip:bob@example.com', cpim('Hi', 'abcdef0123456789', 'negative-delivery'), [], 'message/cpim')).toBe(202);
    await register(bob);
    await vi.waitFor(async () => expect(await countOf(server, 'refused')).toBe(1));
    await register(alice);
    await vi.waitFor(() => expect(received).toHaveLength(1));
    expect(textOf(received[0] as SipRequest)).toMatch(/<delivery-notification><status><failed\/>/);
    expect(received[0]?.headers.get('P-Asserted-Identity')).toBe('<sip:bob@example.com>');
  });

  it('keeps a notification of a user for another who is away, and says nothing about it', async () => {
    const server = await serverWith();
    const alice = await userOf(server, 'alice');
    const bob = await userOf(server, 'bob');
    const received = inbox(alice);
    await register(bob);
    const imdn = cpim('<imdn/>', '0123456789abcdef', 'processing').replace('Content-Type: text/plain', 'Content-Type: message/imdn+xml\r\nContent-Disposition: notification');
    const told = inbox(bob);
    expect(await send(bob, 'sip:alice@example.com', imdn, [], 'message/cpim')).toBe(202);
    await register(alice);
    await vi.waitFor(() => expect(received).toHaveLength(1));
    expect(told).toEqual([]);
  });
});

describe('an intermediary on the way of notifications (RFC 5438 §8)', () => {
  it('puts itself on IMDN-Record-Route once, and passes the notification on without its own IMDN-Route', async () => {
    const server = await serverWith(['--imdn-record-route']);
    const alice = await userOf(server, 'alice');
    const bob = await userOf(server, 'bob');
    const [toAlice, toBob] = [inbox(alice), inbox(bob)];
    await register(alice);
    await register(bob);
    expect(await send(alice, 'sip:bob@example.com', cpim('Hi', 'abcdef0123456789', 'positive-delivery'), [], 'message/cpim')).toBe(200);
    const original = decodeCpim(toBob[0]?.body ?? new Uint8Array());
    expect(recordRoutes(original)).toEqual([{ uri: 'sip:im-server@example.com' }]);
    const notification = notificationFor(original, { role: 'recipient', kind: 'delivery', status: 'delivered', dateTime: 0, messageId: 'n0123456789abcdef' });
    const target = notificationTarget(notification)?.uri ?? '';
    expect(target).toBe('sip:im-server@example.com');
    expect(await send(bob, target, utf8Text(encodeCpim(notification)), [], 'message/cpim')).toBe(200);
    const passed = decodeCpim(toAlice[0]?.body ?? new Uint8Array());
    expect([routes(passed), passed.mediaType, toAlice[0]?.headers.get('P-Asserted-Identity')]).toEqual([[], 'message/imdn+xml', '<sip:bob@example.com>']);
  });

  it('keeps a notification that came through it for a sender who has gone', async () => {
    const server = await serverWith(['--imdn-record-route']);
    const alice = await userOf(server, 'alice');
    const bob = await userOf(server, 'bob');
    const [toAlice, toBob] = [inbox(alice), inbox(bob)];
    await register(bob);
    expect(await send(alice, 'sip:bob@example.com', cpim('Hi', 'abcdef0123456789', 'positive-delivery'), [], 'message/cpim')).toBe(200);
    const original = decodeCpim(toBob[0]?.body ?? new Uint8Array());
    const notification = notificationFor(original, { role: 'recipient', kind: 'delivery', status: 'delivered', dateTime: 0, messageId: 'n0123456789abcdef' });
    expect(await send(bob, 'sip:im-server@example.com', utf8Text(encodeCpim(notification)), [], 'message/cpim')).toBe(202);
    await register(alice);
    await vi.waitFor(() => expect(toAlice).toHaveLength(1));
  });

  it('is nobody to talk to: 404', async () => {
    const server = await serverWith();
    const bob = await userOf(server, 'bob');
    expect(await send(bob, 'sip:im-server@example.com', 'Hello?')).toBe(404);
    expect(await send(bob, 'sip:im-server@example.com', cpim('Hi', 'abcdef0123456789', 'display'), [], 'message/cpim')).toBe(404);
  });
});

describe('message waiting (RFC 3842)', () => {
  it('counts what is stored, and what is delivered no more; notifications are no messages', async () => {
    const server = await serverWith(['--notify-interval', '0']);
    const alice = await userOf(server, 'alice');
    const bob = await userOf(server, 'bob');
    let status = 480;
    inbox(bob, () => status);
    await register(bob);
    const watcher = new RawWatcher(bob.ua);
    await watcher.subscribe(bob.aor, [['Event', 'message-summary'], ['Expires', '3600']]);
    expect(parseMessageSummary((await watcher.notify(0)).body)).toEqual({ messagesWaiting: false });
    expect(await send(alice, 'sip:bob@example.com', 'counted')).toBe(202);
    await vi.waitFor(() => expect(summaryOf(watcher)).toEqual({ messagesWaiting: true, classes: [{ context: 'pager-message', newMessages: 1, oldMessages: 0 }] }), 3000);
    status = 200;
    await register(bob);
    await vi.waitFor(() => expect(summaryOf(watcher)).toEqual({ messagesWaiting: false }), 3000);
  });
});

describe('charging', () => {
  it('hears of storing and delivering, after the commit', async () => {
    const events: ChargingEvent[] = [];
    const server = await serverWith([], { charging: { report: async (more) => void events.push(...more) } });
    const alice = await userOf(server, 'alice');
    const bob = await userOf(server, 'bob');
    inbox(bob);
    expect(await send(alice, 'sip:bob@example.com', 'paid')).toBe(202);
    await register(bob);
    await vi.waitFor(() => expect(events).toHaveLength(2));
    const common = { kind: 'message', mode: 'pager', sender: 'sip:alice@example.com', recipient: 'sip:bob@example.com', size: 4 };
    expect(events).toMatchObject([{ what: 'stored', ...common }, { what: 'delivered', ...common }]);
  });
});

/* Deferred messages that their recipient asks for (docs/profile.md, "Retrieval of stored messages"), with core and IM server in one process and apart. */
import { createHash } from 'node:crypto';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { decodeCpim } from '@simple-im/cpim';
import { utf8 } from '@simple-im/grammar';
import { MsrpEndpoint } from '@simple-im/msrp';
import { formatMsrpOffer, parseMsrpSdp } from '@simple-im/msrp/sdp';
import { buildRetrieval, parseRetrieval, RETRIEVAL_MEDIA_TYPE, type Retrieval } from '@simple-im/sip-events/documents/retrieval';
import { nodeClock, nodeNetwork, nodeRandom } from '@simple-im/transport/node';
import type { ChargingEvent } from '../src/index.js';
import { all, clientOf, page, textsOf } from './retrieval-support.js';
import { call, descriptionOf } from './session-support.js';
import { register, serverWith, userOf, type TestUser } from './support.js';

const [ALICE, BOB] = ['sip:alice@example.com', 'sip:bob@example.com'];
const SERVICE = 'sip:deferred@example.com';

/** What came back, whole, in order: answers and messages. */
interface Raw {
  ask(document: Uint8Array, contentType?: string): Promise<void>;
  readonly came: { readonly contentType: string; readonly bytes: Uint8Array }[];
  answers(): Retrieval[];
}

/** A session with a service, spoken by hand. */
async function raw(user: TestUser, service = SERVICE, acceptTypes: readonly string[] = [RETRIEVAL_MEDIA_TYPE, 'message/cpim'], maxSize?: number): Promise<Raw> {
  const endpoint = new MsrpEndpoint({ network: nodeNetwork, clock: nodeClock, random: nodeRandom });
  onTestFinished(() => endpoint.close());
  const media = endpoint.createSession({ acceptTypes: ['*'] });
  const came: { contentType: string; bytes: Uint8Array }[] = [];
  media.attach({ message: (message) => void message.bytes(10_000_000).then((bytes) => { came.push({ contentType: message.contentType, bytes }); }, () => {}) });
  const offer = formatMsrpOffer(descriptionOf(media, { acceptTypes: [...acceptTypes], ...(maxSize === undefined ? {} : { maxSize }) }), { sessionId: 1, version: 1 });
  const invite = user.ua.invite(service, { contentType: 'application/sdp', body: utf8(offer) });
  const { response, dialog } = await invite.answered;
  invite.ack();
  onTestFinished(async () => { if (dialog.dialog.state !== 'terminated') await dialog.bye(); });
  await media.connect(parseMsrpSdp(response.body).path);
  return {
    came,
    ask: (body, contentType = RETRIEVAL_MEDIA_TYPE) => media.send({ contentType, body }).accepted,
    answers: () => came.filter(({ contentType }) => contentType === RETRIEVAL_MEDIA_TYPE).map(({ bytes }) => parseRetrieval(bytes)),
  };
}

describe('a user who asks for the stored messages', () => {
  it('sees them, page by page, and gets one or all of them as their senders wrote them', async () => {
    const server = await serverWith();
    const alice = await userOf(server, 'alice');
    for (const text of ['one', 'two', 'three']) expect(await page(alice, BOB, text, [['Subject', `About ${text}`]])).toBe(202);
    const stored = await clientOf(server, 'bob').deferredMessages();
    const first = await stored.list({ max: 2 });
    expect(first.entries).toMatchObject([
      { mode: 'pager', from: ALICE, to: BOB, subject: 'About one', contentType: 'text/plain', size: 3, fetched: false },
      { subject: 'About two' },
    ]);
    const [one, two] = first.entries;
    expect(first.next).toBe(two?.sequence);
    const { entries, next } = await stored.list({ max: 2, after: first.next ?? 0 });
    expect([entries.map(({ subject }) => subject), next]).toEqual([['About three'], undefined]);
    expect(await all(stored.fetch({ item: one?.id ?? '' }))).toMatchObject([{ id: one?.id, from: ALICE, asserted: true, text: 'one' }]);
    expect((await all(stored.entries())).map(({ fetched }) => fetched)).toEqual([true, false, false]);
    expect(await textsOf(stored)).toEqual(['one', 'two', 'three']);
    expect((await all(stored.entries())).map(({ fetched }) => fetched)).toEqual([true, true, true]);
  });

  it('deletes one or all; what was not there is not found', async () => {
    const server = await serverWith();
    const alice = await userOf(server, 'alice');
    for (const text of ['one', 'two', 'three']) expect(await page(alice, BOB, text)).toBe(202);
    const stored = await clientOf(server, 'bob').deferredMessages();
    const [one] = (await stored.list()).entries;
    expect(await stored.delete({ item: one?.id ?? '' })).toBe(1);
    await expect(stored.delete({ item: one?.id ?? '' })).rejects.toMatchObject({ code: 'IM_RETRIEVAL_REFUSED', message: expect.stringContaining('not-found') as string });
    await expect(textsOf(stored, { item: one?.id ?? '' })).rejects.toMatchObject({ message: expect.stringContaining('not-found') as string });
    expect(await textsOf(stored)).toEqual(['two', 'three']);
    expect(await stored.delete()).toBe(2);
    expect(await stored.delete()).toBe(0);
    await expect(stored.record('any', true)).rejects.toMatchObject({ message: expect.stringContaining('refused') as string });
  });

  it('is not pushed what was fetched, and charging hears of that', async () => {
    const events: ChargingEvent[] = [];
    const server = await serverWith([], { charging: { report: async (more) => void events.push(...more) } });
    const alice = await userOf(server, 'alice');
    expect(await page(alice, BOB, 'fetched')).toBe(202);
    const client = clientOf(server, 'bob');
    expect(await textsOf(await client.deferredMessages())).toEqual(['fetched']);
    expect(await page(alice, BOB, 'pushed')).toBe(202);
    const bob = await userOf(server, 'bob');
    const pushed: string[] = [];
    bob.ua.handle('MESSAGE', (incoming) => {
      pushed.push(new TextDecoder().decode(incoming.request.body));
      incoming.respond(200);
    });
    await register(bob);
    await vi.waitFor(() => expect(pushed).toEqual(['pushed']));
    await vi.waitFor(() => expect(events.map(({ what }) => what)).toEqual(['stored', 'retrieved', 'stored', 'delivered']));
  });

  it('gets a body of many pieces whole, in a wrapping that says what it is', async () => {
    const server = await serverWith();
    const alice = await userOf(server, 'alice', { transport: 'TCP' });
    const body = Uint8Array.from({ length: 3_000_001 }, (_, n) => (n * 31 + (n >> 8)) & 0xff);
    const session = await call(alice, BOB);
    await session.media.send({ contentType: 'image/png', body }).accepted;
    const bob = await raw(await userOf(server, 'bob', { transport: 'TCP' }));
    await bob.ask(buildRetrieval({ id: 'f', fetch: {} }));
    await vi.waitFor(() => expect(bob.answers()).toEqual([{ id: 'f', done: { count: 1 } }]));
    const message = decodeCpim(bob.came[0]?.bytes ?? new Uint8Array());
    expect([message.contentType, message.from?.uri, message.single('urn:simple-im:deferred', 'Sender')?.value]).toEqual(['image/png', ALICE, `<${ALICE}>`]);
    expect(createHash('sha256').update(message.body).digest('hex')).toBe(createHash('sha256').update(body).digest('hex'));
  });

  it('is told who sent it by the server alone, whatever the message says of itself', async () => {
    const server = await serverWith();
    const alice = await userOf(server, 'alice');
    const forged = [
      'From: <sip:boss@example.com>', 'To: <sip:bob@example.com>', 'NS: d <urn:simple-im:deferred>', 'd.Sender: <sip:boss@example.com>', 'd.Item: other',
      'NS: imdn <urn:ietf:params:imdn>', 'imdn.Message-ID: abcdef0123456789', '', 'Content-Type: text/plain', '', 'Do it',
    ].join('\r\n');
    expect(await page(alice, BOB, forged, [], 'message/cpim')).toBe(202);
    const stored = await clientOf(server, 'bob').deferredMessages();
    const [entry] = (await stored.list()).entries;
    expect(await all(stored.fetch())).toMatchObject([{ id: entry?.id, from: ALICE, asserted: true, text: 'Do it', messageId: 'abcdef0123456789' }]);
  });

  it('has messages held that are to be fetched: stored until then, though the user is there (service settings)', async () => {
    const server = await serverWith();
    const alice = await userOf(server, 'alice');
    const client = clientOf(server, 'bob');
    await client.register();
    await client.publishSettings({ deferral: 'hold' });
    expect(await page(alice, BOB, 'later')).toBe(202);
    expect(await textsOf(await client.deferredMessages())).toEqual(['later']);
  });
});

describe('message waiting (RFC 3842)', () => {
  it('counts what was fetched as old, and what was deleted no more', async () => {
    const server = await serverWith(['--notify-interval', '0']);
    const alice = await userOf(server, 'alice');
    const client = clientOf(server, 'bob');
    await client.register();
    await client.publishSettings({ deferral: 'hold' });
    const waiting = client.messageWaiting[Symbol.asyncIterator]();
    const until = async (newMessages: number, oldMessages: number): Promise<void> => {
      for (let next = await waiting.next(); next.done !== true; next = await waiting.next()) {
        const [counts = { newMessages: 0, oldMessages: 0 }] = next.value.classes ?? [];
        if (counts.newMessages === newMessages && counts.oldMessages === oldMessages) return;
      }
      throw new Error('no more is told');
    };
    await until(0, 0);
    expect(await page(alice, BOB, 'one')).toBe(202);
    expect(await page(alice, BOB, 'two')).toBe(202);
    await until(2, 0);
    const stored = await client.deferredMessages();
    const [one] = (await stored.list()).entries;
    await textsOf(stored, { item: one?.id ?? '' });
    await until(1, 1);
    await stored.delete();
    await until(0, 0);
  });
});

describe('another user', () => {
  it('can neither see, fetch nor delete what is not theirs: it is as if it were not there', async () => {
    const server = await serverWith();
    const [alice, bob] = [await userOf(server, 'alice'), await userOf(server, 'bob')];
    expect(await page(alice, BOB, 'for bob')).toBe(202);
    expect(await page(bob, ALICE, 'for alice')).toBe(202);
    const ofBob = await clientOf(server, 'bob').deferredMessages();
    const ofAlice = await clientOf(server, 'alice').deferredMessages();
    const [entry] = (await ofBob.list()).entries;
    const item = entry?.id ?? '';
    const [unknown, theirs] = await Promise.all([
      ofAlice.delete({ item: 'unknown-unknown-unknow' }).catch((error: Error) => error.message), ofAlice.delete({ item }).catch((error: Error) => error.message),
    ]);
    expect(theirs).toBe(unknown);
    await expect(textsOf(ofAlice, { item })).rejects.toMatchObject({ message: expect.stringContaining('not-found') as string });
    expect(await textsOf(ofAlice)).toEqual(['for alice']);
    expect((await ofAlice.list()).entries.map(({ from }) => from)).toEqual([BOB]);
    expect(await ofAlice.delete()).toBe(1);
    expect(await textsOf(ofBob)).toEqual(['for bob']);
  });

  it('does not become one by writing another From (403), nor by being a stranger (407)', async () => {
    const server = await serverWith();
    const body = utf8(formatMsrpOffer({ address: { host: '127.0.0.1', port: 9 }, path: ['msrp://127.0.0.1:9/s;tcp'], acceptTypes: ['*'], setup: 'active' }, { sessionId: 1, version: 1 }));
    const statusOf = async (user: TestUser): Promise<number> => (await user.ua.request('INVITE', SERVICE, { contentType: 'application/sdp', body })).status;
    expect(await statusOf(await userOf(server, 'bob', { username: 'alice', password: 'wonderland' }))).toBe(403);
    expect(await statusOf(await userOf(server, 'stranger'))).toBe(407);
  });
});

describe('a session with the service', () => {
  it('answers requests in order, refuses what is no request, and one that is too large (RFC 4975 §10.5)', async () => {
    const server = await serverWith();
    const bob = await raw(await userOf(server, 'bob', { transport: 'TCP' }));
    await Promise.all(['a', 'b', 'c'].map((id) => bob.ask(buildRetrieval({ id, list: {} }))));
    await bob.ask(utf8('<retrieval'));
    await bob.ask(buildRetrieval({ id: 'd', done: { count: 1 } }));
    await vi.waitFor(() => expect(bob.answers()).toMatchObject([
      { id: 'a', page: { entries: [] } }, { id: 'b' }, { id: 'c' }, { id: '', error: { code: 'bad-request' } }, { id: 'd', error: { code: 'bad-request' } },
    ]));
    await expect(bob.ask(utf8('x'.repeat(65_537)))).rejects.toMatchObject({ status: 413 });
    await expect(bob.ask(utf8('Hello?'), 'text/plain')).rejects.toMatchObject({ status: 415 });
  });

  it('gives nothing that the session cannot take, and says so', async () => {
    const server = await serverWith();
    const alice = await userOf(server, 'alice');
    expect(await page(alice, BOB, 'x'.repeat(600))).toBe(202);
    expect(await page(alice, BOB, 'short')).toBe(202);
    const user = await userOf(server, 'bob', { transport: 'TCP' });
    const bob = await raw(user, SERVICE, undefined, 500);
    await bob.ask(buildRetrieval({ id: 'all', fetch: {} }));
    await vi.waitFor(() => expect(bob.answers()).toEqual([{ id: 'all', done: { count: 1 } }]));
    await expect(raw(user, SERVICE, ['text/plain'])).rejects.toMatchObject({ status: 488 });
  });

  it('is for sessions: a MESSAGE finds nobody', async () => {
    const server = await serverWith();
    expect(await page(await userOf(server, 'bob'), SERVICE, 'Hello?')).toBe(404);
  });

  it('is not there without a Deferred Messaging Function', async () => {
    const server = await serverWith(['--deferred', 'off']);
    expect([server.ready.deferred, server.ready.history]).toEqual([undefined, 'sip:history@example.com']);
    await expect(clientOf(server, 'bob').deferredMessages()).rejects.toMatchObject({ status: 404 });
  });
});

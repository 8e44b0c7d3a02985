/* Deferred messages in sessions over real sockets, with core and IM server in one process and apart. */
import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { bytesOf, ProtocolError, utf8 } from '@simple-im/grammar';
import { decodeCpim, encodeCpim, makeMessageId } from '@simple-im/cpim';
import { notificationFor } from '@simple-im/cpim/imdn';
import { responseOf } from '@simple-im/sip';
import { answering, call, cpim, type Device } from './session-support.js';
import { register, serverWith, userOf } from './support.js';

const BOB = 'sip:bob@example.com';
const LARGE = [['Accept-Contact', '*;+g.oma.sip-im.large-message']] as const;

const texts = ({ got }: Pick<Device, 'got'>): string[] => got.map(({ text }) => text);

async function statusOf(answered: Promise<unknown>): Promise<number | undefined> {
  try {
    await answered;
    return 200;
  } catch (error) {
    if (!ProtocolError.is(error)) throw error;
    return responseOf(error)?.status;
  }
}

describe('a session with a user who is away', () => {
  it('is stored message by message and pushed in order, in one session, when the user registers (docs/profile.md)', async () => {
    const server = await serverWith();
    const [alice, bob] = [await userOf(server, 'alice', { transport: 'TCP' }), await userOf(server, 'bob', { transport: 'TCP' })];
    const session = await call(alice, BOB, [['Subject', 'Tea']]);
    for (const text of ['one', 'two', 'three']) await session.media.send({ contentType: 'text/plain', body: utf8(text) }).accepted;
    await session.dialog.bye();
    const device = answering(bob);
    await register(bob);
    await vi.waitFor(() => expect(texts(device)).toEqual(['one', 'two', 'three']));
    expect(device.invitations).toHaveLength(1);
    const headers = device.invitations[0]?.headers;
    expect(['Referred-By', 'P-Asserted-Identity', 'Subject', 'P-Served-User'].map((name) => headers?.get(name))).toEqual([
      '<sip:alice@example.com>', '<sip:rcse-standfw@example.com>', 'Tea', undefined,
    ]);
    expect(device.invitations[0]?.from?.uriText).toBe('sip:alice@example.com');
    await vi.waitFor(() => expect(device.over).toBe(1), 3000);
    // Once is enough.
    await register(bob);
    await session.dialog.dialog.state;
    expect(device.invitations).toHaveLength(1);
  });

  it('goes on with the user when they come: what was stored first, then what is said (design, walks)', async () => {
    const server = await serverWith();
    const [alice, bob] = [await userOf(server, 'alice', { transport: 'TCP' }), await userOf(server, 'bob', { transport: 'TCP' })];
    const session = await call(alice, BOB);
    await session.media.send({ contentType: 'text/plain', body: utf8('stored') }).accepted;
    const device = answering(bob);
    await register(bob);
    const said = Array.from({ length: 50 }, (_, index) => `said ${index}`);
    for (const text of said) await session.media.send({ contentType: 'text/plain', body: utf8(text) }).accepted;
    await vi.waitFor(() => expect(texts(device)).toEqual(['stored', ...said]));
    expect(device.invitations).toHaveLength(1);
    device.ends[0]?.media.send({ contentType: 'text/plain', body: utf8('here I am') });
    await vi.waitFor(() => expect(texts(session)).toEqual(['here I am']));
    await session.dialog.bye();
    await vi.waitFor(() => expect(device.over).toBe(1), 3000);
  });

  it('is answered for when the user is registered and the device answers 480', async () => {
    const server = await serverWith();
    const [alice, bob] = [await userOf(server, 'alice', { transport: 'TCP' }), await userOf(server, 'bob', { transport: 'TCP' })];
    let away = true;
    const device = answering(bob, { refuse: () => (away ? 480 : undefined) });
    await register(bob);
    const session = await call(alice, BOB);
    await session.media.send({ contentType: 'text/plain', body: utf8('later') }).accepted;
    expect(device.got).toEqual([]);
    away = false;
    await register(bob);
    await vi.waitFor(() => expect(texts(device)).toEqual(['later']));
  });

  it('does not keep that somebody is writing (RFC 3994)', async () => {
    const server = await serverWith();
    const [alice, bob] = [await userOf(server, 'alice', { transport: 'TCP' }), await userOf(server, 'bob', { transport: 'TCP' })];
    const session = await call(alice, BOB);
    const composing = utf8('<isComposing xmlns="urn:ietf:params:xml:ns:im-iscomposing"><state>active</state></isComposing>');
    await session.media.send({ contentType: 'application/im-iscomposing+xml', body: composing }).accepted;
    await session.media.send({ contentType: 'text/plain', body: utf8('text') }).accepted;
    const device = answering(bob);
    await register(bob);
    await vi.waitFor(() => expect(texts(device)).toEqual(['text']));
  });

  it('is kept once where it was sent twice under one imdn.Message-ID (RFC 5438 §6.3)', async () => {
    const server = await serverWith();
    const [alice, bob] = [await userOf(server, 'alice', { transport: 'TCP' }), await userOf(server, 'bob', { transport: 'TCP' })];
    for (let time = 0; time < 2; time++) {
      const session = await call(alice, BOB);
      await session.media.send({ contentType: 'message/cpim', body: cpim('Hi', 'abcdef0123456789') }).accepted;
      await session.dialog.bye();
    }
    const device = answering(bob);
    await register(bob);
    await vi.waitFor(() => expect(device.got).toHaveLength(1));
    await vi.waitFor(() => expect(device.over).toBe(1), 3000);
    expect(device.got).toHaveLength(1);
  });
});

describe('Large Message Mode', () => {
  it('stores the message when all of it is there, and brings it whole: success REPORT, then octet for octet', async () => {
    const server = await serverWith();
    const [alice, bob] = [await userOf(server, 'alice', { transport: 'TCP' }), await userOf(server, 'bob', { transport: 'TCP' })];
    const body = randomBytes(1_000_000).map((octet) => 32 + (octet % 90));
    const session = await call(alice, BOB, LARGE);
    const sent = session.media.send({ contentType: 'text/plain', body, successReport: true, chunkSize: 100_000 });
    await sent.reported;
    await session.dialog.bye();
    const device = answering(bob);
    await register(bob);
    await vi.waitFor(() => expect(device.got[0]?.text).toHaveLength(body.length), 5000);
    expect(createHash('sha256').update(bytesOf(device.got[0]?.text ?? '')).digest('hex')).toBe(createHash('sha256').update(body).digest('hex'));
    expect(device.invitations[0]?.headers.get('Accept-Contact')).toBe('*;+g.oma.sip-im.large-message');
  });

  it('keeps nothing of a message whose sender is lost before its end', async () => {
    const server = await serverWith();
    const [alice, bob] = [await userOf(server, 'alice', { transport: 'TCP' }), await userOf(server, 'bob', { transport: 'TCP' })];
    const session = await call(alice, BOB, LARGE);
    const never = (async function* pieces() {
      yield new Uint8Array(200_000).fill(65);
      await new Promise(() => {});
    })();
    session.media.send({ contentType: 'text/plain', body: never, size: 400_000 });
    await vi.waitFor(async () => expect((await server.metrics.text()).body).toMatch(/msrp_body_octets_total 2\d{5}/));
    session.media.close();
    await session.dialog.bye();
    const device = answering(bob);
    await register(bob);
    const again = await call(alice, BOB);
    again.media.send({ contentType: 'text/plain', body: utf8('whole') });
    await vi.waitFor(() => expect(texts(device)).toEqual(['whole']));
  });
});

describe('notifications of sessions', () => {
  it('say `stored` inside the session, and `delivered`, once it is over, in one that names nobody', async () => {
    const server = await serverWith();
    const [alice, bob] = [await userOf(server, 'alice', { transport: 'TCP' }), await userOf(server, 'bob', { transport: 'TCP' })];
    const hers = answering(alice);
    await register(alice);
    const session = await call(alice, BOB);
    const original = cpim('Hi', 'abcdef0123456789', 'processing, positive-delivery');
    await session.media.send({ contentType: 'message/cpim', body: original }).accepted;
    await vi.waitFor(() => expect(texts(session).join()).toContain('<stored/>'));
    await session.dialog.bye();
    const device = answering(bob);
    await register(bob);
    await vi.waitFor(() => expect(device.got).toHaveLength(1));
    const notification = notificationFor(decodeCpim(original), {
      role: 'recipient', kind: 'delivery', status: 'delivered', dateTime: Date.now(), messageId: makeMessageId(randomBytes(12)),
    });
    await device.ends[0]?.media.send({ contentType: 'message/cpim', body: encodeCpim(notification) }).accepted;
    await vi.waitFor(() => expect(texts(hers).join()).toContain('<delivered/>'));
    expect(hers.invitations.map(({ headers }) => [headers.get('P-Asserted-Identity'), headers.has('Referred-By')])).toEqual([['<sip:rcse-standfw@example.com>', false]]);
  });

  it('come as MESSAGEs to a device that does not take such a session', async () => {
    const server = await serverWith();
    const [alice, bob] = [await userOf(server, 'alice', { transport: 'TCP' }), await userOf(server, 'bob', { transport: 'TCP' })];
    void bob;
    const session = await call(alice, BOB);
    await session.media.send({ contentType: 'message/cpim', body: cpim('Hi', 'abcdef0123456789', 'processing') }).accepted;
    await session.dialog.bye();
    const hers = answering(alice, { refuse: () => 488 });
    const received = new Promise<string>((resolve) => {
      alice.ua.handle('MESSAGE', (incoming) => {
        incoming.respond(200);
        resolve(Buffer.from(incoming.request.body).toString());
      });
    });
    await register(alice);
    expect(await received).toContain('<stored/>');
    expect(hers.invitations).toHaveLength(1);
  });
});

describe('a device that takes no such session', () => {
  it('refuses the messages with it: they are not tried again', async () => {
    const server = await serverWith();
    const [alice, bob] = [await userOf(server, 'alice', { transport: 'TCP' }), await userOf(server, 'bob', { transport: 'TCP' })];
    const session = await call(alice, BOB);
    await session.media.send({ contentType: 'text/plain', body: utf8('one') }).accepted;
    await session.dialog.bye();
    const device = answering(bob, { refuse: () => 488 });
    await register(bob);
    await vi.waitFor(() => expect(device.invitations).toHaveLength(1));
    await vi.waitFor(async () => expect((await server.metrics.text()).body).toMatch(/im_deferred_total\{what="refused",kind="message"\} 1/));
  });
});

describe('the maximum size of a message', () => {
  it('is said in SDP, and 413 with a comment that names it is the answer to more (RFC 4975 §8.6, §10.5)', async () => {
    const server = await serverWith(['--max-message-size', '1000']);
    const [alice, bob] = [await userOf(server, 'alice', { transport: 'TCP' }), await userOf(server, 'bob', { transport: 'TCP' })];
    const away = await call(alice, BOB);
    expect(away.answer.maxSize).toBe(1000);
    const refusal = { code: 'MSRP_REFUSED_BY_PEER', status: 413, message: expect.stringContaining('At most 1000 octets') as string };
    await expect(away.media.send({ contentType: 'text/plain', body: new Uint8Array(1001).fill(65) }).accepted).rejects.toMatchObject(refusal);
    await away.media.send({ contentType: 'text/plain', body: new Uint8Array(1000).fill(65) }).accepted;
    await away.dialog.bye();
    const device = answering(bob);
    await register(bob);
    await vi.waitFor(() => expect(device.over).toBe(1), 3000);
    const there = await call(alice, BOB);
    expect(there.answer.maxSize).toBe(1000);
    await expect(there.media.send({ contentType: 'text/plain', body: new Uint8Array(1001).fill(65) }).accepted).rejects.toMatchObject(refusal);
    expect(await statusOf(there.media.send({ contentType: 'text/plain', body: utf8('short') }).accepted)).toBe(200);
  });
});

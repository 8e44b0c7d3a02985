import { describe, expect, it } from 'vitest';
import { utf8 } from '@simple-im/grammar';
import { formatMsrpOffer, parseMsrpSdp } from '@simple-im/msrp/sdp';
import { respondTo, responseOf, type SipRequest } from '@simple-im/sip';
import { HOST } from './server.js';
import { lines, next, World, type TestClient } from './world.js';

const bobUri = 'sip:bob@example.com';
const long = 'x'.repeat(5000);

/** Over UDP: the server of the tests knows no flows for requests in dialogs. */
async function two(options: Parameters<World['pair']>[0] = {}) {
  const world = await World.start();
  return { world, ...(await world.pair({ transport: 'udp', ...options })) };
}

function sentInvite(client: TestClient): SipRequest {
  return client.wire.map(({ message }) => message as SipRequest).find((message) => message?.method === 'INVITE') as SipRequest;
}

describe('Large Message Mode', () => {
  it('is a session for one message, marked by its feature tag, that ends with BYE (docs/profile.md)', async () => {
    const { world, alice, bob } = await two();
    const sent = await world.done(alice.im.send(bobUri, long, { mode: 'large', notify: ['delivered'] }));
    expect(sent).toMatchObject({ status: 200, mode: 'large' });
    expect(sentInvite(alice).headers.get('Accept-Contact')).toBe('*;+g.oma.sip-im.large-message');
    expect(sentInvite(alice).headers.get('Contact')).toMatch(/;\+g\.oma\.sip-im;\+g\.oma\.sip-im\.large-message$/);
    expect(lines(alice).filter((line) => /INVITE|BYE|MESSAGE/.test(line))).toEqual(expect.arrayContaining(['out INVITE', 'out BYE']));
    expect(lines(alice)).not.toContain('out MESSAGE');
    expect(await next(world, bob.im.messages)).toMatchObject({ text: long, from: 'sip:alice@example.com', messageId: sent.messageId });
    expect(await next(world, alice.im.notifications)).toMatchObject({ messageId: sent.messageId, status: 'delivered' });
  });

  it('asks nobody: the device does not ring, and there is no invitation to answer', async () => {
    const { world, alice, bob } = await two();
    await world.done(alice.im.send(bobUri, long, { mode: 'large' }));
    expect(lines(bob).filter((line) => line.endsWith('INVITE'))).toEqual(['in INVITE', 'out 200 INVITE']);
    void bob.im.close();
    await world.settle();
    for await (const invitation of bob.im.invitations) expect(invitation).toBeUndefined();
  });

  it('is chosen by itself where a MESSAGE would not leave 400 octets to grow on the way (RFC 3428 §8)', async () => {
    const { world, alice } = await two();
    const modeOf = async (length: number) => (await world.done(alice.im.send(bobUri, 'x'.repeat(length)))).mode;
    await world.done(alice.im.send(bobUri, ''));
    const bare = alice.wire.filter(({ direction, message }) => direction === 'out' && (message as SipRequest).method === 'MESSAGE').at(-1);
    const text = new TextDecoder().decode(bare?.bytes);
    const credentials = /^Authorization: .*\r\n/m.exec(text)?.[0].length ?? 0;
    const room = 900 - (text.length - credentials) - 2;
    expect([await modeOf(room), await modeOf(room + 1)]).toEqual(['pager', 'large']);
    expect(alice.wire.some(({ message, bytes }) => (message as SipRequest)?.method === 'MESSAGE' && bytes.length > 1300)).toBe(false);
  });

  it('takes another reserve', async () => {
    const { world, alice } = await two({ limits: { pagerReserve: 1000 } });
    expect((await world.done(alice.im.send(bobUri, 'hi'))).mode).toBe('large');
  });

  it('follows a MESSAGE that a server on the way found too large: 513', async () => {
    const { world, alice, bob } = await two();
    world.server.answerMessage = (incoming) => {
      incoming.respond(respondTo(incoming.request, 513, { toTag: 'x' }));
      return true;
    };
    expect(await world.done(alice.im.send(bobUri, 'hi'))).toMatchObject({ mode: 'large', status: 200 });
    expect((await next(world, bob.im.messages)).text).toBe('hi');
    expect(await world.failure(alice.im.send(bobUri, 'hi', { mode: 'pager' }))).toMatchObject({ code: 'IM_NOT_DELIVERED', status: 513 });
  });

  it.each([415, 480, 488])('does not follow a MESSAGE that was refused with %i', async (status) => {
    const { world, alice } = await two();
    world.server.answerMessage = (incoming) => {
      incoming.respond(respondTo(incoming.request, status, { toTag: 'x' }));
      return true;
    };
    expect(await world.failure(alice.im.send(bobUri, 'hi'))).toMatchObject({ code: 'IM_NOT_DELIVERED', status });
    expect(lines(alice)).not.toContain('out INVITE');
  });

  it('keeps the order of messages to one recipient, whatever their mode', async () => {
    const { world, alice, bob } = await two();
    await world.done(Promise.all(['one', long, 'three'].map((text) => alice.im.send(bobUri, text))));
    const got: string[] = [];
    for (let at = 0; at < 3; at++) got.push((await next(world, bob.im.messages)).text);
    expect(got).toEqual(['one', long, 'three']);
  });

  it('rejects with IM_NOT_DELIVERED and the response when the session is refused', async () => {
    const { world, alice } = await two();
    const error = await world.failure(alice.im.send('sip:nobody@example.com', long));
    expect(error).toMatchObject({ code: 'IM_NOT_DELIVERED', status: 404 });
    expect(responseOf(error)?.status).toBe(404);
  });

  it('rejects with IM_TOO_LARGE_FOR_PEER what exceeds a=max-size, without sending any of it (RFC 4975 §8.6)', async () => {
    const { world, alice, bob } = await two();
    world.server.maxSize = 4000;
    expect(await world.failure(alice.im.send(bobUri, long))).toMatchObject({ code: 'IM_TOO_LARGE_FOR_PEER' });
    expect(lines(alice)).toContain('out BYE');
    void bob.im.close();
    for await (const message of bob.im.messages) expect(message).toBeUndefined();
  });

  it('says 202 when the next hop has the message and no report came within 30 s', async () => {
    const { world, alice, bob } = await two();
    world.server.reports = false;
    const sent = alice.im.send(bobUri, long);
    await world.settle();
    await world.clock.elapse(30_000);
    expect(await world.done(sent)).toMatchObject({ status: 202, mode: 'large' });
    expect((await next(world, bob.im.messages)).text).toBe(long);
  });

  it('rejects when the session ends before a report comes: the 200 is only the next hop\'s (RFC 4975 §7.2)', async () => {
    const { world, alice, bob } = await two();
    world.server.reports = false;
    for (const end of ['the server leaves', 'the connection is lost'] as const) {
      const sent = alice.im.send(bobUri, long);
      await world.settle();
      const [dialogs] = world.server.dialogs.splice(0);
      if (end === 'the server leaves') void dialogs?.[0].bye();
      else await world.server.msrp.close();
      expect(await world.failure(sent, 3000)).toMatchObject({ code: 'IM_NOT_DELIVERED' });
    }
    expect((await next(world, bob.im.messages)).text).toBe(long);
  });

  it('rejects when the INVITE has no final answer within 60 s: the server that said 100 is another one now', async () => {
    const { world, alice, bob } = await two();
    await world.done(bob.im.close());
    const sent = alice.im.send('sip:silent@example.com', long);
    expect(await world.failure(sent, 60_000)).toMatchObject({ code: 'IM_NOT_DELIVERED' });
  });

  it('is answered 486 beyond the limit of sessions under way', async () => {
    const { world, alice, bob } = await two({ limits: { maxInvitations: 1 } });
    const carol = world.client('carol', { transport: 'udp' });
    await world.done(carol.im.register());
    // Its sender waits for a report for 30 s, and meanwhile does not leave.
    world.server.reports = false;
    const first = alice.im.send(bobUri, long);
    await world.settle();
    expect(await world.failure(carol.im.send(bobUri, long))).toMatchObject({ code: 'IM_NOT_DELIVERED', status: 486 });
    await world.clock.elapse(30_000);
    await world.done(first);
    expect((await next(world, bob.im.messages)).text).toBe(long);
  });

  it('ends by itself when its sender has not left after 10 minutes', async () => {
    const { world, bob } = await two();
    const { ua, msrp, bindings } = world.server;
    const leg = msrp.createSession({ port: 2855 });
    const offer = { address: { host: HOST, port: 2855 }, path: [leg.uri], acceptTypes: ['text/plain'], setup: 'actpass' } as const;
    const invite = ua.invite(bindings.get(bobUri)?.contact ?? '', {
      headers: [['Accept-Contact', '*;+g.oma.sip-im.large-message']],
      contentType: 'application/sdp',
      body: utf8(formatMsrpOffer(offer, { sessionId: 1, version: 1 })),
    });
    const { dialog, response } = await world.done(invite.answered);
    invite.ack();
    await world.done(leg.accept(parseMsrpSdp(response.body).path));
    await world.settle();
    await world.clock.elapse(599_000);
    expect(lines(bob)).not.toContain('out BYE');
    await world.clock.elapse(1000);
    expect(lines(bob)).toContain('out BYE');
    expect(dialog.dialog.state).toBe('terminated');
  });
});

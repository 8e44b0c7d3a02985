import { describe, expect, it } from 'vitest';
import { utf8, utf8Text } from '@simple-im/grammar';
import { parseMsrpSdp } from '@simple-im/msrp/sdp';
import type { SipRequest, UaDialog, UaInvite } from '@simple-im/sip';
import { lines, next, World, type TestClient } from './world.js';

/** The server of the tests has no session timer of its own: whoever asks for one refreshes it (RFC 4028 §7.2). */
async function joined(allow?: string) {
  const world = await World.start();
  if (allow !== undefined) world.server.accepted = [['Allow', allow]];
  const [alice, bob] = [world.client('alice', { transport: 'udp', sessionInterval: 120 }), world.client('bob', { transport: 'udp' })];
  await world.done(Promise.all([alice.im.register(), bob.im.register()]));
  const inviting = alice.im.invite('sip:bob@example.com');
  const [theirs, ours] = await world.done(Promise.all([(await next(world, bob.im.invitations)).accept(), inviting]));
  await world.settle();
  const [withAlice, withBob] = world.server.dialogs[0] as readonly [UaDialog, UaDialog];
  return { world, alice, bob, ours, theirs, withAlice, withBob };
}

function sent(client: TestClient, method: string): SipRequest[] {
  const all = client.wire.filter(({ direction }) => direction === 'out').map(({ message }) => message as SipRequest);
  return all.filter((message) => message?.method === method);
}

describe('the session timer of who invites (RFC 4028)', () => {
  it('is asked for in the INVITE (§7.1)', async () => {
    const { alice } = await joined();
    const [invite] = sent(alice, 'INVITE');
    expect([invite?.headers.get('Supported'), invite?.headers.get('Session-Expires')]).toEqual(['timer, outbound', '120']);
  });

  it('is refreshed at half of it by UPDATE without a body (§7.4)', async () => {
    const { world, alice, ours } = await joined();
    await world.clock.elapse(59_000);
    expect(lines(alice)).not.toContain('out UPDATE');
    await world.clock.elapse(241_000);
    const updates = sent(alice, 'UPDATE').map(({ headers, body }) => [headers.get('Session-Expires'), body.length]);
    expect(updates).toEqual(Array.from({ length: 5 }, () => ['120;refresher=uac', 0]));
    expect(ours.alive).toBe(true);
  });

  it('is refreshed by re-INVITE with the same description where the peer knows no UPDATE (§7.4)', async () => {
    const { world, alice, ours, withAlice } = await joined('INVITE, ACK, BYE');
    const { body = utf8('') } = sent(alice, 'INVITE')[0] ?? {};
    const answer = utf8Text(body).replace('a=setup:active', 'a=setup:passive');
    withAlice.handle('INVITE', async (again: UaInvite) => {
      await again.accept({ headers: [['Allow', 'INVITE, ACK, BYE']], contentType: 'application/sdp', body: utf8(answer) });
    });
    await world.clock.elapse(130_000);
    expect(sent(alice, 'UPDATE')).toEqual([]);
    expect(sent(alice, 'INVITE').slice(1).map((again) => utf8Text(again.body))).toEqual([utf8Text(body), utf8Text(body)]);
    expect(ours.alive).toBe(true);
  });

  it('ends the session when refreshes are refused until it has run out (§10)', async () => {
    const { world, alice, ours, withAlice } = await joined('INVITE, ACK, BYE');
    withAlice.handle('INVITE', (again: UaInvite) => again.respond(488));
    await world.clock.elapse(88_000);
    expect(await world.done(ours.ended)).toMatchObject({ reason: 'lost', error: { code: 'IM_SESSION_LOST' } });
    expect(lines(alice)).toContain('out BYE');
  });
});

describe('the session timer of who is invited (RFC 4028 §9)', () => {
  it('is what the other side supports: none here', async () => {
    const { world, bob, theirs } = await joined();
    await world.clock.elapse(3_600_000);
    expect(sent(bob, 'UPDATE')).toEqual([]);
    expect(theirs.alive).toBe(true);
  });

  it.each([
    ['the offer as it was', (offer: string) => offer, 200],
    ['no offer', () => '', 200],
    ['other media', (offer: string) => offer.replace(/(a=path:.*)\/\w+;/, '$1/elsewhere123;'), 488],
    ['no m=message', () => 'v=0\r\n', 488],
  ] as const)('a re-INVITE with %s is answered (RFC 3261 §14.2)', async (_, changed, status) => {
    const { world, bob, theirs, withBob } = await joined();
    const [invite] = bob.wire.filter(({ direction, message }) => direction === 'in' && (message as SipRequest)?.method === 'INVITE');
    const body = utf8(changed(utf8Text(invite?.message?.body as Uint8Array)));
    const options = body.length === 0 ? {} : { contentType: 'application/sdp', body };
    const response = await world.done(withBob.request('INVITE', options));
    expect(response.status).toBe(status);
    if (status === 200) expect(parseMsrpSdp(response.body)).toMatchObject({ setup: 'active', acceptTypes: ['message/cpim', 'text/plain'] });
    expect(theirs.alive).toBe(true);
  });
});

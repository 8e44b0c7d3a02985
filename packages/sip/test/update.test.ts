import { describe, expect, it } from 'vitest';
import type { UaRequest } from '../src/index.js';
import { ends, pair, ringing, sdp, session } from './session-helpers.js';

describe('UPDATE (RFC 3311)', () => {
  it('refreshes the remote target, both ways (§5.1)', async () => {
    const { world, ours, theirs } = await session();
    for (const [from, to] of [[ours, theirs], [theirs, ours]] as const) {
      const update = from.request('UPDATE', { headers: [['Contact', '<sip:moved@192.0.2.9>']] });
      await world.clock.settle();
      expect((await update).status).toBe(200);
      expect(to.dialog.remoteTarget).toBe('sip:moved@192.0.2.9');
      to.dialog.remoteTarget = from === ours ? 'sip:alice@192.0.2.1' : 'sip:bob@192.0.2.2';
    }
  });

  it('changes an early session, both ways, once the first offer is answered reliably (§5.1)', async () => {
    const { world, a, incoming } = await ringing(await pair(), sdp('offer'));
    incoming.respond(183, { reliable: true, ...sdp('answer') });
    await world.clock.settle();
    const [ours, theirs] = [a.ua.dialogs[0], incoming.established];
    for (const [from, to] of [[ours, theirs], [theirs, ours]] as const) {
      to?.handle('UPDATE', (update) => update.respond(200, sdp('answer')));
      const update = from?.request('UPDATE', sdp('another offer'));
      await world.clock.settle();
      expect((await update)?.status).toBe(200);
    }
    expect([ours?.dialog.state, ours?.session?.offers.state, theirs?.session?.offers.state]).toEqual(['early', 'stable', 'stable']);
  });

  it('is not sent with an offer while one is not answered (§5.1)', async () => {
    const { world, a, incoming } = await ringing(await pair(), sdp('offer'));
    incoming.respond(180);
    await world.clock.settle();
    await expect(a.ua.dialogs[0]?.request('UPDATE', sdp('too early'))).rejects.toMatchObject({ code: 'SIP_GLARE' });
    await expect(incoming.established?.request('UPDATE', sdp('too early'))).rejects.toMatchObject({ code: 'SIP_GLARE' });
  });

  it('is not sent by the callee with an offer before its answer is acknowledged (§5.1)', async () => {
    const { world, incoming } = await ringing(await pair(), sdp('offer'));
    world.network.silence('192.0.2.1');
    incoming.respond(183, { reliable: true, ...sdp('answer') });
    await expect(incoming.established?.request('UPDATE', sdp('too early'))).rejects.toMatchObject({ code: 'SIP_GLARE' });
    incoming.respond(486);
  });

  it('is answered 491 when both sides offer at once (§5.2)', async () => {
    const { world, ours, theirs } = await session();
    for (const one of [ours, theirs]) one.handle('UPDATE', (update) => update.respond(200, sdp('answer')));
    const both = [ours, theirs].map((one) => one.request('UPDATE', sdp('offer')));
    await world.clock.settle();
    expect((await Promise.all(both)).map(({ status }) => status)).toEqual([491, 491]);
    const again = ours.request('UPDATE', sdp('offer'));
    await world.clock.settle();
    expect((await again).status).toBe(200);
  });

  it('is answered 500 with Retry-After while the one before is not answered (§5.2)', async () => {
    const { world, ours, theirs } = await session();
    let waiting: UaRequest | undefined;
    theirs.handle('UPDATE', (update) => void (waiting = update));
    const first = ours.request('UPDATE');
    await world.clock.settle();
    const second = ours.request('UPDATE');
    await world.clock.settle();
    const refused = await second;
    expect(refused.status).toBe(500);
    expect(Number(refused.headers.get('Retry-After'))).toBeLessThanOrEqual(10);
    waiting?.respond(200);
    await world.clock.settle();
    expect((await first).status).toBe(200);
    const third = ours.request('UPDATE');
    await world.clock.settle();
    waiting?.respond(200);
    await world.clock.settle();
    expect((await third).status).toBe(200);
  });

  it('is answered 500 with Retry-After when an offer of the peer waits for its answer (§5.2)', async () => {
    const { world, ours, theirs, incoming } = await waitingForAnswer();
    // What a caller that breaks §5.1 would do.
    ours.session?.offers.failed('INVITE');
    const refused = ours.request('UPDATE', sdp('offer'));
    await world.clock.settle();
    expect((await refused).status).toBe(500);
    expect((await refused).headers.has('Retry-After')).toBe(true);
    incoming.respond(488);
    void theirs;
  });

  it('with an offer is answered 488 where nobody handles it, and leaves the session as it was (§5.3)', async () => {
    const { world, ours, theirs } = await session();
    const refused = ours.request('UPDATE', sdp('offer'));
    await world.clock.settle();
    expect((await refused).status).toBe(488);
    expect([ours.session?.offers.state, theirs.session?.offers.state]).toEqual(['stable', 'stable']);
  });

  it('may offer again after a re-INVITE with an offer was refused (RFC 3261 §14.1)', async () => {
    const { world, ours, theirs } = await session();
    theirs.handle('INVITE', (again) => again.respond(488));
    theirs.handle('UPDATE', (update) => update.respond(200, sdp('answer')));
    const refused = ours.request('INVITE', sdp('offer'));
    await world.clock.settle();
    const second = ours.request('UPDATE', sdp('offer'));
    await world.clock.settle();
    expect([(await refused).status, (await second).status]).toEqual([488, 200]);
  });

  it('is answered 481 where there is no session, and a 481 ends it (§5.3)', async () => {
    const { world, a, b, ours } = await session();
    const outside = a.ua.request('UPDATE', 'sip:bob@192.0.2.2');
    await world.clock.settle();
    expect((await outside).status).toBe(481);
    const over = ends(ours);
    b.ua.close();
    const update = ours.request('UPDATE');
    await world.clock.settle();
    expect((await update).status).toBe(481);
    expect(over).toEqual(['lost']);
  });
});

/** A session in which Bob has not answered a re-INVITE of Alice with an offer. */
async function waitingForAnswer() {
  const made = await session();
  let incoming: UaRequest | undefined;
  made.theirs.handle('INVITE', (again) => void (incoming = again));
  made.ours.request('INVITE', sdp('offer')).catch(() => undefined);
  await made.world.clock.settle();
  return { ...made, incoming: incoming as UaRequest };
}

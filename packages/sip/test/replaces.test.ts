import type { ProtocolError } from '@simple-im/grammar';
import { describe, expect, it } from 'vitest';
import { formatReplaces, replacing } from '../src/index.js';
import type { Replaces, UaDialog, UaInvite } from '../src/index.js';
import { bob, ends, EXTENSIONS, pair, requests, session } from './session-helpers.js';

/** Alice and Bob in a session, and Carol, who knows of it. */
async function three() {
  const made = await session();
  const c = await made.world.agent('carol', '192.0.2.3', EXTENSIONS);
  let latest: UaInvite | undefined;
  made.b.ua.handle('INVITE', (incoming) => void (latest = incoming));
  const call = (replaces: Replaces | string) => {
    const invite = c.ua.invite(bob, { headers: [['Replaces', typeof replaces === 'string' ? replaces : formatReplaces(replaces)]] });
    const outcome = invite.answered.then(() => 200, (error: ProtocolError) => error.status);
    return { invite, outcome };
  };
  return { ...made, c, call, came: () => latest };
}

describe('INVITE with Replaces (RFC 3891 §3)', () => {
  it('takes the place of a confirmed session, which is ended with BYE after the 2xx', async () => {
    const { world, a, b, call, came, ours, theirs } = await three();
    const { invite, outcome } = call(replacing(ours.dialog));
    const [near, far] = [ends(ours), ends(theirs)];
    await world.clock.settle();
    expect(came()?.replaces).toBe(theirs);
    expect(far).toEqual([]);
    const accepted = came()?.accept();
    await world.clock.settle();
    expect(await outcome).toBe(200);
    invite.ack();
    await world.clock.settle();
    expect((await accepted)?.dialog.state).toBe('confirmed');
    expect([near, far]).toEqual([['remote'], ['replaced']]);
    expect([a.ua.dialogs.length, b.ua.dialogs.length]).toEqual([0, 1]);
  });

  it('leaves the session alone when it is refused', async () => {
    const { world, call, came, ours, theirs } = await three();
    const { outcome } = call(replacing(ours.dialog));
    await world.clock.settle();
    came()?.respond(488);
    await world.clock.settle();
    expect([await outcome, ours.dialog.state, theirs.dialog.state]).toEqual([488, 'confirmed', 'confirmed']);
  });

  it.each([
    ['481 to what matches no dialog', (real: Replaces) => ({ ...real, callId: 'other' }), 481],
    ['481 when the tags are the wrong way round', (real: Replaces) => ({ ...real, toTag: real.fromTag, fromTag: real.toTag }), 481],
    ['486 to early-only on a confirmed session', (real: Replaces) => ({ ...real, earlyOnly: true }), 486],
    ['400 to what cannot be read', () => 'id;to-tag=1', 400],
  ])('is answered %s', async (_, change, status) => {
    const { world, call, came, ours } = await three();
    const { outcome } = call(change(replacing(ours.dialog)));
    await world.clock.settle();
    expect([await outcome, came(), ours.dialog.state]).toEqual([status, undefined, 'confirmed']);
  });

  it('is answered 603 when the session ended lately', async () => {
    const { world, call, ours } = await three();
    const bye = ours.bye();
    await world.clock.settle();
    await bye;
    const { outcome } = call(replacing(ours.dialog));
    await world.clock.settle();
    expect(await outcome).toBe(603);
  });

  it('is answered 400 with two of them', async () => {
    const { world, c, ours } = await three();
    const value = formatReplaces(replacing(ours.dialog));
    const invite = c.ua.invite(bob, { headers: [['Replaces', value], ['Replaces', value]] });
    const outcome = invite.answered.catch((error: ProtocolError) => error.status);
    await world.clock.settle();
    expect(await outcome).toBe(400);
  });

  it('is refused with 400 in another request', async () => {
    const { world, c, ours } = await three();
    const answer = c.ua.request('OPTIONS', bob, { headers: [['Replaces', formatReplaces(replacing(ours.dialog))]] });
    await world.clock.settle();
    expect((await answer).status).toBe(400);
  });

  it('ends an early session of ours with CANCEL, with early-only too; one of the caller is answered 481', async () => {
    const { world, a, b } = await pair();
    const c = await world.agent('carol', '192.0.2.3', EXTENSIONS);
    // Bob calls Alice, who rings; Carol picks the call up at Bob.
    a.ua.handle('INVITE', (incoming) => incoming.respond(180));
    let early: UaDialog | undefined;
    const ringing = b.ua.invite('sip:alice@192.0.2.1');
    ringing.onProvisional = (_, dialog) => (early = dialog);
    const cancelled = ringing.answered.catch((error: ProtocolError) => error.code);
    await world.clock.settle();
    const atAlice = (a.ua.dialogs[0] as UaDialog).dialog;
    const atBob = (early as UaDialog).dialog;
    const wrong = c.ua.invite('sip:alice@192.0.2.1', { headers: [['Replaces', formatReplaces(replacing(atBob))]] });
    const refused = wrong.answered.catch((error: ProtocolError) => error.status);
    await world.clock.settle();
    expect(await refused).toBe(481);
    b.ua.handle('INVITE', async (incoming) => void (await incoming.accept()));
    const pickup = c.ua.invite(bob, { headers: [['Replaces', formatReplaces(replacing(atAlice, { earlyOnly: true }))]] });
    await world.clock.settle();
    expect((await pickup.answered).dialog.dialog.state).toBe('confirmed');
    pickup.ack();
    await world.clock.settle();
    expect(await cancelled).toBe('SIP_ABORTED');
    expect(requests(a, 'in', 'CANCEL')).toHaveLength(1);
    expect([a.ua.dialogs.length, b.ua.dialogs.length]).toEqual([0, 1]);
  });

  it('is an ordinary INVITE where Replaces is not supported', async () => {
    const both = await pair(undefined, {});
    both.b.ua.handle('INVITE', (incoming) => incoming.respond(incoming.replaces === undefined ? 480 : 500));
    const invite = both.a.ua.invite(bob, { headers: [['Replaces', 'x;to-tag=1;from-tag=2']] });
    const outcome = invite.answered.catch((error: ProtocolError) => error.status);
    await both.world.clock.settle();
    expect(await outcome).toBe(480);
  });
});

describe('attended transfer (RFC 5589 §7, RFC 3891 §4)', () => {
  it('goes from REFER over Replaces to one session between the two others', async () => {
    const made = await session();
    const { world, a, b, ours, theirs } = made;
    const c = await world.agent('carol', '192.0.2.3', EXTENSIONS);
    let atCarol: UaDialog | undefined;
    c.ua.handle('INVITE', async (incoming) => {
      const replaced = incoming.replaces;
      const dialog = await incoming.accept();
      if (replaced === undefined) atCarol = dialog;
    });
    const second = a.ua.invite('sip:carol@192.0.2.3');
    await world.clock.settle();
    const { dialog: toCarol } = await second.answered;
    second.ack();
    await world.clock.settle();
    theirs.handle('REFER', async (refer) => {
      const invite = b.ua.invite(refer.referTo.uri, { headers: refer.headers });
      refer.accept().follow(invite);
      await invite.answered;
      invite.ack();
    });
    const over = ends(toCarol);
    const seen: number[] = [];
    const referral = ours.refer(toCarol);
    const read = (async () => {
      for await (const { status } of referral) seen.push(status);
    })();
    await world.clock.settle();
    await read;
    expect([seen, over, (atCarol as UaDialog).dialog.state]).toEqual([[100, 200], ['remote'], 'terminated']);
    expect(requests(c, 'in', 'INVITE')[1]?.headers.get('Replaces')).toBe(formatReplaces(replacing(toCarol.dialog)));
    expect([b.ua.dialogs.length, c.ua.dialogs.length]).toEqual([2, 1]);
  });
});

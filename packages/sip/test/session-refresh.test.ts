import type { ProtocolError } from '@simple-im/grammar';
import { describe, expect, it } from 'vitest';
import { respondTo } from '../src/index.js';
import { bob, ends, pair, requests, responses, ringing, sdp, session } from './session-helpers.js';

describe('session timer of a user agent (RFC 4028)', () => {
  it('is asked for in the INVITE and agreed on in the 2xx, the caller refreshing (§7.1, §9)', async () => {
    const { a, b, ours, theirs } = await session(undefined, { sessionTimer: { interval: 600 } });
    const [invite] = requests(b, 'in', 'INVITE');
    expect([invite?.headers.get('Session-Expires'), invite?.supported().includes('timer')]).toEqual(['600', true]);
    const [answer] = responses(a, 'in', 200);
    expect([answer?.headers.get('Session-Expires'), answer?.require()]).toEqual(['600;refresher=uac', ['timer']]);
    expect([ours.session?.timer?.state, theirs.session?.timer?.state]).toEqual(['refresher', 'watching']);
  });

  it('is refreshed by UPDATE without a body at half of the interval, again and again (§7.4)', async () => {
    const { world, b, ours, theirs } = await session(undefined, { sessionTimer: { interval: 600, description: () => sdp() } });
    await world.clock.elapse(299_000);
    expect(requests(b, 'in', 'UPDATE')).toHaveLength(0);
    await world.clock.elapse(1_500_000);
    const updates = requests(b, 'in', 'UPDATE');
    expect(updates).toHaveLength(5);
    expect(updates[0]?.headers.get('Session-Expires')).toBe('600;refresher=uac');
    expect(updates[0]?.body.length).toBe(0);
    expect([ours.dialog.state, theirs.dialog.state]).toEqual(['confirmed', 'confirmed']);
  });

  it('is refreshed by re-INVITE with the session description when the peer does not allow UPDATE (§7.4)', async () => {
    const both = await pair();
    const call = await ringing(both, { sessionTimer: { interval: 600, description: () => sdp('mine') }, ...sdp('mine') });
    const accepted = call.incoming.accept({ headers: [['Allow', 'INVITE, ACK, BYE']], ...sdp('theirs') });
    await both.world.clock.settle();
    await call.invite.answered;
    call.invite.ack();
    await both.world.clock.settle();
    (await accepted).handle('INVITE', async (again) => void (await again.accept(sdp('theirs'))));
    await both.world.clock.elapse(310_000);
    const again = requests(both.b, 'in', 'INVITE')[1];
    expect([again?.headers.get('Session-Expires'), again?.body.length]).toEqual(['600;refresher=uac', 4]);
    expect(both.a.lines().at(-1)).toBe('out ACK');
  });

  it('tries once more after 422 with the interval that Min-SE names (§7.3)', async () => {
    const both = await pair();
    const call = await ringing(both, { sessionTimer: { interval: 100 } });
    const refused = call.incoming.accept({ sessionTimer: { minimum: 300 } }).catch((error: ProtocolError) => error.code);
    await both.world.clock.settle();
    expect(await refused).toBe('SIP_INTERVAL_TOO_SMALL');
    const [first, second] = requests(both.b, 'in', 'INVITE');
    expect([second?.headers.get('Session-Expires'), second?.headers.get('Min-SE'), second?.cseq?.number]).toEqual(['300', '300', 2]);
    expect([second?.callId, second?.fromTag]).toEqual([first?.callId, first?.fromTag]);
  });

  it('ends the session with BYE before it expires when the peer does not refresh (§10)', async () => {
    const { world, a, b, ours, theirs } = await session(undefined, { sessionTimer: { interval: 90 } });
    const [near, far] = [ends(ours), ends(theirs)];
    world.network.silence('192.0.2.1');
    await world.clock.elapse(61_000);
    expect(far).toEqual(['expired']);
    expect(b.lines()).toContain('out BYE');
    await world.clock.elapse(60_000);
    expect(near).toEqual(['expired']);
    expect([a.ua.dialogs, b.ua.dialogs]).toEqual([[], []]);
  });

  it('is refreshed by the called side when it is to be (§9 table 2)', async () => {
    const both = await pair();
    const call = await ringing(both, { sessionTimer: { interval: 600 } });
    const accepted = call.incoming.accept({ sessionTimer: { prefer: 'local' } });
    await both.world.clock.settle();
    await call.invite.answered;
    call.invite.ack();
    await both.world.clock.settle();
    await both.world.clock.elapse(301_000);
    expect(requests(both.a, 'in', 'UPDATE')[0]?.headers.get('Session-Expires')).toBe('600;refresher=uac');
    expect((await accepted).session?.timer?.state).toBe('refresher');
  });

  it('asks for more after a 422 to a refresh, and waits after a 491 (§7.3, RFC 3311 §5.3)', async () => {
    const { world, b, theirs, ours } = await session(undefined, { sessionTimer: { interval: 600 } });
    const answers = [422, 491, 200];
    theirs.handle('UPDATE', (update) => {
      const status = answers.shift() ?? 200;
      update.respond(status, { headers: status === 422 ? [['Min-SE', '900']] : [] });
    });
    await world.clock.elapse(300_000);
    const asked = requests(b, 'in', 'UPDATE').map((one) => one.headers.get('Session-Expires'));
    expect(asked).toEqual(['600;refresher=uac', '900;refresher=uac']);
    await world.clock.elapse(2000);
    expect(requests(b, 'in', 'UPDATE')).toHaveLength(2);
    await world.clock.elapse(2100);
    expect(requests(b, 'in', 'UPDATE')).toHaveLength(3);
    expect([ours.session?.timer?.interval, ours.session?.timer?.state]).toEqual([900, 'refresher']);
  });

  it('sends BYE before the end when its refresh is refused (§10)', async () => {
    const { world, theirs, ours } = await session(undefined, { sessionTimer: { interval: 600 } });
    theirs.handle('UPDATE', (update) => update.respond(488));
    // Else both would send BYE at the same moment.
    theirs.session?.timer?.stop();
    const over = ends(ours);
    await world.clock.elapse(567_000);
    expect(over).toEqual([]);
    await world.clock.elapse(1500);
    expect(over).toEqual(['expired']);
  });

  it('goes on alone with a peer that does not know the extension, which gets no Require (§7.2, §9)', async () => {
    const { world, b, ours, theirs } = await session(await pair(undefined, {}), { sessionTimer: { interval: 600 } });
    expect(theirs.session?.timer).toBeUndefined();
    await world.clock.elapse(301_000);
    expect(requests(b, 'in', 'UPDATE')).toHaveLength(1);
    expect(ours.session?.timer?.state).toBe('refresher');
  });

  it('leaves no timer when the session is over', async () => {
    const { world, a, ours } = await session(undefined, { sessionTimer: { interval: 600 } });
    const bye = ours.bye();
    await world.clock.elapse(40_000);
    expect((await bye).status).toBe(200);
    expect(world.clock.timers).toBe(0);
    await world.clock.elapse(700_000);
    expect(a.lines().at(-1)).toBe('in 200 BYE');
  });

  it('answers 400 to fields that cannot be read', async () => {
    const both = await pair();
    both.b.ua.handle('INVITE', (incoming) => void incoming.accept().catch(() => undefined));
    const invite = both.a.ua.invite(bob, { headers: [['Session-Expires', 'soon']] });
    const outcome = invite.answered.catch((error: ProtocolError) => error.status);
    await both.world.clock.settle();
    expect(await outcome).toBe(400);
  });

  it('gives up when 422 follows 422', async () => {
    const both = await pair();
    let asked = 0;
    both.b.endpoint.onRequest = (incoming) => {
      asked += 1;
      incoming.respond(respondTo(incoming.request, 422, { toTag: 'b', headers: [['Min-SE', String(1000 * asked)]] }));
    };
    const outcome = both.a.ua.invite(bob, { sessionTimer: { interval: 90 } }).answered.catch((error: ProtocolError) => error.status);
    await both.world.clock.settle();
    expect(await outcome).toBe(422);
    expect(asked).toBe(5);
  });
});

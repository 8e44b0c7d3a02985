import { describe, expect, it } from 'vitest';
import { respondTo, type SipRequest } from '@simple-im/sip';
import { accept, answerTo, BOB_PATH, established, invited, inviteOf, offer, scene, sdpOf, within, type Invited, type Sent } from './core.js';
import { Peer } from './support.js';

const TIMER = [['Supported', 'timer'], ['Session-Expires', '120']] as const;

/** Both legs are up and their media connected, so that only a session timer ends them. Bob's 200 has `headers`. */
async function connected(headers: readonly (readonly [string, string])[], ofAlice: typeof headers = []): Promise<Invited> {
  const up = await invited({ headers: ofAlice });
  const { request } = up.toBob;
  const fields = [['Contact', '<sip:bob@192.0.2.12>'], ...headers] as [string, string][];
  const answer = { toTag: 'b1', headers: fields, contentType: 'application/sdp', body: answerTo(request.body) };
  up.toBob.handlers.response(respondTo(request, 200, answer));
  up.participating.ack(within('alice', up, 'ACK', 1));
  for (const [uri, message] of [[BOB_PATH, request], ['msrp://192.0.2.11:2855/alice1234;tcp', up.caller.last]] as const) {
    const peer = new Peer(uri, sdpOf(message).path[0] as string, await up.network.at('192.0.2.12').connectTcp({ host: '192.0.2.1', port: 2855 }));
    peer.sendEmpty('bind1234');
  }
  await up.clock.settle();
  return up;
}

const timerOf = ({ headers }: { readonly headers: SipRequest['headers'] }): (string | undefined)[] =>
  ['Session-Expires', 'Require', 'Min-SE'].map((name) => headers.get(name));

function answer(sent: Sent | undefined, status: number, headers: readonly (readonly [string, string])[] = []): void {
  const { request, handlers } = sent as Sent;
  const body = request.body.length === 0 || status >= 300 ? {} : { contentType: 'application/sdp', body: answerTo(request.body) };
  handlers.response(respondTo(request, status, { headers, ...body }));
}

describe("the caller's leg (RFC 4028 §9)", () => {
  it.each([
    ['asks for a timer', TIMER, ['120;refresher=uac', 'timer', undefined]],
    ['asks for one and wants us to refresh', [TIMER[0], ['Session-Expires', '120;refresher=uas']], ['120;refresher=uas', 'timer', undefined]],
    ['supports timers', [TIMER[0]], ['1800;refresher=uac', 'timer', undefined]],
    ['knows none, but a proxy asks', [TIMER[1]], ['120;refresher=uas', undefined, undefined]],
    ['knows none', [], [undefined, undefined, undefined]],
  ] as const)('of a caller that %s', async (_what, headers, expected) => {
    const up = await invited({ headers });
    accept(up.toBob);
    expect(up.caller.statuses).toEqual([200]);
    expect(timerOf(up.caller.last)).toEqual(expected);
  });

  it('is refused 422 for an interval below 90 seconds (§6), of an INVITE and of an UPDATE', async () => {
    const short = [['Supported', 'timer'], ['Session-Expires', '89']] as const;
    const { receive, core } = await scene();
    const exchange = await receive(inviteOf({ headers: short }), 'terminating', 'sip:bob@example.com');
    expect([exchange.statuses, exchange.last.headers.get('Min-SE'), core.sent]).toEqual([[422], '90', []]);
    const up = await established({ headers: TIMER });
    const update = await up.receive(within('alice', up, 'UPDATE', 2, { headers: short }));
    expect([update.statuses, update.last.headers.get('Min-SE')]).toEqual([[422], '90']);
  });

  it('is 400 for a Session-Expires that is no number (§4)', async () => {
    const { receive } = await scene();
    const headers = [['Supported', 'timer'], ['Session-Expires', 'soon']] as const;
    expect((await receive(inviteOf({ headers }), 'terminating', 'sip:bob@example.com')).statuses).toEqual([400]);
  });

  it('lives by the refreshes of the caller, UPDATE or re-INVITE, and ends 32 seconds before the timer runs out (§10)', async () => {
    const up = await connected([], TIMER);
    await up.clock.elapse(80_000);
    const update = await up.receive(within('alice', up, 'UPDATE', 2, { headers: TIMER }));
    expect([update.statuses, update.last.body.length, ...timerOf(update.last)]).toEqual([[200], 0, '120;refresher=uac', 'timer', undefined]);
    await up.clock.elapse(80_000);
    const again = await up.receive(within('alice', up, 'INVITE', 3, { headers: TIMER, body: offer() }));
    up.participating.ack(within('alice', up, 'ACK', 3));
    expect(timerOf(again.last)).toEqual(['120;refresher=uac', 'timer', undefined]);
    await up.clock.elapse(87_999);
    expect(up.core.of('BYE')).toEqual([]);
    await up.clock.elapse(1);
    expect(up.core.of('BYE')).toHaveLength(2);
    // Until the second of them gets its answer, only what is sent is left.
    expect([up.clock.timers, up.metrics.values.get('im_sessions_active')]).toEqual([0, 0]);
  });

  it('has what UPDATE offers answered, and media that move refused 488 (RFC 3311 §5.2)', async () => {
    const up = await established();
    const same = await up.receive(within('alice', up, 'UPDATE', 2, { body: offer() }));
    expect([same.statuses, sdpOf(same.last).path]).toEqual([[200], sdpOf(up.caller.last).path]);
    const body = offer('actpass', {}, 'msrp://192.0.2.99:2855/other123;tcp');
    expect((await up.receive(within('alice', up, 'UPDATE', 3, { body }))).statuses).toEqual([488]);
  });
});

describe("the callee's leg (RFC 4028 §7)", () => {
  it('asks for half an hour (§4), and for more where the callee answers 422 (§7.3)', async () => {
    const up = await invited();
    expect(timerOf(up.toBob.request)).toEqual(['1800', undefined, undefined]);
    answer(up.toBob, 422, [['Min-SE', '3600']]);
    const [, again] = up.core.of('INVITE');
    expect(timerOf(again?.request as SipRequest)).toEqual(['3600', undefined, '3600']);
    expect([again?.originalDialog, again?.request.callId, again?.request.cseq?.number]).toEqual(['od-terminating', up.toBob.request.callId, 2]);
    expect(up.caller.statuses).toEqual([]);
    answer(again, 422, [['Min-SE', '3600']]);
    expect(up.caller.statuses).toEqual([422]);
  });

  it.each([
    ['UPDATE where the callee allows that', 'UPDATE', 'INVITE, ACK, BYE, UPDATE'],
    ['re-INVITE where not', 'INVITE', 'INVITE, ACK, BYE'],
  ])('is refreshed by us at half of the time by %s (§7.4)', async (_what, method, allow) => {
    const up = await connected([['Allow', allow], ['Session-Expires', '120;refresher=uac']]);
    const ours = () => up.core.of(method).filter(({ request }) => request.toTag === 'b1');
    await up.clock.elapse(59_999);
    expect(ours()).toEqual([]);
    await up.clock.elapse(1);
    const [refresh] = ours();
    expect([...timerOf(refresh?.request as SipRequest), refresh?.request.body.length === 0]).toEqual(
      ['120;refresher=uac', undefined, undefined, method === 'UPDATE'],
    );
    if (method === 'INVITE') expect(sdpOf(refresh?.request as SipRequest).path).toEqual(sdpOf(up.toBob.request).path);
    answer(refresh, 200, [['Allow', allow], ['Session-Expires', '120;refresher=uac']]);
    expect(up.core.acks.filter(({ cseq }) => cseq?.number === 2)).toHaveLength(method === 'INVITE' ? 1 : 0);
    await up.clock.elapse(60_000);
    expect(ours()).toHaveLength(2);
    expect(up.core.of('BYE')).toEqual([]);
  });

  it.each([
    ['refused until the timer has run out (§10)', 503, 88_000],
    ['answered 481 (RFC 3261 §12.2.1.2)', 481, 60_000],
    ['answered 408 (§10)', 408, 60_000],
  ])('ends both legs when a refresh is %s', async (_what, status, at) => {
    const up = await connected([['Allow', 'UPDATE'], ['Session-Expires', '120;refresher=uac']]);
    await up.clock.elapse(60_000);
    expect(up.core.of('BYE')).toEqual([]);
    answer(up.core.of('UPDATE')[0], status);
    await up.clock.elapse(at - 60_001 < 0 ? 0 : at - 60_001);
    expect(up.core.of('BYE')).toHaveLength(status === 503 ? 0 : 2);
    await up.clock.elapse(1);
    expect(up.core.of('BYE')).toHaveLength(2);
    expect(up.clock.timers).toBe(0);
  });

  it('has a re-INVITE of the callee answered 491 while ours is under way (RFC 3261 §14.1), and ours repeated after its 491', async () => {
    const up = await connected([['Session-Expires', '120;refresher=uac']]);
    await up.clock.elapse(60_000);
    const reinvites = () => up.core.of('INVITE').filter(({ request }) => request.toTag === 'b1');
    expect((await up.receive(within('bob', up, 'INVITE', 2, { body: offer('actpass', {}, BOB_PATH) }))).statuses).toEqual([491]);
    answer(reinvites()[0], 491);
    await up.clock.elapse(2_099);
    expect(reinvites()).toHaveLength(1);
    await up.clock.elapse(1_901);
    expect(reinvites()).toHaveLength(2);
  });

  it('leaves nothing behind when the session ends while a refresh is under way', async () => {
    const up = await connected([['Allow', 'UPDATE'], ['Session-Expires', '120;refresher=uac']]);
    await up.clock.elapse(60_000);
    await up.receive(within('bob', up, 'BYE', 2));
    await up.clock.elapse(10_000);
    answer(up.core.of('UPDATE')[0], 200, [['Session-Expires', '120;refresher=uac']]);
    expect(up.clock.timers).toBe(0);
  });
});

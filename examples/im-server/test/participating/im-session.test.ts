import { describe, expect, it } from 'vitest';
import { utf8, utf8Text } from '@simple-im/grammar';
import { respondTo } from '@simple-im/sip';
import { accept, ALICE_PATH, answerTo, BOB_PATH, established, invited, inviteOf, lines, offer, sdpOf, within } from './core.js';
import { Peer, textOf } from './support.js';

describe('BYE', () => {
  it.each(['alice', 'bob'] as const)('of %s is answered and sent to the other; media and names are freed (RFC 3261 §15)', async (who) => {
    const up = await established();
    expect(up.metrics.values.get('im_sessions_active')).toBe(1);
    const bye = await up.receive(within(who, up, 'BYE', 2));
    expect(bye.statuses).toEqual([200]);
    expect(up.core.of('BYE').map(({ request }) => request.uri)).toEqual([who === 'alice' ? 'sip:bob@192.0.2.12' : 'sip:alice@192.0.2.11']);
    expect([up.metrics.values.get('im_sessions_active'), up.metrics.values.get('msrp_sessions_active')]).toEqual([0, 0]);
    expect((await up.receive(within(who, up, 'BYE', 3))).statuses).toEqual([481]);
    await up.clock.elapse(120_000);
    expect(up.caller.statuses).toEqual([200]);
    expect(up.clock.timers).toBe(0);
  });

  it('for the caller waits for the ACK (RFC 3261 §15)', async () => {
    const up = await invited();
    accept(up.toBob);
    expect((await up.receive(within('bob', up, 'BYE', 2))).statuses).toEqual([200]);
    expect(up.core.of('BYE')).toEqual([]);
    expect(up.metrics.values.get('msrp_sessions_active')).toBe(0);
    up.participating.ack(within('alice', up, 'ACK', 1));
    expect(up.core.of('BYE').map(({ request }) => request.uri)).toEqual(['sip:alice@192.0.2.11']);
    expect(up.metrics.values.get('im_sessions_active')).toBe(0);
    expect(up.clock.timers).toBe(0);
  });

  it('of the caller while ours waits for the ACK is answered, and ours is not sent (RFC 3261 §15)', async () => {
    const up = await invited();
    accept(up.toBob);
    await up.receive(within('bob', up, 'BYE', 2));
    expect((await up.receive(within('alice', up, 'BYE', 2))).statuses).toEqual([200]);
    expect(up.core.of('BYE')).toEqual([]);
    expect(up.metrics.values.get('im_sessions_active')).toBe(0);
    expect(up.clock.timers).toBe(0);
  });

  it('goes to both at an orderly stop, and a session that rings is refused 503 (DESIGN, Command line)', async () => {
    const up = await established();
    const ringing = await up.receive(inviteOf(), 'terminating', 'sip:bob@example.com');
    const closed = up.participating.close();
    expect(ringing.statuses).toEqual([503]);
    expect(up.core.of('INVITE')[1]?.cancelled).toBe(true);
    const byes = up.core.of('BYE');
    expect(byes).toHaveLength(2);
    let done = false;
    void closed.then(() => {
      done = true;
    });
    await up.clock.settle();
    expect(done).toBe(false);
    for (const { request, handlers } of byes) handlers.response(respondTo(request, 200));
    await closed;
  });
});

describe('a re-INVITE', () => {
  it.each(['alice', 'bob'] as const)(
    'of %s with the same path is a refresh, answered with what was agreed (RFC 3261 §14.2)',
    async (who) => {
      const up = await established();
      const path = who === 'alice' ? ALICE_PATH : BOB_PATH;
      const first = who === 'alice' ? up.caller.last.body : up.toBob.request.body;
      const again = await up.receive(within(who, up, 'INVITE', 2, { body: offer('actpass', {}, path) }));
      expect(again.statuses).toEqual([200]);
      expect(sdpOf(again.last).path).toEqual(sdpOf(who === 'alice' ? up.caller.last : up.toBob.request).path);
      // Bob connects to us, as agreed, so that our answer is passive.
      expect(sdpOf(again.last).setup).toBe('passive');
      if (who === 'alice') expect(utf8Text(again.last.body)).toBe(utf8Text(first));
      else expect(lines(again.last)[1]).toBe(lines(up.toBob.request)[1]?.replace(/ 1 IN/, ' 2 IN'));
      up.participating.ack(within(who, up, 'ACK', 2));
      const third = await up.receive(within(who, up, 'INVITE', 3, { body: offer('actpass', {}, path) }));
      expect(utf8Text(third.last.body)).toBe(utf8Text(again.last.body));
      up.participating.ack(within(who, up, 'ACK', 3));
      await up.clock.elapse(10_000);
      expect(third.statuses).toEqual([200]);
      // The target is refreshed: a BYE goes to the new Contact (§12.2.2).
      await up.receive(within(who === 'alice' ? 'bob' : 'alice', up, 'BYE', 9));
      expect(up.core.of('BYE').map(({ request }) => request.uri)).toEqual([`sip:${who}@192.0.2.9`]);
    },
  );

  it('without a body gets our offer (RFC 3261 §14.2)', async () => {
    const up = await established();
    const again = await up.receive(within('alice', up, 'INVITE', 2));
    expect(again.statuses).toEqual([200]);
    expect(sdpOf(again.last)).toMatchObject({ path: sdpOf(up.caller.last).path, setup: 'actpass' });
  });

  it.each([
    ['another path', offer('actpass', {}, 'msrp://192.0.2.99:2855/other123;tcp')],
    ['no m=message', utf8('v=0\r\n')],
  ])('with %s is 488 and changes nothing (RFC 3261 §14.2)', async (_what, body) => {
    const up = await established();
    expect((await up.receive(within('alice', up, 'INVITE', 2, { body }))).statuses).toEqual([488]);
    expect(up.metrics.values.get('im_sessions_active')).toBe(1);
    await up.receive(within('bob', up, 'BYE', 2));
    expect(up.core.of('BYE').map(({ request }) => request.uri)).toEqual(['sip:alice@192.0.2.11']);
  });

  it('while one before awaits its ACK is 500 with Retry-After (RFC 3261 §14.2)', async () => {
    const up = await established();
    const first = await up.receive(within('alice', up, 'INVITE', 2, { body: offer() }));
    const second = await up.receive(within('alice', up, 'INVITE', 3, { body: offer() }));
    expect([first.statuses, second.statuses, second.last.headers.get('Retry-After')]).toEqual([[200], [500], '1']);
    up.participating.ack(within('alice', up, 'ACK', 3));
    await up.clock.elapse(500);
    expect(first.statuses).toEqual([200, 200]);
    up.participating.ack(within('alice', up, 'ACK', 2));
    await up.clock.elapse(10_000);
    expect(first.statuses).toEqual([200, 200]);
  });

  it('whose 200 is never acknowledged ends the session after 64*T1 (RFC 3261 §13.3.1.4)', async () => {
    const up = await established();
    // With the media connected, so that only the missing ACK ends it.
    const connect = async (host: string, uri: string, to: string): Promise<void> => {
      const peer = new Peer(uri, to, await up.network.at(host).connectTcp({ host: '192.0.2.1', port: 2855 }));
      peer.sendEmpty('bind1234');
    };
    await connect('192.0.2.12', BOB_PATH, sdpOf(up.toBob.request).path[0] as string);
    await connect('192.0.2.11', ALICE_PATH, sdpOf(up.caller.last).path[0] as string);
    await up.receive(within('alice', up, 'INVITE', 2, { body: offer() }));
    await up.clock.elapse(31_999);
    expect(up.core.of('BYE')).toEqual([]);
    await up.clock.elapse(1);
    expect(up.core.of('BYE')).toHaveLength(2);
  });
});

describe('a request within the session', () => {
  it.each([
    ['MESSAGE', 405],
    ['OPTIONS', 200],
  ])('%s is answered %i with Allow (RFC 3261 §8.2.1, §11.2)', async (method, status) => {
    const up = await established();
    const exchange = await up.receive(within('bob', up, method, 2));
    expect(exchange.statuses).toEqual([status]);
    expect(exchange.last.headers.get('Allow')).toBe('INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE');
  });

  it('with a lower CSeq number is 500 (RFC 3261 §12.2.2)', async () => {
    const up = await established();
    await up.receive(within('alice', up, 'OPTIONS', 5));
    expect((await up.receive(within('alice', up, 'BYE', 4))).statuses).toEqual([500]);
    expect(up.core.of('BYE')).toEqual([]);
  });

  it('with tags of another dialog, or for a leg that is not ours, is 481 (RFC 3261 §12.2.2)', async () => {
    const up = await established();
    expect((await up.receive(within('alice', up, 'BYE', 2, { toTag: 'other' }))).statuses).toEqual([481]);
    const stray = within('alice', up, 'BYE', 2);
    stray.uri = 'sip:im-server.nobody@example.com';
    expect((await up.receive(stray)).statuses).toEqual([481]);
    expect(up.core.of('BYE')).toEqual([]);
  });

  it('that requires an extension is 420 (RFC 3261 §8.2.2.3)', async () => {
    const up = await established();
    const exchange = await up.receive(within('alice', up, 'INVITE', 2, { body: offer(), headers: [['Require', 'timer, 100rel']] }));
    expect([exchange.last.status, exchange.last.headers.get('Unsupported')]).toEqual([420, '100rel']);
  });
});

describe('the media of a session', () => {
  async function listening(up: Awaited<ReturnType<typeof invited>>, host: string, uri: string, to: () => string): Promise<Peer[]> {
    const peers: Peer[] = [];
    await up.network.at(host).listenTcp({ host, port: 2855 }, (connection) => peers.push(new Peer(uri, to(), connection)));
    return peers;
  }

  it('is connected by us where the user is passive, and bound by an empty SEND at once (RFC 6135 §4.2)', async () => {
    const up = await invited({ body: utf8(utf8Text(offer()).replace('a=setup:actpass', 'a=setup:passive')) });
    const alices = await listening(up, '192.0.2.11', ALICE_PATH, () => sdpOf(up.caller.last).path[0] as string);
    const bobs = await listening(up, '192.0.2.12', BOB_PATH, () => sdpOf(up.toBob.request).path[0] as string);
    accept(up.toBob, { body: answerTo(up.toBob.request.body, 'passive') });
    expect(sdpOf(up.caller.last).setup).toBe('active');
    await up.clock.settle();
    expect([alices, bobs].map((peers) => peers.map((peer) => peer.sends.map(({ head }) => [head.toPath, head.hasBody])))).toEqual([
      [[[[ALICE_PATH], false]]],
      [[[[BOB_PATH], false]]],
    ]);
    alices[0]?.send({ id: 'hello123', body: 'hi', flag: '$' });
    await up.clock.settle();
    expect(textOf(bobs[0]?.sends[1])).toBe('hi');
  });

  it.each(['10.1.2.3', '127.0.0.1'])('is not dialled to %s when that is denied; the session ends (IM_MEDIA_DENIED)', async (host) => {
    const up = await invited({ denied: ['10.0.0.0/8', '127.0.0.0/8'] });
    accept(up.toBob, { body: answerTo(up.toBob.request.body, 'passive', {}, `msrp://${host}:2855/bob12345;tcp`) });
    up.participating.ack(within('alice', up, 'ACK', 1));
    await up.clock.settle();
    expect(up.core.of('BYE')).toHaveLength(2);
    expect(up.metrics.values.get('msrp_sessions_active')).toBe(0);
    expect(up.network.connections).toEqual([]);
  });

  it.each(['alice', 'bob'] as const)('of %s that is lost ends both legs (FACTS §3)', async (who) => {
    const up = await established();
    const bob = new Peer(
      BOB_PATH,
      sdpOf(up.toBob.request).path[0] as string,
      await up.network.at('192.0.2.12').connectTcp({ host: '192.0.2.1', port: 2855 }),
    );
    const alice = new Peer(
      ALICE_PATH,
      sdpOf(up.caller.last).path[0] as string,
      await up.network.at('192.0.2.11').connectTcp({ host: '192.0.2.1', port: 2855 }),
    );
    for (const peer of [alice, bob]) peer.sendEmpty('bind1234');
    await up.clock.settle();
    up.network.cut((who === 'alice' ? alice : bob).connection);
    await up.clock.settle();
    expect(
      up.core
        .of('BYE')
        .map(({ request }) => request.uri)
        .sort(),
    ).toEqual(['sip:alice@192.0.2.11', 'sip:bob@192.0.2.12']);
    expect([up.metrics.values.get('im_sessions_active'), up.metrics.values.get('msrp_sessions_active')]).toEqual([0, 0]);
  });

  it('of the callee that is lost before the answer is a refusal and CANCEL (RFC 3261 §13.3.1)', async () => {
    const up = await invited();
    const bob = new Peer(
      BOB_PATH,
      sdpOf(up.toBob.request).path[0] as string,
      await up.network.at('192.0.2.12').connectTcp({ host: '192.0.2.1', port: 2855 }),
    );
    bob.sendEmpty('bind1234');
    await up.clock.settle();
    up.network.cut(bob.connection);
    await up.clock.settle();
    expect(up.caller.statuses).toEqual([480]);
    expect(up.toBob.cancelled).toBe(true);
  });

  it('for which nobody connects in a minute ends the session (RFC 4975 §5.4)', async () => {
    const up = await established();
    await up.clock.elapse(59_999);
    expect(up.core.of('BYE')).toEqual([]);
    await up.clock.elapse(1);
    expect(up.core.of('BYE')).toHaveLength(2);
  });
});

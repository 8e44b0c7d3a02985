import { describe, expect, it } from 'vitest';
import { utf8 } from '@simple-im/grammar';
import { parseMsrpSdp } from '@simple-im/msrp/sdp';
import { responseOf, type SipRequest } from '@simple-im/sip';
import { transportError, type Network } from '@simple-im/transport';
import { FakeRandom } from '@simple-im/transport/fake';
import { nodeHash } from '@simple-im/transport/node';
import { lines, next, World } from './world.js';
import type { ImTraceEvent, Session } from '../src/index.js';

const bobUri = 'sip:bob@example.com';

/** Over UDP: the server of the tests knows no flows for requests in dialogs. */
async function two(options: Parameters<World['pair']>[0] = {}) {
  const world = await World.start();
  return { world, ...(await world.pair({ transport: 'udp', ...options })) };
}

async function joined(options: Parameters<World['pair']>[0] = {}) {
  const all = await two(options);
  const { world, alice, bob } = all;
  const inviting = alice.im.invite(bobUri);
  const invitation = await next(world, bob.im.invitations);
  const [theirs, ours] = await world.done(Promise.all([invitation.accept(), inviting]));
  return { ...all, invitation, ours, theirs };
}

function sentBy(wire: readonly ImTraceEvent[], method: string): SipRequest {
  return wire.map(({ message }) => message as SipRequest).find((message) => message?.method === method) as SipRequest;
}

function isAccepted({ message }: ImTraceEvent): boolean {
  return message !== undefined && 'status' in message && message.status === 200 && message.cseq?.method === 'INVITE';
}

const texts = async (session: Session): Promise<string[]> => {
  const all: string[] = [];
  for await (const { text } of session.messages) all.push(text);
  return all;
};

describe('a session (RFC 4975)', () => {
  it('is offered as active with port 9, since the client listens nowhere (RFC 6135 §4.2.2)', async () => {
    const { alice } = await joined();
    const offer = parseMsrpSdp(sentBy(alice.wire, 'INVITE').body);
    expect(offer).toMatchObject({
      setup: 'active',
      address: { port: 9 },
      acceptTypes: ['message/cpim', 'text/plain'],
      acceptWrappedTypes: ['text/plain', 'message/imdn+xml'],
    });
    expect(sentBy(alice.wire, 'INVITE').headers.get('Contact')).toContain('+g.oma.sip-im');
  });

  it('is answered as active to actpass', async () => {
    const { bob } = await joined();
    const answer = bob.wire.find(isAccepted)?.message;
    expect(parseMsrpSdp(answer?.body as Uint8Array).setup).toBe('active');
  });

  it('carries messages both ways in order, wrapped in CPIM', async () => {
    const { world, ours, theirs, invitation } = await joined();
    expect(invitation).toMatchObject({ from: 'sip:alice@example.com', asserted: true });
    await world.done(Promise.all(['one', 'two', 'three'].map((text) => ours.send(text))));
    await world.done(theirs.send('back'));
    expect((await next(world, ours.messages)).text).toBe('back');
    await world.done(ours.leave());
    expect(await world.done(texts(theirs))).toEqual(['one', 'two', 'three']);
  });

  it('tells short messages behind a long one of many chunks in their order', async () => {
    const { world, ours, theirs } = await joined();
    const long = 'x'.repeat(300_000);
    await world.done(Promise.all([ours.send(long), ours.send('a'.repeat(3000)), ours.send('b'.repeat(3000))]));
    await world.done(ours.leave());
    const got = await world.done(texts(theirs));
    expect(got.map(({ length }) => length).sort()).toEqual([3000, 300_000, 3000].sort());
    expect(got.filter(({ length }) => length === 3000).map((text) => text[0])).toEqual(['a', 'b']);
  });

  it.each([[[], []], [['delivered'], ['delivered']], [['delivered', 'displayed'], ['delivered', 'displayed']]] as const)(
    'notified %j inside the session while it lives: %j',
    async (notify, statuses) => {
      const { world, alice, bob, ours, theirs } = await joined();
      const { messageId } = await world.done(ours.send('hi', { notify }));
      await world.done((await next(world, theirs.messages)).displayed());
      for (const status of statuses) expect(await next(world, alice.im.notifications)).toMatchObject({ messageId, status });
      expect(lines(bob)).not.toContain('out MESSAGE');
    },
  );

  it('is notified by MESSAGE after its end', async () => {
    const { world, alice, bob, ours, theirs } = await joined();
    const { messageId } = await world.done(ours.send('hi', { notify: ['displayed'] }));
    await world.done(ours.leave());
    await world.done(theirs.ended);
    await world.done((await next(world, theirs.messages)).displayed());
    expect(await next(world, alice.im.notifications)).toMatchObject({ messageId, status: 'displayed' });
    expect(lines(bob)).toContain('out MESSAGE');
  });

  it('ends for both when the inviting side leaves (RFC 3261 §15)', async () => {
    const { world, ours, theirs } = await joined();
    await world.done(ours.leave());
    await world.done(ours.leave());
    expect(await world.done(Promise.all([ours.ended, theirs.ended]))).toEqual([{ reason: 'left' }, { reason: 'peer left' }]);
    expect(await world.failure(theirs.send('late'))).toMatchObject({ code: 'IM_SESSION_ENDED' });
    expect([ours.alive, theirs.alive]).toEqual([false, false]);
  });

  it('ends for both when the invited side leaves', async () => {
    const { world, ours, theirs } = await joined();
    await world.done(theirs.leave());
    expect(await world.done(Promise.all([ours.ended, theirs.ended]))).toEqual([{ reason: 'peer left' }, { reason: 'left' }]);
  });

  it('is lost when its connection breaks and no BYE explains it; the peer is told', async () => {
    const { world, alice, ours } = await joined();
    const media = world.network.connections.find(({ local, remote }) => local.host === '192.0.2.1' && remote.port === 2855);
    world.network.cut(media);
    await world.clock.elapse(2000);
    expect(await world.done(ours.ended)).toMatchObject({ reason: 'lost', error: { code: 'IM_SESSION_LOST' } });
    expect(lines(alice)).toContain('out BYE');
  });

  it('answers 413 to messages that nobody has room for; the sender learns of it', async () => {
    const { world, ours, theirs } = await joined({ limits: { maxSessionMessages: 1 } });
    await world.done(ours.send('one'));
    expect(await world.failure(ours.send('two'))).toMatchObject({ code: 'IM_NOT_DELIVERED', status: 413 });
    expect((await next(world, theirs.messages)).text).toBe('one');
    await world.done(ours.send('three'));
    expect((await next(world, theirs.messages)).text).toBe('three');
  });

  it('answers 413 to a message larger than it offered to take', async () => {
    const { world, ours } = await joined({ limits: { maxSessionMessage: 1000 } });
    expect(await world.failure(ours.send('x'.repeat(2000)))).toMatchObject({ code: 'IM_NOT_DELIVERED', status: 413 });
  });

  it('does not send what the peer does not take (RFC 4975 §8.6)', async () => {
    const { world, ours } = await joined();
    expect(await world.failure(ours.send('<p>', { contentType: 'text/html' }))).toMatchObject({ code: 'IM_TYPE_NOT_TAKEN' });
  });

  it('is left, and its sockets closed, by close', async () => {
    const { world, alice, bob, theirs } = await joined();
    await world.done(alice.im.close());
    expect(await world.done(theirs.ended)).toEqual({ reason: 'peer left' });
    await world.done(bob.im.close());
    await world.done(world.server.close());
    await world.clock.elapse(40_000);
    expect([world.clock.timers, world.network.connections.length, world.network.datagramSockets]).toEqual([0, 0, 0]);
    expect([...alice.errors, ...bob.errors]).toEqual([]);
  });

  it('shows its octets in the trace', async () => {
    const { alice } = await joined();
    const first = alice.wire.find(({ protocol }) => protocol === 'msrp');
    expect(first).toMatchObject({ direction: 'out', transport: 'TCP', local: { host: '192.0.2.1' }, remote: { port: 2855 } });
    expect(new TextDecoder().decode(first?.bytes)).toMatch(/^MSRP \S+ SEND/);
  });
});

describe('an invitation (RFC 3261 §13)', () => {
  it('is refused with 603 by default; who invited gets IM_REFUSED with the response', async () => {
    const { world, alice, bob } = await two();
    const failure = world.failure(alice.im.invite(bobUri));
    const invitation = await next(world, bob.im.invitations);
    invitation.refuse();
    const error = await failure;
    expect(error).toMatchObject({ code: 'IM_REFUSED', status: 603 });
    expect(responseOf(error)?.status).toBe(603);
    expect(() => invitation.refuse()).toThrow(expect.objectContaining({ code: 'IM_INVITATION_OVER' }));
    expect(await world.failure(invitation.accept())).toMatchObject({ code: 'IM_INVITATION_OVER' });
  });

  it('can be refused with another status', async () => {
    const { world, alice, bob } = await two();
    const failure = world.failure(alice.im.invite(bobUri));
    (await next(world, bob.im.invitations)).refuse(486);
    expect(await failure).toMatchObject({ status: 486 });
  });

  it('rings', async () => {
    const { world, alice } = await two();
    let rang = 0;
    alice.im.invite(bobUri, { onRinging: () => (rang += 1) }).catch(() => undefined);
    await world.settle();
    expect(rang).toBe(1);
  });

  it('is cancelled by its signal (§9.1), and disappears for the invited side', async () => {
    const { world, alice, bob } = await two();
    const controller = new AbortController();
    const taken = alice.im.invite(bobUri, { signal: controller.signal });
    const seen = await next(world, bob.im.invitations);
    controller.abort();
    expect(await world.failure(taken)).toMatchObject({ code: 'IM_CANCELLED' });
    await world.settle();
    expect(seen.waiting).toBe(false);
    expect(await world.failure(seen.accept())).toMatchObject({ code: 'IM_INVITATION_OVER' });

    const again = new AbortController();
    const unseen = alice.im.invite(bobUri, { signal: again.signal });
    await world.settle();
    again.abort();
    expect(await world.failure(unseen)).toMatchObject({ code: 'IM_CANCELLED' });
    const waiting = bob.im.invitations[Symbol.asyncIterator]().next();
    const third = alice.im.invite(bobUri);
    await world.done(Promise.all([waiting.then(({ value }) => value.accept()), third]));
  });

  it('is answered 486 when too many wait', async () => {
    const { world, alice } = await two({ limits: { maxInvitations: 1 } });
    alice.im.invite(bobUri).catch(() => undefined);
    await world.settle();
    expect(await world.failure(alice.im.invite(bobUri))).toMatchObject({ code: 'IM_REFUSED', status: 486 });
  });

  it('is accepted by itself with autoAccept; accept() gives the session', async () => {
    const { world, alice, bob } = await two({ autoAccept: true });
    const ours = await world.done(alice.im.invite(bobUri));
    await world.done(ours.send('hi'));
    const theirs = await world.done((await next(world, bob.im.invitations)).accept());
    expect((await next(world, theirs.messages)).text).toBe('hi');
    expect(lines(bob)).not.toContain('out 180 INVITE');
  });

  it('is answered 488 when it does not let this client connect', async () => {
    const { world, alice } = await two();
    world.server.setup = 'active';
    expect(await world.failure(alice.im.invite(bobUri))).toMatchObject({ code: 'IM_REFUSED', status: 488 });
  });

  it('is answered 488 without an offer, 415 with something else', async () => {
    const { world } = await two();
    expect((await world.done(world.server.toClient(bobUri, 'INVITE'))).status).toBe(488);
    expect((await world.done(world.server.toClient(bobUri, 'INVITE', { contentType: 'text/plain', body: utf8('hi') }))).status).toBe(415);
  });

  it('fails with IM_SESSION_FAILED and ends with BYE when the connection cannot be made', async () => {
    const { world, alice, bob } = await two();
    world.server.mediaPort = 1;
    const failure = world.failure(alice.im.invite(bobUri));
    const theirs = world.failure((await next(world, bob.im.invitations)).accept());
    expect(await failure).toMatchObject({ code: 'IM_SESSION_FAILED', cause: { code: 'TRANSPORT_REFUSED' } });
    expect(await theirs).toMatchObject({ code: 'IM_SESSION_FAILED' });
    await world.settle();
    expect([lines(alice), lines(bob)].map((all) => all.filter((line) => line === 'out BYE').length)).toEqual([1, 1]);
  });

  it('fails with IM_NO_COMMON_MEDIA and ends with BYE when the answer wants to connect too (RFC 6135 §4.2.2)', async () => {
    const { world, alice } = await two({ autoAccept: true });
    world.server.answered = 'active';
    expect(await world.failure(alice.im.invite(bobUri))).toMatchObject({ code: 'IM_NO_COMMON_MEDIA', cause: { code: 'MSRP_SDP_SETUP' } });
    await world.settle();
    expect(lines(alice)).toContain('out BYE');
  });

  it('is given up with ACK and BYE when its signal crosses the 200 (RFC 3261 §9.1, §15)', async () => {
    const controller = new AbortController();
    const wire: ImTraceEvent[] = [];
    const { world, alice, bob } = await two({
      trace: (event) => {
        wire.push(event);
        if (event.direction === 'in' && isAccepted(event)) controller.abort();
      },
    });
    const failure = world.failure(alice.im.invite(bobUri, { signal: controller.signal }));
    (await next(world, bob.im.invitations)).accept().catch(() => undefined);
    expect(await failure).toMatchObject({ code: 'IM_CANCELLED' });
    await world.settle();
    expect(sentBy(wire, 'ACK').cseq?.number).toBe(sentBy(wire, 'INVITE').cseq?.number);
    expect(sentBy(wire, 'BYE')).toBeDefined();
  });

  it('is given up with BYE when its signal comes while the connection is being made', async () => {
    const { world, bob } = await two();
    const controller = new AbortController();
    const network = world.network.at('192.0.2.9');
    const connectTcp: Network['connectTcp'] = (_remote, { signal } = {}) => new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(transportError('TRANSPORT_ABORTED')));
      controller.abort();
    });
    const carol = world.client('carol', {
      transport: 'udp',
      local: { host: '192.0.2.9', port: 5060 },
      platform: { network: { ...network, connectTcp }, clock: world.clock, random: new FakeRandom(9), hash: nodeHash },
    });
    const failure = world.failure(carol.im.invite(bobUri, { signal: controller.signal }));
    (await next(world, bob.im.invitations)).accept().catch(() => undefined);
    expect(await failure).toMatchObject({ code: 'IM_CANCELLED' });
    await world.settle();
    expect(lines(carol).slice(-3)).toEqual(['out ACK', 'out BYE', 'in 200 BYE']);
  });

  it('notifies by MESSAGE what the end of the session caught on its way', async () => {
    const { world, alice, ours, theirs } = await joined();
    const { messageId } = await world.done(ours.send('hi', { notify: ['displayed'] }));
    const message = await next(world, theirs.messages);
    const shown = message.displayed();
    const left = ours.leave();
    await world.done(Promise.all([shown, left]));
    expect(await next(world, alice.im.notifications)).toMatchObject({ messageId, status: 'displayed' });
  });
});

import { describe, expect, it } from 'vitest';
import { utf8, utf8Text } from '@simple-im/grammar';
import { buildMultipart } from '@simple-im/mime';
import { respondTo } from '@simple-im/sip';
import { FakeRandom } from '@simple-im/transport/fake';
import { serverError } from '../../src/errors.js';
import type { DeliverySession, SessionInvitation } from '../../src/session-ports.js';
import { absent, connected, FakeDeferral, type Absent } from './absent.js';
import { accept, ALICE_PATH, answerTo, BOB_PATH, invited, inviteOf, offer, scene, sdpOf, thirdPartyRegister, within, type Sent } from './core.js';
import { reportOf, textOf, type Peer } from './support.js';

const BOB = 'sip:bob@example.com';

describe('a session with a user who is away (004, 5.3.2.3.2)', () => {
  it('is answered by the IM server, which is the end point and takes any type', async () => {
    const { caller, core, metrics } = await absent();
    expect(caller.statuses).toEqual([200]);
    expect(core.of('INVITE')).toEqual([]);
    expect(sdpOf(caller.last)).toMatchObject({ acceptTypes: ['*'], setup: 'passive', direction: 'sendrecv' });
    expect(caller.last.headers.get('Contact')).toContain('+g.oma.sip-im');
    expect([metrics.values.get('im_sessions_active'), metrics.values.get('msrp_sessions_active')]).toEqual([1, 1]);
  });

  it('answers the last chunk and sends the success REPORT when the message is on disk, not before (design, custody)', async () => {
    const { alice, clock, deferral } = await absent();
    deferral.commits = false;
    alice.send({ id: 'chunk001', messageId: 'mess0001', range: '1-*/11', fields: ['Success-Report: yes'], body: 'Hello ', flag: '+' });
    alice.send({ id: 'chunk002', messageId: 'mess0001', range: '7-11/11', fields: ['Success-Report: yes'], body: 'world', flag: '$' });
    await clock.settle();
    expect(alice.statuses).toEqual({ chunk001: 200 });
    expect(deferral.taken[0]?.body).toBe('Hello world');
    deferral.taken[0]?.commit();
    await clock.settle();
    expect(alice.statuses).toEqual({ chunk001: 200, chunk002: 200 });
    expect(reportOf(alice.reports[0])).toEqual(['mess0001', '1-11/11', '000 200 OK']);
  });

  it('says between whom it is, by the asserted identity, and what of the INVITE belongs to the messages', async () => {
    const { alice, clock, deferral } = await absent({ headers: [['Subject', 'Lunch'], ['Conversation-ID', 'c1'], ['Accept-Contact', '*;+g.oma.sip-im']] });
    alice.send({ id: 'chunk001', body: 'hi', flag: '$' });
    await clock.settle();
    expect(deferral.taken[0]?.parties).toEqual({
      mode: 'session', recipient: BOB, sender: 'sip:alice@example.com', from: '"Alice" <sip:alice@example.com>', to: '<sip:bob@example.com>',
      headers: [['Subject', 'Lunch'], ['Conversation-ID', 'c1']], attempted: false, admitted: true,
    });
  });

  it('of Large Message Mode is stored as such (docs/profile.md)', async () => {
    const { alice, clock, deferral } = await absent({ headers: [['Accept-Contact', '*;+g.oma.sip-im.large-message']] });
    alice.send({ id: 'chunk001', body: 'hi', flag: '$' });
    await clock.settle();
    expect(deferral.taken[0]?.parties.mode).toBe('large');
  });

  it.each([
    ['IM_QUOTA', 413, 'No more is stored for the recipient'], ['IM_STORE_FULL', 413, 'No more is stored'],
    ['IM_STORE_FAILED', 413, 'The message could not be stored'], ['IM_NOT_ADMITTED', 403, 'Not for this recipient'],
  ] as const)('refuses with a reason what was not stored: %s is %i (RFC 4975 §10.5)', async (code, status, comment) => {
    const { alice, clock, deferral } = await absent();
    deferral.commits = false;
    alice.send({ id: 'chunk001', body: 'Hello', flag: '$' });
    await clock.settle();
    deferral.taken[0]?.refuse(serverError(code));
    await clock.settle();
    expect(alice.statuses).toEqual({ chunk001: status });
    expect(alice.frames[0]?.head.comment).toBe(comment);
    expect(alice.reports).toEqual([]);
  });

  it('gives up what is incomplete when its sender is lost', async () => {
    const { alice, clock, deferral, metrics } = await absent();
    alice.send({ id: 'chunk001', range: '1-*/100', body: 'Hello' });
    await clock.settle();
    expect(deferral.taken).toHaveLength(1);
    alice.connection.destroy();
    await clock.settle();
    expect(deferral.taken[0]?.error).toMatchObject({ code: 'IM_SESSION_GONE' });
    expect(metrics.values.get('msrp_sessions_active')).toBe(0);
  });

  it('gives up what its sender gives up (RFC 4975 §7.1)', async () => {
    const { alice, clock, deferral } = await absent();
    alice.send({ id: 'chunk001', range: '1-*/100', body: 'Hello', flag: '#' });
    await clock.settle();
    expect(deferral.taken[0]?.error).toMatchObject({ code: 'MSRP_MESSAGE_ABORTED' });
  });

  it('ends with the BYE of its sender (RFC 3261 §15)', async () => {
    const up = await absent();
    const bye = await up.receive(ofAlice(up, 'BYE', 2));
    expect(bye.statuses).toEqual([200]);
    expect([up.metrics.values.get('im_sessions_active'), up.metrics.values.get('msrp_sessions_active')]).toEqual([0, 0]);
    await up.clock.elapse(40_000);
    expect([up.core.of('BYE'), up.clock.timers]).toEqual([[], 0]);
  });

  it('is refused 480 where nobody stores for the user (RFC 3261 §21.4.18)', async () => {
    const deferral = new FakeDeferral();
    deferral.ours = false;
    const stage = await scene({ bobAway: true, more: { sessionDeferral: deferral } });
    expect((await stage.receive(inviteOf(), 'terminating', BOB)).statuses).toEqual([480]);
  });

  it('is refused 480 for a file, which is not stored (docs/profile.md)', async () => {
    const stage = await scene({ bobAway: true, more: { sessionDeferral: new FakeDeferral() } });
    const body = offer('active', { attributes: ['file-selector:name:"a.txt"'] });
    expect((await stage.receive(inviteOf({ body }), 'terminating', BOB)).statuses).toEqual([480]);
  });
});

describe('a notification about what was said in the session', () => {
  const text = 'stored!';
  const content = { messageId: 'dnotice', contentType: 'message/cpim', contentDisposition: 'notification', size: text.length };
  const bodyOf = (): AsyncIterable<Uint8Array> => (async function* body() { yield utf8(text); })();
  const tell = (up: Absent): Promise<void> | undefined => up.participating.inviter.live('sip:alice@example.com', BOB)?.send({ ...content, body: bodyOf() });

  it('is said inside while the session lives, and is taken with its 200', async () => {
    const up = await absent();
    let taken = false;
    const told = tell(up)?.then(() => { taken = true; });
    await up.clock.settle();
    expect([up.alice.sends.map(textOf), up.alice.sends[0]?.head.header('Content-Disposition'), taken]).toEqual([[text], 'notification', false]);
    up.alice.respond(up.alice.sends[0]?.head.transactionId ?? '', '200 OK');
    await told;
    expect(taken).toBe(true);
  });

  it('waits for the end of a message of the user that is on its way', async () => {
    const up = await absent();
    const { bob } = await come(up);
    bob.send({ id: 'chunk101', messageId: 'mess0101', range: '1-*/20', body: 'first half' });
    await up.clock.settle();
    void tell(up);
    await up.clock.settle();
    expect(up.alice.sends.map(textOf)).toEqual(['first half']);
    bob.write('2nd half..', bob.end('chunk101', '$'));
    await up.clock.settle();
    expect(up.alice.sends.map(textOf)).toEqual(['first half2nd half..', text]);
  });

  it('is left to be said elsewhere when the session is over before it was taken', async () => {
    const up = await absent();
    const told = tell(up);
    await up.clock.settle();
    up.alice.connection.destroy();
    await expect(told).rejects.toMatchObject({ code: 'IM_SESSION_GONE' });
    expect(tell(up)).toBeUndefined();
  });

  it('is for nobody else', async () => {
    const { participating: { inviter } } = await absent();
    expect([inviter.live('sip:carol@example.com', BOB), inviter.live('sip:alice@example.com', 'sip:carol@example.com')]).toEqual([undefined, undefined]);
  });
});

describe('a message that came with the INVITE (RFC 5621 §3)', () => {
  const cpim = utf8('From: <sip:anonymous@anonymous.invalid>\r\nTo: <sip:anonymous@anonymous.invalid>\r\n\r\nContent-Type: text/plain\r\n\r\nfirst');
  const { contentType, body } = buildMultipart([
    { headers: [['Content-Type', 'application/sdp']], body: offer('active') }, { headers: [['Content-Type', 'message/cpim']], body: cpim },
  ], { random: new FakeRandom(5) });

  it('is stored before that is answered', async () => {
    const deferral = new FakeDeferral();
    deferral.commits = false;
    const stage = await scene({ bobAway: true, more: { sessionDeferral: deferral } });
    const caller = await stage.receive(inviteOf({ contentType, body }), 'terminating', BOB);
    expect([caller.statuses, deferral.taken[0]?.body, deferral.taken[0]?.message.contentType]).toEqual([[], utf8Text(cpim), 'message/cpim']);
    deferral.taken[0]?.commit();
    await stage.clock.settle();
    expect(caller.statuses).toEqual([200]);
  });

  it('that is not stored is a reason to refuse the INVITE', async () => {
    const deferral = new FakeDeferral();
    deferral.commits = false;
    const stage = await scene({ bobAway: true, more: { sessionDeferral: deferral } });
    const caller = await stage.receive(inviteOf({ contentType, body }), 'terminating', BOB);
    deferral.taken[0]?.refuse(serverError('IM_STORE_FULL'));
    await stage.clock.settle();
    expect([caller.statuses, stage.metrics.values.get('msrp_sessions_active'), stage.clock.timers]).toEqual([[503], 0, 0]);
  });
});

describe('a user who is registered and does not answer', () => {
  it.each([408, 480, 503])('with %i is answered for; the caller hears no refusal (docs/profile.md)', async (status) => {
    const deferral = new FakeDeferral();
    const up = await invited({ more: { sessionDeferral: deferral } });
    up.toBob.handlers.response(respondTo(up.toBob.request, 180, { toTag: 'b1' }));
    up.toBob.handlers.response(respondTo(up.toBob.request, status, { toTag: 'b1' }));
    await up.clock.settle();
    expect(up.caller.statuses).toEqual([180, 200]);
    // One To tag: it is one dialog that rang and was answered.
    expect(up.caller.responses[0]?.toTag).toBe(up.caller.last.toTag);
    expect(up.metrics.values.get('im_sessions_active')).toBe(1);
    const alice = await connected(up, '192.0.2.11', ALICE_PATH, sdpOf(up.caller.last).path[0] ?? '');
    alice.send({ id: 'chunk001', body: 'hi', flag: '$' });
    await up.clock.settle();
    expect([alice.statuses, deferral.taken[0]?.parties.attempted]).toEqual([{ chunk001: 200 }, true]);
  });

  it.each([486, 603, 403, 415])('with %i has refused, which goes back', async (status) => {
    const up = await invited({ more: { sessionDeferral: new FakeDeferral() } });
    up.toBob.handlers.response(respondTo(up.toBob.request, status, { toTag: 'b1' }));
    await up.clock.settle();
    expect(up.caller.statuses).toEqual([status]);
  });
});

describe('a session that leaves our domain (004, 5.3.2.1.3)', () => {
  const CAROL = 'sip:carol@other.example';

  it('is answered for by the originating side, where that stores for the recipient, when it came to nothing over there', async () => {
    const deferral = new FakeDeferral();
    const stage = await scene({ more: { sessionDeferral: deferral } });
    const caller = await stage.receive(inviteOf({ uri: CAROL, body: offer('active') }), 'originating', 'sip:alice@example.com');
    const [there] = stage.core.of('INVITE');
    there?.handlers.response(respondTo(there.request, 480, { toTag: 'c1' }));
    await stage.clock.settle();
    expect(caller.statuses).toEqual([200]);
    const alice = await connected(stage, '192.0.2.11', ALICE_PATH, sdpOf(caller.last).path[0] ?? '');
    alice.send({ id: 'chunk001', body: 'hi', flag: '$' });
    await stage.clock.settle();
    expect(deferral.taken[0]?.parties).toMatchObject({ recipient: CAROL, sender: 'sip:alice@example.com', attempted: true });
  });

  it('is begun again by an INVITE that goes where the recipient is, without services of ours', async () => {
    const { participating, core, clock } = await scene({ more: { sessionDeferral: new FakeDeferral() } });
    const begun = participating.inviter.invite({ ...invitation, recipient: CAROL, to: `<${CAROL}>` });
    await clock.settle();
    const [invite] = core.of('INVITE');
    expect([invite?.request.uri, invite?.request.headers.has('P-Served-User'), invite?.originalDialog]).toEqual([CAROL, false, undefined]);
    invite?.handlers.response(respondTo(invite.request, 603, { toTag: 'c1' }));
    await expect(begun).rejects.toMatchObject({ code: 'IM_INVITE_REFUSED', status: 603 });
    expect(clock.timers).toBe(0);
  });
});

describe('a user who comes while somebody is in a session with them (design, walks)', () => {
  function contentOf(text: string): Parameters<DeliverySession['send']>[0] {
    const body = (async function* pieces() { yield new TextEncoder().encode(text); })();
    return { messageId: `d${text}`, contentType: 'text/plain', contentDisposition: undefined, size: text.length, body };
  }

  async function deliver(up: Absent, bob: Peer, delivery: DeliverySession, text: string): Promise<void> {
    const sent = delivery.send(contentOf(text));
    await up.clock.settle();
    const frame = bob.sends.at(-1);
    bob.respond(frame?.head.transactionId ?? '', '200 OK');
    await sent;
  }

  it('is invited in the name of the sender: Referred-By, P-Asserted-Identity, one device after the other (docs/profile.md)', async () => {
    const up = await absent();
    const { toBob } = await come(up);
    const { request } = toBob;
    const names = ['Referred-By', 'P-Asserted-Identity', 'P-Served-User', 'Request-Disposition', 'Accept-Contact', 'Subject'];
    expect(names.map((name) => request.headers.get(name))).toEqual([
      '<sip:alice@example.com>', '<sip:rcse-standfw@example.com>', '<sip:bob@example.com>;sescase=term', 'fork, sequential', '*;+g.oma.sip-im', 'Lunch',
    ]);
    expect([request.uri, request.from?.uriText, request.from?.displayName, toBob.originalDialog]).toEqual([BOB, 'sip:alice@example.com', 'Alice', undefined]);
    expect(sdpOf(request)).toMatchObject({ acceptTypes: ['text/plain', 'message/cpim'], setup: 'actpass' });
  });

  it('gets what was stored, then both are joined between two messages, and the sender notices nothing', async () => {
    const up = await absent();
    up.alice.send({ id: 'chunk001', messageId: 'mess0001', body: 'one', flag: '$' });
    await up.clock.settle();
    const { bob, delivery } = await come(up);
    await deliver(up, bob, delivery, 'one');
    up.deferral.delivered = ['item0'];
    await delivery.finish();
    await up.clock.settle();
    up.alice.send({ id: 'chunk002', messageId: 'mess0002', body: 'two', flag: '$' });
    await up.clock.settle();
    expect(bob.sends.map((frame) => [frame.head.messageId, textOf(frame)])).toEqual([['done', 'one'], ['mess0002', 'two']]);
    expect(up.deferral.taken).toHaveLength(1);
    bob.send({ id: 'chunk101', messageId: 'mess000b', body: 'three', flag: '$' });
    await up.clock.settle();
    expect(up.alice.sends.map(textOf)).toEqual(['three']);
    expect([up.alice.statuses, up.caller.statuses, up.core.of('BYE')]).toEqual([{ chunk001: 200, chunk002: 200 }, [200], []]);
  });

  it('gets in order what is said while it is being delivered: it is stored and delivered before they are joined', async () => {
    const up = await absent();
    up.alice.send({ id: 'chunk001', messageId: 'mess0001', body: 'one', flag: '$' });
    await up.clock.settle();
    const { bob, delivery } = await come(up);
    up.alice.send({ id: 'chunk002', messageId: 'mess0002', body: 'two', flag: '$' });
    await deliver(up, bob, delivery, 'one');
    up.deferral.delivered = ['item0'];
    await delivery.finish();
    await up.clock.settle();
    // The store is not empty: the sender waits until the rest has been delivered.
    up.alice.send({ id: 'chunk003', messageId: 'mess0003', body: 'three', flag: '$' });
    await up.clock.settle();
    expect([bob.sends.map(textOf), up.alice.statuses]).toEqual([['one'], { chunk001: 200, chunk002: 200 }]);
    const next = await up.participating.inviter.invite(invitation);
    await deliver(up, bob, next, 'two');
    up.deferral.delivered = ['item0', 'item1'];
    await next.finish();
    await up.clock.settle();
    expect(bob.sends.map(textOf)).toEqual(['one', 'two', 'three']);
    expect(up.core.of('INVITE')).toHaveLength(1);
  });

  it('is not waited for longer than five seconds: the sender goes on with the store', async () => {
    const up = await absent();
    up.alice.send({ id: 'chunk001', messageId: 'mess0001', body: 'one', flag: '$' });
    await up.clock.settle();
    const { delivery } = await come(up);
    await delivery.finish();
    up.alice.send({ id: 'chunk002', messageId: 'mess0002', body: 'two', flag: '$' });
    await up.clock.settle();
    expect(up.deferral.taken).toHaveLength(1);
    await up.clock.elapse(5000);
    expect(up.deferral.taken.map(({ body }) => body)).toEqual(['one', 'two']);
  });

  it('is joined only after a message that is arriving has been stored and delivered', async () => {
    const up = await absent();
    up.alice.send({ id: 'chunk001', messageId: 'mess0001', range: '1-*/6', body: 'one', flag: '+' });
    await up.clock.settle();
    const { bob, delivery } = await come(up);
    await delivery.finish();
    await up.clock.settle();
    up.alice.send({ id: 'chunk002', messageId: 'mess0001', range: '4-6/6', body: 'two', flag: '$' });
    await up.clock.settle();
    expect([up.deferral.taken[0]?.body, bob.sends]).toEqual(['onetwo', []]);
    // Only now does the sender wait.
    up.alice.send({ id: 'chunk003', messageId: 'mess0003', body: 'three', flag: '$' });
    await up.clock.settle();
    expect([up.deferral.taken.length, bob.sends.length]).toEqual([1, 0]);
  });

  it('and leaves ends the session of both (FACTS §3)', async () => {
    const up = await absent();
    const { toBob, delivery } = await come(up);
    await delivery.finish();
    await up.clock.settle();
    up.participating.ack(ofAlice(up, 'ACK', 1));
    expect((await up.receive(within('bob', { ...up, toBob }, 'BYE', 2))).statuses).toEqual([200]);
    expect(up.core.of('BYE').map(({ request }) => request.uri)).toEqual(['sip:alice@192.0.2.11']);
    expect(up.metrics.values.get('msrp_sessions_active')).toBe(0);
  });

  it('and is lost is away again: what is said from then on is stored', async () => {
    const up = await absent();
    const { bob, delivery } = await come(up);
    await delivery.finish();
    await up.clock.settle();
    bob.connection.destroy();
    await up.clock.settle();
    up.alice.send({ id: 'chunk009', messageId: 'mess0009', body: 'still there?', flag: '$' });
    await up.clock.settle();
    expect([up.alice.statuses, up.deferral.taken.map(({ body }) => body)]).toEqual([{ chunk009: 200 }, ['still there?']]);
  });

  it('and is lost before they answered: what was acknowledged to the sender is stored after all (design, custody)', async () => {
    const up = await absent();
    const { bob, delivery } = await come(up);
    await delivery.finish();
    await up.clock.settle();
    up.alice.send({ id: 'chunk008', messageId: 'mess0008', body: 'answered', flag: '$' });
    up.alice.send({ id: 'chunk009', messageId: 'mess0009', body: 'not answered', flag: '$' });
    await up.clock.settle();
    bob.respond('chunk008', '200 OK');
    await up.clock.settle();
    bob.connection.destroy();
    await up.clock.settle();
    expect(up.deferral.taken.map(({ body }) => body)).toEqual(['not answered']);
  });

  it('gets what was said in the joined session before its sender left (RFC 4975 §7.2)', async () => {
    const up = await absent();
    const { bob, delivery } = await come(up);
    await delivery.finish();
    await up.clock.settle();
    up.alice.send({ id: 'chunk009', messageId: 'mess0009', body: 'bye', flag: '$' });
    await up.clock.settle();
    await up.receive(ofAlice(up, 'BYE', 2));
    await up.clock.elapse(2000);
    expect([bob.sends.map(textOf), up.core.of('BYE')]).toEqual([['bye'], []]);
    bob.respond('chunk009', '200 OK');
    await up.clock.elapse(100);
    expect(up.core.of('BYE').map(({ request }) => request.uri)).toEqual(['sip:bob@192.0.2.12']);
  });
});

const invitation: SessionInvitation = {
  recipient: BOB, sender: 'sip:alice@example.com', from: '"Alice" <sip:alice@example.com>', to: '<sip:bob@example.com>', purpose: 'message',
  headers: [['Subject', 'Lunch']],
};

async function come(up: Absent): Promise<{ toBob: Sent; bob: Peer; delivery: DeliverySession }> {
  await up.receive(thirdPartyRegister(BOB, 600));
  const delivering = up.participating.inviter.invite(invitation);
  await up.clock.settle();
  const toBob = up.core.of('INVITE').at(-1) as Sent;
  accept(toBob, { body: answerTo(toBob.request.body, 'active') });
  await up.clock.settle();
  const bob = await connected(up, '192.0.2.12', BOB_PATH, sdpOf(toBob.request).path[0] ?? '');
  return { toBob, bob, delivery: await delivering };
}

/** A request of Alice's within the dialog that the answer to her INVITE made. */
function ofAlice(up: Absent, method: string, cseq: number): ReturnType<typeof within> {
  return within('alice', { ...up, toBob: up.core.sent[0] as Sent }, method, cseq);
}

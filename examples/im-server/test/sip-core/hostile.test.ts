import { describe, expect, it } from 'vitest';
import { respondTo } from '@simple-im/sip';
import { answer, CORE, coreWith, peerOf, type Peer, type TestCore } from './support.js';

async function dialogOf(on: TestCore): Promise<{ alice: Peer; bob: Peer; routes: string[]; within: { callId: string; from: string; to: string } }> {
  const [alice, bob] = [await peerOf(on, 'alice'), await peerOf(on, 'bob')];
  await bob.register();
  bob.handle = (incoming) => answer(incoming, 200, 'bob', [['Contact', `<${bob.contact}>`]]);
  const call = alice.call('INVITE', 'sip:bob@example.com', { headers: [['Contact', `<${alice.contact}>`]] });
  const ok = await call.final;
  return { alice, bob, routes: ok.headers.all('Record-Route').reverse(), within: { callId: call.request.callId ?? '', from: call.request.headers.get('From') ?? '', to: ok.headers.get('To') ?? '' } };
}

describe('hostile requests', () => {
  it('with the Record-Route of another dialog are taken for first requests, with which a stranger goes nowhere', async () => {
    const on = await coreWith();
    const { bob, routes, within } = await dialogOf(on);
    const mallory = await peerOf(on, 'mallory');
    const before = bob.received.length;
    const stranger = '<sip:mallory@elsewhere.example>;tag=1';
    const attempts = [
      { from: stranger, to: within.to, callId: 'another' },
      { from: stranger, to: '<sip:bob@example.com>;tag=x', callId: within.callId },
    ];
    for (const attempt of attempts) expect((await mallory.call('INFO', bob.contact, { ...attempt, routes }).final).status).toBe(403);
    // Right in everything, but a first request: a token opens no new dialog.
    const first = { from: within.from, to: '<sip:carol@example.com>', callId: within.callId };
    expect((await mallory.call('INFO', 'sip:carol@example.com', { ...first, routes }).final).status).toBe(480);
    expect(bob.received).toHaveLength(before);
  });

  it('inside a dialog keep neither asserted identity nor credentials', async () => {
    const on = await coreWith();
    const { alice, bob, routes, within } = await dialogOf(on);
    const headers = [['P-Asserted-Identity', '<sip:bob@example.com>'], ['Proxy-Authorization', 'Digest username="alice", realm="example.com", nonce="n", uri="sip:x", response="0"']] as const;
    await alice.call('INFO', bob.contact, { ...within, cseq: 2, routes, headers }).final;
    const [request] = bob.requests.slice(-1);
    expect(request?.method).toBe('INFO');
    expect(request?.headers.has('P-Asserted-Identity')).toBe(false);
    expect(request?.headers.has('Proxy-Authorization')).toBe(false);
  });

  it('that name a leg of the IM server there is not reach it without a session case, and its answer is theirs', async () => {
    const on = await coreWith();
    const alice = await peerOf(on, 'alice');
    on.im.handle = (exchange) => exchange.respond(respondTo(exchange.request, exchange.sessionCase === undefined ? 481 : 500));
    for (const uri of [on.core.contactUri('nonsense'), on.core.contactUri(''), `sip:im-server.a.b.c@${CORE}`]) {
      expect((await alice.call('BYE', uri, { to: `<${uri}>;tag=x` }).final).status).toBe(481);
    }
    expect(on.core.handedOver).toBe(0);
  });

  it('that name one of our sockets and nobody there are answered 404, and are not sent round', async () => {
    const on = await coreWith();
    const alice = await peerOf(on, 'alice');
    for (const uri of [`sip:bob@${CORE}`, `sip:p.forged.token@${CORE}:5060`, `sip:${CORE}:5060;transport=tcp`]) expect((await alice.call('INFO', uri).final).status).toBe(404);
    const { routes, within, alice: caller } = await dialogOf(on);
    expect((await caller.call('INFO', `sip:x@${CORE}`, { ...within, cseq: 2, routes }).final).status).toBe(404);
  });

  it('of any method for the domain itself are answered: OPTIONS by the core (RFC 3261 §11.2), the others 404', async () => {
    const on = await coreWith({ mode: 'digest' });
    const stranger = await peerOf(on, 'stranger');
    const from = '<sip:stranger@elsewhere.example>;tag=1';
    const options = await stranger.call('OPTIONS', 'sip:example.com', { from, maxForwards: 0 }).final;
    expect(options.status).toBe(200);
    expect(options.headers.get('Allow')).toContain('MESSAGE');
    expect(options.headers.get('Supported')).toBe('path, outbound, gruu');
    expect(options.toTag).toBeDefined();
    const required = await stranger.call('OPTIONS', `sip:${CORE}`, { from, headers: [['Require', 'nonsense']] }).final;
    expect([required.status, required.headers.get('Unsupported')]).toEqual([420, 'nonsense']);
    for (const method of ['X-garbage', 'MESSAGE', 'PUBLISH']) expect((await stranger.call(method, 'sip:example.com', { from }).final).status).toBe(404);
    expect((await stranger.call('CANCEL', 'sip:bob@example.com', { from }).final).status).toBe(481);
  });

  it('cannot make a relay of us with an ACK, a maddr or a Route', async () => {
    const on = await coreWith({ mode: 'digest' });
    const stranger = await peerOf(on, 'stranger');
    const victim = await peerOf(on, 'victim');
    const host = victim.contact.split('@')[1] as string;
    const from = '<sip:stranger@elsewhere.example>;tag=1';
    const ack = stranger.build('ACK', `sip:victim@${host}`, { from, to: '<sip:victim@example.com>;tag=2' });
    ack.headers.prepend('Via', 'SIP/2.0/UDP 10.1.0.9;branch=z9hG4bKack');
    stranger.endpoint.send(ack, stranger.target);
    await on.clock.settle();
    expect((await stranger.call('INFO', `sip:victim@${host}`, { from }).final).status).toBe(403);
    expect((await stranger.call('INFO', `sip:bob@example.com;maddr=${host.split(':')[0]}`, { from }).final).status).toBe(480);
    expect((await stranger.call('INFO', 'sip:bob@example.com', { from, routes: [`<sip:${host};lr>`] }).final).status).toBe(403);
    expect([victim.requests.length, victim.acks.length]).toEqual([0, 0]);
  });
});

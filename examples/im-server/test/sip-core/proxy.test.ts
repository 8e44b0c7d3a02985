import { describe, expect, it } from 'vitest';
import { respondTo, type IncomingRequest, type SipRequest } from '@simple-im/sip';
import { loopMark } from '../../src/sip-core/loop-detection.js';
import { answer, CORE, coreWith, peerOf, type Peer, type TestCore } from './support.js';

/** A user with several devices, each on a host of its own. */
async function devices(on: TestCore, name: string, ...qs: readonly (number | undefined)[]): Promise<Peer[]> {
  const peers: Peer[] = [];
  for (const q of qs) {
    const peer = await peerOf(on, name);
    await peer.register(q === undefined ? {} : { parameters: `;q=${q}` });
    peers.push(peer);
  }
  return peers;
}

function says(peer: Peer, status: number, headers: readonly (readonly [string, string])[] = []): void {
  peer.handle = (incoming) => {
    if (incoming.request.method !== 'CANCEL') answer(incoming, status, `tag-${status}`, headers);
  };
}

/** A phone that rings, and ends with 487 when the caller gives up. */
function rings(peer: Peer): void {
  peer.handle = (incoming) => {
    incoming.onCancelled = () => answer(incoming, 487, 'ringing');
    answer(incoming, 180, 'ringing');
  };
}

function accepts(peer: Peer): void {
  peer.handle = (incoming) => {
    if (incoming.request.method === 'INVITE') answer(incoming, 200, 'callee', [['Contact', `<${peer.contact}>`]]);
    else answer(incoming, 200, 'callee');
  };
}

describe('request validation (RFC 3261 §16.3)', () => {
  it('answers 483 to Max-Forwards 0, takes one off, and adds what is missing (§16.6 step 3)', async () => {
    const on = await coreWith();
    const alice = await peerOf(on, 'alice');
    const [bob] = await devices(on, 'bob', 1) as [Peer];
    says(bob, 200);
    expect((await alice.call('INFO', 'sip:bob@example.com', { maxForwards: 0 }).final).status).toBe(483);
    await alice.call('INFO', 'sip:bob@example.com', { maxForwards: 1 }).final;
    const bare = alice.build('INFO', 'sip:bob@example.com');
    bare.headers.delete('Max-Forwards');
    await alice.send(bare).final;
    expect(bob.requests.map(({ maxForwards }) => maxForwards)).toEqual([0, 70]);
  });

  it('answers 482 to a request that is back unchanged, and lets a spiral through (RFC 5393 §4.2.2)', async () => {
    const on = await coreWith();
    const alice = await peerOf(on, 'alice');
    const [bob] = await devices(on, 'bob', 1) as [Peer];
    says(bob, 200);
    await alice.call('INFO', 'sip:bob@example.com').final;
    const [forwarded] = bob.requests as [SipRequest];
    const sendBack = (uri: string, headers: readonly (readonly [string, string])[] = []): Promise<{ status: number }> => {
      const looped = alice.build('INFO', uri, { headers });
      for (const via of forwarded.headers.all('Via')) looped.headers.add('Via', via);
      return alice.send(looped).final;
    };
    expect((await sendBack('sip:bob@example.com')).status).toBe(482);
    expect((await sendBack('sip:carol@example.com')).status).toBe(480);
    expect((await sendBack('sip:bob@example.com', [['Route', '<sip:example.com;lr>']])).status).toBe(200);
  });

  it('marks its branches the same for every method and differently for every node (RFC 5393 §4.2.1)', async () => {
    const alice = await peerOf(await coreWith(), 'alice');
    const [invite, bye] = [alice.build('INVITE', 'sip:bob@example.com'), alice.build('BYE', 'sip:bob@example.com')];
    expect(loopMark(invite, 'node1')).toBe(loopMark(bye, 'node1'));
    expect(loopMark(invite, 'node1')).not.toBe(loopMark(invite, 'node2'));
  });

  it('answers 420 with Unsupported to Proxy-Require (step 5)', async () => {
    const alice = await peerOf(await coreWith(), 'alice');
    const response = await alice.call('INFO', 'sip:bob@example.com', { headers: [['Proxy-Require', 'foo, bar']] }).final;
    expect([response.status, response.headers.get('Unsupported')]).toEqual([420, 'foo, bar']);
  });

  it('forwards a method it has never heard of (step 1)', async () => {
    const on = await coreWith();
    const alice = await peerOf(on, 'alice');
    const [bob] = await devices(on, 'bob', 1) as [Peer];
    says(bob, 200);
    expect((await alice.call('NEWMETHOD', 'sip:bob@example.com').final).status).toBe(200);
    expect(bob.requests[0]?.uri).toBe(bob.contact);
  });

  it('removes from a Contact what may not stand in a Request-URI (§16.6 step 2)', async () => {
    const on = await coreWith();
    const alice = await peerOf(on, 'alice');
    const bob = await peerOf(on, 'bob');
    await bob.register({ contact: `${bob.contact};method=INVITE;x=1?Subject=hello` });
    says(bob, 200);
    await alice.call('INFO', 'sip:bob@example.com').final;
    expect(bob.requests[0]?.uri).toBe(`${bob.contact};x=1`);
  });
});

describe('forking (RFC 3261 §16.6, §16.7)', () => {
  const invite = async (answers: readonly (readonly [number, ...(readonly [string, string])[]])[], method = 'INVITE'): Promise<{ status: number; headers: { all(name: string): string[] } }> => {
    const on = await coreWith();
    const alice = await peerOf(on, 'alice');
    const bobs = await devices(on, 'bob', ...answers.map(() => 1));
    bobs.forEach((bob, at) => {
      const [status, ...headers] = answers[at] as readonly [number, ...(readonly [string, string])[]];
      says(bob, status, headers);
    });
    const response = await alice.call(method, 'sip:bob@example.com').final;
    for (const bob of bobs) expect(bob.requests).toHaveLength(1);
    return response;
  };

  it('answers with a 6xx before everything, else from the lowest class (§16.7 step 6)', async () => {
    expect((await invite([[486], [603]])).status).toBe(603);
    expect((await invite([[500], [486]])).status).toBe(486);
    expect((await invite([[404], [302]])).status).toBe(302);
  });

  it('prefers what tells the caller how to try again (§16.7 step 6)', async () => {
    expect((await invite([[404], [415], [486]])).status).toBe(415);
  });

  it('gives the caller the challenges of every branch (§16.7 step 7)', async () => {
    const response = await invite([[407, ['Proxy-Authenticate', 'Digest realm="a"']], [401, ['WWW-Authenticate', 'Digest realm="b"']], [404]]);
    expect([401, 407]).toContain(response.status);
    expect(response.headers.all('Proxy-Authenticate')).toEqual(['Digest realm="a"']);
    expect(response.headers.all('WWW-Authenticate')).toEqual(['Digest realm="b"']);
  });

  it('passes a 503 on as 500 (§16.7 step 6)', async () => {
    expect((await invite([[503]])).status).toBe(500);
    expect((await invite([[503], [501]])).status).toBe(501);
  });

  it('keeps the To tag of what it passes on and adds none to a 2xx (§16.7 step 6)', async () => {
    const on = await coreWith();
    const alice = await peerOf(on, 'alice');
    const [bob] = await devices(on, 'bob', 1) as [Peer];
    bob.handle = (incoming) => incoming.respond(respondTo(incoming.request, 200));
    expect((await alice.call('INFO', 'sip:bob@example.com').final).toTag).toBeUndefined();
    says(bob, 486);
    expect((await alice.call('INFO', 'sip:bob@example.com').final).toTag).toBe('tag-486');
  });

  it('asks a lower q only when the higher ones have failed (§16.6)', async () => {
    const on = await coreWith();
    const alice = await peerOf(on, 'alice');
    const [low, high] = await devices(on, 'bob', 0.2, 0.8) as [Peer, Peer];
    says(low, 200);
    high.handle = () => {};
    const call = alice.call('INVITE', 'sip:bob@example.com');
    await on.clock.settle();
    expect([high.received.length, low.received.length]).toEqual([1, 0]);
    answer(high.received[0] as IncomingRequest, 486);
    expect((await call.final).status).toBe(200);
  });

  it('cancels the branches that ring when one refuses for all, and answers with its 6xx (§16.7 steps 5 and 10)', async () => {
    const on = await coreWith();
    const alice = await peerOf(on, 'alice');
    const [ringing, refusing] = await devices(on, 'bob', 1, 1) as [Peer, Peer];
    rings(ringing);
    refusing.handle = () => {};
    const call = alice.call('INVITE', 'sip:bob@example.com');
    await on.clock.settle();
    answer(refusing.received[0] as IncomingRequest, 603);
    expect((await call.final).status).toBe(603);
    expect(ringing.received[0]?.answered).toBe(true);
  });

  it('asks nobody else after a 6xx (§16.7 step 5)', async () => {
    const on = await coreWith();
    const alice = await peerOf(on, 'alice');
    const [low, high] = await devices(on, 'bob', 0.2, 0.8) as [Peer, Peer];
    says(high, 603);
    expect((await alice.call('INVITE', 'sip:bob@example.com').final).status).toBe(603);
    expect(low.received).toHaveLength(0);
  });

  it('cancels the branches that ring when one accepts, and passes every 2xx to an INVITE on (§16.7 steps 5 and 10)', async () => {
    const on = await coreWith();
    const alice = await peerOf(on, 'alice');
    const [first, second, third] = await devices(on, 'bob', 1, 1, 1) as [Peer, Peer, Peer];
    rings(third);
    first.handle = second.handle = () => {};
    const call = alice.call('INVITE', 'sip:bob@example.com');
    await on.clock.settle();
    answer(first.received[0] as IncomingRequest, 200, 'one');
    answer(second.received[0] as IncomingRequest, 200, 'two');
    await on.clock.settle();
    expect(call.responses.filter(({ status }) => status === 200).map(({ toTag }) => toTag)).toEqual(['one', 'two']);
    expect(third.received[0]?.answered).toBe(true);
    expect(call.responses.some(({ status }) => status === 487)).toBe(false);
  });

  it('cancels what rings for the reason that the caller gave (RFC 3326 §2)', async () => {
    const on = await coreWith();
    const alice = await peerOf(on, 'alice');
    const [bob] = await devices(on, 'bob', 1) as [Peer];
    let reason: string | undefined;
    bob.handle = (incoming) => {
      incoming.onCancelled = ({ headers }) => {
        reason = headers.get('Reason');
        answer(incoming, 487, 'ringing');
      };
      answer(incoming, 180, 'ringing');
    };
    const call = alice.call('INVITE', 'sip:bob@example.com');
    await on.clock.settle();
    call.outgoing.cancel('SIP ;cause=200 ;text="Call completed elsewhere"');
    expect((await call.final).status).toBe(487);
    expect(reason).toBe('SIP ;cause=200 ;text="Call completed elsewhere"');
  });

  it('never passes a 100 on, and every other provisional response to an INVITE (§16.7 step 5)', async () => {
    const on = await coreWith();
    const alice = await peerOf(on, 'alice');
    const [bob] = await devices(on, 'bob', 1) as [Peer];
    bob.handle = (incoming) => {
      incoming.respond(respondTo(incoming.request, 100));
      answer(incoming, 180, 'r');
      answer(incoming, 183, 'r');
      answer(incoming, 486, 'r');
    };
    const call = alice.call('INVITE', 'sip:bob@example.com');
    await call.final;
    expect(call.responses.map(({ status }) => status)).toEqual([180, 183, 486]);
  });

  it('reaches one device over one flow at a time, the other one when the first is gone (RFC 5626 §7)', async () => {
    const on = await coreWith();
    const alice = await peerOf(on, 'alice');
    const [one, two] = [await peerOf(on, 'bob', 'TCP'), await peerOf(on, 'bob', 'TCP')];
    for (const [at, flow] of [one, two].entries()) await flow.register({ contact: `sip:bob${at}@client.invalid;transport=tcp`, parameters: `;+sip.instance="<urn:uuid:1>";reg-id=${at + 1}` });
    says(one, 430);
    says(two, 200);
    expect((await alice.call('INFO', 'sip:bob@example.com').final).status).toBe(200);
    says(one, 486);
    expect((await alice.call('INFO', 'sip:bob@example.com').final).status).toBe(486);
    expect([one.received.length, two.received.length]).toEqual([2, 1]);
    await one.endpoint.close();
    await on.clock.settle();
    expect((await alice.call('INFO', 'sip:bob@example.com').final).status).toBe(200);
  });

  it('does not send a response where a contact would like it to go (§16.7 step 3)', async () => {
    const on = await coreWith();
    const alice = await peerOf(on, 'alice');
    const victim = await peerOf(on, 'victim');
    const [bob] = await devices(on, 'bob', 1) as [Peer];
    let strays = 0;
    victim.endpoint.onStrayResponse = () => { strays++; };
    bob.handle = (incoming) => {
      const response = respondTo(incoming.request, 200, { toTag: 't' });
      const [ours = ''] = response.headers.all('Via');
      response.headers.set('Via', [ours, `SIP/2.0/UDP ${victim.contact.split('@')[1]};branch=z9hG4bKx`]);
      incoming.respond(response);
    };
    expect((await alice.call('INFO', 'sip:bob@example.com').final).status).toBe(200);
    expect(strays).toBe(0);
  });

  it('absorbs retransmissions of the request (§17.2)', async () => {
    const on = await coreWith();
    const alice = await peerOf(on, 'alice');
    const [bob] = await devices(on, 'bob', 1) as [Peer];
    const request = alice.build('INFO', 'sip:bob@example.com');
    request.headers.prepend('Via', `SIP/2.0/UDP ${alice.contact.split('@')[1]};branch=z9hG4bKsame`);
    for (let time = 0; time < 3; time++) alice.endpoint.send(request, alice.target);
    await on.clock.settle();
    expect(bob.requests.filter(({ callId }) => callId === request.callId)).toHaveLength(1);
  });
});

describe('the way to a contact (RFC 3261 §16.6 step 7, RFC 5626 §7)', () => {
  it('is the one the Contact names, if the client was seen at that host', async () => {
    const on = await coreWith();
    const [alice, bob] = [await peerOf(on, 'alice'), await peerOf(on, 'bob')];
    await bob.endpoint.listenUdp({ host: bob.host, port: 5070 });
    await bob.register({ contact: `sip:bob@${bob.host}:5070` });
    says(bob, 200);
    expect((await alice.call('INFO', 'sip:bob@example.com').final).status).toBe(200);
    expect(bob.received[0]?.flow.local.port).toBe(5070);
  });

  it.each(['sip:bob@192.168.7.7:5060', 'sip:bob@client.invalid'])('is the flow of its registration, if its Contact is elsewhere: %s', async (contact) => {
    const on = await coreWith();
    const [alice, bob] = [await peerOf(on, 'alice'), await peerOf(on, 'bob')];
    await bob.register({ contact });
    says(bob, 200);
    expect((await alice.call('INFO', 'sip:bob@example.com').final).status).toBe(200);
    expect(bob.requests[0]?.uri).toBe(contact);
  });

  it('is the flow alone for a client that asked for flows', async () => {
    const on = await coreWith();
    const [alice, bob] = [await peerOf(on, 'alice'), await peerOf(on, 'bob')];
    await bob.register({ contact: `sip:bob@${bob.host}:5070`, parameters: ';+sip.instance="<urn:uuid:1>";reg-id=1' });
    says(bob, 200);
    expect((await alice.call('INFO', 'sip:bob@example.com').final).status).toBe(200);
    expect(bob.received[0]?.flow.local.port).toBe(5060);
  });

  it('is a new connection, if the client listens where it was seen and the old one is gone', async () => {
    const on = await coreWith();
    const [alice, bob] = [await peerOf(on, 'alice'), await peerOf(on, 'bob', 'TCP')];
    await bob.endpoint.listenTcp({ host: bob.host, port: 5080 });
    await bob.register({ contact: `sip:bob@${bob.host}:5080;transport=tcp` });
    says(bob, 200);
    on.network.cut();
    await on.clock.settle();
    expect((await alice.call('INFO', 'sip:bob@example.com').final).status).toBe(200);
    expect(bob.received[0]?.flow.local.port).toBe(5080);
  });
});

describe('an INVITE that nobody answers', () => {
  it('is cancelled on every branch when the caller gives up, and answered 487 (§16.10)', async () => {
    const on = await coreWith();
    const alice = await peerOf(on, 'alice');
    const bobs = await devices(on, 'bob', 1, 1);
    bobs.forEach(rings);
    const call = alice.call('INVITE', 'sip:bob@example.com');
    await on.clock.settle();
    call.outgoing.cancel();
    expect((await call.final).status).toBe(487);
    expect(bobs.map(({ received }) => received[0]?.answered)).toEqual([true, true]);
  });

  it('is given up also when the CANCEL comes while the store is asked (§9.2)', async () => {
    const on = await coreWith();
    const alice = await peerOf(on, 'alice');
    const [bob] = await devices(on, 'bob', 1) as [Peer];
    let goOn = (): void => {};
    const { location } = on;
    const load = location.load.bind(location);
    location.load = async (aor) => {
      await new Promise<void>((resolve) => { goOn = resolve; });
      return load(aor);
    };
    const call = alice.call('INVITE', 'sip:bob@example.com');
    await on.clock.elapse(250);
    call.outgoing.cancel();
    await on.clock.settle();
    goOn();
    expect((await call.final).status).toBe(487);
    expect(bob.received).toHaveLength(0);
  });

  it('ends after timer C, which every provisional response restarts (§16.6 step 11, §16.8)', async () => {
    const on = await coreWith();
    const alice = await peerOf(on, 'alice');
    const [bob] = await devices(on, 'bob', 1) as [Peer];
    rings(bob);
    const call = alice.call('INVITE', 'sip:bob@example.com');
    await on.clock.elapse(170_000);
    answer(bob.received[0] as IncomingRequest, 183, 'ringing');
    await on.clock.elapse(170_000);
    expect(call.responses.some(({ status }) => status >= 200)).toBe(false);
    await on.clock.elapse(12_000);
    expect((await call.final).status).toBe(487);
  });

  it('is answered 408 when the contact is silent (§16.6 step 7), which is better than another branch\'s 500', async () => {
    const on = await coreWith();
    const alice = await peerOf(on, 'alice');
    const [silent, broken] = await devices(on, 'bob', 1, 1) as [Peer, Peer];
    says(broken, 500);
    on.network.silence(silent.host);
    const call = alice.call('INVITE', 'sip:bob@example.com');
    await on.clock.elapse(33_000);
    expect((await call.final).status).toBe(408);
  });
});

describe('a dialog through the proxy (RFC 3261 §16.6 step 4, §16.12)', () => {
  it.each([['UDP', 'UDP', 1], ['TCP', 'TCP', 1], ['UDP', 'TCP', 2], ['TCP', 'UDP', 2]] as const)('runs both ways between %s and %s with %i Record-Route (RFC 5658 §3)', async (caller, callee, recordRoutes) => {
    const on = await coreWith({ mode: 'none' });
    const alice = await peerOf(on, 'alice', caller);
    const bob = await peerOf(on, 'bob', callee);
    await bob.register();
    accepts(bob);
    accepts(alice);
    const call = alice.call('INVITE', 'sip:bob@example.com', { headers: [['Contact', `<${alice.contact}>`]] });
    const ok = await call.final;
    const routes = ok.headers.all('Record-Route');
    expect(routes).toHaveLength(recordRoutes);
    // Each side has its own transport next to it.
    expect(routes[0]).toContain(`transport=${callee.toLowerCase()}`);
    expect(routes.at(-1)).toContain(`transport=${caller.toLowerCase()}`);
    const dialog = { callId: call.request.callId ?? '', from: call.request.headers.get('From') ?? '', to: ok.headers.get('To') ?? '' };
    const ack = alice.build('ACK', bob.contact, { ...dialog, cseq: 1, routes: [...routes].reverse() });
    ack.headers.prepend('Via', `SIP/2.0/${caller} ${CORE};branch=z9hG4bKack`);
    alice.endpoint.send(ack, alice.target);
    await on.clock.settle();
    expect(bob.acks).toHaveLength(1);
    expect(bob.acks[0]?.headers.has('Route')).toBe(false);
    expect((await alice.call('INFO', bob.contact, { ...dialog, cseq: 2, routes: [...routes].reverse() }).final).status).toBe(200);
    expect(bob.requests.at(-1)?.method).toBe('INFO');
    const back = await bob.call('BYE', alice.contact, { callId: dialog.callId, from: dialog.to, to: dialog.from, cseq: 1, routes }).final;
    expect(back.status).toBe(200);
    expect(alice.requests.map(({ method }) => method)).toEqual(['BYE']);
  });

  it('is answered 430 where the connection to the other side is gone (RFC 5626 §5.3.1)', async () => {
    const on = await coreWith();
    const alice = await peerOf(on, 'alice');
    const bob = await peerOf(on, 'bob', 'TCP');
    await bob.register();
    accepts(bob);
    const call = alice.call('INVITE', 'sip:bob@example.com', { headers: [['Contact', `<${alice.contact}>`]] });
    const ok = await call.final;
    await bob.endpoint.close();
    await on.clock.settle();
    const response = await alice.call('BYE', bob.contact, {
      callId: call.request.callId ?? '', from: call.request.headers.get('From') ?? '', to: ok.headers.get('To') ?? '', cseq: 2, routes: ok.headers.all('Record-Route').reverse(),
    }).final;
    expect([response.status, response.reason]).toEqual([430, 'Flow Failed']);
  });

  it('skips a binding whose connection is gone, and answers 480 when none is left (RFC 5626 §7)', async () => {
    const on = await coreWith();
    const alice = await peerOf(on, 'alice');
    const gone = await peerOf(on, 'bob', 'TCP');
    await gone.register();
    await gone.endpoint.close();
    await on.clock.settle();
    expect((await alice.call('INFO', 'sip:bob@example.com').final).status).toBe(480);
    const [here] = await devices(on, 'bob', 0.1) as [Peer];
    says(here, 200);
    expect((await alice.call('INFO', 'sip:bob@example.com').final).status).toBe(200);
  });

  it('leads a request of our user out of the domain by its Route, a strict router\'s way if it is one (§16.6 step 6)', async () => {
    const on = await coreWith();
    const alice = await peerOf(on, 'alice');
    const next = await peerOf(on, 'next');
    says(next, 200);
    const host = next.contact.split('@')[1] as string;
    await alice.call('INFO', 'sip:carol@elsewhere.example', { routes: ['<sip:example.com;lr>', `<sip:${host};lr>`] }).final;
    expect(next.requests[0]?.uri).toBe('sip:carol@elsewhere.example');
    expect(next.requests[0]?.headers.all('Route')).toEqual([`<sip:${host};lr>`]);
    await alice.call('INFO', 'sip:carol@elsewhere.example', { routes: [`<sip:${host}>`] }).final;
    expect(next.requests[1]?.uri).toBe(`sip:${host}`);
    expect(next.requests[1]?.headers.all('Route')).toEqual(['<sip:carol@elsewhere.example>']);
  });
});

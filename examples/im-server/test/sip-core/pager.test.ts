import { describe, expect, it } from 'vitest';
import { respondTo, type IncomingRequest } from '@simple-im/sip';
import { answer, coreWith, peerOf, type Call } from './support.js';

/** Statuses that came, those sent again left out. */
function distinct(call: Call): number[] {
  return [...new Set(call.responses.map(({ status }) => status))];
}

describe('a MESSAGE to somebody who does not answer (RFC 3428 §7, RFC 4320)', () => {
  it('is answered 480 at once when nobody is registered', async () => {
    const on = await coreWith();
    const alice = await peerOf(on, 'alice');
    expect((await alice.call('MESSAGE', 'sip:bob@example.com').final).status).toBe(480);
    expect(on.clock.now()).toBe(0);
  });

  it.each(['UDP', 'TCP'] as const)('is answered 100 when Timer E reaches T2 and 480 after the pager timeout, over %s (RFC 4320 §4.1, §4.2)', async (transport) => {
    const on = await coreWith();
    const alice = await peerOf(on, 'alice', transport);
    const bob = await peerOf(on, 'bob');
    await bob.register();
    on.network.silence(bob.host);
    const call = alice.call('MESSAGE', 'sip:bob@example.com');
    await on.clock.elapse(3_400);
    expect(call.responses).toHaveLength(0);
    await on.clock.elapse(200);
    expect(call.responses.map(({ status }) => status)).toEqual([100]);
    await on.clock.elapse(6_300);
    expect(distinct(call)).toEqual([100]);
    await on.clock.elapse(200);
    expect((await call.final).status).toBe(480);
    // Long before Timer F, and nothing else ever.
    await on.clock.elapse(60_000);
    expect(distinct(call)).toEqual([100, 480]);
  });

  it('drops the answer that comes too late (RFC 4320 §4.2)', async () => {
    const on = await coreWith({ pagerTimeout: 2_000 });
    const alice = await peerOf(on, 'alice');
    const bob = await peerOf(on, 'bob');
    await bob.register();
    const call = alice.call('MESSAGE', 'sip:bob@example.com');
    await on.clock.elapse(2_100);
    answer(bob.received[0] as IncomingRequest, 200);
    await on.clock.elapse(60_000);
    expect(call.responses.map(({ status }) => status)).toEqual([480]);
  });

  it.each(['silent', 'answering 408 itself'])('is never answered 408, the contact being %s (RFC 4320 §4.2)', async (contact) => {
    const on = await coreWith({ pagerTimeout: 30_000 });
    const alice = await peerOf(on, 'alice', 'TCP');
    // The machines of a UDP peer would not let its 408 out.
    const bob = await peerOf(on, 'bob', 'TCP');
    await bob.register();
    bob.handle = ({ request, flow }) => {
      if (contact !== 'silent') bob.endpoint.send(respondTo(request, 408, { toTag: 't' }), flow);
    };
    const call = alice.call('MESSAGE', 'sip:bob@example.com');
    await on.clock.elapse(contact === 'silent' ? 30_100 : 0);
    expect((await call.final).status).toBe(480);
  });

  it('may be answered until Timer F where the IM server answers the sender in time, and the contacts of lower q are asked no later for that', async () => {
    const on = await coreWith({ pagerTimeout: 10_000, patience: 32_000 });
    const alice = await peerOf(on, 'alice');
    const [silent, slow] = [await peerOf(on, 'bob'), await peerOf(on, 'bob')];
    await silent.register({ parameters: ';q=0.9' });
    await slow.register({ parameters: ';q=0.1' });
    const late: number[] = [];
    on.im.handle = (exchange) => {
      if (exchange.sessionCase === 'originating') return on.im.handBack(exchange);
      on.core.request(exchange.request, exchange.originalDialog, { response: ({ status }) => late.push(status), failed: () => {} });
      on.clock.setTimer(10_000, () => exchange.respond(respondTo(exchange.request, 202, { toTag: 'im' })));
    };
    const call = alice.call('MESSAGE', 'sip:bob@example.com');
    await on.clock.elapse(5_100);
    expect([silent.received.length, slow.received.length]).toEqual([1, 1]);
    await on.clock.elapse(5_000);
    expect([(await call.final).status, late]).toEqual([202, []]);
    await on.clock.elapse(20_000);
    answer(slow.received[0] as IncomingRequest, 200);
    await on.clock.settle();
    expect(late).toEqual([200]);
  });

  it('goes on to the contacts of lower q when those before refuse, are silent, or cannot be reached', async () => {
    const on = await coreWith({ pagerTimeout: 10_000 });
    const alice = await peerOf(on, 'alice');
    const [refuses, silent, here] = [await peerOf(on, 'bob'), await peerOf(on, 'bob'), await peerOf(on, 'bob')];
    for (const [peer, q] of [[refuses, 0.9], [silent, 0.5], [here, 0.1]] as const) await peer.register({ parameters: `;q=${q}` });
    refuses.handle = (incoming) => answer(incoming, 404);
    here.handle = (incoming) => answer(incoming, 200);
    on.network.silence(silent.host);
    const call = alice.call('MESSAGE', 'sip:bob@example.com');
    await on.clock.elapse(4_900);
    expect(here.received).toHaveLength(0);
    await on.clock.elapse(200);
    expect((await call.final).status).toBe(200);
    expect(refuses.received).toHaveLength(1);
  });

  it('still takes the answer of a contact that was slow while the next is asked', async () => {
    const on = await coreWith({ pagerTimeout: 10_000 });
    const alice = await peerOf(on, 'alice');
    const [slow, other] = [await peerOf(on, 'bob'), await peerOf(on, 'bob')];
    await slow.register({ parameters: ';q=0.9' });
    await other.register({ parameters: ';q=0.1' });
    const call = alice.call('MESSAGE', 'sip:bob@example.com');
    await on.clock.elapse(6_000);
    expect(other.received).toHaveLength(1);
    answer(slow.received[0] as IncomingRequest, 200);
    expect((await call.final).status).toBe(200);
  });
});

/* The IM server's side of IM-2 on the wire, in front of a core that writes what it likes: any that can write a Route will do. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { buildRequest, respondTo, SipEndpoint, type IncomingRequest, type SipRequest, type SipResponse } from '@simple-im/sip';
import { FakeClock, FakeNetwork, FakeRandom } from '@simple-im/transport/fake';
import { CoreOverSip } from '../../src/im-2/im-side.js';
import { TrustedPeers } from '../../src/im-2/trusted-peers.js';
import type { Im2Request, Im2Server } from '../../src/reference-points.js';
import { OwnAddresses } from '../../src/sip-core/own-addresses.js';
import { answer, Peer } from '../sip-core/support.js';

const IM = '10.0.0.9';
const CORE = '10.0.0.1';
const BACK = `<sip:whatever-the-core-likes@${CORE}:5060;transport=tcp;lr;odi=7>`;
const toIm = (parameters = ''): string => `<sip:im.example.com;transport=tcp;lr${parameters}>`;

class StandIn implements Im2Server {
  readonly received: Im2Request[] = [];
  readonly acks: SipRequest[] = [];
  handle: (exchange: Im2Request) => void = () => {};

  receive(exchange: Im2Request): void {
    this.received.push(exchange);
    this.handle(exchange);
  }

  ack(request: SipRequest): void {
    this.acks.push(request);
  }
}

interface Stage {
  readonly clock: FakeClock;
  readonly side: CoreOverSip;
  readonly im: StandIn;
  readonly core: Peer;
  readonly stranger: Peer;
  handBack(exchange: Im2Request): void;
}

async function stage(): Promise<Stage> {
  const clock = new FakeClock();
  const network = new FakeNetwork({ clock });
  const random = new FakeRandom(5);
  const endpoint = new SipEndpoint({ network: network.at(IM), clock, random });
  await endpoint.listenTcp({ host: IM, port: 5070 });
  const own = new OwnAddresses('example.com', [{ transport: 'TCP', host: IM, port: 5070 }]);
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const side = new CoreOverSip({
    endpoint, own, core: `sip:${CORE}:5060;transport=tcp`, trusted: new TrustedPeers([CORE, '10.7.0.0/16']), clock, random, log,
    metrics: { count: () => {}, gauge: () => {} },
  });
  const im = new StandIn();
  side.attach(im);
  endpoint.onRequest = (incoming) => side.receive(incoming);
  endpoint.onAck = (request, flow) => side.receiveAck(request, flow);
  const peer = async (host: string, seed: number): Promise<Peer> => {
    const its = new SipEndpoint({ network: network.at(host), clock, random: new FakeRandom(seed) });
    await its.listenTcp({ host, port: 5060 });
    onTestFinished(() => its.close());
    return new Peer('alice', host, its, { transport: 'TCP', address: { host: IM, port: 5070 } }, `sip:alice@${host}`);
  };
  onTestFinished(() => endpoint.close());
  const handBack = (exchange: Im2Request): void => {
    const outgoing = side.request(exchange.request, exchange.originalDialog, {
      response: (response) => exchange.respond(response),
      failed: () => exchange.respond(respondTo(exchange.request, 480)),
    });
    exchange.onCancelled = () => outgoing.cancel();
  };
  return { clock, side, im, core: await peer(CORE, 11), stranger: await peer('10.0.0.2', 12), handBack };
}

describe('session case and served user', () => {
  const asserted = ['P-Asserted-Identity', '<sip:alice@example.com>'] as const;

  it.each([
    ['P-Served-User says it (RFC 5502 §6)', '', ['P-Served-User', '<sip:alice@example.com>;sescase=orig;regstate=reg'], 'originating', 'sip:alice@example.com'],
    ['P-Served-User says it, whatever the Route', ';orig', ['P-Served-User', 'sip:bob@example.com;SESCASE=Term'], 'terminating', 'sip:bob@example.com'],
    ['P-Served-User after a diversion (RFC 8498 §6.2)', '', ['P-Served-User', '<sip:carol@example.com>;orig-cdiv'], 'originating', 'sip:carol@example.com'],
    ['P-Served-User without a case leaves that to the Route', ';orig', ['P-Served-User', '<sip:carol@example.com>'], 'originating', 'sip:carol@example.com'],
    ['orig alone: the asserted sender', ';orig', asserted, 'originating', 'sip:alice@example.com'],
    ['orig without an assertion: From', ';orig', ['Subject', 'none'], 'originating', 'sip:dave@example.com'],
    ['nothing: the recipient', '', asserted, 'terminating', 'sip:bob@example.com'],
  ] as const)('%s', async (_, parameter, header, sessionCase, servedUser) => {
    const on = await stage();
    on.im.handle = (exchange) => exchange.respond(respondTo(exchange.request, 200));
    const call = on.core.call('MESSAGE', 'sip:bob@example.com', { from: '<sip:dave@example.com>;tag=d', routes: [toIm(parameter), BACK], headers: [header] });
    const response = await call.final;
    expect([response.status, response.toTag === undefined]).toEqual([200, false]);
    const [exchange] = on.im.received;
    expect([exchange?.sessionCase, exchange?.servedUser]).toEqual([sessionCase, servedUser]);
    expect(exchange?.originalDialog).toBe(BACK.slice(1, -1));
    // The entity sees what it sees in one process.
    expect(exchange?.request.headers.has('Route')).toBe(false);
    expect(exchange?.request.headers.has('P-Served-User')).toBe(false);
  });

  it('have only requests that came by Route and begin something', async () => {
    const on = await stage();
    on.im.handle = (exchange) => exchange.respond(respondTo(exchange.request, 200));
    const contact = on.side.contactUri('leg');
    expect(contact).toBe(`sip:im-server.leg@${IM}:5070;transport=tcp`);
    await on.core.call('BYE', contact, { to: '<sip:bob@example.com>;tag=im' }).final;
    await on.core.call('BYE', contact, { to: '<sip:bob@example.com>;tag=im', routes: [toIm(';orig'), BACK] }).final;
    await on.core.call('REGISTER', on.side.contactUri(''), { to: '<sip:bob@example.com>', routes: [toIm()], headers: [['Expires', '600']] }).final;
    expect(on.im.received.map(({ sessionCase, originalDialog }) => [sessionCase, originalDialog])).toEqual(Array.from({ length: 3 }, () => [undefined, undefined]));
  });

  it('are refused with 400 when P-Served-User cannot be read', async () => {
    const on = await stage();
    const response = await on.core.call('MESSAGE', 'sip:bob@example.com', { routes: [toIm(), BACK], headers: [['P-Served-User', '<sip:bob']] }).final;
    expect(response.status).toBe(400);
    expect(on.im.received).toHaveLength(0);
  });
});

describe('a request handed back', () => {
  it('goes where the core\'s own Route says, as it came otherwise, and so does its answer', async () => {
    const on = await stage();
    on.im.handle = (exchange) => on.handBack(exchange);
    on.core.handle = (incoming) => answer(incoming, 202, 'from-bob', [['Server', 'bob']]);
    const call = on.core.call('MESSAGE', 'sip:bob@example.com', { routes: [toIm(';orig'), BACK, '<sip:further.example.com;lr>'], headers: [['P-Asserted-Identity', '<sip:alice@example.com>']], maxForwards: 9, contentType: 'text/plain', body: 'Hello' });
    const response = await call.final;
    expect([response.status, response.toTag, response.headers.get('Server')]).toEqual([202, 'from-bob', 'bob']);
    const [request] = on.core.requests;
    expect(request?.headers.list('Route')).toEqual([BACK, '<sip:further.example.com;lr>']);
    expect([request?.maxForwards, request?.vias.length, request?.body]).toEqual([8, 2, call.request.body]);
    expect(request?.callId).toBe(call.request.callId);
    expect(request?.headers.get('P-Asserted-Identity')).toBe('<sip:alice@example.com>');
  });

  it('goes to --core when the core gave no Route of its own', async () => {
    const on = await stage();
    on.im.handle = (exchange) => on.handBack(exchange);
    on.core.handle = (incoming) => answer(incoming, 200);
    expect((await on.core.call('MESSAGE', 'sip:bob@example.com', { routes: [toIm()] }).final).status).toBe(200);
    expect(on.core.requests[0]?.headers.list('Route')).toEqual([`<sip:${CORE}:5060;transport=tcp;lr>`]);
  });

  it('is answered 483 when its hops are used up (RFC 3261 §16.3)', async () => {
    const on = await stage();
    on.im.handle = (exchange) => on.handBack(exchange);
    expect((await on.core.call('MESSAGE', 'sip:bob@example.com', { routes: [toIm(), BACK], maxForwards: 0 }).final).status).toBe(483);
  });

  it('is cancelled with the one it was (RFC 3261 §16.10)', async () => {
    const on = await stage();
    on.im.handle = (exchange) => on.handBack(exchange);
    let handedBack: IncomingRequest | undefined;
    on.core.handle = (incoming) => {
      handedBack = incoming;
      incoming.respond(respondTo(incoming.request, 180, { toTag: 'bob' }));
      incoming.onCancelled = () => answer(incoming, 487, 'bob');
    };
    const call = on.core.call('INVITE', 'sip:bob@example.com', { routes: [toIm(), BACK] });
    await on.clock.settle();
    expect(handedBack).toBeDefined();
    call.outgoing.cancel();
    expect((await call.final).status).toBe(487);
  });

  it('cancelled before it was sent is not sent', async () => {
    const on = await stage();
    on.im.handle = (exchange) => {
      on.handBack(exchange);
      exchange.onCancelled?.();
    };
    expect((await on.core.call('INVITE', 'sip:bob@example.com', { routes: [toIm(), BACK] }).final).status).toBe(487);
    expect(on.core.requests).toHaveLength(0);
  });

  it('is answered 503 when the core is gone', async () => {
    const on = await stage();
    on.im.handle = (exchange) => on.handBack(exchange);
    const nowhere = `<sip:${CORE}:5099;transport=tcp;lr>`;
    expect((await on.core.call('MESSAGE', 'sip:bob@example.com', { routes: [toIm(), nowhere] }).final).status).toBe(503);
  });
});

describe('a request of the IM server\'s own', () => {
  it('goes along the route set of its dialog, and an ACK like it (RFC 3261 §12.2.1.1, §13.2.2.4)', async () => {
    const on = await stage();
    const route = `<sip:r.token@${CORE}:5060;transport=tcp;lr>`;
    const within = { uri: 'sip:alice@192.0.2.7', from: '<sip:bob@example.com>;tag=im', to: '<sip:alice@example.com>;tag=a', callId: 'c', routes: [route] };
    on.core.handle = (incoming) => answer(incoming, 200);
    const statuses: number[] = [];
    on.side.request(buildRequest({ ...within, method: 'BYE', cseq: 2 }), undefined, { response: ({ status }: SipResponse) => statuses.push(status), failed: () => {} });
    on.side.ack(buildRequest({ ...within, method: 'ACK', cseq: 1 }));
    await on.clock.settle();
    expect(statuses).toEqual([200]);
    expect(on.core.requests.map(({ method, uri, headers, maxForwards }) => [method, uri, headers.list('Route'), maxForwards])).toEqual([['BYE', within.uri, [route], 70]]);
    expect(on.core.acks.map(({ uri, vias }) => [uri, vias.length])).toEqual([[within.uri, 1]]);
  });

  it('is told when nothing leads there', async () => {
    const on = await stage();
    const error = await new Promise((resolve) => {
      const bye = buildRequest({ method: 'BYE', uri: 'sip:alice@name.invalid', from: '<sip:bob@example.com>;tag=im', to: '<sip:alice@example.com>;tag=a', callId: 'c', cseq: 2 });
      on.side.request(bye, undefined, { response: () => {}, failed: resolve });
    });
    expect(error).toMatchObject({ code: 'SIP_UNRESOLVED' });
  });
});

describe('whoever is not the core', () => {
  it('is refused with 403, whatever it asserts, and its ACK is nothing (RFC 3325 §5)', async () => {
    const on = await stage();
    const forged = { routes: [toIm(';orig'), BACK], headers: [['P-Asserted-Identity', '<sip:bob@example.com>'], ['P-Served-User', '<sip:bob@example.com>;sescase=orig']] as const };
    for (const method of ['MESSAGE', 'INVITE', 'REGISTER', 'BYE', 'OPTIONS']) expect((await on.stranger.call(method, 'sip:bob@example.com', forged).final).status).toBe(403);
    const flow = on.stranger.endpoint.flowTo(on.stranger.target);
    on.stranger.endpoint.send(on.stranger.build('ACK', on.side.contactUri('leg'), { headers: [['Via', `SIP/2.0/TCP ${on.stranger.host};branch=z9hG4bKx`]] }), flow);
    await on.clock.settle();
    expect(on.im.received).toHaveLength(0);
    expect(on.im.acks).toHaveLength(0);
  });

  it('is told by address and range', () => {
    const trusted = new TrustedPeers(['10.0.0.1', '10.7.0.0/16', '2001:db8::/32', '::1']);
    expect(['10.0.0.1', '10.7.255.1', '2001:db8::7', '::1'].map((host) => trusted.has(host))).toEqual([true, true, true, true]);
    expect(['10.0.0.2', '10.8.0.1', '2001:db9::1', '127.0.0.1', 'core.example.com'].map((host) => trusted.has(host))).toEqual([false, false, false, false, false]);
  });
});

describe('the core', () => {
  it('has its OPTIONS answered by the IM server (RFC 3261 §11), and an ACK goes to its dialog', async () => {
    const on = await stage();
    const response = await on.core.call('OPTIONS', on.side.contactUri('')).final;
    expect([response.status, response.headers.get('Allow')]).toEqual([200, expect.stringContaining('MESSAGE')]);
    const flow = on.core.endpoint.flowTo(on.core.target);
    on.core.endpoint.send(on.core.build('ACK', on.side.contactUri('leg'), { headers: [['Via', `SIP/2.0/TCP ${CORE};branch=z9hG4bKx`]] }), flow);
    await on.clock.settle();
    expect(on.im.acks.map(({ uri }) => uri)).toEqual([on.side.contactUri('leg')]);
  });
});

/* The core's side of IM-2 on the wire, with a stand-in for the IM server that is another machine. */
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ProtocolError } from '@simple-im/grammar';
import { respondTo, SipEndpoint, sipErrors, type IncomingRequest, type SipRequest } from '@simple-im/sip';
import { FakeRandom } from '@simple-im/transport/fake';
import { ImServerOverSip } from '../../src/im-2/core-side.js';
import { answer, CORE, coreWith, peerOf, type Peer, type TestCore, type TestCoreOptions } from '../sip-core/support.js';

const IM = '10.1.200.1';
const URI = `sip:im-server@${IM}:5070;transport=tcp`;
const target = { transport: 'TCP', address: { host: IM, port: 5070 } } as const;
const forIm = [['Accept-Contact', '*;+g.oma.sip-im']] as const;

interface Stage extends TestCore {
  readonly im2: ImServerOverSip;
  readonly alice: Peer;
  readonly bob: Peer;
  readonly warnings: string[];
}

async function stage(options: TestCoreOptions & { readonly whenDown?: 'refuse' | 'bypass' } = {}): Promise<Stage> {
  const on = await coreWith({ ...options, imServer: target });
  const warnings: string[] = [];
  const log = { debug: () => {}, info: () => {}, warn: (_fields: object, text: string) => warnings.push(text), error: () => {} };
  const { endpoint, core, own, clock } = on;
  const { whenDown = 'refuse', pagerTimeout = 10_000 } = options;
  const im2 = new ImServerOverSip({ endpoint, core, own, uri: URI, target, whenDown, pagerTimeout, clock, random: new FakeRandom(3), log });
  core.attach(im2);
  endpoint.onRequest = (incoming) => im2.receiveFromWire(incoming);
  endpoint.onFlowClosed = (flow) => im2.flowClosed(flow);
  onTestFinished(() => im2.close());
  return { ...on, im2, warnings, alice: await peerOf(on, 'alice'), bob: await peerOf(on, 'bob') };
}

interface ImServer {
  readonly endpoint: TestCore['endpoint'];
  readonly received: IncomingRequest[];
  readonly registers: SipRequest[];
  handle: (incoming: IncomingRequest) => void;
}

/** Answers REGISTER, keeps everything else; `handle` says what is done with it. */
async function imServer(on: TestCore): Promise<ImServer> {
  const endpoint = new SipEndpoint({ network: on.network.at(IM), clock: on.clock, random: new FakeRandom(77) });
  await endpoint.listenTcp({ host: IM, port: 5070 });
  onTestFinished(() => endpoint.close());
  const im: ImServer = { endpoint, received: [], registers: [], handle: () => {} };
  endpoint.onRequest = (incoming) => {
    if (incoming.request.method === 'REGISTER') {
      im.registers.push(incoming.request);
      return answer(incoming, 200);
    }
    im.received.push(incoming);
    im.handle(incoming);
  };
  return im;
}

/** Takes the IM server's own Route away and lets the next one lead, as a proxy does. */
function handBack(im: ImServer, incoming: IncomingRequest, change: (copy: SipRequest) => void = () => {}): void {
  const copy = incoming.request.clone();
  copy.headers.removeFirst('Route');
  change(copy);
  const core = { transport: 'TCP', address: { host: CORE, port: 5060 } } as const;
  im.endpoint.request(copy, core, {
    response: (response) => {
      response.headers.removeFirst('Via');
      incoming.respond(response);
    },
    failed: () => incoming.respond(respondTo(incoming.request, 480, { toTag: 'im' })),
  });
}

describe('a request on its way to the IM server (3GPP TS 24.229 §5.4.3)', () => {
  it('carries the Route of the IM server, below it one of the core that leads back, and the served user (RFC 5502)', async () => {
    const on = await stage();
    const im = await imServer(on);
    im.handle = (incoming) => handBack(im, incoming);
    await on.bob.register();
    on.bob.handle = (incoming) => answer(incoming, 200);
    expect((await on.alice.call('MESSAGE', 'sip:bob@example.com', { headers: [['P-Served-User', '<sip:mallory@example.com>']] }).final).status).toBe(200);
    const [originating, terminating] = im.received.map(({ request }) => request);
    const back = new RegExp(`^<sip:odi\\.[\\w-]{16,32}@${CORE}:5060;transport=tcp;lr>$`);
    expect(originating?.headers.list('Route')).toEqual([`<${URI};lr;orig>`, expect.stringMatching(back)]);
    expect(terminating?.headers.list('Route')).toEqual([`<${URI};lr>`, expect.stringMatching(back)]);
    expect(originating?.headers.all('P-Served-User')).toEqual(['<sip:alice@example.com>;sescase=orig']);
    expect(terminating?.headers.all('P-Served-User')).toEqual(['<sip:bob@example.com>;sescase=term']);
    expect(originating?.headers.get('P-Asserted-Identity')).toBe('<sip:alice@example.com>');
    expect([originating?.maxForwards, terminating?.maxForwards, on.bob.requests[0]?.maxForwards]).toEqual([69, 68, 67]);
    // Nothing of it reaches the recipient.
    expect(on.bob.requests[0]?.headers.has('Route')).toBe(false);
    expect(on.bob.requests[0]?.headers.has('P-Served-User')).toBe(false);
    expect(on.core.handedOver).toBe(0);
  });

  it('has a Record-Route of the core for either transport, so that the IM server needs only its own (RFC 5658 §3.2)', async () => {
    const on = await stage();
    const im = await imServer(on);
    im.handle = (incoming) => answer(incoming, 486);
    await on.alice.call('INVITE', 'sip:bob@example.com', { headers: [...forIm, ['Contact', `<${on.alice.contact}>`]] }).final;
    const transports = im.received[0]?.request.recordRoutes.map(({ uriText }) => /transport=(\w+)/.exec(uriText)?.[1]);
    expect(transports).toEqual(['tcp', 'udp']);
  });

  it('is answered 483 when its hops are used up', async () => {
    const on = await stage();
    await imServer(on);
    expect((await on.alice.call('MESSAGE', 'sip:bob@example.com', { maxForwards: 0 }).final).status).toBe(483);
  });

  it('gets the answer of the IM server, and a CANCEL gets there', async () => {
    const on = await stage();
    const im = await imServer(on);
    im.handle = (incoming) => answer(incoming, 603);
    expect((await on.alice.call('MESSAGE', 'sip:bob@example.com').final).status).toBe(603);
    im.handle = (incoming) => {
      incoming.respond(respondTo(incoming.request, 180, { toTag: 'im' }));
      incoming.onCancelled = () => answer(incoming, 487, 'im');
    };
    const call = on.alice.call('INVITE', 'sip:bob@example.com', { headers: forIm });
    await on.clock.settle();
    call.outgoing.cancel();
    expect((await call.final).status).toBe(487);
    expect(on.core.handedOver).toBe(0);
  });
});

describe('a request that says it was handed back', () => {
  it('is not believed under an identifier that was never given out', async () => {
    const on = await stage();
    await on.bob.register();
    const routes = [`<sip:odi.AAAAAAAAAAAAAAAA@${CORE}:5060;transport=tcp;lr>`];
    const forged = await on.alice.call('MESSAGE', 'sip:bob@example.com', { from: '<sip:carol@example.com>;tag=1', routes, headers: [['P-Asserted-Identity', '<sip:carol@example.com>']] }).final;
    expect([forged.status, forged.toTag === undefined]).toEqual([481, false]);
    expect(on.bob.requests).toHaveLength(0);
  });

  it('is answered 481 once the request has had its answer', async () => {
    const on = await stage();
    const im = await imServer(on);
    await on.bob.register();
    im.handle = (incoming) => answer(incoming, 403);
    await on.alice.call('MESSAGE', 'sip:bob@example.com').final;
    const late = im.received[0];
    const statuses: number[] = [];
    if (late !== undefined) {
      const copy = late.request.clone();
      copy.headers.removeFirst('Route');
      im.endpoint.request(copy, { transport: 'TCP', address: { host: CORE, port: 5060 } }, { response: ({ status }) => statuses.push(status), failed: () => {} });
    }
    await on.clock.settle();
    expect(statuses).toEqual([481]);
    expect(on.bob.requests).toHaveLength(0);
  });
});

describe('a user', () => {
  it('cannot choose the services by a Route to the IM server', async () => {
    const on = await stage();
    const im = await imServer(on);
    for (const uri of ['sip:carol@elsewhere.example', 'sip:bob@example.com']) {
      const routes = [`<sip:${CORE}:5060;lr>`, `<sip:${IM}:5070;transport=tcp;lr;orig>`];
      const status = (await on.alice.call('OPTIONS', uri, { routes, headers: [['P-Served-User', '<sip:bob@example.com>;sescase=orig']] }).final).status;
      expect(status).toBe(403);
    }
    expect(im.received).toHaveLength(0);
  });

  it('who addresses the IM server itself has no Route go along', async () => {
    const on = await stage();
    const im = await imServer(on);
    im.handle = (incoming) => answer(incoming, 404);
    const routes = [`<sip:${CORE}:5060;lr>`, `<sip:${IM}:5070;transport=tcp;lr;orig>`];
    expect((await on.alice.call('MESSAGE', on.core.contactUri(''), { routes }).final).status).toBe(404);
    expect(im.received[0]?.request.headers.has('Route')).toBe(false);
  });
});

describe('while the IM server is not there (default handling, 3GPP TS 24.229 §5.4.3)', () => {
  it('requests are refused with 503 and Retry-After, and forgotten', async () => {
    const on = await stage();
    await on.bob.register();
    for (const method of ['MESSAGE', 'INVITE']) {
      const response = await on.alice.call(method, 'sip:bob@example.com', { headers: forIm }).final;
      expect([response.status, response.headers.get('Retry-After')]).toEqual([503, '5']);
    }
    expect(on.core.handedOver).toBe(0);
  });

  it('requests are served without it where that was asked for', async () => {
    const on = await stage({ whenDown: 'bypass' });
    await on.bob.register();
    on.bob.handle = (incoming) => answer(incoming, 200);
    expect((await on.alice.call('MESSAGE', 'sip:bob@example.com').final).status).toBe(200);
    expect(on.bob.requests).toHaveLength(1);
    expect(on.core.handedOver).toBe(0);
  });

  it('one that is silent is given up before the sender\'s Timer F, never with 408 (RFC 4320 §4.2), and not bypassed', async () => {
    const on = await stage({ whenDown: 'bypass' });
    await imServer(on);
    await on.bob.register();
    const call = on.alice.call('MESSAGE', 'sip:bob@example.com');
    await on.clock.elapse(11_900);
    expect(call.responses.filter(({ status }) => status >= 200)).toEqual([]);
    await on.clock.elapse(200);
    expect((await call.final).status).toBe(480);
    expect(on.bob.requests).toHaveLength(0);
  });

  it('one that rings for ever is cancelled by Timer C (RFC 3261 §16.8)', async () => {
    const on = await stage();
    const im = await imServer(on);
    let cancelled = 0;
    im.handle = (incoming) => {
      incoming.respond(respondTo(incoming.request, 180, { toTag: 'im' }));
      incoming.onCancelled = () => {
        cancelled++;
        answer(incoming, 487, 'im');
      };
    };
    const call = on.alice.call('INVITE', 'sip:bob@example.com', { headers: forIm });
    await on.clock.elapse(184_000);
    expect(cancelled).toBe(0);
    await on.clock.elapse(2000);
    expect([cancelled, (await call.final).status]).toEqual([1, 487]);
  });
});

describe('third-party registration over SIP (3GPP TS 24.229 §5.4.1.7)', () => {
  const told = (im: ImServer): [string | undefined, number | undefined][] => im.registers.map(({ to, expires }) => [to?.uriText, expires]);

  it('tells of registration, refresh and removal, with the client\'s REGISTER inside', async () => {
    const on = await stage();
    const im = await imServer(on);
    for (const expires of [600, 300, 0]) await on.bob.register({ expires });
    await on.clock.settle();
    expect(told(im)).toEqual([600, 300, 0].map((expires) => ['sip:bob@example.com', expires]));
    expect(im.registers.map(({ uri, contentType }) => [uri, contentType?.type])).toEqual(Array.from({ length: 3 }, () => [URI, 'message/sip']));
  });

  it('is made good when the IM server was away, with what is true by then', async () => {
    const on = await stage();
    await on.alice.register({ expires: 600 });
    await on.bob.register({ expires: 600 });
    await on.clock.elapse(10_000);
    await on.bob.register({ expires: 0 });
    expect(on.warnings.length).toBeGreaterThan(0);
    const im = await imServer(on);
    await on.clock.elapse(30_000);
    const after = new Map(told(im));
    expect(after.get('sip:bob@example.com')).toBe(0);
    expect(after.get('sip:alice@example.com')).toBeGreaterThan(550);
    expect(after.get('sip:alice@example.com')).toBeLessThan(600);
    expect(im.registers).toHaveLength(2);
  });

  it('is repeated when the connection was lost: the IM server may have forgotten everything', async () => {
    const on = await stage();
    const first = await imServer(on);
    await on.alice.register();
    await on.bob.register();
    await on.bob.register({ expires: 0 });
    await on.clock.settle();
    expect(first.registers).toHaveLength(3);
    await first.endpoint.close();
    await on.clock.settle();
    const second = await imServer(on);
    await on.clock.elapse(2000);
    expect(told(second).map(([user]) => user)).toEqual(['sip:alice@example.com']);
  });

  it('asks nobody again and again while the IM server is away', async () => {
    const on = await stage();
    const sent = vi.spyOn(on.endpoint, 'request');
    for (let count = 0; count < 20; count++) await on.bob.register({ expires: 600 + count });
    expect(sent.mock.calls.length).toBeLessThan(3);
    await on.clock.elapse(60_000);
    expect(sent.mock.calls.length).toBeLessThan(12);
    expect(on.warnings).toHaveLength(sent.mock.calls.length);
  });

  it('waits for a connection that cannot even be begun, and for none once the sockets are closed', async () => {
    const on = await stage();
    const im = await imServer(on);
    const sent = vi.spyOn(on.endpoint, 'request').mockImplementationOnce(() => { throw new ProtocolError('SIP_TOO_MANY_CONNECTIONS', sipErrors.SIP_TOO_MANY_CONNECTIONS); });
    await on.bob.register();
    expect([sent.mock.calls.length, im.registers.length]).toEqual([1, 0]);
    await on.clock.elapse(1000);
    expect(told(im)).toEqual([['sip:bob@example.com', 600]]);
    sent.mockImplementation(() => { throw new ProtocolError('SIP_ENDPOINT_CLOSED', sipErrors.SIP_ENDPOINT_CLOSED); });
    await on.bob.register();
    await on.clock.elapse(60_000);
    expect(sent).toHaveBeenCalledTimes(3);
  });
});

describe('a request of the IM server\'s own (RFC 5502 §5.2)', () => {
  async function own(on: Stage, change: (request: SipRequest) => void = () => {}): Promise<number> {
    const im = await imServer(on);
    on.bob.handle = (incoming) => answer(incoming, 200);
    await on.bob.register();
    await on.clock.settle();
    const route = im.registers[0]?.headers.get('Contact') ?? '';
    const request = on.bob.build('MESSAGE', 'sip:bob@example.com', {
      from: '<sip:alice@example.com>;tag=stored', routes: [route],
      headers: [['P-Asserted-Identity', '<sip:alice@example.com>'], ['P-Served-User', '<sip:bob@example.com>;sescase=term']],
    });
    change(request);
    const response = new Promise<number>((resolve, reject) => {
      im.endpoint.request(request, { transport: 'TCP', address: { host: CORE, port: 5060 } }, {
        response: ({ status }) => { if (status >= 200) resolve(status); },
        failed: reject,
      });
    });
    im.handle = (incoming) => handBack(im, incoming);
    const status = await response;
    expect(im.received.map(({ request: { method } }) => method)).toEqual(status === 200 && !request.headers.has('P-Served-User') ? ['MESSAGE'] : []);
    return status;
  }

  it('goes to the contacts of the user whose services it says have been passed, with the identity it asserts', async () => {
    const on = await stage();
    expect(await own(on)).toBe(200);
    const [received] = on.bob.requests;
    expect([received?.headers.get('P-Asserted-Identity'), received?.headers.has('P-Served-User')]).toEqual(['<sip:alice@example.com>', false]);
  });

  it('passes the terminating services where it does not say so', async () => {
    const on = await stage();
    expect(await own(on, (request) => request.headers.delete('P-Served-User'))).toBe(200);
  });

  it('is refused by a Route that was not told to the IM server', async () => {
    const on = await stage();
    expect(await own(on, (request) => request.headers.set('Route', `<sip:odi.guessed@${CORE}:5060;transport=tcp;lr>`))).toBe(481);
    expect(on.bob.requests).toHaveLength(0);
  });
});

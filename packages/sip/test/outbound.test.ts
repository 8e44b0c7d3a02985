import { describe, expect, it } from 'vitest';
import { Outbound, buildRequest, gruusOf, outboundTable, respondTo } from '../src/index.js';
import type { IncomingRequest, OutboundEvent, OutboundOptions, SipRequest, SipResponse } from '../src/index.js';
import { World, hash } from './helpers.js';
import type { Host } from './helpers.js';
import { webSocketClient, webSocketServer } from './secure-helpers.js';

const INSTANCE = 'urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF';
const PROXY = 'sip:192.0.2.2;transport=tcp;lr';

/** Accepts as a registrar behind an edge proxy with outbound does. */
function accept(incoming: IncomingRequest, headers: readonly (readonly [string, string])[] = [['Require', 'outbound']]): void {
  const { request } = incoming;
  const expires = String(request.expires ?? 3600);
  incoming.respond(respondTo(request, 200, {
    toTag: 'r', headers: [...headers, ...request.headers.all('Contact').map((contact) => ['Contact', `${contact};expires=${expires}`] as const)],
  }));
}

interface Client extends Host {
  readonly outbound: Outbound;
  readonly events: OutboundEvent[];
  states(): string[];
}

async function client(world: World, options: Partial<OutboundOptions> = {}): Promise<Client> {
  const host = await world.host('192.0.2.1');
  const events: OutboundEvent[] = [];
  const outbound = new Outbound({
    endpoint: host.endpoint, aor: 'sip:alice@example.com', proxies: [PROXY], instance: INSTANCE, hash, onEvent: (event) => events.push(event), ...options,
  });
  host.endpoint.onFlowClosed = (flow, error) => outbound.flowClosed(flow, error);
  return { ...host, outbound, events, states: () => events.map(({ regId, state }) => `${regId} ${state}`) };
}

async function registrar(world: World, answer: (incoming: IncomingRequest, nth: number) => void, address = '192.0.2.2') {
  const host = await world.host(address);
  const requests: { readonly at: number; readonly request: SipRequest }[] = [];
  host.endpoint.onRequest = (incoming) => {
    requests.push({ at: world.clock.now(), request: incoming.request });
    answer(incoming, requests.length);
  };
  return { host, requests };
}

describe('registration with outbound (RFC 5626 §4.2)', () => {
  it('names instance, reg-id and what it supports, by way of the proxy', async () => {
    const world = new World();
    const { requests } = await registrar(world, (incoming) => accept(incoming));
    const { outbound, events } = await client(world);
    outbound.start();
    await world.clock.elapse(100);
    const request = requests[0]?.request as SipRequest;
    expect(request.uri).toBe('sip:example.com');
    expect(request.headers.all('Contact')).toEqual([`<sip:alice@192.0.2.1:5060;transport=tcp>;reg-id=1;+sip.instance="<${INSTANCE}>"`]);
    expect(request.headers.list('Supported')).toEqual(['path', 'outbound', 'gruu']);
    expect(request.routes.map(({ uriText }) => uriText)).toEqual([PROXY]);
    expect(events).toMatchObject([{ regId: 1, state: 'registered', outbound: true, expires: 600 }]);
    expect(outbound.flows).toHaveLength(1);
  });

  it('keeps the flow alive as Flow-Timer says, refreshes over it with the same Call-ID and the next CSeq (§4.2.2, §4.4)', async () => {
    const world = new World();
    const { host, requests } = await registrar(world, (incoming) => accept(incoming, [['Require', 'outbound'], ['Flow-Timer', '30']]));
    const { outbound } = await client(world);
    outbound.start();
    await world.clock.elapse(700_000);
    expect(requests.map(({ request }) => request.cseq?.number)).toEqual([1, 2, 3]);
    expect(new Set(requests.map(({ request }) => request.callId)).size).toBe(1);
    expect(Math.round((requests[1]?.at as number) / 1000)).toBe(300);
    expect(host.endpoint.load.connections).toBe(1);
    host.endpoint.onRequest = () => {};
    world.network.silence('192.0.2.2');
    await world.clock.elapse(41_000);
    expect(outbound.flows).toEqual([]);
  });

  it('offers keepalives in its Via, and sends them as the registrar says there, without outbound (RFC 6223 §4.3, §5)', async () => {
    const world = new World();
    let granted: string | undefined = 'keep=30';
    const { host, requests } = await registrar(world, (incoming) => {
      const { headers } = incoming.request;
      if (granted !== undefined) headers.set('Via', headers.all('Via').map((via) => via.replace(/;keep\b/, `;${granted}`)));
      accept(incoming, []);
    });
    const { outbound, events } = await client(world);
    outbound.start();
    await world.clock.elapse(100);
    expect(events).toMatchObject([{ state: 'registered', outbound: false }]);
    expect(requests[0]?.request.via?.params.has('keep')).toBe(true);
    // Kept alive, so that half of what was granted passes.
    await world.clock.elapse(301_000);
    expect(requests).toHaveLength(2);
    world.network.silence('192.0.2.2');
    await world.clock.elapse(41_000);
    expect(outbound.flows).toEqual([]);
    world.network.restore('192.0.2.2');
    granted = undefined;
    await world.clock.elapse(300_000);
    expect(outbound.flows).toHaveLength(1);
    host.endpoint.onRequest = () => {};
    world.network.silence('192.0.2.2');
    await world.clock.elapse(41_000);
    expect(outbound.flows).toHaveLength(1);
  });

  it('ceases keepalives that a refresh does not negotiate again (RFC 6223 §4.2.2)', async () => {
    const world = new World();
    const { requests } = await registrar(world, (incoming) => {
      const { headers } = incoming.request;
      if (requests.length === 1) headers.set('Via', headers.all('Via').map((via) => via.replace(/;keep\b/, ';keep=30')));
      accept(incoming, []);
    });
    const { outbound } = await client(world);
    outbound.start();
    await world.clock.elapse(302_000);
    expect(requests).toHaveLength(2);
    world.network.silence('192.0.2.2');
    await world.clock.elapse(100_000);
    expect(outbound.flows).toHaveLength(1);
  });

  it('sends no keepalives to a registrar without outbound', async () => {
    const world = new World();
    await registrar(world, (incoming) => accept(incoming, []));
    const { outbound, events } = await client(world);
    outbound.start();
    await world.clock.elapse(100);
    expect(events).toMatchObject([{ state: 'registered', outbound: false }]);
    world.network.silence('192.0.2.2');
    await world.clock.elapse(200_000);
    expect(outbound.flows).toHaveLength(1);
  });

  it('refreshes every 300 s a connection that is not kept alive, however long the registrar grants', async () => {
    const world = new World();
    const grants = (incoming: IncomingRequest): void => accept(incoming, []);
    const { host, requests } = await registrar(world, grants);
    const { outbound, states } = await client(world, { expires: 7200, userAgent: 'tester' });
    outbound.start();
    await world.clock.elapse(1_000_000);
    expect(requests.map(({ at }) => Math.round(at / 1000))).toEqual([0, 300, 600, 900]);
    expect(requests[0]?.request.headers.get('User-Agent')).toBe('tester');
    expect(new Set(states())).toEqual(new Set(['1 registered']));
    expect(host.endpoint.load.connections).toBe(1);
    outbound.stop();
    await world.clock.elapse(700_000);
    expect(world.clock.timers).toBe(0);
  });

  it('takes the only Contact of the answer for its own where the registrar leaves the instance out', async () => {
    const world = new World();
    await registrar(world, (incoming) => incoming.respond(respondTo(incoming.request, 200, { toTag: 'r', headers: [['Contact', '<sip:a@192.0.2.1>;expires=120']] })));
    const { outbound, events } = await client(world);
    outbound.start();
    await world.clock.elapse(100);
    expect(events).toMatchObject([{ state: 'registered', expires: 120 }]);
  });

  it('has a flow to each proxy of the set, with reg-ids in their order and a Call-ID each (§4.2.1)', async () => {
    const world = new World();
    const first = await registrar(world, (incoming) => accept(incoming));
    const second = await registrar(world, (incoming) => accept(incoming), '192.0.2.3');
    const { outbound, states } = await client(world, { proxies: [PROXY, 'sip:192.0.2.3;transport=tcp;lr'] });
    outbound.start();
    await world.clock.elapse(100);
    expect(states().toSorted()).toEqual(['1 registered', '2 registered']);
    expect(first.requests[0]?.request.headers.get('Contact')).toContain('reg-id=1');
    expect(second.requests[0]?.request.headers.get('Contact')).toContain('reg-id=2');
    expect(first.requests[0]?.request.callId).not.toBe(second.requests[0]?.request.callId);
  });

  it('registers over a WebSocket given by its URL, and over a new one when that is gone (RFC 7118 §5)', async () => {
    const world = new World();
    const edge = await webSocketServer(world, '192.0.2.2');
    edge.endpoint.onRequest = (incoming) => accept(incoming, []);
    const host = await webSocketClient(world, '192.0.2.1');
    const events: OutboundEvent[] = [];
    const outbound = new Outbound({
      endpoint: host.endpoint, aor: 'sip:alice@example.com', instance: INSTANCE, hash, onEvent: (event) => events.push(event),
      proxies: [{ transport: 'WS', address: { host: '192.0.2.2', port: 80 }, url: 'ws://192.0.2.2/sip' }],
    });
    host.endpoint.onFlowClosed = (flow, error) => outbound.flowClosed(flow, error);
    outbound.start();
    await world.clock.elapse(100);
    world.network.cut();
    await world.clock.elapse(100);
    expect(events.map(({ state }) => state)).toEqual(['registered', 'lost', 'registered']);
    expect(edge.wire[0]?.message?.headers.get('Contact')).toMatch(/^<sip:alice@[0-9a-f]+\.invalid;transport=ws>;reg-id=1;/);
  });

  it('registers without outbound after 439 (§11.6)', async () => {
    const world = new World();
    const { requests } = await registrar(world, (incoming, nth) => {
      if (nth === 1) incoming.respond(respondTo(incoming.request, 439, { toTag: 'r' }));
      else accept(incoming, []);
    });
    const { outbound, states } = await client(world);
    outbound.start();
    await world.clock.elapse(100);
    expect(states()).toEqual(['1 registered']);
    expect(requests[1]?.request.headers.list('Supported')).toEqual(['path', 'gruu']);
    expect(requests[1]?.request.headers.get('Contact')).not.toContain('reg-id');
  });

  it('takes back longer intervals after 423 (RFC 3261 §10.2.8), and gives up when none is named', async () => {
    const world = new World();
    const { requests } = await registrar(world, (incoming, nth) => {
      if (nth === 1) incoming.respond(respondTo(incoming.request, 423, { toTag: 'r', headers: [['Min-Expires', '1200']] }));
      else if (nth === 2) accept(incoming);
      else incoming.respond(respondTo(incoming.request, 423, { toTag: 'r' }));
    });
    const { outbound, states } = await client(world);
    outbound.start();
    await world.clock.elapse(700_000);
    expect(requests.map(({ request }) => request.expires)).toEqual([600, 1200, 1200]);
    expect(states()).toEqual(['1 registered', '1 failed']);
  });

  it('answers a challenge over the same flow (RFC 3261 §22.2)', async () => {
    const world = new World();
    const { requests } = await registrar(world, (incoming) => {
      if (incoming.request.headers.has('Authorization')) accept(incoming);
      else incoming.respond(respondTo(incoming.request, 401, { toTag: 'r', headers: [['WWW-Authenticate', 'Digest realm="example.com", nonce="n", qop="auth", algorithm=SHA-256']] }));
    });
    const { outbound, states } = await client(world, { credentials: { username: 'alice', password: 'secret' } });
    outbound.start();
    await world.clock.elapse(100);
    expect([states(), requests.length, new Set(requests.map(({ request }) => request.callId)).size]).toEqual([['1 registered'], 2, 1]);
  });

  it('removes the binding with the same instance and reg-id (§4.2.2)', async () => {
    const world = new World();
    const { requests } = await registrar(world, (incoming) => accept(incoming));
    const { outbound, states } = await client(world);
    outbound.start();
    await world.clock.elapse(100);
    outbound.stop();
    await world.clock.elapse(100);
    expect(states()).toEqual(['1 registered', '1 ended']);
    expect([requests[1]?.request.expires, requests[1]?.request.headers.get('Contact')]).toEqual([0, requests[0]?.request.headers.get('Contact')]);
    await world.clock.elapse(2_000_000);
    expect(requests).toHaveLength(2);
  });
});

describe('flow recovery (RFC 5626 §4.5)', () => {
  it('forms a new flow at once when one that worked fails, with the same reg-id', async () => {
    const world = new World();
    const { requests } = await registrar(world, (incoming) => accept(incoming, []));
    const { outbound, states } = await client(world);
    outbound.start();
    await world.clock.elapse(1000);
    world.network.cut();
    await world.clock.elapse(100);
    expect(states()).toEqual(['1 registered', '1 lost', '1 registered']);
    expect(requests[1]?.request.headers.get('Contact')).toContain('reg-id=1');
  });

  it('waits first when no keepalive of the flow was answered yet', async () => {
    const world = new World();
    const { requests } = await registrar(world, (incoming) => accept(incoming));
    const { outbound, events, states } = await client(world);
    outbound.start();
    await world.clock.elapse(1000);
    world.network.cut();
    await world.clock.elapse(29_000);
    expect([states(), requests.length]).toEqual([['1 registered', '1 lost'], 1]);
    expect(events[1]?.retryIn).toBeGreaterThanOrEqual(30_000);
    await world.clock.elapse(31_000);
    expect(states().at(-1)).toBe('1 registered');
  });

  it('waits 30 to 60 s after the first failure, doubling up to 1800 s, of which half to all passes', async () => {
    const world = new World();
    const { outbound, events } = await client(world);
    outbound.start();
    await world.clock.elapse(20_000_000);
    const waits = events.map(({ retryIn }) => retryIn as number);
    for (const [i, wait] of waits.entries()) {
      const most = Math.min(1_800_000, 30_000 * 2 ** (i + 1));
      expect(wait).toBeGreaterThanOrEqual(most / 2);
      expect(wait).toBeLessThanOrEqual(most);
    }
    expect(waits.length).toBeGreaterThan(10);
  });

  it('waits three times as long while another flow works', async () => {
    const world = new World();
    await registrar(world, (incoming) => accept(incoming), '192.0.2.3');
    const { outbound, events } = await client(world, { proxies: ['sip:192.0.2.3;transport=tcp;lr', PROXY] });
    outbound.start();
    await world.clock.elapse(1000_000);
    const waits = events.filter(({ regId }) => regId === 2).map(({ retryIn }) => retryIn as number);
    // The first failure may come before the other flow works.
    expect(waits[1]).toBeGreaterThanOrEqual(180_000);
  });

  it('keeps the flow after a 503 to a refresh, and waits at least as long as Retry-After says (§4.2.2)', async () => {
    const world = new World();
    const { host, requests } = await registrar(world, (incoming, nth) => {
      if (nth === 2) incoming.respond(respondTo(incoming.request, 503, { toTag: 'r', headers: [['Retry-After', '120']] }));
      else accept(incoming);
    });
    const { outbound, states } = await client(world);
    outbound.start();
    await world.clock.elapse(450_000);
    expect(states()).toEqual(['1 registered', '1 lost', '1 registered']);
    expect((requests[2]?.at as number) - (requests[1]?.at as number)).toBeGreaterThanOrEqual(120_000);
    expect([host.endpoint.load.connections, new Set(host.wire.map(({ flow }) => flow.id)).size]).toEqual([1, 1]);
  });

  it('gives up after a refusal until it is started again', async () => {
    const world = new World();
    const { requests } = await registrar(world, (incoming, nth) => {
      if (nth === 1) incoming.respond(respondTo(incoming.request, 403, { toTag: 'r' }));
      else accept(incoming);
    });
    const { outbound, events, states } = await client(world);
    outbound.start();
    await world.clock.elapse(2_000_000);
    expect([states(), requests.length, events[0]?.error?.status]).toEqual([['1 failed'], 1, 403]);
    outbound.start();
    await world.clock.elapse(100);
    expect(states().at(-1)).toBe('1 registered');
  });

  it('has a row for stop in every state but those that end anyway, and no state without a way out', () => {
    for (const [state, rows] of Object.entries(outboundTable.states)) {
      expect(Object.values(rows).some(({ next }) => next !== state), state).toBe(true);
      if (!['Idle', 'Ending', 'Unregistering'].includes(state)) expect(rows, state).toHaveProperty('stop');
    }
  });
});

describe('GRUU (RFC 5627)', () => {
  const response = (...contacts: string[]): SipResponse => {
    const request = buildRequest({ method: 'REGISTER', uri: 'sip:example.com', from: '<sip:a@example.com>;tag=1', to: '<sip:a@example.com>', callId: 'c', cseq: 1 });
    return respondTo(request, 200, { toTag: 't', headers: contacts.map((contact) => ['Contact', contact]) });
  };

  it('finds the GRUUs of the instance, by reg-id where there are several (§5.3)', () => {
    const answer = response(
      '<sip:a@192.0.2.7>;+sip.instance="<urn:uuid:other>";pub-gruu="sip:a@example.com;gr=urn:uuid:other"',
      `<sip:a@192.0.2.1>;reg-id=1;+sip.instance="<${INSTANCE}>";pub-gruu="sip:a@example.com;gr=${INSTANCE}";temp-gruu="sip:tgruu.one@example.com;gr"`,
      `<sip:a@192.0.2.1>;reg-id=2;+sip.instance="<${INSTANCE}>";pub-gruu="sip:a@example.com;gr=${INSTANCE}";temp-gruu="sip:tgruu.two@example.com;gr"`,
    );
    const pub = `sip:a@example.com;gr=${INSTANCE}`;
    expect(gruusOf(answer, INSTANCE)).toEqual({ public: pub, temporary: 'sip:tgruu.one@example.com;gr' });
    expect(gruusOf(answer, INSTANCE, 2)).toEqual({ public: pub, temporary: 'sip:tgruu.two@example.com;gr' });
    expect(gruusOf(answer, 'urn:uuid:nobody')).toEqual({ public: undefined, temporary: undefined });
  });

  it('takes nothing that is no SIP URI', () => {
    expect(gruusOf(response(`<sip:a@192.0.2.1>;+sip.instance="<${INSTANCE}>";pub-gruu="javascript:x"`), INSTANCE).public).toBeUndefined();
  });
});

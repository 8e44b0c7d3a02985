import type { ProtocolError } from '@simple-im/grammar';
import type { SrvRecord } from '@simple-im/transport';
import { FakeResolver } from '@simple-im/transport/fake';
import { describe, expect, it } from 'vitest';
import { buildRequest, FailedTargets, FailoverRequest, respondTo } from '../src/index.js';
import type { FailoverOptions, SipEndpoint, SipRequest, SipResponse, Target } from '../src/index.js';
import { World } from './helpers.js';
import type { Host } from './helpers.js';

const URI = 'sip:bob@example.com';
const udp = (host: string): Target => ({ transport: 'UDP', address: { host, port: 5060 } });
const server = (priority: number, n: number): SrvRecord => ({ priority, weight: 0, port: 5060, target: `s${n}.example.com` });

/** example.com is served by 192.0.2.11, .12 and .13, in that order. */
function zone(transport: 'udp' | 'tcp' = 'udp'): FakeResolver {
  return new FakeResolver(
    { 's1.example.com': ['192.0.2.11'], 's2.example.com': ['192.0.2.12'], 's3.example.com': ['192.0.2.13'] },
    { srv: { [`_sip._${transport}.example.com`]: [server(1, 1), server(2, 2), server(3, 3)] } },
  );
}

type Answer = (request: SipRequest, respond: (status: number, headers?: [string, string][]) => void) => void;

async function cluster(answers: readonly (Answer | 'dead')[], transport: 'udp' | 'tcp' = 'udp') {
  const world = new World();
  const servers: Host[] = [];
  for (const [i, answer] of answers.entries()) {
    const host = await world.host(`192.0.2.1${i + 1}`);
    servers.push(host);
    if (answer === 'dead') {
      world.network.silence(`192.0.2.1${i + 1}`);
      continue;
    }
    host.endpoint.onRequest = (incoming) => answer(incoming.request, (status, headers = []) => {
      incoming.respond(respondTo(incoming.request, status, { headers, toTag: status > 100 ? `t${i}` : undefined }));
    });
  }
  const alice = await world.agent('alice', '192.0.2.1', { host: { resolver: zone(transport) } });
  return { world, servers, alice };
}

const received = (host: Host | undefined): string[] => host?.wire.filter(({ direction }) => direction === 'in').map(({ message }) =>
  (message as SipRequest).method) ?? [];
const sentTo = (from: Host, host: string): SipRequest[] => from.wire
  .filter(({ direction, flow }) => direction === 'out' && flow.remote.host === host).map(({ message }) => (message as SipRequest).clone());

describe('failover (RFC 3263 §4.3)', () => {
  it('sends the same request with another branch to the next server when Timer F fires without any response', async () => {
    const { world, alice } = await cluster(['dead', (_, respond) => respond(200)]);
    const answer = alice.ua.request('MESSAGE', URI, { body: new TextEncoder().encode('hi') });
    await world.clock.elapse(32_000);
    expect((await answer).status).toBe(200);
    const [first, second] = ['192.0.2.11', '192.0.2.12'].map((host) => sentTo(alice, host)[0] as SipRequest) as [SipRequest, SipRequest];
    expect(second.via?.branch).not.toBe(first.via?.branch);
    for (const request of [first, second]) request.headers.delete('Via');
    expect([...second.headers]).toEqual([...first.headers]);
    expect(second.body).toEqual(first.body);
  });

  it('goes there with one Via and with the Contact of the other flow (§8.1.1.7, §8.1.1.8)', async () => {
    const { world, alice } = await cluster(['dead', (_, respond) => respond(202)]);
    const resolver = new FakeResolver(
      { 's1.example.net': ['192.0.2.11'], 's2.example.net': ['192.0.2.12'] },
      { srv: { '_sip._udp.example.net': [{ ...server(1, 1), target: 's1.example.net' }], '_sip._tcp.example.net': [{ ...server(1, 2), target: 's2.example.net' }] } },
    );
    const bob = await world.agent('bob', '192.0.2.3', { host: { resolver } });
    const answer = bob.ua.request('SUBSCRIBE', 'sip:carol@example.net', { headers: [['Event', 'test']] });
    await world.clock.elapse(32_000);
    expect((await answer).status).toBe(202);
    const [first, second] = ['192.0.2.11', '192.0.2.12'].map((host) => sentTo(bob, host)[0] as SipRequest) as [SipRequest, SipRequest];
    expect([first, second].map(({ vias }) => vias.map(({ transport }) => transport))).toEqual([['UDP'], ['TCP']]);
    expect([first, second].map(({ contacts }) => contacts.map(({ uri }) => 'params' in uri && uri.params.get('transport')))).toEqual([[undefined], ['tcp']]);
    expect(alice.wire).toEqual([]);
  });

  it('goes to the next server after Timer B, and acknowledges there', async () => {
    const { world, servers, alice } = await cluster(['dead', (_, respond) => respond(486)]);
    const invite = alice.ua.invite(URI);
    const answered = invite.answered.catch((error: ProtocolError) => error);
    await world.clock.elapse(33_000);
    expect(await answered).toMatchObject({ code: 'SIP_REJECTED', status: 486 });
    expect(received(servers[1])).toEqual(['INVITE', 'ACK']);
  });

  it('goes to the next server after a 503, and gives it only when there is none left', async () => {
    const { world, servers, alice } = await cluster([(_, respond) => respond(503), (_, respond) => respond(200), (_, respond) =>
      respond(200)]);
    const answer = alice.ua.request('MESSAGE', URI);
    await world.clock.settle();
    expect((await answer).status).toBe(200);
    expect(received(servers[2])).toEqual([]);

    const busy = await cluster([(_, respond) => respond(503), (_, respond) => respond(503), (_, respond) => respond(503)]);
    const refused = busy.alice.ua.request('MESSAGE', URI);
    await busy.world.clock.settle();
    expect((await refused).status).toBe(503);
    expect(busy.servers.map(received)).toEqual([['MESSAGE'], ['MESSAGE'], ['MESSAGE']]);
  });

  it('goes to the next server when a connection is refused', async () => {
    const { world, servers } = await cluster([(_, respond) => respond(200)], 'tcp');
    const resolver = zone('tcp');
    resolver.srvs.set('_sip._tcp.example.com', [server(1, 2), server(2, 3), server(3, 1)]);
    const bob = await world.agent('bob', '192.0.2.2', { host: { resolver } });
    const answer = bob.ua.request('MESSAGE', URI);
    await world.clock.elapse(1_000);
    expect((await answer).status).toBe(200);
    expect(received(servers[0])).toEqual(['MESSAGE']);
  });

  it('goes to the next address when there is no socket of the family of the first', async () => {
    const { world, servers } = await cluster([(_, respond) => respond(200)]);
    const resolver = new FakeResolver({ 'dual.example.com': ['2001:db8::1', '192.0.2.11'] });
    const bob = await world.agent('bob', '192.0.2.2', { host: { resolver } });
    const answer = bob.ua.request('MESSAGE', 'sip:dual.example.com:5060');
    await world.clock.settle();
    expect((await answer).status).toBe(200);
    expect(received(servers[0])).toEqual(['MESSAGE']);
  });

  it('takes every other final response as it is', async () => {
    for (const status of [404, 486, 500, 504, 603]) {
      const { world, servers, alice } = await cluster([(_, respond) => respond(status), (_, respond) => respond(200)]);
      const answer = alice.ua.request('MESSAGE', URI);
      await world.clock.settle();
      expect((await answer).status).toBe(status);
      expect(received(servers[1])).toEqual([]);
    }
  });

  it('stays where a provisional response came from: a timeout after it is none "without any response"', async () => {
    const { world, servers, alice } = await cluster([(_, respond) => respond(100), (_, respond) => respond(200)]);
    const answer = alice.ua.request('MESSAGE', URI).catch((error: ProtocolError) => error);
    await world.clock.elapse(40_000);
    expect(await answer).toMatchObject({ code: 'SIP_TIMEOUT' });
    expect(received(servers[1])).toEqual([]);
  });

  it('does not ring a second time when the connection to a ringing callee is lost', async () => {
    const { world, servers, alice } = await cluster([(_, respond) => respond(180), (_, respond) => respond(200)], 'tcp');
    const failed = alice.ua.invite(`${URI};transport=tcp`).answered.catch((error: ProtocolError) => error);
    await world.clock.settle();
    await servers[0]?.endpoint.close();
    await world.clock.elapse(1_000);
    expect(await failed).toMatchObject({ code: 'SIP_TRANSPORT' });
    expect(received(servers[1])).toEqual([]);
  });

  it('answers a challenge where it came from', async () => {
    const challenge: [string, string] = ['WWW-Authenticate', 'Digest realm="example.com", nonce="n", algorithm=SHA-256, qop="auth"'];
    const { world, servers } = await cluster([
      (_, respond) => respond(503),
      (request, respond) => (request.headers.has('Authorization') ? respond(200) : respond(401, [challenge])),
    ]);
    const credentials = { username: 'carol', password: 'secret' };
    const carol = await world.agent('carol', '192.0.2.3', { credentials, host: { resolver: zone() } });
    const answer = carol.ua.request('MESSAGE', URI);
    await world.clock.settle();
    expect((await answer).status).toBe(200);
    expect(servers.map(received)).toEqual([['MESSAGE'], ['MESSAGE', 'MESSAGE']]);
  });

  it('ends with the error of the last attempt', async () => {
    const { world, alice } = await cluster(['dead', 'dead']);
    const resolver = zone();
    resolver.srvs.set('_sip._udp.example.com', [server(1, 1), server(2, 2)]);
    const bob = await world.agent('bob', '192.0.2.2', { host: { resolver } });
    const answer = bob.ua.request('MESSAGE', URI).catch((error: ProtocolError) => error);
    await world.clock.elapse(65_000);
    expect(await answer).toMatchObject({ code: 'SIP_TIMEOUT' });
    expect(alice.lines()).toEqual([]);
  });

  it('tries no further place once its signal is aborted', async () => {
    const { world, servers, alice } = await cluster(['dead', (_, respond) => respond(200)]);
    const controller = new AbortController();
    const answer = alice.ua.request('MESSAGE', URI, { signal: controller.signal }).catch((error: ProtocolError) => error);
    await world.clock.elapse(1_000);
    controller.abort();
    await world.clock.elapse(40_000);
    expect(await answer).toMatchObject({ code: 'SIP_ABORTED' });
    expect(received(servers[1])).toEqual([]);
  });

  it('tries no further place once the caller has cancelled', async () => {
    const { world, servers, alice } = await cluster([(_, respond) => respond(180), (_, respond) => respond(200)]);
    servers[0]!.endpoint.onRequest = (incoming) => {
      incoming.respond(respondTo(incoming.request, 180, { toTag: 'x' }));
      incoming.onCancelled = () => incoming.respond(respondTo(incoming.request, 503, { toTag: 'x' }));
    };
    const invite = alice.ua.invite(URI);
    const failed = invite.answered.catch((error: ProtocolError) => error);
    await world.clock.settle();
    invite.cancel();
    await world.clock.settle();
    expect(await failed).toMatchObject({ code: 'SIP_ABORTED' });
    expect(received(servers[0])).toEqual(['INVITE', 'CANCEL', 'ACK']);
    expect(received(servers[1])).toEqual([]);
  });
});

describe('places that failed', () => {
  it('are passed over for the seconds a 503 names in Retry-After (RFC 3261 §21.5.4), and without one are not', async () => {
    let headers: [string, string][] = [['Retry-After', '120 (restarting);duration=60']];
    const { world, servers, alice } = await cluster([(_, respond) => respond(503, headers), (_, respond) => respond(200)]);
    const send = async (): Promise<void> => {
      const answer = alice.ua.request('MESSAGE', URI);
      await world.clock.settle();
      expect((await answer).status).toBe(200);
    };
    await send();
    await world.clock.elapse(119_999);
    await send();
    expect(received(servers[0])).toHaveLength(1);
    headers = [];
    await world.clock.elapse(1);
    await send();
    await send();
    expect(received(servers[0])).toHaveLength(3);
  });

  it('are passed over for a minute when they did not answer, and tried all the same when there is no other', async () => {
    const { world, servers, alice } = await cluster(['dead', (_, respond) => respond(200)]);
    const first = alice.ua.request('MESSAGE', URI);
    await world.clock.elapse(32_000);
    await first;
    const before = sentTo(alice, '192.0.2.11').length;
    const second = alice.ua.request('MESSAGE', URI);
    await world.clock.settle();
    expect((await second).status).toBe(200);
    expect(sentTo(alice, '192.0.2.11')).toHaveLength(before);

    world.network.restore('192.0.2.11');
    servers[0]!.endpoint.onRequest = (incoming) => incoming.respond(respondTo(incoming.request, 200, { toTag: 'x' }));
    const direct = alice.ua.request('MESSAGE', 'sip:bob@192.0.2.11');
    await world.clock.settle();
    expect((await direct).status).toBe(200);
    // It answered, so it is no longer passed over.
    expect(alice.endpoint.locator.failed.has(udp('192.0.2.11'), world.clock.now())).toBe(false);
  });

  it('are forgotten when their time is over, or when there are too many', () => {
    const failed = new FailedTargets({ max: 2, time: 100, maxTime: 1_000 });
    failed.add(udp('192.0.2.1'), 0);
    expect(failed.has(udp('192.0.2.1'), 99)).toBe(true);
    expect(failed.has({ ...udp('192.0.2.1'), transport: 'TCP' }, 99)).toBe(false);
    expect(failed.has(udp('192.0.2.1'), 100)).toBe(false);
    expect(failed.size).toBe(0);
    failed.add(udp('192.0.2.1'), 0, 1e9);
    expect(failed.has(udp('192.0.2.1'), 1_000)).toBe(false);
    for (const host of ['192.0.2.1', '192.0.2.2', '192.0.2.1', '192.0.2.3']) failed.add(udp(host), 0);
    expect([failed.has(udp('192.0.2.1'), 1), failed.has(udp('192.0.2.2'), 1), failed.has(udp('192.0.2.3'), 1)]).toEqual([true, false,
      true]);
  });
});

describe('FailoverRequest', () => {
  const message = (): SipRequest => buildRequest({
    method: 'MESSAGE', uri: URI, from: { uri: 'sip:alice@example.com' }, to: `<${URI}>`, callId: 'c', cseq: 1,
  });

  function send(endpoint: SipEndpoint, hosts: readonly string[], options: FailoverOptions = {}) {
    const events: string[] = [];
    async function* targets(): AsyncGenerator<Target> {
      for (const host of hosts) yield udp(host);
    }
    const exchange = new FailoverRequest(endpoint, message(), endpoint.locator.candidatesAmong(targets()), {
      response: (response: SipResponse, _, target) => events.push(`${response.status} ${target.address.host}`),
      failed: (error) => events.push(error.code),
      terminated: () => events.push('terminated'),
    }, options);
    return { exchange, events };
  }

  it('tells once how it ended, then that it is over', async () => {
    const { world, alice } = await cluster([(_, respond) => respond(503), (_, respond) => respond(200)]);
    const { events } = send(alice.endpoint, ['192.0.2.11', '192.0.2.12']);
    expect(events).toEqual([]);
    await world.clock.elapse(40_000);
    expect(events).toEqual(['200 192.0.2.12', 'terminated']);
  });

  it('tells a 503 nobody could better, then that it is over', async () => {
    const { world, alice } = await cluster([(_, respond) => respond(503)]);
    const { events } = send(alice.endpoint, ['192.0.2.11']);
    await world.clock.elapse(40_000);
    expect(events).toEqual(['503 192.0.2.11', 'terminated']);
  });

  it('tries as many places as maxAttempts says, and none after maxTime', async () => {
    const { world, alice } = await cluster(['dead', 'dead', 'dead', (_, respond) => respond(200)]);
    const hosts = ['192.0.2.11', '192.0.2.12', '192.0.2.13', '192.0.2.14'];
    const few = send(alice.endpoint, hosts, { maxAttempts: 1 });
    const late = send(alice.endpoint, hosts.slice(1), { maxTime: 32_001 });
    await world.clock.elapse(130_000);
    expect(few.events).toEqual(['SIP_TIMEOUT', 'terminated']);
    expect(late.events).toEqual(['SIP_TIMEOUT', 'terminated']);
  });

  it('fails with SIP_ABORTED when it is cancelled on the way from one place to the next', async () => {
    const { world, alice } = await cluster([(_, respond) => respond(200)]);
    const { exchange, events } = send(alice.endpoint, ['192.0.2.11']);
    exchange.cancel();
    await world.clock.settle();
    expect(events).toEqual(['SIP_ABORTED', 'terminated']);
    expect(alice.lines()).toEqual([]);
  });

  it('calls no handler before it is there, even when its only place is refused at once', async () => {
    const { world, alice } = await cluster([]);
    const first: Target = { transport: 'UDP', address: { host: '2001:db8::1', port: 5060 } };
    const { events } = send(alice.endpoint, [], { first, maxAttempts: 1 });
    expect(events).toEqual([]);
    await world.clock.settle();
    expect(events).toEqual(['SIP_NO_SOCKET', 'terminated']);
  });

  it('fails when there is no place at all', async () => {
    const { world, alice } = await cluster([]);
    const { events } = send(alice.endpoint, []);
    await world.clock.settle();
    expect(events).toEqual(['SIP_UNRESOLVED', 'terminated']);
  });
});

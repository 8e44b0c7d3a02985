import type { Address, ByteConnection, DatagramSocket } from '@simple-im/transport';
import { describe, expect, it } from 'vitest';
import { bindingRequest, bindingResponse, decodeStun, isStun } from '../src/stun.js';
import type { Flow } from '../src/index.js';
import { World } from './helpers.js';
import type { Host } from './helpers.js';
import { message, send } from './secure-helpers.js';

const remote: Address = { host: '192.0.2.2', port: 5060 };

interface Watched extends Host {
  readonly flow: Flow;
  readonly closed: (string | undefined)[];
}

async function client(world: World, transport: 'TCP' | 'UDP'): Promise<Watched> {
  const host = await world.host('192.0.2.1');
  const closed: (string | undefined)[] = [];
  host.endpoint.onFlowClosed = (_, error) => closed.push((error as (Error & { code?: string }) | undefined)?.code);
  return { ...host, closed, flow: host.endpoint.flowTo({ transport, address: remote }) };
}

/** A TCP server that speaks octets; `answer` to every ping. */
async function tcpServer(world: World, answer: string | undefined) {
  const pings: number[] = [];
  await world.network.at(remote.host).listenTcp(remote, (connection: ByteConnection) => {
    connection.attach({
      data: (bytes) => {
        if (new TextDecoder().decode(bytes) !== '\r\n\r\n') return;
        pings.push(world.clock.now());
        if (answer !== undefined) connection.write(new TextEncoder().encode(answer));
      },
      closed: () => {},
    });
  });
  return pings;
}

async function stunServer(world: World, seenAs: (nth: number) => Address | undefined) {
  const requests: { readonly at: number; readonly hex: string }[] = [];
  const bound: { socket?: DatagramSocket } = {};
  bound.socket = await world.network.at(remote.host).bindUdp(remote, {
    datagram: (bytes, from) => {
      if (!isStun(bytes)) return;
      requests.push({ at: world.clock.now(), hex: decodeStun(bytes)?.transaction ?? '' });
      const address = seenAs(requests.length);
      const response = address === undefined ? undefined : bindingResponse(bytes, address);
      if (response !== undefined) bound.socket?.send(response, from);
    },
    error: () => {},
  });
  return requests;
}

describe('keepalives over connections (RFC 5626 §4.4.1)', () => {
  it('sends CRLF CRLF every 95 to 120 s, each time after another while', async () => {
    const world = new World();
    const pings = await tcpServer(world, '\r\n');
    const { endpoint, flow, closed } = await client(world, 'TCP');
    let answers = 0;
    endpoint.keepAlive(flow, { answered: () => (answers += 1) });
    await world.clock.elapse(1_000_000);
    const gaps = pings.slice(1).map((at, i) => at - (pings[i] as number));
    expect(gaps.length).toBeGreaterThan(6);
    expect(gaps.every((gap) => gap >= 95_000 && gap <= 120_100)).toBe(true);
    expect(new Set(gaps).size).toBeGreaterThan(3);
    expect([answers, closed]).toEqual([pings.length, []]);
  });

  it('keeps to 80 to 100 % of the time a server names (§4.4)', async () => {
    const world = new World();
    const pings = await tcpServer(world, '\r\n');
    const { endpoint, flow } = await client(world, 'TCP');
    endpoint.keepAlive(flow, { interval: 20_000 });
    await world.clock.elapse(200_000);
    const gaps = pings.slice(1).map((at, i) => at - (pings[i] as number));
    expect(gaps.length).toBeGreaterThan(7);
    expect(gaps.every((gap) => gap >= 16_000 && gap <= 20_100)).toBe(true);
  });

  it.each([['nothing', undefined], ['a ping of its own', '\r\n\r\n']])('takes the flow for dead 10 s after a ping that got %s, and says why', async (_, answer) => {
    const world = new World();
    const pings = await tcpServer(world, answer);
    const { endpoint, flow, closed } = await client(world, 'TCP');
    endpoint.keepAlive(flow);
    while (pings.length === 0) await world.clock.elapse(500);
    await world.clock.elapse(9_000);
    expect(closed).toEqual([]);
    await world.clock.elapse(1_500);
    expect([closed, endpoint.load.connections]).toEqual([['SIP_KEEPALIVE_UNANSWERED'], 0]);
  });

  it('fails the requests under way on a dead flow', async () => {
    const world = new World();
    await tcpServer(world, undefined);
    const { endpoint, flow } = await client(world, 'TCP');
    endpoint.keepAlive(flow, { interval: 1000 });
    const told = send(endpoint, message(), flow);
    await world.clock.elapse(12_000);
    expect(told).toEqual(['SIP_TRANSPORT']);
  });

  it('ends with stopKeepAlive and with the flow', async () => {
    const world = new World();
    const pings = await tcpServer(world, '\r\n');
    const { endpoint, flow, closed } = await client(world, 'TCP');
    endpoint.keepAlive(flow, { interval: 10_000 });
    await world.clock.elapse(35_000);
    endpoint.stopKeepAlive(flow);
    const sent = pings.length;
    await world.clock.elapse(100_000);
    expect([sent > 2, pings.length]).toEqual([true, sent]);
    endpoint.keepAlive(flow, { interval: 10_000 });
    world.network.cut();
    await world.clock.elapse(100_000);
    expect([closed.length, pings.length]).toEqual([1, sent]);
  });
});

describe('keepalives over UDP (RFC 5626 §4.4.2)', () => {
  const here = { host: '192.0.2.1', port: 5060 };

  it('sends STUN Binding requests every 24 to 29 s', async () => {
    const world = new World();
    const requests = await stunServer(world, () => here);
    const { endpoint, flow, closed } = await client(world, 'UDP');
    endpoint.keepAlive(flow);
    await world.clock.elapse(290_000);
    const gaps = requests.slice(1).map(({ at }, i) => at - (requests[i]?.at as number));
    expect(gaps.length).toBeGreaterThan(7);
    expect(gaps.every((gap) => gap >= 24_000 && gap <= 29_100)).toBe(true);
    expect(new Set(requests.map(({ hex }) => hex)).size).toBe(requests.length);
    expect(closed).toEqual([]);
  });

  it('sends a request seven times before the flow is dead (RFC 5389 §7.2.1)', async () => {
    const world = new World();
    const requests = await stunServer(world, () => undefined);
    const { endpoint, flow, closed } = await client(world, 'UDP');
    endpoint.keepAlive(flow);
    await world.clock.elapse(29_000 + 39_500 + 100);
    const [first] = requests;
    expect(requests.map(({ at }) => Math.round((at - (first?.at as number)) / 100) * 100)).toEqual([0, 500, 1500, 3500, 7500, 15_500, 31_500]);
    expect(new Set(requests.map(({ hex }) => hex)).size).toBe(1);
    expect(closed).toEqual(['SIP_KEEPALIVE_UNANSWERED']);
  });

  it('takes the flow for dead when the server sees another address of ours', async () => {
    const world = new World();
    const requests = await stunServer(world, (nth) => (nth < 3 ? here : { ...here, port: 5061 }));
    const { endpoint, flow, closed } = await client(world, 'UDP');
    endpoint.keepAlive(flow);
    await world.clock.elapse(120_000);
    expect([requests.length, closed]).toEqual([3, ['SIP_ADDRESS_CHANGED']]);
  });

  it('ignores a response to another request', async () => {
    const world = new World();
    const socket = await world.network.at(remote.host).bindUdp(remote, {
      datagram: (bytes, from) => {
        const other = bindingResponse(bindingRequest(new Uint8Array(12)), here);
        if (isStun(bytes) && other !== undefined) socket.send(other, from);
      },
      error: () => {},
    });
    const { endpoint, flow, closed } = await client(world, 'UDP');
    endpoint.keepAlive(flow);
    await world.clock.elapse(70_000);
    expect(closed).toEqual(['SIP_KEEPALIVE_UNANSWERED']);
  });

  it('sends CRLF CRLF where that is asked for, and waits for no answer', async () => {
    const world = new World();
    const got: string[] = [];
    await world.network.at(remote.host).bindUdp(remote, { datagram: (bytes) => got.push(new TextDecoder().decode(bytes)), error: () => {} });
    const { endpoint, flow, closed } = await client(world, 'UDP');
    endpoint.keepAlive(flow, { udp: 'crlf', interval: 10_000 });
    await world.clock.elapse(60_000);
    expect([got.length > 5, new Set(got), closed]).toEqual([true, new Set(['\r\n\r\n']), []]);
  });

  it('answers Binding requests where SIP is received, and no other STUN (§8)', async () => {
    const world = new World();
    const server = await world.host(remote.host);
    const got: Uint8Array[] = [];
    const socket = await world.network.at('192.0.2.9').bindUdp({ host: '192.0.2.9', port: 7777 }, { datagram: (bytes) => got.push(bytes.slice()), error: () => {} });
    const request = bindingRequest(Uint8Array.from({ length: 12 }, (_, i) => i));
    const error = request.slice();
    error[1] = 0x11;
    error[0] = 0x01;
    socket.send(request, remote);
    socket.send(error, remote);
    await world.clock.settle();
    expect(got.map((bytes) => decodeStun(bytes))).toEqual([
      { kind: 'response', transaction: '000102030405060708090a0b', mapped: { host: '192.0.2.9', port: 7777 } },
    ]);
    expect(server.errors).toEqual([]);
  });
});

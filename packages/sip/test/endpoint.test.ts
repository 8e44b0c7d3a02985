import type { Address, ByteConnection, DatagramHandlers } from '@simple-im/transport';
import { FakeResolver, type FakeNetwork } from '@simple-im/transport/fake';
import { describe, expect, it } from 'vitest';
import type { ProtocolError } from '@simple-im/grammar';
import { buildRequest, encode, respondTo } from '../src/index.js';
import type { IncomingRequest, SipEndpoint, SipRequest, Target } from '../src/index.js';
import { World } from './helpers.js';

const b5060: Address = { host: '192.0.2.2', port: 5060 };
const udp: Target = { transport: 'UDP', address: b5060 };
const tcp: Target = { transport: 'TCP', address: b5060 };

function message(body = 'hi', method = 'MESSAGE'): SipRequest {
  return buildRequest({
    method, uri: 'sip:bob@192.0.2.2', from: '<sip:a@example.com>;tag=1', to: '<sip:b@example.com>', callId: 'c', cseq: 1,
    contentType: 'text/plain', body: new TextEncoder().encode(body),
  });
}

/** Sends and gathers what is told. */
function send(endpoint: SipEndpoint, request: SipRequest, target: Target): string[] {
  const told: string[] = [];
  endpoint.request(request, target, {
    response: (response) => told.push(String(response.status)),
    failed: (error) => told.push(error.code),
    terminated: () => told.push('terminated'),
  });
  return told;
}

const ok = (incoming: IncomingRequest): void => incoming.respond(respondTo(incoming.request, 200, { toTag: 't' }));

/** A TCP client that speaks octets. */
async function rawClient(network: FakeNetwork, host = '192.0.2.9') {
  const connection: ByteConnection = await network.at(host).connectTcp(b5060);
  const state = { connection, text: '', closed: false };
  connection.attach({ data: (bytes) => (state.text += new TextDecoder().decode(bytes)), closed: () => (state.closed = true) });
  return state;
}

describe('a request of ours (RFC 3261 §8.1.1.7)', () => {
  it('is copied before our Via goes on it, unless it was given away', async () => {
    const world = new World();
    const { endpoint } = await world.host('192.0.2.1');
    const { endpoint: other } = await world.host('192.0.2.2');
    other.onRequest = ok;
    const [kept, given] = [message(), message()];
    const handlers = { response: () => {}, failed: () => {} };
    expect(endpoint.request(kept, udp, handlers).request.vias).toHaveLength(1);
    const outgoing = endpoint.request(given, udp, handlers, { handOver: true });
    expect(kept.vias).toHaveLength(0);
    expect(outgoing.request).toBe(given);
    expect(given.via?.branch).toBe(outgoing.branch);
  });

  it('that was given away and is too large for UDP has one Via of ours whichever way it goes at last (§18.1.1)', async () => {
    const world = new World();
    const { endpoint } = await world.host('192.0.2.1');
    const outgoing = endpoint.request(message('x'.repeat(2000)), udp, { response: () => {}, failed: () => {} }, { handOver: true });
    expect(outgoing.request.vias.map(({ transport }) => transport)).toEqual(['TCP']);
    world.network.silence('192.0.2.2');
    await world.clock.elapse(20_000);
    expect(outgoing.request.vias.map(({ transport }) => transport)).toEqual(['UDP']);
  });
});

describe('transport (RFC 3261 §18)', () => {
  it('carries a request and its response over UDP, and keeps nothing of them', async () => {
    const world = new World();
    const a = await world.host('192.0.2.1');
    const b = await world.host('192.0.2.2');
    b.endpoint.onRequest = ok;
    const told = send(a.endpoint, message(), udp);
    expect(told).toEqual([]);
    await world.clock.settle();
    expect(told).toEqual(['200']);
    await world.clock.elapse(32_000);
    expect(told).toEqual(['200', 'terminated']);
    expect([a.endpoint.load, b.endpoint.load]).toEqual([{ transactions: 0, connections: 0 }, { transactions: 0, connections: 0 }]);
  });

  it('answers over the connection the request came on, and uses it again (§18.1.1, §18.2.2)', async () => {
    const world = new World();
    const a = await world.host('192.0.2.1');
    const b = await world.host('192.0.2.2');
    b.endpoint.onRequest = ok;
    const one = send(a.endpoint, message(), tcp);
    const two = send(a.endpoint, message(), tcp);
    await world.clock.settle();
    expect([one, two]).toEqual([['200', 'terminated'], ['200', 'terminated']]);
    expect(world.network.connections).toHaveLength(2);
    expect(a.wire[0]?.message?.via?.transport).toBe('TCP');
    expect(a.endpoint.flow(a.wire[0]?.flow.id ?? '')).toBe(a.wire[0]?.flow);
  });

  it('sends a request of more than 1300 octets over TCP (§18.1.1)', async () => {
    const world = new World();
    const a = await world.host('192.0.2.1');
    const b = await world.host('192.0.2.2');
    b.endpoint.onRequest = ok;
    const small = send(a.endpoint, message('x'.repeat(800)), udp);
    const large = send(a.endpoint, message('x'.repeat(1300)), udp);
    await world.clock.settle();
    expect([small, large]).toEqual([['200'], ['200', 'terminated']]);
    expect(b.wire.filter(({ direction }) => direction === 'in').map(({ flow, message: got }) => `${flow.transport} ${got?.via?.transport}`)).toEqual(['UDP UDP', 'TCP TCP']);
  });

  it('goes back to UDP when TCP is refused (§18.1.1)', async () => {
    const world = new World();
    const a = await world.host('192.0.2.1');
    const b = await world.host('192.0.2.2', { tcp: false });
    b.endpoint.onRequest = ok;
    const told = send(a.endpoint, message('x'.repeat(1300)), udp);
    await world.clock.settle();
    expect(told).toEqual(['200']);
    expect(b.wire[0]?.flow.transport).toBe('UDP');
    expect(b.wire[0]?.message?.vias).toHaveLength(1);
  });

  it('does not go back to UDP with what must not travel large without congestion control (RFC 3428 §8)', async () => {
    const world = new World();
    const a = await world.host('192.0.2.1');
    const b = await world.host('192.0.2.2', { tcp: false });
    b.endpoint.onRequest = ok;
    const told: string[] = [];
    const handlers = { response: () => told.push('response'), failed: ({ code }: ProtocolError) => told.push(code), terminated: () => told.push('terminated') };
    const safe = { congestionSafe: true };
    a.endpoint.request(message('x'.repeat(1300)), udp, handlers, safe);
    expect(told).toEqual([]);
    await world.clock.settle();
    expect(told).toEqual(['SIP_TOO_LARGE_FOR_UDP', 'terminated']);
    const flow = a.endpoint.flowTo(udp);
    expect(() => a.endpoint.request(message('x'.repeat(1300)), flow, handlers, safe)).toThrowError(expect.objectContaining({ code: 'SIP_TOO_LARGE_FOR_UDP', status: 513 }));
    expect(b.wire).toEqual([]);
    a.endpoint.request(message('x'.repeat(800)), flow, handlers, safe);
    await world.clock.settle();
    expect(told.slice(2)).toEqual(['response']);
  });

  it('cancels on the transport of the INVITE (§9.1)', async () => {
    const world = new World();
    const a = await world.host('192.0.2.1');
    const b = await world.host('192.0.2.2');
    b.endpoint.onRequest = (incoming) => {
      incoming.onCancelled = () => incoming.respond(respondTo(incoming.request, 487, { toTag: 't' }));
      incoming.respond(respondTo(incoming.request, 180, { toTag: 't' }));
    };
    const outgoing = a.endpoint.request(message('x'.repeat(1300), 'INVITE'), udp, { response: () => {}, failed: () => {} });
    await world.clock.settle();
    outgoing.cancel();
    await world.clock.settle();
    expect(b.wire.map(({ flow }) => flow.transport)).toEqual(b.wire.map(() => 'TCP'));
    expect(b.lines()).toEqual(['in INVITE', 'out 180 INVITE', 'in CANCEL', 'out 200 CANCEL', 'out 487 INVITE', 'in ACK']);
  });

  it('reports a refused or lost connection as SIP_TRANSPORT (§8.1.3.1)', async () => {
    const world = new World();
    const a = await world.host('192.0.2.1');
    const refused = send(a.endpoint, message(), tcp);
    await world.clock.settle();
    expect(refused).toEqual(['SIP_TRANSPORT', 'terminated']);
    const b = await world.host('192.0.2.2');
    b.endpoint.onRequest = () => {};
    const lost = send(a.endpoint, message(), tcp);
    await world.clock.settle();
    const gone: string[] = [];
    a.endpoint.onFlowClosed = (flow) => gone.push(flow.transport);
    world.network.cut();
    await world.clock.settle();
    expect(lost).toEqual(['SIP_TRANSPORT', 'terminated']);
    expect(gone).toEqual(['TCP']);
  });

  it('opens a connection to received and the sent-by port when the old one is gone (§18.2.2)', async () => {
    const world = new World();
    const a = await world.host('192.0.2.1');
    const b = await world.host('192.0.2.2');
    let waiting: IncomingRequest | undefined;
    b.endpoint.onRequest = (incoming) => (waiting = incoming);
    send(a.endpoint, message(), tcp);
    await world.clock.settle();
    world.network.cut();
    await world.clock.settle();
    ok(waiting as IncomingRequest);
    await world.clock.settle();
    expect(a.lines().at(-1)).toBe('in 200 MESSAGE');
  });

  it('goes to the places that sent-by names where received takes no connection (§18.2.2, RFC 3263 §5)', async () => {
    const world = new World();
    const resolver = new FakeResolver({ 'edge.example.com': ['192.0.2.66', '192.0.2.77'] });
    const b = await world.host('192.0.2.2', { resolver });
    let waiting: IncomingRequest | undefined;
    b.endpoint.onRequest = (incoming) => (waiting = incoming);
    const client = await rawClient(world.network);
    const request = message();
    request.headers.prepend('Via', 'SIP/2.0/TCP edge.example.com:5070;branch=z9hG4bKx');
    client.connection.write(encode(request));
    await world.clock.settle();
    world.network.cut();
    await world.clock.settle();
    let text = '';
    await world.network.at('192.0.2.77').listenTcp({ host: '192.0.2.77', port: 5070 }, (connection) => {
      connection.attach({ data: (bytes) => (text += new TextDecoder().decode(bytes)), closed: () => {} });
    });
    ok(waiting as IncomingRequest);
    await world.clock.settle();
    expect(text).toMatch(/^SIP\/2\.0 200 OK\r\n/);
    // Nobody is at received (192.0.2.9), nor at the first address of the name.
    const dialled = world.network.connections.filter(({ local }) => local.host === '192.0.2.2').map(({ remote }) => remote);
    expect(dialled).toEqual([{ host: '192.0.2.77', port: 5070 }]);
    expect(b.endpoint.load.transactions).toBe(0);
  });

  it('is lost when sent-by leads nowhere: the error is told, and nothing waits (RFC 3263 §5)', async () => {
    const world = new World();
    const errors: string[] = [];
    const b = await world.host('192.0.2.2', { resolver: new FakeResolver({}), onError: (error: Error) => errors.push((error as ProtocolError).code) });
    let waiting: IncomingRequest | undefined;
    b.endpoint.onRequest = (incoming) => (waiting = incoming);
    const client = await rawClient(world.network);
    const request = message();
    request.headers.prepend('Via', 'SIP/2.0/TCP edge.example.com;branch=z9hG4bKx');
    client.connection.write(encode(request));
    await world.clock.settle();
    world.network.cut();
    await world.clock.settle();
    ok(waiting as IncomingRequest);
    await world.clock.settle();
    expect(errors.length).toBeGreaterThan(0);
    expect(b.endpoint.load).toEqual({ transactions: 0, connections: 0 });
  });

  it('sends a UDP response to received and rport, from the same socket (RFC 3581 §4)', async () => {
    const world = new World();
    const b = await world.host('192.0.2.2');
    b.endpoint.onRequest = ok;
    const got: string[] = [];
    const socket = await world.network.at('192.0.2.9').bindUdp({ host: '192.0.2.9', port: 7777 }, {
      datagram: (_, from) => got.push(`${from.host}:${from.port}`),
      error: () => {},
    });
    const request = message();
    request.headers.prepend('Via', 'SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKx;rport');
    socket.send(encode(request), b5060);
    await world.clock.settle();
    expect(got).toEqual(['192.0.2.2:5060']);
  });

  it('answers a ping with a pong (RFC 5626 §4.4.1)', async () => {
    const world = new World();
    await world.host('192.0.2.2');
    const client = await rawClient(world.network);
    client.connection.write(new TextEncoder().encode('\r\n\r\n'));
    await world.clock.settle();
    expect(client.text).toBe('\r\n');
  });

  it('answers an invalid request without state, and drops what cannot be answered (§8.2, RFC 4475)', async () => {
    const world = new World();
    const b = await world.host('192.0.2.2');
    let handled = 0;
    b.endpoint.onRequest = () => (handled += 1);
    const client = await rawClient(world.network);
    const bad = message();
    bad.headers.set('CSeq', '1 INFO');
    bad.headers.prepend('Via', 'SIP/2.0/TCP 192.0.2.9;branch=z9hG4bKx');
    client.connection.write(encode(bad));
    await world.clock.settle();
    expect(client.text).toMatch(/^SIP\/2\.0 400 /);
    expect(handled).toBe(0);
    expect(b.endpoint.load.transactions).toBe(0);
    client.connection.write(new TextEncoder().encode('nonsense\r\n\r\n'));
    await world.clock.settle();
    expect(client.closed).toBe(true);
    expect(b.errors.length).toBeGreaterThanOrEqual(2);
  });

  it('lets handlers keep the body of a datagram whose octets the driver uses again', async () => {
    const world = new World();
    let handlers: DatagramHandlers | undefined;
    const network = world.network.at('192.0.2.2');
    const b = await world.host('192.0.2.2', {
      network: { ...network, bindUdp: (local, given) => network.bindUdp(local, (handlers = given)) },
    });
    let kept: SipRequest | undefined;
    b.endpoint.onRequest = ({ request }) => (kept = request);
    const request = message('first');
    request.headers.prepend('Via', 'SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKx');
    const octets = encode(request);
    handlers?.datagram(octets, { host: '192.0.2.9', port: 5060 });
    octets.fill(0);
    expect(new TextDecoder().decode(kept?.body)).toBe('first');
  });

  it('lets handlers keep bodies from a connection', async () => {
    const world = new World();
    const b = await world.host('192.0.2.2');
    const kept: SipRequest[] = [];
    b.endpoint.onRequest = ({ request }) => kept.push(request);
    const client = await rawClient(world.network);
    for (const text of ['first', 'other']) {
      const request = message(text);
      request.headers.prepend('Via', `SIP/2.0/TCP 192.0.2.9;branch=z9hG4bK${text}`);
      client.connection.write(encode(request));
      await world.clock.settle();
    }
    expect(kept.map(({ body }) => new TextDecoder().decode(body))).toEqual(['first', 'other']);
  });
});

describe('limits of an endpoint', () => {
  it('closes connections above maxConnections', async () => {
    const world = new World();
    const b = await world.host('192.0.2.2', { limits: { maxConnections: 1 } });
    const first = await rawClient(world.network);
    const second = await rawClient(world.network);
    await world.clock.settle();
    expect([first.closed, second.closed]).toEqual([false, true]);
    expect(b.errors[0]).toMatchObject({ code: 'SIP_TOO_MANY_CONNECTIONS' });
  });

  it('closes a connection that brings no whole message or keepalive for idleTimeout', async () => {
    const world = new World();
    await world.host('192.0.2.2', { limits: { idleTimeout: 10_000 } });
    const idle = await rawClient(world.network);
    const alive = await rawClient(world.network);
    for (let seconds = 0; seconds < 12; seconds += 4) {
      idle.connection.write(new TextEncoder().encode('M'));
      alive.connection.write(new TextEncoder().encode('\r\n\r\n'));
      await world.clock.elapse(4000);
    }
    expect([idle.closed, alive.closed]).toEqual([true, false]);
    await world.clock.elapse(10_000);
    expect(alive.closed).toBe(true);
  });

  it('closes the connection of a peer that does not read', async () => {
    const world = new World({ window: 100, highWaterMark: 100 });
    const b = await world.host('192.0.2.2', { limits: { maxPendingOutput: 20_000 } });
    b.endpoint.onRequest = ok;
    const client = await rawClient(world.network);
    client.connection.pause();
    for (let count = 0; count < 200; count++) {
      const request = message();
      request.headers.prepend('Via', `SIP/2.0/TCP 192.0.2.9;branch=z9hG4bK${count}`);
      client.connection.write(encode(request));
    }
    await world.clock.settle();
    expect(b.errors[0]).toMatchObject({ code: 'SIP_PEER_DOES_NOT_READ' });
    expect(b.endpoint.load.connections).toBe(0);
  });

  it('answers 503 when onRequest fails for want of transactions', async () => {
    const world = new World();
    const a = await world.host('192.0.2.1');
    const b = await world.host('192.0.2.2', { limits: { maxTransactions: 1 } });
    b.endpoint.onRequest = () => {
      b.endpoint.request(message(), udp, { response: () => {}, failed: () => {} });
    };
    const told = send(a.endpoint, message(), udp);
    await world.clock.settle();
    expect(told).toEqual(['503']);
    expect(b.errors[0]).toMatchObject({ code: 'SIP_TOO_MANY_TRANSACTIONS' });
  });

  it('fails what is under way when it is closed, and leaves no socket behind', async () => {
    const world = new World();
    const a = await world.host('192.0.2.1');
    const b = await world.host('192.0.2.2');
    b.endpoint.onRequest = () => {};
    const told = send(a.endpoint, message(), tcp);
    await world.clock.settle();
    await Promise.all([a.endpoint.close(), b.endpoint.close()]);
    await world.clock.elapse(10_000);
    expect(told).toEqual(['SIP_ENDPOINT_CLOSED']);
    expect([world.network.connections.length, world.network.datagramSockets, world.network.listeners, world.clock.timers]).toEqual([0, 0, 0, 0]);
    expect(() => a.endpoint.request(message(), udp, { response: () => {}, failed: () => {} })).toThrow(/closed/);
  });
});

describe('the branch of a proxy', () => {
  it('ends with the part it detects loops by, after a switch of transport too (RFC 5393 §4.2.1)', async () => {
    const world = new World();
    const a = await world.host('192.0.2.1');
    await world.host('192.0.2.2', { tcp: false });
    const outgoing = a.endpoint.request(message('x'.repeat(1300)), udp, { response: () => {}, failed: () => {} }, { branchSuffix: '-loop' });
    const first = outgoing.branch;
    await world.clock.settle();
    expect(outgoing.branch).not.toBe(first);
    expect([first, outgoing.branch]).toEqual([expect.stringMatching(/^z9hG4bK.{32}-loop$/), expect.stringMatching(/^z9hG4bK.{32}-loop$/)]);
  });
});

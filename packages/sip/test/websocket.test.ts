import type { MessageConnection } from '@simple-im/transport';
import { FakeWebSockets } from '@simple-im/transport/fake';
import { describe, expect, it } from 'vitest';
import { encode } from '../src/index.js';
import type { Flow, SipResponse, Target } from '../src/index.js';
import { World } from './helpers.js';
import { message, ok, send, webSocketClient, webSocketServer } from './secure-helpers.js';

const SERVER = '192.0.2.2';
const server: Target = { transport: 'WS', address: { host: SERVER, port: 80 }, url: `ws://${SERVER}/sip` };
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A WebSocket that speaks octets. */
async function rawClient(world: World) {
  const connection: MessageConnection = await new FakeWebSockets(world.network.at('192.0.2.9')).connectWebSocket(server.url as string, { protocols: ['sip'] });
  const got: string[] = [];
  const state = { got, closed: false, say: (bytes: Uint8Array, text = false) => connection.write(bytes, { text }) };
  connection.attach({ message: (bytes) => got.push(new TextDecoder().decode(bytes)), closed: () => (state.closed = true) });
  return state;
}

/** A request as octets, without Content-Length unless asked for. */
function octets({ length, body = 'hi' }: { readonly length?: number; readonly body?: string } = {}): Uint8Array {
  const lines = [
    'MESSAGE sip:bob@example.com SIP/2.0', `Via: SIP/2.0/WS x.invalid;branch=z9hG4bK${body.length}`, 'Max-Forwards: 70', 'From: <sip:a@example.com>;tag=1',
    'To: <sip:b@example.com>', 'Call-ID: raw', 'CSeq: 1 MESSAGE', 'Content-Type: text/plain', ...(length === undefined ? [] : [`Content-Length: ${length}`]),
  ];
  return utf8(`${lines.join('\r\n')}\r\n\r\n${body}`);
}

describe('WebSocket transport (RFC 7118)', () => {
  it('carries requests both ways over the connection of the client, whose sent-by ends in .invalid (§5)', async () => {
    const world = new World();
    const edge = await webSocketServer(world, SERVER);
    const client = await webSocketClient(world, '192.0.2.1');
    let flow: Flow | undefined;
    edge.endpoint.onRequest = (incoming) => {
      flow = incoming.flow;
      ok(incoming);
    };
    client.endpoint.onRequest = ok;
    const told = send(client.endpoint, message(), server);
    await world.clock.settle();
    expect(told).toEqual(['200']);
    const via = edge.wire[0]?.message?.via;
    expect([via?.transport, via?.host, via?.received]).toEqual(['WS', expect.stringMatching(/\.invalid$/), undefined]);
    const back = send(edge.endpoint, message(), flow as Flow);
    await world.clock.settle();
    expect(back).toEqual(['200']);
    expect(client.wire.find(({ direction }) => direction === 'in')?.flow.transport).toBe('WS');
    expect(edge.wire.at(-1)?.flow).toBe(flow);
    expect([client.endpoint.load.connections, edge.endpoint.load.connections]).toEqual([1, 1]);
  });

  it('names WS in the Via of the server, and its advertised host', async () => {
    const world = new World();
    const edge = await webSocketServer(world, SERVER);
    const client = await webSocketClient(world, '192.0.2.1');
    edge.endpoint.onRequest = ok;
    client.endpoint.onRequest = ok;
    send(client.endpoint, message(), server);
    await world.clock.settle();
    send(edge.endpoint, message(), edge.wire[0]?.flow as Flow);
    await world.clock.settle();
    const received = client.wire.findLast(({ direction }) => direction === 'in');
    expect(received?.message?.via).toMatchObject({ transport: 'WS', host: 'edge.example.com', port: 80 });
  });

  it('needs no Content-Length: the body is the rest of the WebSocket message (§5)', async () => {
    const world = new World();
    const edge = await webSocketServer(world, SERVER);
    const bodies: string[] = [];
    edge.endpoint.onRequest = (incoming) => {
      bodies.push(new TextDecoder().decode(incoming.request.body));
      ok(incoming);
    };
    const client = await rawClient(world);
    client.say(octets({ body: 'as text' }), true);
    client.say(octets({ body: 'binary' }));
    client.say(octets({ body: 'with it', length: 7 }));
    await world.clock.settle();
    expect(bodies).toEqual(['as text', 'binary', 'with it']);
    expect(client.got.map((text) => text.slice(0, 11))).toEqual(['SIP/2.0 200', 'SIP/2.0 200', 'SIP/2.0 200']);
  });

  it.each([
    ['two messages in one', () => Uint8Array.from([...octets({ length: 2 }), ...octets({ length: 2 })])],
    ['half a message', () => octets({ length: 1000 })],
    ['half a head', () => octets().subarray(0, -4)],
  ])('refuses %s with 400 and lives on (§5)', async (_, bytes) => {
    const world = new World();
    const edge = await webSocketServer(world, SERVER);
    let requests = 0;
    edge.endpoint.onRequest = (incoming) => {
      requests += 1;
      ok(incoming);
    };
    const client = await rawClient(world);
    client.say(bytes());
    await world.clock.settle();
    expect([requests, client.got.map((text) => text.slice(0, 11))]).toEqual([0, ['SIP/2.0 400']]);
    client.say(octets({ body: 'sound' }));
    await world.clock.settle();
    expect([requests, client.closed]).toEqual([1, false]);
  });

  it('drops what is no SIP message, and what exceeds a limit, and lives on', async () => {
    const world = new World();
    const edge = await webSocketServer(world, SERVER, { limits: { bodyOctets: 1000, headOctets: 2000 } });
    edge.endpoint.onRequest = ok;
    const client = await rawClient(world);
    client.say(utf8('hello'));
    client.say(utf8(''));
    client.say(octets({ body: 'x'.repeat(1001) }));
    client.say(utf8(`MESSAGE sip:bob@example.com SIP/2.0\r\nX: ${'x'.repeat(3000)}\r\n\r\n`));
    await world.clock.settle();
    expect(edge.errors.map((error) => 'code' in error && error.code)).toEqual(['SIP_NOT_SIP', 'SIP_BODY_TOO_LARGE', 'SIP_HEAD_TOO_LARGE']);
    client.say(octets());
    await world.clock.settle();
    expect([client.got.length, client.closed]).toEqual([1, false]);
  });

  it('answers CRLF CRLF by CRLF and takes CRLF for nothing (§6, RFC 5626 §4.4.1)', async () => {
    const world = new World();
    const edge = await webSocketServer(world, SERVER);
    const client = await rawClient(world);
    client.say(utf8('\r\n\r\n'));
    client.say(utf8('\r\n'));
    await world.clock.settle();
    expect([client.got, edge.errors]).toEqual([['\r\n'], []]);
  });

  it('sends text where the message is UTF-8, else binary (§4.2)', async () => {
    const world = new World();
    const edge = await webSocketServer(world, SERVER);
    const kinds: (boolean | undefined)[] = [];
    const connection: MessageConnection = {
      local: undefined, remote: undefined, secure: true, protocol: 'sip', pending: 0,
      attach: () => {}, pause: () => {}, resume: () => {}, end: () => {}, destroy: () => {},
      write: (_, options) => kinds.push(options?.text) > 0,
    };
    const flow = edge.endpoint.acceptWebSocket(connection);
    expect(flow.transport).toBe('WSS');
    const binary = message();
    binary.body = Uint8Array.of(0xff, 0xfe);
    for (const request of [message(), binary]) edge.endpoint.send(request, flow);
    expect(kinds).toEqual([true, false]);
  });

  it('refuses a WebSocket for another subprotocol (§4.1), and one too many', async () => {
    const world = new World();
    const edge = await webSocketServer(world, SERVER, { limits: { maxConnections: 1 } });
    let destroyed = 0;
    const connection = (protocol: string): MessageConnection => ({
      local: undefined, remote: undefined, secure: false, protocol, pending: 0,
      attach: () => {}, pause: () => {}, resume: () => {}, end: () => {}, destroy: () => (destroyed += 1), write: () => true,
    });
    expect(() => edge.endpoint.acceptWebSocket(connection('msrp'))).toThrow(expect.objectContaining({ code: 'SIP_SUBPROTOCOL' }));
    edge.endpoint.acceptWebSocket(connection('sip'));
    expect(() => edge.endpoint.acceptWebSocket(connection('sip'))).toThrow(expect.objectContaining({ code: 'SIP_TOO_MANY_CONNECTIONS' }));
    expect([destroyed, edge.endpoint.load.connections]).toEqual([2, 1]);
  });

  it('calls no client back whose connection is gone: it can only be reached over it (§5)', async () => {
    const world = new World();
    const edge = await webSocketServer(world, SERVER);
    let answer: (() => void) | undefined;
    edge.endpoint.onRequest = (incoming) => {
      answer = () => ok(incoming);
    };
    const client = await rawClient(world);
    client.say(octets());
    await world.clock.settle();
    world.network.cut();
    await world.clock.settle();
    answer?.();
    await world.clock.settle();
    expect([edge.lines(), edge.endpoint.load.connections]).toEqual([['in MESSAGE'], 0]);
  });

  it('closes a connection whose peer does not read', async () => {
    const world = new World();
    const edge = await webSocketServer(world, SERVER, { limits: { maxPendingOutput: 2000 } });
    const closed: (string | undefined)[] = [];
    edge.endpoint.onFlowClosed = (_, error) => closed.push((error as Error & { code?: string } | undefined)?.code);
    const stuck: MessageConnection = {
      local: undefined, remote: undefined, secure: false, protocol: 'sip', pending: 1900,
      attach: () => {}, pause: () => {}, resume: () => {}, end: () => {}, destroy: () => {}, write: () => false,
    };
    const flow = edge.endpoint.acceptWebSocket(stuck);
    const response: SipResponse[] = [];
    edge.endpoint.request(message(), flow, { response: (one) => response.push(one), failed: () => {} });
    await world.clock.settle();
    expect([closed, encode(message()).length > 100]).toEqual([['SIP_PEER_DOES_NOT_READ'], true]);
  });
});

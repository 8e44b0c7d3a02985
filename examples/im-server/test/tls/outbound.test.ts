import { describe, expect, it, onTestFinished } from 'vitest';
import { Outbound, type OutboundEvent, type SipResponse, type TransportName } from '@simple-im/sip';
import { utf8 } from '@simple-im/grammar';
import { certificates } from '@simple-im/testkit';
import { nodeHash, nodeTls, nodeWebSockets } from '@simple-im/transport/node';
import { serverWithAll, sipTarget, userOf, LOOPBACK } from '../support.js';
import type { RunningServer } from '../../src/index.js';

const INSTANCE = 'urn:uuid:00000000-0000-1000-8000-000a95a0e128';

/** The 200 to a REGISTER that asks for outbound. */
async function registered(server: RunningServer, transport: TransportName): Promise<SipResponse> {
  const bob = await userOf(server, 'bob', { transport });
  return bob.ua.request('REGISTER', 'sip:example.com', {
    to: bob.aor,
    headers: [['Contact', `<${bob.contact}>;+sip.instance="<${INSTANCE}>";reg-id=1`], ['Supported', 'path, outbound'], ['Expires', '600']],
  });
}

describe.each(['TCP', 'TLS', 'WS', 'WSS'] as const)('a registration with outbound over %s (RFC 5626)', (transport) => {
  it('is told of ob in our Path, of Require: outbound and of Flow-Timer (§5.1, §6, §11.1)', async () => {
    const response = await registered(await serverWithAll(), transport);
    expect(response.headers.get('Path')).toMatch(new RegExp(`^<sip:p\\.[^@]+@127\\.0\\.0\\.1:\\d+;transport=${transport === 'WSS' ? 'ws' : transport.toLowerCase()};lr;ob>$`));
    expect([response.headers.get('Require'), response.headers.get('Flow-Timer')]).toEqual(['outbound', '120']);
  });

  it('keeps its flow by keepalives that are answered, and is reached over the latest flow of a device (§4.4.1, §5.3, §7)', async () => {
    const server = await serverWithAll();
    const alice = await userOf(server, 'alice');
    const bob = await userOf(server, 'bob', { transport });
    const events: OutboundEvent[] = [];
    const outbound = new Outbound({
      endpoint: bob.endpoint, aor: bob.aor, proxies: [bob.target], instance: INSTANCE, hash: nodeHash,
      credentials: { username: 'bob', password: 'builder' }, onEvent: (event) => void events.push(event),
    });
    bob.endpoint.onFlowClosed = (flow, error) => outbound.flowClosed(flow, error);
    outbound.start();
    await expect.poll(() => events.map(({ state, outbound: kept }) => [state, kept])).toEqual([['registered', true]]);
    const [flow] = outbound.flows;
    if (flow === undefined) throw new Error('no flow');
    await new Promise<void>((resolve) => bob.endpoint.keepAlive(flow, { interval: 1, answered: resolve }));
    bob.ua.handle('MESSAGE', (incoming) => incoming.respond(200));
    const answer = await alice.ua.request('MESSAGE', 'sip:bob@example.com', { contentType: 'text/plain', body: utf8('hello') });
    expect(answer.status).toBe(200);
    outbound.stop();
    await expect.poll(() => events.at(-1)?.state).toBe('ended');
  });
});

it('a CRLF CRLF is answered with CRLF, over a TLS connection and a WebSocket (RFC 5626 §4.4.1, RFC 7118 §6)', async () => {
  const server = await serverWithAll();
  const { address, serverName } = sipTarget(server, 'TLS');
  const connection = await nodeTls.connectTls({ host: LOOPBACK, port: address.port }, { trusted: certificates.root, serverName });
  const socket = await nodeWebSockets.connectWebSocket(server.ready.wss?.[0] ?? '', { protocols: ['sip'], trusted: certificates.root });
  onTestFinished(() => { connection.destroy(); socket.destroy(); });
  const pong = (attach: (received: (bytes: Uint8Array) => void) => void): Promise<string> => (
    new Promise((resolve) => attach((bytes) => resolve(new TextDecoder().decode(bytes))))
  );
  const pongs = [
    pong((data) => connection.attach({ data, closed: () => {} })),
    pong((message) => socket.attach({ message, closed: () => {} })),
  ];
  connection.write(utf8('\r\n\r\n'));
  socket.write(utf8('\r\n\r\n'), { text: true });
  expect(await Promise.all(pongs)).toEqual(['\r\n', '\r\n']);
});

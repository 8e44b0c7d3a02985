import { connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { certificates } from '@simple-im/testkit';
import { nodeWebSockets } from '@simple-im/transport/node';
import { register, serverWithAll, userOf } from '../support.js';
import type { RunningServer } from '../../src/index.js';

function opened(address: string | undefined): Socket {
  const socket = connect(Number(address?.split(':').at(-1)), '127.0.0.1');
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  return socket;
}

function tlsAddresses({ ready }: RunningServer): (string | undefined)[] {
  return [ready.sip.find((text) => text.startsWith('tls:')), ready.msrp.find((text) => text.startsWith('tls:')), ready.https];
}

/** Status of the answer to an upgrade with these fields. */
function upgrade(address: string, path: string, fields: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = opened(address);
    socket.once('data', (bytes: Buffer) => resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(bytes.toString())?.[1])));
    socket.once('close', () => reject(new Error('closed without an answer')));
    socket.write([
      `GET ${path} HTTP/1.1`, `Host: ${address}`, 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', ...fields, '', '',
    ].join('\r\n'));
  });
}

describe('a TLS port', () => {
  it('closes a connection that speaks no TLS, and serves others', async () => {
    const server = await serverWithAll();
    for (const address of tlsAddresses(server)) {
      const socket = opened(address);
      socket.write('REGISTER sip:example.com SIP/2.0\r\n\r\n');
      await new Promise((resolve) => { socket.once('close', resolve); socket.resume(); });
    }
    expect(await register(await userOf(server, 'alice', { transport: 'TLS' }))).toBe(200);
    expect((await server.metrics.text()).body).toMatch(/simple_im_tls_handshakes_failed_total 2\n/);
  });

  it('serves others while handshakes stand still', async () => {
    const server = await serverWithAll();
    const idle = tlsAddresses(server).flatMap((address) => Array.from({ length: 50 }, () => opened(address)));
    await Promise.all(idle.map((socket) => new Promise((resolve) => { socket.once('connect', resolve); })));
    expect(await register(await userOf(server, 'alice', { transport: 'TLS' }))).toBe(200);
    expect(await register(await userOf(server, 'bob', { transport: 'WSS' }))).toBe(200);
  });
});

describe('the WebSockets', () => {
  it.each([
    ['without a subprotocol (RFC 7118 §4.1)', '/sip', [], 400],
    ['of another subprotocol (RFC 7977 §4)', '/msrp', ['Sec-WebSocket-Protocol: sip'], 400],
    ['at another path', '/', ['Sec-WebSocket-Protocol: sip'], 404],
    ['of a page of somebody else (RFC 6455 §10.2)', '/sip', ['Sec-WebSocket-Protocol: sip', 'Origin: https://evil.example'], 403],
    ['of a page of nobody', '/sip', ['Sec-WebSocket-Protocol: sip', 'Origin: null'], 403],
    ['of a program', '/sip', ['Sec-WebSocket-Protocol: sip'], 101],
  ])('one %s', async (_name, path, fields, status) => {
    const server = await serverWithAll();
    expect(await upgrade(server.ready.http, path, fields)).toBe(status);
  });

  it('are for our own pages, and for those that --allow-origin names', async () => {
    const server = await serverWithAll(['--allow-origin', 'http://localhost:5173']);
    const from = (origin: string): Promise<number> => upgrade(server.ready.http, '/sip', ['Sec-WebSocket-Protocol: sip', `Origin: ${origin}`]);
    const port = server.ready.http.split(':').at(-1);
    expect(await Promise.all([`http://127.0.0.1:${port}`, `http://localhost:${port}`, 'http://localhost:5173', 'http://localhost:5174'].map(from))).toEqual([101, 101, 101, 403]);
    expect(await upgrade((await serverWithAll(['--allow-origin', '*'])).ready.http, '/sip', ['Sec-WebSocket-Protocol: sip', 'Origin: https://any.example'])).toBe(101);
  });

  it.each(['ws', 'wss'] as const)('are many at a time over %s, and a message too large ends only its own', async (scheme) => {
    const server = await serverWithAll();
    const url = server.ready[scheme]?.[0] ?? '';
    const crowd = await Promise.all(Array.from({ length: 200 }, () => nodeWebSockets.connectWebSocket(url, { protocols: ['sip'], trusted: certificates.root })));
    onTestFinished(() => { for (const one of crowd) one.destroy(); });
    const closed = new Promise<void>((resolve) => crowd[0]?.attach({ message: () => {}, closed: () => resolve() }));
    crowd[0]?.write(new Uint8Array(1_200_000));
    await closed;
    crowd[1]?.write(new TextEncoder().encode('no SIP at all'), { text: true });
    expect(await register(await userOf(server, 'alice', { transport: scheme === 'ws' ? 'WS' : 'WSS' }))).toBe(200);
  });
});

it('a server with idle connections of every kind ends in time', async () => {
  const server = await serverWithAll();
  const crowd = await Promise.all([...(server.ready.ws ?? []), ...(server.ready.wss ?? [])].map((url) => (
    nodeWebSockets.connectWebSocket(url, { protocols: [url.endsWith('/sip') ? 'sip' : 'msrp'], trusted: certificates.root })
  )));
  const ended = crowd.map((one) => new Promise<void>((resolve) => one.attach({ message: () => {}, closed: () => resolve() })));
  for (const address of [...tlsAddresses(server), server.ready.http]) opened(address);
  await server.close();
  await Promise.all(ended);
});

import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect, createServer as createRawServer, type AddressInfo, type Socket } from 'node:net';
import { certificates, recordMessages, type MessageRecorder } from '@simple-im/testkit';
import type { MessageConnection } from '@simple-im/transport';
import {
  NodeWebSockets, acceptWebSockets, nodeWebSockets, type WebSocketAcceptor, type WebSocketAcceptorOptions,
} from '@simple-im/transport/node';
import { afterEach, describe, expect, it } from 'vitest';

const SIP = { path: '/sip', protocols: ['sip'] };
const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo();
});

async function start(server: Server): Promise<number> {
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  cleanUp.push(() => { server.closeAllConnections(); server.close(); });
  return (server.address() as AddressInfo).port;
}

interface Accepting {
  readonly server: Server;
  readonly port: number;
  readonly acceptor: WebSocketAcceptor;
  readonly next: Promise<MessageConnection>;
}

async function accepting(options: Partial<WebSocketAcceptorOptions> = {}, server: Server = createServer()): Promise<Accepting> {
  let tell: (connection: MessageConnection) => void;
  const next = new Promise<MessageConnection>((resolve) => { tell = resolve; });
  const acceptor = acceptWebSockets(server, { ...SIP, ...options }, (connection) => {
    cleanUp.push(() => connection.destroy());
    tell(connection);
  });
  return { server, port: await start(server), acceptor, next };
}

/** A client that writes what it likes; `text` resolves with all it was sent once the server has hung up. */
function raw(port: number): { readonly socket: Socket; readonly text: Promise<string> } {
  const socket = connect({ host: '127.0.0.1', port });
  cleanUp.push(() => socket.destroy());
  let received = '';
  socket.on('data', (bytes) => { received += bytes.toString('latin1'); });
  socket.on('error', () => {});
  return { socket, text: new Promise((resolve) => { socket.on('close', () => resolve(received)); }) };
}

function upgrade(path: string, ...headers: readonly string[]): string {
  const fixed = ['Host: example.com', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='];
  return [`GET ${path} HTTP/1.1`, ...fixed, ...headers, '', ''].join('\r\n');
}

/** A raw client behind its handshake, and our end. */
async function rawPeer(options: Partial<WebSocketAcceptorOptions> = {}): Promise<{ socket: Socket; text: Promise<string>; ours: MessageConnection }> {
  const { port, next } = await accepting(options);
  const { socket, text } = raw(port);
  socket.write(upgrade('/sip', 'Sec-WebSocket-Protocol: sip'));
  return { socket, text, ours: await next };
}

/** A frame of a client (RFC 6455 §5.2), masked with zeroes. */
function frame(opcode: number, content: Uint8Array, { masked = true, length = content.length } = {}): Uint8Array {
  const head = length < 126 ? [length] : [127, 0, 0, 0, 0, length >>> 24, (length >>> 16) & 0xff, (length >>> 8) & 0xff, length & 0xff];
  head[0] = (head[0] as number) | (masked ? 0x80 : 0);
  return Uint8Array.from([0x80 | opcode, ...head, ...(masked ? [0, 0, 0, 0] : []), ...content]);
}

describe('acceptWebSockets', () => {
  it('answers the handshake of RFC 7118 §4.1 as printed there', async () => {
    const { port } = await accepting();
    const { socket, text } = raw(port);
    socket.write(upgrade('/sip', 'Origin: http://www.example.com', 'Sec-WebSocket-Protocol: sip'));
    await new Promise((resolve) => { socket.once('data', resolve); });
    socket.destroy();
    expect(await text).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n(.+\r\n)*Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/);
    expect(await text).toContain('Sec-WebSocket-Protocol: sip\r\n');
  });

  it.each([
    ['404 Not Found', '/other', ['Sec-WebSocket-Protocol: sip'], 'a path nobody takes'],
    ['404 Not Found', '/sip/', ['Sec-WebSocket-Protocol: sip'], 'another path'],
    ['400 Bad Request', '/sip', [], 'no subprotocol (RFC 7118 §4.1)'],
    ['400 Bad Request', '/sip', ['Sec-WebSocket-Protocol: msrp, xmpp'], 'none of the subprotocols spoken'],
    ['400 Bad Request', '/sip', ['Sec-WebSocket-Protocol: sip,,'], 'a malformed list'],
    ['403 Forbidden', '/sip', ['Sec-WebSocket-Protocol: sip', 'Origin: https://evil.example'], 'an origin that is not allowed (RFC 6455 §10.2)'],
  ])('answers %s to %s with %j: %s', async (status, path, headers) => {
    const { port, acceptor } = await accepting({ allowOrigin: (origin) => origin !== 'https://evil.example' });
    const { socket, text } = raw(port);
    socket.write(upgrade(path, ...headers));
    expect((await text).split('\r\n')[0]).toBe(`HTTP/1.1 ${status}`);
    expect(acceptor.connections).toBe(0);
  });

  it('shares a server among paths, gives a path back with close, and leaves other listeners their upgrades', async () => {
    const server = createServer();
    const { port, acceptor, next } = await accepting({}, server);
    const msrp = acceptWebSockets(server, { path: '/msrp', protocols: ['msrp'] }, (connection) => connection.end());
    expect(() => acceptWebSockets(server, SIP, () => {})).toThrow(expect.objectContaining({ code: 'TRANSPORT_ADDRESS_IN_USE' }));
    const client = await nodeWebSockets.connectWebSocket(`ws://127.0.0.1:${port}/sip`, { protocols: ['sip'] });
    expect((await next).protocol).toBe('sip');
    const other = await nodeWebSockets.connectWebSocket(`ws://127.0.0.1:${port}/msrp`, { protocols: ['msrp'] });
    expect(await recordMessages(other).closed).toBeUndefined();
    msrp.close();
    server.on('upgrade', (request, socket) => { if (request.url === '/own') socket.end('HTTP/1.1 418 Teapot\r\n\r\n'); });
    const own = raw(port);
    own.socket.write(upgrade('/own'));
    expect(await own.text).toContain('418');
    acceptor.close();
    acceptor.close();
    expect(server.listenerCount('upgrade')).toBe(1);
    const again = recordMessages(client);
    (await next).write(Uint8Array.of(1));
    await again.has(1);
    client.destroy();
  });

  it('takes wss: on an HTTPS server, for clients that trust its root', async () => {
    const { server: { certificate, key }, root } = certificates;
    const { port, next } = await accepting({}, createSecureServer({ cert: certificate, key }));
    const url = `wss://127.0.0.1:${port}/sip`;
    const client = await nodeWebSockets.connectWebSocket(url, { protocols: ['sip'], trusted: root });
    expect([client.secure, (await next).secure]).toEqual([true, true]);
    client.destroy();
    await expect(nodeWebSockets.connectWebSocket(url, { protocols: ['sip'] })).rejects.toMatchObject({ code: 'TRANSPORT_CERTIFICATE' });
    const plain = await accepting({ path: '/plain' });
    const attempt = nodeWebSockets.connectWebSocket(`wss://127.0.0.1:${plain.port}/sip`, { protocols: ['sip'] });
    await expect(attempt).rejects.toMatchObject({ code: 'TRANSPORT_TLS' });
  });

  it.each([
    ['an unmasked frame (RFC 6455 §5.1)', frame(2, Uint8Array.of(1), { masked: false }), 1002],
    ['a reserved opcode (RFC 6455 §5.2)', frame(3, Uint8Array.of(1)), 1002],
    ['a reserved bit (RFC 6455 §5.2)', frame(2, Uint8Array.of(1)).map((octet, at) => (at === 0 ? octet | 0x40 : octet)), 1002],
    ['text that is no UTF-8 (RFC 6455 §8.1)', frame(1, Uint8Array.of(0xff)), 1007],
    ['plain text', new TextEncoder().encode('REGISTER sip:example.com SIP/2.0\r\n\r\n'), 1002],
  ])('closes after %s and tells TRANSPORT_WEBSOCKET_FRAME', async (_what, octets, code) => {
    const { socket, text, ours } = await rawPeer();
    const recorder = recordMessages(ours);
    socket.write(octets);
    expect(await recorder.closed).toMatchObject({ code: 'TRANSPORT_WEBSOCKET_FRAME' });
    expect(recorder.messages).toEqual([]);
    expect((await text).slice(-4)).toBe(String.fromCharCode(0x88, 2, code >> 8, code & 0xff));
  });

  it('refuses a huge message by its announced length, with 1009, before any of it has come (RFC 6455 §7.4.1)', async () => {
    const { socket, text, ours } = await rawPeer({ maxMessage: 1_000 });
    const recorder = recordMessages(ours);
    socket.write(frame(2, new Uint8Array(0), { length: 2_000_000_000 }));
    expect(await recorder.closed).toMatchObject({ code: 'TRANSPORT_MESSAGE_TOO_LARGE' });
    expect((await text).slice(-4)).toBe(String.fromCharCode(0x88, 2, 1009 >> 8, 1009 & 0xff));
  });

  it('refuses a message of many fragments that is too large in sum', async () => {
    const { socket, ours } = await rawPeer({ maxMessage: 1_000 });
    const recorder = recordMessages(ours);
    const fragment = frame(2, new Uint8Array(100));
    fragment[0] = 2;
    socket.write(fragment);
    fragment[0] = 0;
    for (let i = 0; i < 10; i++) socket.write(fragment);
    expect(await recorder.closed).toMatchObject({ code: 'TRANSPORT_MESSAGE_TOO_LARGE' });
  });

  it('gives a slow request no connection: the HTTP server answers it 408', async () => {
    const server = createServer({ headersTimeout: 20, requestTimeout: 20, connectionsCheckingInterval: 5 });
    const { port, acceptor } = await accepting({}, server);
    const { socket, text } = raw(port);
    socket.write(upgrade('/sip').slice(0, -10));
    expect(await text).toContain('408');
    expect(acceptor.connections).toBe(0);
  });

  it('counts for a stalled reader what it is owed, and gives it up after end', async () => {
    const { socket, ours } = await rawPeer({ linger: 10 });
    const recorder = recordMessages(ours);
    socket.pause();
    const body = new Uint8Array(100_000);
    let written = 0;
    while (ours.write(body) || ours.pending < 8_000_000) written++;
    expect(ours.pending).toBeLessThanOrEqual((written + 1) * (body.length + 10));
    ours.end();
    expect(await recorder.closed).toMatchObject({ code: 'TRANSPORT_TIMEOUT' });
    expect(ours.pending).toBe(0);
  });

  it('reads no more for an owner that is paused: what the peer sends stays with the peer', async () => {
    const { socket, ours } = await rawPeer();
    ours.pause();
    const recorder = recordMessages(ours);
    let left = 64_000_000;
    const body = frame(2, new Uint8Array(100_000));
    while (left > 0 && socket.write(body)) left -= body.length;
    for (; left > 0; left -= body.length) socket.write(body);
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 50; i++) await new Promise((resolve) => { setImmediate(resolve); });
    expect(socket.writableLength).toBeGreaterThan(40_000_000);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
    expect(recorder.messages).toEqual([]);
  });

  it('gives up a peer that answers no ping (RFC 6455 §5.5.2), and keeps one that does', async () => {
    const { ours } = await rawPeer({ keepAlive: 10 });
    expect(await recordMessages(ours).closed).toMatchObject({ code: 'TRANSPORT_TIMEOUT' });
    const { port, next } = await accepting();
    const client = await new NodeWebSockets({ keepAlive: 5 }).connectWebSocket(`ws://127.0.0.1:${port}/sip`, { protocols: ['sip'] });
    const recorders: MessageRecorder[] = [recordMessages(client), recordMessages(await next)];
    await new Promise((resolve) => { setTimeout(resolve, 50); });
    expect(recorders.map(({ closes }) => closes.length)).toEqual([0, 0]);
    client.destroy();
  });

  it('closes in order when the peer does, and tells TRANSPORT_CLOSED when it hangs up or closes for cause', async () => {
    const outcomes = [];
    for (const last of [frame(8, Uint8Array.of(3, 0xe8)), frame(8, new Uint8Array(0)), frame(8, Uint8Array.of(3, 0xf3)), new Uint8Array(0)]) {
      const { socket, ours } = await rawPeer();
      const recorder = recordMessages(ours);
      socket.end(last);
      const error = await recorder.closed as { readonly code?: string } | undefined;
      outcomes.push(error?.code);
    }
    expect(outcomes).toEqual([undefined, undefined, 'TRANSPORT_CLOSED', 'TRANSPORT_CLOSED']);
  });
});

describe('NodeWebSockets', () => {
  /** A server that answers the request with these octets. */
  async function answering(...lines: readonly string[]): Promise<string> {
    const server = createRawServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => { if (lines.length > 0) socket.write([...lines, '', ''].join('\r\n')); });
    });
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    cleanUp.push(() => server.close());
    return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/sip`;
  }

  it.each([
    ['TRANSPORT_WEBSOCKET', ['HTTP/1.1 200 OK', 'Content-Length: 0']],
    ['TRANSPORT_WEBSOCKET', ['HTTP/1.1 302 Found', 'Location: ws://127.0.0.1:1/', 'Content-Length: 0']],
    ['TRANSPORT_WEBSOCKET', ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Accept: x']],
    ['TRANSPORT_WEBSOCKET', ['SIP/2.0 400 Bad Request']],
    ['TRANSPORT_TIMEOUT', []],
  ])('is %s when the server answers %j', async (code, lines) => {
    const url = await answering(...lines);
    await expect(nodeWebSockets.connectWebSocket(url, { protocols: ['sip'], timeout: lines.length === 0 ? 20 : 10_000 })).rejects.toMatchObject({ code });
  });

  it('is TRANSPORT_SUBPROTOCOL when the server agrees without choosing one (RFC 6455 §4.1)', async () => {
    const { WebSocketServer } = await import('ws');
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => false });
    await new Promise((resolve) => { server.on('listening', resolve); });
    cleanUp.push(() => server.close());
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    await expect(nodeWebSockets.connectWebSocket(url, { protocols: ['sip'] })).rejects.toMatchObject({ code: 'TRANSPORT_SUBPROTOCOL' });
  });

  it('is TRANSPORT_REFUSED when nobody listens, TRANSPORT_NAME_NOT_FOUND for a name that is none', async () => {
    const server = createServer();
    const port = await start(server);
    await new Promise((resolve) => { server.close(resolve); });
    await expect(nodeWebSockets.connectWebSocket(`ws://127.0.0.1:${port}/`, { protocols: ['sip'] })).rejects.toMatchObject({ code: 'TRANSPORT_REFUSED' });
    await expect(nodeWebSockets.connectWebSocket('ws://nobody.invalid/', { protocols: ['sip'] })).rejects.toMatchObject({ code: 'TRANSPORT_NAME_NOT_FOUND' });
    await expect(nodeWebSockets.connectWebSocket('ws://127.0.0.1/', { protocols: ['a b'] })).rejects.toMatchObject({ code: 'TRANSPORT_BAD_ADDRESS' });
  });
});

import { connect as rawConnect, createServer as createRawServer, type AddressInfo, type Socket } from 'node:net';
import { connect as rawTls } from 'node:tls';
import { certificates, record } from '@simple-im/testkit';
import type { ByteConnection } from '@simple-im/transport';
import { NodeTls, nodeTls, type NodeTlsListener, type NodeTlsOptions } from '@simple-im/transport/node';
import { afterEach, describe, expect, it } from 'vitest';
import { subjectAltNames } from '../src/node/peer-certificate.js';

const ANY_PORT = { host: '127.0.0.1', port: 0 };
const trusted = certificates.root;

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of cleanUp.splice(0)) await undo();
});

interface Listening {
  readonly listener: NodeTlsListener;
  readonly accepted: readonly ByteConnection[];
  readonly failures: readonly Error[];
  /** Resolves with the next handshake that fails. */
  failed(): Promise<Error>;
}

async function listen(options: NodeTlsOptions = {}): Promise<Listening> {
  const accepted: ByteConnection[] = [];
  const failures: Error[] = [];
  let tell = (_error: Error): void => {};
  const handshakeFailed = (error: Error): void => {
    failures.push(error);
    tell(error);
  };
  const tls = new NodeTls({ handshakeFailed, ...options });
  const listener = await tls.listenTls(ANY_PORT, { identity: certificates.server }, (connection) => { accepted.push(connection); });
  cleanUp.push(() => listener.close(), () => accepted.forEach((connection) => connection.destroy()));
  return { listener, accepted, failures, failed: () => new Promise((resolve) => { tell = resolve; }) };
}

function raw(port: number): { readonly socket: Socket; readonly closed: Promise<void> } {
  const socket = rawConnect({ host: '127.0.0.1', port });
  socket.on('error', () => {});
  socket.resume();
  cleanUp.push(() => socket.destroy());
  return { socket, closed: new Promise((resolve) => { socket.on('close', () => resolve()); }) };
}

describe('NodeTls listening to the hostile', () => {
  it('tells TRANSPORT_TLS of a client that speaks plain text, and hangs up', async () => {
    const { listener, accepted, failed } = await listen();
    const { socket, closed } = raw(listener.local.port);
    const failure = failed();
    socket.write('REGISTER sip:example.com SIP/2.0\r\n\r\n');
    expect(await failure).toMatchObject({ code: 'TRANSPORT_TLS' });
    await closed;
    expect(accepted).toEqual([]);
  });

  it('gives up a client that stalls in its handshake with TRANSPORT_TIMEOUT', async () => {
    const { listener, failed } = await listen({ handshakeTimeout: 20 });
    const { socket, closed } = raw(listener.local.port);
    const failure = failed();
    // The first octets of a ClientHello (RFC 8446 §5.1), and then nothing.
    socket.write(Uint8Array.of(0x16, 0x03, 0x01, 0x02, 0x00, 0x01));
    expect(await failure).toMatchObject({ code: 'TRANSPORT_TIMEOUT' });
    await closed;
  });

  it('resets connections beyond the handshakes it allows, and has room again after them', async () => {
    const { listener, accepted, failures, failed } = await listen({ maxHandshakes: 2 });
    const stalled = [raw(listener.local.port), raw(listener.local.port)];
    await Promise.all(stalled.map(({ socket }) => new Promise((resolve) => { socket.on('connect', resolve); })));
    const refused = failed();
    await raw(listener.local.port).closed;
    expect(await refused).toMatchObject({ code: 'TRANSPORT_TLS' });
    for (const { socket } of stalled) {
      const next = failed();
      socket.destroy();
      await next;
    }
    expect(failures.length).toBe(3);
    const client = await nodeTls.connectTls(listener.local, { trusted });
    expect(accepted.length).toBeLessThanOrEqual(1);
    client.destroy();
  });

  it('speaks no TLS before 1.2 (RFC 8996)', async () => {
    const { listener, failed } = await listen();
    const failure = failed();
    const old = rawTls({ port: listener.local.port, host: '127.0.0.1', maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0', rejectUnauthorized: false });
    old.on('error', () => {});
    expect(await failure).toMatchObject({ code: 'TRANSPORT_TLS' });
  });

  it('speaks TLS 1.2', async () => {
    const { listener } = await listen();
    const socket = rawTls({ port: listener.local.port, host: '127.0.0.1', maxVersion: 'TLSv1.2', ca: trusted });
    await new Promise((resolve) => { socket.on('secureConnect', resolve); });
    expect(socket.getProtocol()).toBe('TLSv1.2');
    socket.destroy();
  });

  it('tells a live connection of records that are none as TRANSPORT_TLS', async () => {
    const server = createRawServer();
    cleanUp.push(() => server.close());
    const { listener, accepted } = await listen();
    // A man in the middle who adds to what the client sends.
    const middle = createRawServer((from) => {
      const to = rawConnect({ port: listener.local.port, host: '127.0.0.1' });
      for (const socket of [from, to]) socket.on('error', () => {});
      from.pipe(to).pipe(from);
      spoil = () => to.write('GET / HTTP/1.1\r\n\r\n');
    });
    let spoil = (): unknown => undefined;
    await new Promise<void>((resolve) => { middle.listen(0, '127.0.0.1', resolve); });
    cleanUp.push(() => middle.close());
    const client = await nodeTls.connectTls({ host: '127.0.0.1', port: (middle.address() as AddressInfo).port }, { trusted });
    const ours = record(client);
    client.write(Uint8Array.of(1));
    while (accepted.length === 0) await new Promise((resolve) => { setImmediate(resolve); });
    const theirs = record(accepted[0] as ByteConnection);
    await theirs.has(1);
    spoil();
    expect(await theirs.closed).toMatchObject({ code: 'TRANSPORT_TLS' });
    await ours.closed;
  });
});

describe('NodeTls connecting', () => {
  it('gives up a server that never answers with TRANSPORT_TIMEOUT, and hangs up', async () => {
    let hungUp: () => void;
    const closed = new Promise<void>((resolve) => { hungUp = resolve; });
    const silent = createRawServer((socket) => {
      socket.on('error', () => {});
      socket.resume();
      socket.on('close', hungUp);
    });
    await new Promise<void>((resolve) => { silent.listen(0, '127.0.0.1', resolve); });
    cleanUp.push(() => silent.close());
    const { port } = silent.address() as AddressInfo;
    await expect(nodeTls.connectTls({ host: '127.0.0.1', port }, { trusted, timeout: 20 })).rejects.toMatchObject({ code: 'TRANSPORT_TIMEOUT' });
    await closed;
  });

  it('trusts none of the tests unless told so', async () => {
    const { listener } = await listen();
    await expect(nodeTls.connectTls(listener.local)).rejects.toMatchObject({ code: 'TRANSPORT_CERTIFICATE' });
    await expect(nodeTls.connectTls(listener.local, { trusted: 'no PEM' })).rejects.toMatchObject({ code: 'TRANSPORT_BAD_IDENTITY' });
  });

  it('shows a renewed certificate to whoever connects after setIdentity, and keeps the old one when the new is none', async () => {
    const { listener } = await listen();
    const fingerprint = async (): Promise<string | undefined> => {
      const client = await nodeTls.connectTls(listener.local, { trusted });
      client.destroy();
      return client.peerCertificate?.fingerprint;
    };
    const before = await fingerprint();
    expect(() => listener.setIdentity({ certificate: 'x', key: 'y' })).toThrow(expect.objectContaining({ code: 'TRANSPORT_BAD_IDENTITY' }));
    expect(await fingerprint()).toBe(before);
    listener.setIdentity(certificates.renewed);
    expect(await fingerprint()).not.toBe(before);
  });
});

describe('the names of a certificate', () => {
  it.each([
    ['DNS:example.com, URI:sip:example.com, IP Address:192.0.2.1', ['DNS:example.com', 'URI:sip:example.com', 'IP:192.0.2.1']],
    ['DNS:"evil.example\\u0000, DNS:example.com"', ['DNS:evil.example\0, DNS:example.com']],
    ['URI:"sip:a,b", DNS:c', ['URI:sip:a,b', 'DNS:c']],
    ['', []],
  ])('%j are told apart', (joined, expected) => {
    expect(subjectAltNames(joined)).toEqual(expected);
  });
});

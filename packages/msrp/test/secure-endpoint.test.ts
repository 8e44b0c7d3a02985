import { describe, expect, it } from 'vitest';
import { byteString, utf8, utf8Text } from '@simple-im/grammar';
import { fakeIdentity, FakeClock, FakeNetwork, FakeRandom, FakeTls, FakeWebSockets } from '@simple-im/transport/fake';
import type { MessageConnection } from '@simple-im/transport';
import { MsrpEndpoint, parseMsrpUri, type EndpointOptions, type MessageSession } from '../src/index.js';
import { fingerprintAttribute, fingerprintsOf, matchesFingerprint, parseMsrpSdp } from '../src/sdp.js';

const SERVER = '10.0.0.2';
const CLIENT = '10.0.0.1';
const trusted = 'our own root';
const identity = fakeIdentity({ subjectAltNames: [`IP:${SERVER}`], issuer: trusted });

/** A server that listens with TLS, and takes WebSockets, and a client of it. */
class World {
  readonly clock = new FakeClock();
  readonly network = new FakeNetwork({ clock: this.clock, pieceSize: 1000, window: 5000, highWaterMark: 2000 });
  /** What arrived over WebSockets, one entry a message. */
  readonly messages: Uint8Array[] = [];

  endpoint(host: string, options: Partial<EndpointOptions> = {}): MsrpEndpoint {
    const network = this.network.at(host);
    const webSockets = new FakeWebSockets(network, { clock: this.clock });
    const tls = new FakeTls(network, { clock: this.clock });
    const random = new FakeRandom(host.charCodeAt(7));
    return new MsrpEndpoint({ network, tls, webSockets, clock: this.clock, random, ...options });
  }

  async server(): Promise<MsrpEndpoint> {
    const server = this.endpoint(SERVER, {
      trace: ({ direction, bytes }) => {
        if (direction === 'in') this.messages.push(bytes);
      },
    });
    await server.listen({ host: SERVER, port: 2855 });
    await server.listenTls({ host: SERVER, port: 2856 }, { identity });
    const acceptor = new FakeWebSockets(this.network.at(SERVER), { clock: this.clock });
    const take = (connection: MessageConnection): void => server.acceptConnection(connection);
    await acceptor.acceptWebSockets({ host: SERVER, port: 443 }, { path: '/msrp', protocols: ['msrp'], tls: { identity } }, take);
    await acceptor.acceptWebSockets({ host: SERVER, port: 80 }, { path: '/msrp', protocols: ['msrp'] }, take);
    server.advertiseWebSocket({ host: SERVER, port: 443 }, true);
    server.advertiseWebSocket({ host: SERVER, port: 80 }, false);
    return server;
  }

  async join(active: MessageSession, passive: MessageSession): Promise<void> {
    const bound = passive.accept([active.uri]);
    await active.connect([passive.uri]);
    await bound;
  }
}

function texts(session: MessageSession): string[] {
  const got: string[] = [];
  session.attach({ message: (message) => void message.bytes(1e9).then((bytes) => got.push(utf8Text(bytes))) });
  return got;
}

describe('MSRP over TLS (RFC 4975 §14.1)', () => {
  it('is a session whose URI is msrps, on a connection with TLS', async () => {
    const world = new World();
    const server = await world.server();
    const passive = server.createSession({ secure: true });
    expect(passive.uri).toMatch(/^msrps:\/\/10\.0\.0\.2:2856\/\w+;tcp$/);
    const active = world.endpoint(CLIENT, { tlsOptions: { trusted } }).createSession({ secure: true });
    const got = texts(passive);
    await world.join(active, passive);
    await active.send({ contentType: 'text/plain', body: utf8('hello') }).accepted;
    expect(got).toEqual(['hello']);
  });

  it('is not bound by a request on a connection without TLS: 481 (§6)', async () => {
    const world = new World();
    const server = await world.server();
    const passive = server.createSession({ secure: true });
    const theirs = 'msrps://10.0.0.1:9/x;tcp';
    void passive.accept([theirs]);
    const plain = await world.network.at(CLIENT).connectTcp({ host: SERVER, port: 2855 });
    let answer = '';
    plain.attach({ data: (bytes) => { answer += utf8Text(bytes); }, closed: () => {} });
    const paths = [`To-Path: ${passive.uri}`, `From-Path: ${theirs}`];
    const frame = ['MSRP a786hjs2 SEND', ...paths, 'Message-ID: 12345', 'Byte-Range: 1-0/0', '-------a786hjs2$', ''];
    plain.write(utf8(frame.join('\r\n')));
    await world.clock.settle();
    expect(answer).toMatch(/^MSRP a786hjs2 481\r\n/);
    expect(passive.state).not.toBe('bound');
  });

  it('refuses a certificate that leads to no trusted root', async () => {
    const world = new World();
    const server = await world.server();
    const active = world.endpoint(CLIENT).createSession({ secure: true });
    await expect(active.connect([server.createSession({ secure: true }).uri])).rejects.toMatchObject({ code: 'TRANSPORT_CERTIFICATE' });
    expect(active.state).toBe('closed');
  });

  it('takes a self-signed one that the description names by its fingerprint, and no other (§14.4)', async () => {
    const world = new World();
    const server = await world.server();
    const client = world.endpoint(CLIENT);
    const seen: string[] = [];
    const connectWith = (fingerprint?: string) => {
      const media = { attributes: fingerprint === undefined ? [] : [fingerprintAttribute(fingerprint)] };
      const tls = {
        anyRoot: true,
        verify: (certificate: { readonly fingerprint: string }) => {
          seen.push(certificate.fingerprint);
          return matchesFingerprint(media, certificate);
        },
      };
      const passive = server.createSession({ secure: true });
      const active = client.createSession({ secure: true });
      void passive.accept([active.uri]);
      return active.connect([passive.uri], { tls });
    };
    await expect(connectWith()).rejects.toMatchObject({ code: 'TRANSPORT_CERTIFICATE' });
    await expect(connectWith(seen[0])).resolves.toBeUndefined();
    await expect(connectWith(seen[0]?.replace(/^../, '00'))).rejects.toMatchObject({ code: 'TRANSPORT_CERTIFICATE' });
  });

  it('is not to be had from an endpoint without it', async () => {
    const world = new World();
    const plain = world.endpoint(CLIENT, { tls: undefined });
    const refusal = { code: 'MSRP_UNSUPPORTED_TRANSPORT', status: 488 };
    const address = { host: CLIENT, port: 1 };
    await expect(plain.listenTls(address, { identity })).rejects.toMatchObject(refusal);
    await expect(plain.createSession().connect(['msrps://10.0.0.2:2856/x;tcp'])).rejects.toMatchObject(refusal);
    await expect(plain.createSession().connect(['msrp://10.0.0.2:2856/x;sctp'])).rejects.toMatchObject(refusal);
    const browser = world.endpoint(CLIENT, { network: undefined });
    await expect(browser.listen(address)).rejects.toMatchObject(refusal);
  });
});

describe('MSRP over WebSocket (RFC 7977)', () => {
  it.each([true, false])('is a session whose URI has the transport ws, secure %s (§5.2.1)', async (secure) => {
    const world = new World();
    const server = await world.server();
    const passive = server.createSession({ secure, transport: 'ws' });
    expect(passive.uri).toMatch(secure ? /^msrps:\/\/10\.0\.0\.2:443\/\w+;ws$/ : /^msrp:\/\/10\.0\.0\.2:80\/\w+;ws$/);
    const client = world.endpoint(CLIENT, { tlsOptions: { trusted } });
    const active = client.createSession({ secure, transport: 'ws' });
    expect(parseMsrpUri(active.uri)).toMatchObject({ host: 'client.invalid', transport: 'ws', secure });
    const [atServer, atClient] = [texts(passive), texts(active)];
    await world.join(active, passive);
    const sent = active.send({ contentType: 'text/plain', body: utf8('to'), successReport: true });
    await Promise.all([sent.reported, passive.send({ contentType: 'text/plain', body: utf8('fro') }).accepted]);
    expect([atServer, atClient]).toEqual([['to'], ['fro']]);
  });

  it('carries one chunk in each WebSocket message, long ones cut short, binary-safe (§4.2, §5.1)', async () => {
    const world = new World();
    const server = await world.server();
    const passive = server.createSession({ transport: 'ws' });
    const active = world.endpoint(CLIENT).createSession({ transport: 'ws' });
    let received: Uint8Array | undefined;
    passive.attach({ message: (message) => void message.bytes(1e9).then((bytes) => { received = bytes; }) });
    await world.join(active, passive);
    const body = new FakeRandom(7).bytes(300_000);
    await active.send({ contentType: 'application/octet-stream', body }).accepted;
    await world.clock.settle();
    expect(received).toEqual(body);
    const frames = world.messages.map((bytes) => byteString(bytes));
    expect(frames.length).toBeGreaterThan(5);
    for (const frame of frames) {
      const transaction = /^MSRP (\S+) /.exec(frame)?.[1] ?? '?';
      expect(frame.indexOf(`-------${transaction}`)).toBe(frame.length - 7 - transaction.length - 3);
      expect(frame.length).toBeLessThan(100_000);
    }
  });

  it('closes a connection whose message ends within a chunk (§5.1)', async () => {
    const world = new World();
    await world.server();
    const webSockets = new FakeWebSockets(world.network.at(CLIENT), { clock: world.clock });
    const connection = await webSockets.connectWebSocket(`ws://${SERVER}:80/msrp`, { protocols: ['msrp'] });
    let closed = false;
    connection.attach({ message: () => {}, closed: () => { closed = true; } });
    connection.write(utf8('MSRP a786hjs2 SEND\r\nTo-Path: msrp://10.0.0.2:80/x;ws\r\n'));
    await world.clock.settle();
    await world.clock.elapse(6000);
    expect(closed).toBe(true);
  });

  it('asks the URL it is told for a URI, since that names no path', async () => {
    const world = new World();
    const server = await world.server();
    const passive = server.createSession({ transport: 'ws' });
    const asked: string[] = [];
    const webSocketUrl = (uri: { readonly text: string }): string => {
      asked.push(uri.text);
      return `ws://${SERVER}:80/msrp`;
    };
    const active = world.endpoint(CLIENT, { webSocketUrl }).createSession({ transport: 'ws' });
    await world.join(active, passive);
    expect(asked).toEqual([passive.uri]);
  });
});

describe('a=fingerprint (RFC 8122 §5)', () => {
  const description = (session: string, media: string): string => [
    'v=0', 'o=- 1 1 IN IP4 1.1.1.1', 's=-', 'c=IN IP4 1.1.1.1', 't=0 0', session,
    'm=message 1 TCP/TLS/MSRP *', 'a=accept-types:*', 'a=path:msrps://1.1.1.1:1/x;tcp', media,
  ].filter((line) => line !== '').join('\r\n');

  it('is read from the section, else from the session', () => {
    const both = parseMsrpSdp(description('a=fingerprint:sha-256 AA:BB', 'a=fingerprint:SHA-1 4a:ad'));
    expect(fingerprintsOf(both)).toEqual([{ algorithm: 'sha-1', value: '4A:AD' }]);
    const ofSession = parseMsrpSdp(description('a=fingerprint:sha-256 AA:BB', ''));
    expect(fingerprintsOf(ofSession)).toEqual([{ algorithm: 'sha-256', value: 'AA:BB' }]);
  });

  it.each(['sha-256', 'sha-256 AA:B', 'sha-256 AA BB', ' AA:BB'])('passes over fingerprint:%s', (value) => {
    const attribute = `fingerprint:${value}`;
    expect(fingerprintsOf({ attributes: [attribute] })).toEqual([]);
  });

  it('does not match by SHA-1, whose collisions can be made', () => {
    const media = { attributes: ['fingerprint:sha-1 AA:BB'] };
    expect(matchesFingerprint(media, { fingerprint: 'AA:BB' })).toBe(false);
  });
});

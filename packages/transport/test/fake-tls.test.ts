import { connect, fakeCertificates, record, recordMessages } from '@simple-im/testkit';
import type { ByteConnection, MessageConnection, Network } from '@simple-im/transport';
import { FakeClock, FakeNetwork, FakeTls, FakeWebSockets } from '@simple-im/transport/fake';
import { describe, expect, it } from 'vitest';

const LOCAL = { host: '192.0.2.1', port: 5061 };
const { server: identity } = fakeCertificates;
const outcome = (promise: Promise<unknown>): Promise<unknown> => promise.then(() => 'done', (error: unknown) => error);

function over(tls: FakeTls): Network {
  return {
    bindUdp: () => Promise.reject(new Error('no UDP here')),
    listenTcp: (local, accept) => tls.listenTls(local, { identity }, accept),
    connectTcp: (remote, options) => tls.connectTls(remote, { ...options, verify: () => true }),
  };
}

describe('FakeTls', () => {
  it('gives up a handshake that stalls: TRANSPORT_TIMEOUT, and the timer goes with it', async () => {
    const clock = new FakeClock();
    const network = new FakeNetwork({ clock });
    const silent: ByteConnection[] = [];
    await network.listenTcp(LOCAL, (connection) => { silent.push(connection); });
    const attempt = outcome(new FakeTls(network, { clock }).connectTls(LOCAL, { timeout: 3_000 }));
    await clock.elapse(2_999);
    expect(silent.length).toBe(1);
    await clock.elapse(1);
    expect(await attempt).toMatchObject({ code: 'TRANSPORT_TIMEOUT' });
    silent[0]?.destroy();
    await clock.elapse(10_000);
    expect([network.connections.length, clock.timers]).toEqual([0, 0]);
  });

  it('gives up a client that stalls in its handshake', async () => {
    const clock = new FakeClock();
    const network = new FakeNetwork({ clock });
    await new FakeTls(network, { clock }).listenTls(LOCAL, { identity }, () => expect.unreachable());
    const plain = record(await network.connectTcp(LOCAL));
    await clock.elapse(9_999);
    expect(plain.closes.length).toBe(0);
    await clock.elapse(1);
    expect(await plain.closed).toBeUndefined();
    expect(clock.timers).toBe(0);
  });

  it('works in pieces of one octet, and leaves nothing behind', async () => {
    const clock = new FakeClock();
    const network = new FakeNetwork({ clock, pieceSize: 1 });
    const { client, server } = await connect(over(new FakeTls(network, { clock })), '127.0.0.1');
    const [ours, theirs] = [record(client), record(server)];
    client.write(Uint8Array.of(1, 2, 3));
    await theirs.has(3);
    client.end();
    await Promise.all([ours.closed, theirs.closed]);
    expect([[...theirs.received], network.connections.length, clock.timers]).toEqual([[1, 2, 3], 0, 0]);
  });

  it('is cut, by either end of it, like TCP', async () => {
    const network = new FakeNetwork();
    const tls = over(new FakeTls(network.at('192.0.2.1')));
    const [one, other] = [await connect(tls, '192.0.2.1'), await connect(tls, '192.0.2.1')];
    const recorders = [one.client, one.server, other.client, other.server].map((end) => record(end));
    network.cut(one.server);
    expect(await recorders[0]?.closed).toMatchObject({ code: 'TRANSPORT_CLOSED' });
    expect(await recorders[1]?.closed).toMatchObject({ code: 'TRANSPORT_CLOSED' });
    expect(recorders.map(({ closes }) => closes.length)).toEqual([1, 1, 0, 0]);
  });
});

describe('FakeWebSockets', () => {
  it('takes wss: with an identity, and tells who came', async () => {
    const network = new FakeNetwork();
    const [server, client] = [new FakeWebSockets(network), new FakeWebSockets(network.at('192.0.2.9'), { origin: 'https://example.com', cookie: 'a=b' })];
    const accepted: unknown[] = [];
    const ends: MessageConnection[] = [];
    const options = { path: '/sip', protocols: ['sip'], tls: { identity } };
    await server.acceptWebSockets({ host: '0.0.0.0', port: 443 }, options, (connection, { remote, ...request }) => {
      ends.push(connection);
      accepted.push({ ...request, host: remote.host });
    });
    expect(await outcome(client.connectWebSocket('wss://127.0.0.1/sip', { protocols: ['sip'], trusted: 'other root' }))).toMatchObject({ code: 'TRANSPORT_CERTIFICATE' });
    expect(await outcome(client.connectWebSocket('ws://127.0.0.1:443/sip', { protocols: ['sip'] }))).toMatchObject({ code: 'TRANSPORT_WEBSOCKET' });
    const connection = await client.connectWebSocket('wss://127.0.0.1/sip?a', { protocols: ['sip'] });
    expect(accepted).toEqual([{ host: '192.0.2.9', target: '/sip?a', origin: 'https://example.com', cookie: 'a=b' }]);
    expect([connection.secure, ends[0]?.secure]).toEqual([true, true]);
    network.cut(connection);
    expect(await recordMessages(connection).closed).toMatchObject({ code: 'TRANSPORT_CLOSED' });
  });

  it('gives an attempt up with TRANSPORT_TIMEOUT when nothing answers the upgrade', async () => {
    const clock = new FakeClock();
    const network = new FakeNetwork({ clock });
    await network.listenTcp(LOCAL, () => {});
    const attempt = outcome(new FakeWebSockets(network, { clock }).connectWebSocket('ws://192.0.2.1:5061/sip', { protocols: ['sip'] }));
    await clock.elapse(10_000);
    expect(await attempt).toMatchObject({ code: 'TRANSPORT_TIMEOUT' });
  });
});

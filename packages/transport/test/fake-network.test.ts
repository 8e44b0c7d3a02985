import { connectedPair, record } from '@simple-im/testkit';
import type { Address, ByteConnection } from '@simple-im/transport';
import { FakeClock, FakeNetwork, FakeRandom, type FakeNetworkOptions } from '@simple-im/transport/fake';
import { describe, expect, it } from 'vitest';

const ONE = { host: '192.0.2.1', port: 5060 };
const OTHER = { host: '192.0.2.2', port: 5060 };
const octet = (value: number): Uint8Array => Uint8Array.of(value);

async function udp(options: FakeNetworkOptions = {}) {
  const clock = new FakeClock();
  const network = new FakeNetwork({ clock, ...options });
  const arrived: number[] = [];
  const from: Address[] = [];
  const failed: Error[] = [];
  const error = (reason: Error): void => { failed.push(reason); };
  const one = await network.at(ONE.host).bindUdp({ host: '0.0.0.0', port: 5060 }, { datagram: () => {}, error });
  const datagram = (bytes: Uint8Array, address: Address): void => {
    arrived.push(bytes[0] as number);
    from.push(address);
  };
  await network.at(OTHER.host).bindUdp(OTHER, { datagram, error });
  return { clock, network, one, arrived, from, failed };
}

describe('FakeNetwork, UDP', () => {
  it('delivers never within the call that sent', async () => {
    const { clock, one, arrived } = await udp();
    one.send(octet(1), OTHER);
    expect(arrived).toEqual([]);
    await clock.settle();
    expect(arrived).toEqual([1]);
  });

  it('sends from the address of its host when bound to the wildcard', async () => {
    const { clock, one, from } = await udp();
    one.send(octet(1), OTHER);
    await clock.settle();
    expect(from).toEqual([ONE]);
  });

  it('drops, duplicates and reorders as its fate function says', async () => {
    const { clock, one, arrived } = await udp({ fate: ({ index }) => (['drop', 'duplicate', 'late'] as const)[index] ?? 'deliver' });
    for (const value of [0, 1, 2, 3]) one.send(octet(value), OTHER);
    await clock.settle();
    expect([...arrived].sort()).toEqual([1, 1, 2, 3]);
    expect(arrived.indexOf(2)).toBeGreaterThan(arrived.indexOf(3));
  });

  it('keeps a late datagram until another passes it or it is released', async () => {
    const { clock, network, one, arrived } = await udp({ fate: () => 'late' });
    one.send(octet(7), OTHER);
    await clock.settle();
    expect(arrived).toEqual([]);
    network.releaseLate();
    await clock.settle();
    expect(arrived).toEqual([7]);
  });

  it('loses what a silent host sends and is sent, without an error', async () => {
    const { clock, network, one, arrived, failed } = await udp();
    network.silence(OTHER.host);
    one.send(octet(1), OTHER);
    await clock.settle();
    network.restore(OTHER.host);
    one.send(octet(2), OTHER);
    await clock.settle();
    expect(arrived).toEqual([2]);
    expect(failed).toEqual([]);
  });

  it('overwrites a datagram after the call, so that keeping it without a copy shows', async () => {
    const network = new FakeNetwork();
    const clock = new FakeClock();
    let kept = octet(0);
    const socket = await network.bindUdp(OTHER, { datagram: (bytes) => { kept = bytes; }, error: () => {} });
    socket.send(octet(1), OTHER);
    await clock.settle();
    expect(kept).not.toEqual(octet(1));
  });

  it('has two hosts with the same port, but not the same address twice, wildcards included', async () => {
    const { network } = await udp();
    const handlers = { datagram: () => {}, error: () => {} };
    expect(network.datagramSockets).toBe(2);
    const wildcard = network.at(OTHER.host).bindUdp({ host: '0.0.0.0', port: 5060 }, handlers);
    await expect(wildcard).rejects.toMatchObject({ code: 'TRANSPORT_ADDRESS_IN_USE' });
    await expect(network.bindUdp(OTHER, handlers)).rejects.toMatchObject({ code: 'TRANSPORT_ADDRESS_IN_USE' });
    await expect(network.at(ONE.host).bindUdp(OTHER, handlers)).rejects.toMatchObject({ code: 'TRANSPORT_ADDRESS_NOT_AVAILABLE' });
  });
});

describe('FakeNetwork, TCP', () => {
  it('delivers in pieces of the size asked for', async () => {
    const { clock, client, server } = await connectedPair({ pieceSize: 3 });
    const theirs = record(server);
    client.write(new FakeRandom(1).bytes(8));
    await clock.settle();
    expect(theirs.sizes).toEqual([3, 3, 2]);
    expect(theirs.received).toEqual(new FakeRandom(1).bytes(8));
  });

  it('stalls a writer at the high-water mark once the window of a paused reader is full, and drains later', async () => {
    const { clock, client, server } = await connectedPair({ window: 10, highWaterMark: 4 });
    const [ours, theirs] = [record(client), record(server)];
    server.pause();
    expect(client.write(new Uint8Array(3))).toBe(true);
    expect(client.write(new Uint8Array(9))).toBe(false);
    await clock.settle();
    expect([client.pending, ours.drains, theirs.received.length]).toEqual([2, 0, 0]);
    server.resume();
    await clock.settle();
    expect([client.pending, ours.drains, theirs.received.length]).toEqual([0, 1, 12]);
  });

  it('cuts a connection: both ends are told TRANSPORT_CLOSED, once', async () => {
    const { clock, network, client, server } = await connectedPair();
    const [ours, theirs] = [record(client), record(server)];
    network.cut(client);
    await clock.settle();
    for (const { closes } of [ours, theirs]) expect(closes).toEqual([expect.objectContaining({ code: 'TRANSPORT_CLOSED' })]);
    expect(network.connections).toEqual([]);
  });

  it('resets the peer when a reader is destroyed with octets unread (RFC 9293 §3.6.1)', async () => {
    const { clock, client, server } = await connectedPair();
    const ours = record(client);
    client.write(octet(1));
    await clock.settle();
    server.destroy();
    await clock.settle();
    expect(ours.closes).toEqual([expect.objectContaining({ code: 'TRANSPORT_CLOSED' })]);
  });

  it('stands still while a host is silent, and goes on when it is back', async () => {
    const { clock, network, client, server, address } = await connectedPair();
    const theirs = record(server);
    network.silence(address.host);
    client.write(octet(5));
    client.end();
    await clock.settle();
    expect(theirs.received.length + theirs.closes.length).toBe(0);
    network.restore(address.host);
    await clock.settle();
    expect(theirs.received).toEqual(octet(5));
  });

  it('gives an attempt to a silent host up after 10,000 ms, or the time asked for', async () => {
    const clock = new FakeClock();
    const network = new FakeNetwork({ clock });
    network.silence(OTHER.host);
    const outcome = (promise: Promise<ByteConnection>): { code?: unknown } => {
      const found: { code?: unknown } = {};
      promise.catch((error: unknown) => { found.code = (error as { code: string }).code; });
      return found;
    };
    const [usual, quick] = [outcome(network.connectTcp(OTHER)), outcome(network.connectTcp(OTHER, { timeout: 50 }))];
    await clock.elapse(50);
    expect([usual.code, quick.code]).toEqual([undefined, 'TRANSPORT_TIMEOUT']);
    await clock.elapse(9_950);
    expect(usual.code).toBe('TRANSPORT_TIMEOUT');
    expect(clock.timers).toBe(0);
  });

  it('has no route to a removed host', async () => {
    const network = new FakeNetwork();
    network.remove(OTHER.host);
    await expect(network.connectTcp(OTHER)).rejects.toMatchObject({ code: 'TRANSPORT_UNREACHABLE' });
    await expect(network.listenTcp(OTHER, () => {})).rejects.toMatchObject({ code: 'TRANSPORT_ADDRESS_NOT_AVAILABLE' });
  });

  it('closes an ended connection after 5,000 ms when the peer never reads', async () => {
    const { clock, network, client, server } = await connectedPair();
    const ours = record(client);
    client.write(octet(1));
    client.end();
    await clock.elapse(4_999);
    expect(ours.closes).toEqual([]);
    await clock.elapse(1);
    expect(ours.closes).toEqual([undefined]);
    expect(network.connections.map((end) => end === server)).toEqual([true]);
    expect(clock.timers).toBe(0);
  });

  it('fails an ended connection with TRANSPORT_TIMEOUT when the peer takes nothing for 5,000 ms', async () => {
    const { clock, client } = await connectedPair({ window: 10 });
    const ours = record(client);
    client.write(new Uint8Array(11));
    client.end();
    await clock.elapse(5_000);
    expect(ours.closes).toEqual([expect.objectContaining({ code: 'TRANSPORT_TIMEOUT' })]);
  });

  it('goes on after a handler has thrown', async () => {
    const { clock, client, server } = await connectedPair({ pieceSize: 1 });
    const thrown: unknown[] = [];
    const seen: number[] = [];
    const catcher = (error: unknown): void => { thrown.push(error); };
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.once('uncaughtException', catcher);
    server.attach({
      data: (bytes) => {
        seen.push(bytes[0] as number);
        if (seen.length === 1) throw new Error('from a handler');
      },
      closed: () => {},
    });
    client.write(Uint8Array.of(1, 2));
    await clock.settle();
    await clock.settle();
    for (const listener of others) process.on('uncaughtException', listener);
    expect([thrown.length, seen]).toEqual([1, [1, 2]]);
  });
});

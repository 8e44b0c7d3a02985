import { createSocket } from 'node:dgram';
import { connect as rawConnect, type Socket } from 'node:net';
import { record } from '@simple-im/testkit';
import type { ByteConnection } from '@simple-im/transport';
import { NodeNetwork, nodeClock, nodeHash, nodeNetwork, nodeRandom, nodeResolver } from '@simple-im/transport/node';
import { describe, expect, it } from 'vitest';

const ANY_PORT = { host: '127.0.0.1', port: 0 };

/** A peer that follows no rules of ours, and our end of the connection. */
async function withRawPeer(network: NodeNetwork): Promise<{ raw: Socket; ours: ByteConnection }> {
  let accepted: (connection: ByteConnection) => void;
  const ours = new Promise<ByteConnection>((resolve) => { accepted = resolve; });
  const listener = await network.listenTcp(ANY_PORT, (connection) => accepted(connection));
  const raw = rawConnect({ ...listener.local, allowHalfOpen: true });
  raw.on('error', () => {});
  const connection = await ours;
  await listener.close();
  return { raw, ours: connection };
}

describe('NodeNetwork', () => {
  it('sends datagrams in their order, also those that a close follows at once', async () => {
    const received: string[] = [];
    let all: () => void;
    const done = new Promise<void>((resolve) => { all = resolve; });
    const ear = await nodeNetwork.bindUdp(ANY_PORT, {
      datagram: (bytes) => {
        if (received.push(new TextDecoder().decode(bytes)) === 3) all();
      },
      error: () => {},
    });
    const mouth = await nodeNetwork.bindUdp(ANY_PORT, { datagram: () => {}, error: () => {} });
    for (const text of ['one', 'two', 'three']) mouth.send(new TextEncoder().encode(text), ear.local);
    await mouth.close();
    await done;
    expect(received).toEqual(['one', 'two', 'three']);
    await ear.close();
  });

  it('ends its side when the peer ends its own, after sending what is pending (RFC 9293 §3.6)', async () => {
    const { raw, ours } = await withRawPeer(new NodeNetwork());
    const recorder = record(ours);
    let received = 0;
    raw.on('data', (bytes) => { received += bytes.length; });
    const ended = new Promise((resolve) => { raw.on('end', resolve); });
    ours.write(new Uint8Array(5_000_000));
    raw.end();
    expect(await recorder.closed).toBeUndefined();
    await ended;
    expect(received).toBe(5_000_000);
  });

  it('closes an ended connection although the peer keeps its side open', async () => {
    const { raw, ours } = await withRawPeer(new NodeNetwork({ linger: 10 }));
    const recorder = record(ours);
    raw.resume();
    ours.end();
    expect(await recorder.closed).toBeUndefined();
    raw.destroy();
  });

  it('fails an ended connection with TRANSPORT_TIMEOUT when the peer stops reading', async () => {
    const { raw, ours } = await withRawPeer(new NodeNetwork({ linger: 10 }));
    const recorder = record(ours);
    raw.pause();
    ours.write(new Uint8Array(16_000_000));
    ours.end();
    expect(await recorder.closed).toMatchObject({ code: 'TRANSPORT_TIMEOUT' });
    raw.destroy();
  });

  it('tells TRANSPORT_CLOSED when the peer resets the connection', async () => {
    const { raw, ours } = await withRawPeer(new NodeNetwork());
    const recorder = record(ours);
    raw.resetAndDestroy();
    const error = await recorder.closed;
    expect(error).toMatchObject({ code: 'TRANSPORT_CLOSED' });
    expect(error?.message).toContain(String(ours.remote.port));
    expect(recorder.closes.length).toBe(1);
  });

  it('gives an attempt up with TRANSPORT_TIMEOUT, and leaves no socket behind', async () => {
    const listener = await nodeNetwork.listenTcp(ANY_PORT, (connection) => connection.destroy());
    const before = tcpSockets();
    const attempt = nodeNetwork.connectTcp(listener.local, { timeout: 1 });
    // Hold the event loop until the timer is due: it looks at timers before it looks at sockets.
    const due = performance.now() + 5;
    while (performance.now() < due);
    await expect(attempt).rejects.toMatchObject({ code: 'TRANSPORT_TIMEOUT' });
    while (tcpSockets() > before) await new Promise((resolve) => { setImmediate(resolve); });
    await listener.close();
  });

  it('keeps a burst of datagrams that comes while nobody has time to read', async () => {
    let received = 0;
    const receiver = await nodeNetwork.bindUdp(ANY_PORT, { datagram: () => { received += 1; }, error: () => {} });
    const sender = createSocket('udp4');
    // Sent at once, one by one: what is read is read after the last.
    const { host, port } = receiver.local;
    await new Promise<void>((resolve) => sender.connect(port, host, resolve));
    for (let number = 0; number < 300; number++) sender.send(new Uint8Array(600));
    await expect.poll(() => received, { timeout: 2000 }).toBe(300);
    sender.close();
    await receiver.close();
  });

  it('does not have an address of the documentation range (RFC 5737 §3)', async () => {
    const address = { host: '192.0.2.1', port: 0 };
    await expect(nodeNetwork.listenTcp(address, () => {})).rejects.toMatchObject({ code: 'TRANSPORT_ADDRESS_NOT_AVAILABLE' });
    const udp = nodeNetwork.bindUdp(address, { datagram: () => {}, error: () => {} });
    await expect(udp).rejects.toMatchObject({ code: 'TRANSPORT_ADDRESS_NOT_AVAILABLE' });
  });
});

function tcpSockets(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap' || name === 'TCPConnectWrap').length;
}

describe('nodeClock', () => {
  it('never fires early', async () => {
    for (const delay of [0, 0.4, 1.2, 3.7]) {
      const due = nodeClock.now() + delay;
      const keepAlive = setInterval(() => {}, 1);
      await new Promise<void>((resolve) => { nodeClock.setTimer(delay, resolve); });
      clearInterval(keepAlive);
      expect(nodeClock.now()).toBeGreaterThanOrEqual(due);
    }
  });

  it('does not fire a timer longer than Node can count at once, nor keeps the process alive for it', async () => {
    const referenced = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = referenced();
    let fired = false;
    const timer = nodeClock.setTimer(2 ** 32, () => { fired = true; });
    expect(referenced()).toBeLessThanOrEqual(before);
    await new Promise<void>((resolve) => { setTimeout(resolve, 3); });
    timer.cancel();
    expect(fired).toBe(false);
  });
});

describe('nodeHash', () => {
  it.each([
    ['MD5', '900150983cd24fb0d6963f7d28e17f72', 'RFC 1321 §A.5'],
    ['SHA-256', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', 'RFC 6234 §8.5'],
    ['SHA-512-256', '53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23', 'FIPS 180-4 example'],
  ] as const)('%s of "abc" is %s (%s)', (algorithm, expected, _source) => {
    const hash = nodeHash(algorithm, new TextEncoder().encode('abc'));
    expect(Array.from(hash, (octet) => octet.toString(16).padStart(2, '0')).join('')).toBe(expected);
  });
});

describe('nodeRandom', () => {
  it('gives as many octets as asked for, and others each time', () => {
    expect(nodeRandom.bytes(0).length).toBe(0);
    expect(nodeRandom.bytes(32)).not.toEqual(nodeRandom.bytes(32));
    expect(nodeRandom.bytes(5000).length).toBe(5000);
  });

  it('gives each octet out once, whatever lengths are asked for', () => {
    const first = nodeRandom.bytes(16);
    const kept = Array.from(first);
    const seen = new Set<string>();
    for (let call = 0; call < 2000; call++) seen.add(Array.from(nodeRandom.bytes(16 + (call % 7))).slice(0, 16).join());
    expect(seen.size).toBe(2000);
    expect(Array.from(first)).toEqual(kept);
  });
});

describe('nodeResolver', () => {
  it('answers a numeric host itself, finds localhost, and says when a name has no address', async () => {
    expect(await nodeResolver.lookup('2001:db8::1')).toEqual(['2001:db8::1']);
    expect(await nodeResolver.lookup('localhost')).toEqual(expect.arrayContaining(['127.0.0.1']));
    await expect(nodeResolver.lookup('nobody.invalid')).rejects.toMatchObject({ code: 'TRANSPORT_NAME_NOT_FOUND' });
  });
});

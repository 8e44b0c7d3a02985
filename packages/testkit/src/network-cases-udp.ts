import { deepEqual, equal, notEqual } from 'node:assert/strict';
import type { Address, DatagramSocket } from '@simple-im/transport';
import { isError, octets, rejectsWith, text, type NetworkCase, type NetworkUnderTest } from './network-under-test.js';

interface Arrival { readonly bytes: Uint8Array; readonly from: Address }
interface Failure { readonly error: Error; readonly to: Address | undefined }
interface Bound { readonly socket: DatagramSocket; arrival(): Promise<Arrival>; failure(): Promise<Failure> }

export const udpCases: readonly NetworkCase[] = [
  {
    name: 'UDP: sends a datagram both ways, port 0 having become a real port',
    run: async (subject) => {
      const one = await bind(subject);
      const other = await bind(subject);
      notEqual(one.socket.local.port, 0);
      deepEqual(one.socket.local.host, subject.host);
      one.socket.send(octets('ping'), other.socket.local);
      const ping = await other.arrival();
      deepEqual([text(ping.bytes), ping.from], ['ping', one.socket.local]);
      other.socket.send(octets('pong'), ping.from);
      equal(text((await one.arrival()).bytes), 'pong');
      await close(one, other);
    },
  },
  {
    name: 'UDP: keeps datagrams apart, an empty one too',
    run: async (subject) => {
      const one = await bind(subject);
      const other = await bind(subject);
      for (const body of ['a', '', 'bc']) one.socket.send(octets(body), other.socket.local);
      const bodies = [await other.arrival(), await other.arrival(), await other.arrival()].map((arrival) => text(arrival.bytes));
      deepEqual(bodies, ['a', '', 'bc']);
      await close(one, other);
    },
  },
  {
    name: 'UDP: sends to a host name',
    run: async (subject) => {
      if (subject.host !== '127.0.0.1') return;
      const one = await bind(subject);
      one.socket.send(octets('self'), { host: 'localhost', port: one.socket.local.port });
      equal(text((await one.arrival()).bytes), 'self');
      await close(one);
    },
  },
  {
    name: 'UDP: an address in use is TRANSPORT_ADDRESS_IN_USE, and free again after close',
    run: async (subject) => {
      const one = await bind(subject);
      const { local } = one.socket;
      const second = subject.network.bindUdp(local, { datagram: () => {}, error: () => {} });
      await rejectsWith(second, 'TRANSPORT_ADDRESS_IN_USE', String(local.port));
      await close(one);
      const again = await subject.network.bindUdp(local, { datagram: () => {}, error: () => {} });
      deepEqual(again.local, local);
      await again.close();
    },
  },
  {
    name: 'UDP: a datagram too large is TRANSPORT_DATAGRAM_TOO_LARGE, and the socket stays usable',
    run: async (subject) => {
      const one = await bind(subject);
      one.socket.send(new Uint8Array(65_536), one.socket.local);
      const { error, to } = await one.failure();
      isError(error, 'TRANSPORT_DATAGRAM_TOO_LARGE', String(one.socket.local.port));
      deepEqual(to, one.socket.local);
      one.socket.send(octets('still here'), one.socket.local);
      equal(text((await one.arrival()).bytes), 'still here');
      await close(one);
    },
  },
  {
    name: 'UDP: an address of the other family is TRANSPORT_UNREACHABLE',
    run: async (subject) => {
      const one = await bind(subject);
      const host = subject.host.includes(':') ? '127.0.0.1' : '::1';
      one.socket.send(octets('x'), { host, port: 5060 });
      isError((await one.failure()).error, 'TRANSPORT_UNREACHABLE', host);
      await close(one);
    },
  },
  {
    name: 'UDP: a name without an address is TRANSPORT_NAME_NOT_FOUND',
    run: async (subject) => {
      const one = await bind(subject);
      one.socket.send(octets('x'), { host: 'nobody.invalid', port: 5060 });
      isError((await one.failure()).error, 'TRANSPORT_NAME_NOT_FOUND', 'nobody.invalid');
      await close(one);
    },
  },
  {
    name: 'UDP: port 0 is no destination: TRANSPORT_BAD_ADDRESS',
    run: async (subject) => {
      const one = await bind(subject);
      one.socket.send(octets('x'), { host: subject.host, port: 0 });
      isError((await one.failure()).error, 'TRANSPORT_BAD_ADDRESS', subject.host);
      await close(one);
    },
  },
  {
    name: 'UDP: sending on a closed socket is TRANSPORT_CLOSED, and closing twice is one closing',
    run: async (subject) => {
      const one = await bind(subject);
      await Promise.all([one.socket.close(), one.socket.close()]);
      one.socket.send(octets('x'), one.socket.local);
      isError((await one.failure()).error, 'TRANSPORT_CLOSED', String(one.socket.local.port));
    },
  },
];

async function bind({ network, host }: NetworkUnderTest): Promise<Bound> {
  const arrivals = mailbox<Arrival>();
  const failures = mailbox<Failure>();
  const socket = await network.bindUdp({ host, port: 0 }, {
    datagram: (bytes, from) => arrivals.put({ bytes: new Uint8Array(bytes), from }),
    error: (error, to) => failures.put({ error, to }),
  });
  return { socket, arrival: arrivals.take, failure: failures.take };
}

async function close(...bound: readonly Bound[]): Promise<void> {
  for (const { socket } of bound) await socket.close();
}

function mailbox<T>(): { put(item: T): void; take(): Promise<T> } {
  const items: T[] = [];
  const takers: ((item: T) => void)[] = [];
  return {
    put: (item) => {
      const taker = takers.shift();
      if (taker === undefined) items.push(item);
      else taker(item);
    },
    take: () => new Promise((resolve) => {
      if (items.length > 0) resolve(items.shift() as T);
      else takers.push(resolve);
    }),
  };
}

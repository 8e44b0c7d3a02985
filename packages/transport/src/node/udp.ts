import { createSocket, type Socket, type SocketOptions } from 'node:dgram';
import { lookup } from 'node:dns';
import { isIP } from 'node:net';
import { setImmediate } from 'node:timers';
import { checkLocal, checkRemote, formatAddress } from '../address.js';
import { transportError } from '../errors.js';
import type { Address, DatagramHandlers, DatagramSocket } from '../ports.js';
import { nodeResolver } from './resolver.js';
import { systemError } from './system-error.js';

/**
 * Octets for datagrams that wait to be read, as far as the system allows. Linux gives 208 kB unasked, which a hundred requests fill that
 * come while something else takes a few milliseconds; the rest of a burst would be lost and come again half a second later.
 */
const RECEIVE_BUFFER = 1_048_576;

export async function bindUdp(local: Address, handlers: DatagramHandlers): Promise<DatagramSocket> {
  checkLocal(local);
  const [host] = await nodeResolver.lookup(local.host);
  const family = isIP(host as string) === 6 ? 6 : 4;
  const socket = createSocket({ type: `udp${family}`, ipv6Only: family === 6, recvBufferSize: RECEIVE_BUFFER, lookup: lookupAtOnce });
  const bound = await listening(socket, { host: host as string, port: local.port });
  return new NodeDatagramSocket(socket, bound, family, handlers);
}

/** Node looks up numeric hosts too, a turn of the event loop for each datagram; this one answers those at once. */
const lookupAtOnce: NonNullable<SocketOptions['lookup']> = (host, options, callback) => {
  const family = isIP(host);
  if (family === 0) lookup(host, options, callback);
  else callback(null, host, family);
};

function listening(socket: Socket, local: Address): Promise<Address> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => {
      socket.close();
      reject(systemError(error, formatAddress(local)));
    };
    socket.once('error', failed);
    socket.bind({ address: local.host, port: local.port, exclusive: true }, () => {
      socket.off('error', failed);
      const { address, port } = socket.address();
      resolve({ host: address, port });
    });
  });
}

/** Hosts remembered for a socket. */
const MOST_HOSTS = 1000;

/**
 * What is sent while the datagrams of one turn of the event loop are handled leaves together at its end: a peer on the same machine
 * is woken once for all of it, and not once for each.
 */
class NodeDatagramSocket implements DatagramSocket {
  readonly local: Address;
  readonly #socket: Socket;
  readonly #family: 4 | 6;
  readonly #handlers: DatagramHandlers;
  #waiting: { readonly bytes: Uint8Array; readonly to: Address }[] = [];
  /** Hosts that were sent to before, which need not be looked at again. */
  readonly #hosts = new Set<string>();
  #closing: Promise<void> | undefined;

  constructor(socket: Socket, local: Address, family: 4 | 6, handlers: DatagramHandlers) {
    this.local = local;
    this.#socket = socket;
    this.#family = family;
    this.#handlers = handlers;
    socket.on('message', (bytes, from) => handlers.datagram(bytes, { host: from.address, port: from.port }));
    socket.on('error', (error) => handlers.error(systemError(error, formatAddress(local))));
  }

  send(bytes: Uint8Array, to: Address): void {
    const refusal = this.#refusal(to);
    if (refusal !== undefined) {
      queueMicrotask(() => this.#handlers.error(refusal, to));
      return;
    }
    if (this.#waiting.push({ bytes, to }) === 1) setImmediate(() => this.#flush());
  }

  close(): Promise<void> {
    this.#flush();
    return this.#closing ??= new Promise((resolve) => { this.#socket.close(resolve); });
  }

  #flush(): void {
    const datagrams = this.#waiting;
    this.#waiting = [];
    for (const { bytes, to } of datagrams) this.#sendNow(bytes, to);
  }

  #sendNow(bytes: Uint8Array, to: Address): void {
    this.#socket.send(bytes, to.port, to.host, (error) => {
      if (error !== null && this.#closing === undefined) {
        this.#handlers.error(systemError(error, `${formatAddress(to)}, ${bytes.length} octets`), to);
      }
    });
  }

  /** Why nothing can go there from here; Node would throw, or give the system's puzzling "invalid argument". */
  #refusal(to: Address): Error | undefined {
    if (this.#closing === undefined && this.#hosts.has(to.host) && Number.isInteger(to.port) && to.port > 0 && to.port <= 65_535) return undefined;
    try {
      checkRemote(to);
    } catch (error) {
      return error as Error;
    }
    if (this.#closing !== undefined) return transportError('TRANSPORT_CLOSED', { detail: formatAddress(this.local) });
    const family = isIP(to.host);
    if (family === 0 || family === this.#family) {
      if (this.#hosts.size === MOST_HOSTS) this.#hosts.clear();
      this.#hosts.add(to.host);
      return undefined;
    }
    return transportError('TRANSPORT_UNREACHABLE', { detail: `${formatAddress(to)} from an IPv${this.#family} socket` });
  }
}

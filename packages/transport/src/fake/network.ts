import { checkLocal, formatAddress } from '../address.js';
import { transportError } from '../errors.js';
import type { Address, ByteConnection, DatagramHandlers, DatagramSocket, Listener, Network, Resolver } from '../ports.js';
import type { FakeConnection } from './connection.js';
import { isWildcard } from './host.js';
import type { Datagram, DatagramFate, FakeNetworkOptions } from './options.js';
import { FakeResolver } from './resolver.js';
import { FakeTcp } from './tcp.js';
import { FakeUdp } from './udp.js';
import { Wire } from './wire.js';

/**
 * UDP and TCP in memory: what is sent arrives in order, in microtasks, never within the call that sent it. Every address
 * exists; `at` gives the network as one host sees it. The same calls give the same run.
 */
export class FakeNetwork implements Network {
  readonly resolver: Resolver;
  readonly #wire: Wire;
  readonly #udp: FakeUdp;
  readonly #tcp: FakeTcp;

  constructor(options: FakeNetworkOptions = {}) {
    this.resolver = options.resolver ?? new FakeResolver();
    this.#wire = new Wire(options.clock);
    this.#udp = new FakeUdp(this.#wire, this.resolver, options.fate);
    this.#tcp = new FakeTcp(this.#wire, this.resolver, options);
  }

  /** The network for a machine with the one numeric address `host`: what it sends comes from there. */
  at(host: string): Network {
    return {
      bindUdp: (local, handlers) => this.#bindUdp(local, handlers, host),
      listenTcp: (local, accept) => this.#listenTcp(local, accept, host),
      connectTcp: (remote, options) => this.#tcp.connect(remote, options ?? {}, host),
    };
  }

  bindUdp(local: Address, handlers: DatagramHandlers): Promise<DatagramSocket> {
    return this.#bindUdp(local, handlers, undefined);
  }

  listenTcp(local: Address, accept: (connection: ByteConnection) => void): Promise<Listener> {
    return this.#listenTcp(local, accept, undefined);
  }

  connectTcp(remote: Address, options: { readonly signal?: AbortSignal; readonly timeout?: number } = {}): Promise<ByteConnection> {
    return this.#tcp.connect(remote, options, undefined);
  }

  /** Both ends of every open connection; empty when whatever was tested has cleaned up. */
  get connections(): readonly ByteConnection[] {
    return [...this.#tcp.connections];
  }

  /** How many UDP sockets are open. */
  get datagramSockets(): number {
    return this.#udp.open;
  }

  /** How many listeners are open. */
  get listeners(): number {
    return this.#tcp.listeners;
  }

  /** Changes what happens to datagrams from now on. */
  set fate(fate: (datagram: Datagram) => DatagramFate) {
    this.#udp.fate = fate;
  }

  /** Delivers the datagrams whose fate was `late`. */
  releaseLate(): void {
    this.#udp.releaseLate();
  }

  /** Resets a connection, or every one: both ends are told TRANSPORT_CLOSED, and what was under way is lost. */
  cut(connection?: { readonly local: Address | undefined }): void {
    for (const end of [...this.#tcp.connections]) {
      // By address: the owner may hold one of FakeTls or FakeWebSockets, which have the addresses of the one below.
      const isIt = end.local === connection?.local || end.remote === connection?.local;
      if (connection === undefined || isIt) this.#reset(end);
    }
  }

  /** A machine in a tunnel: datagrams from and to it are lost, connections stand still, attempts get no answer. */
  silence(host: string): void {
    this.#wire.silence(host);
  }

  /** A machine that is not there: no binding, and attempts to connect are answered TRANSPORT_UNREACHABLE. */
  remove(host: string): void {
    this.#wire.remove(host);
  }

  /** Undoes `silence` and `remove`; connections go on, as TCP repeats what was lost. */
  restore(host: string): void {
    this.#wire.restore(host);
  }

  async #bindUdp(local: Address, handlers: DatagramHandlers, home: string | undefined): Promise<DatagramSocket> {
    return this.#udp.bind(await this.#resolve(local, home), handlers, home);
  }

  async #listenTcp(local: Address, accept: (connection: ByteConnection) => void, home: string | undefined): Promise<Listener> {
    return this.#tcp.listen(await this.#resolve(local, home), accept, home);
  }

  /** The numeric address to bind. */
  async #resolve(local: Address, home: string | undefined): Promise<Address> {
    checkLocal(local);
    const [host] = await this.resolver.lookup(local.host);
    const bound = { host: host as string, port: local.port };
    const owned = isWildcard(bound.host) || home === undefined || bound.host === home;
    if (!owned || !this.#wire.has(bound.host)) throw transportError('TRANSPORT_ADDRESS_NOT_AVAILABLE', { detail: formatAddress(bound) });
    return bound;
  }

  #reset(end: FakeConnection): void {
    end.fail(transportError('TRANSPORT_CLOSED', { detail: `${formatAddress(end.remote)} was cut off` }));
  }
}

import { checkRemote, formatAddress } from '../address.js';
import { CONNECT_TIMEOUT } from '../defaults.js';
import { transportError } from '../errors.js';
import type { Address, ByteConnection, Listener, Resolver } from '../ports.js';
import { AddressTable } from './address-table.js';
import { connectionPair, type FakeConnection } from './connection.js';
import { familyOf } from './host.js';
import type { FakeNetworkOptions } from './options.js';
import type { Wire } from './wire.js';

type Accept = (connection: ByteConnection) => void;

/** The TCP of a fake network. */
export class FakeTcp {
  /** Both ends of every open connection. */
  readonly connections = new Set<FakeConnection>();
  readonly #wire: Wire;
  readonly #resolver: Resolver;
  readonly #options: FakeNetworkOptions;
  readonly #table = new AddressTable<Accept>();
  #listeners = 0;

  constructor(wire: Wire, resolver: Resolver, options: FakeNetworkOptions) {
    this.#wire = wire;
    this.#resolver = resolver;
    this.#options = options;
  }

  get listeners(): number {
    return this.#listeners;
  }

  listen(asked: Address, accept: Accept, home: string | undefined): Listener {
    const local = { host: asked.host, port: asked.port === 0 ? this.#table.freePort() : asked.port };
    const release = this.#table.bind(local, home, accept);
    this.#listeners++;
    let closing: Promise<void> | undefined;
    return { local, close: () => closing ??= this.#close(release) };
  }

  connect(
    remote: Address,
    options: { readonly signal?: AbortSignal; readonly timeout?: number },
    home: string | undefined,
  ): Promise<ByteConnection> {
    return new Promise((resolve, reject) => {
      const { signal } = options;
      const where = formatAddress(remote);
      checkRemote(remote);
      if (signal?.aborted) throw transportError('TRANSPORT_ABORTED', { detail: where, cause: signal.reason });

      let settled = false;
      const limit = options.timeout ?? (signal === undefined ? CONNECT_TIMEOUT : undefined);
      const timer = limit === undefined ? undefined
        : this.#wire.clock?.setTimer(limit, () => giveUp(transportError('TRANSPORT_TIMEOUT', { detail: `${where} after ${limit} ms` })));
      const aborted = (): void => giveUp(transportError('TRANSPORT_ABORTED', { detail: where, cause: signal?.reason }));
      signal?.addEventListener('abort', aborted, { once: true });

      const attempt = (addresses: readonly string[]): void => {
        if (settled) return;
        const open = addresses.find((host) => this.#answer({ host, port: remote.port }, home) === 'accept');
        if (open !== undefined) {
          settle();
          const address = { host: open, port: remote.port };
          const accept = this.#table.find(address) as Accept;
          const [ours, theirs] = this.#pair(address, home);
          resolve(ours);
          accept(theirs);
        } else if (addresses.some((host) => this.#answer({ host, port: remote.port }, home) === 'silence')) {
          this.#wire.whenRestored(() => attempt(addresses));
        } else if (addresses.some((host) => this.#answer({ host, port: remote.port }, home) === 'refuse')) {
          giveUp(transportError('TRANSPORT_REFUSED', { detail: where }));
        } else {
          giveUp(transportError('TRANSPORT_UNREACHABLE', { detail: where }));
        }
      };
      this.#resolver.lookup(remote.host).then((addresses) => this.#wire.post(() => attempt(addresses)), giveUp);

      function settle(): void {
        settled = true;
        timer?.cancel();
        signal?.removeEventListener('abort', aborted);
      }
      function giveUp(error: Error): void {
        settle();
        reject(error);
      }
    });
  }

  /** What an attempt to connect meets. */
  #answer(remote: Address, home: string | undefined): 'accept' | 'refuse' | 'silence' | 'unreachable' {
    const from = home ?? remote.host;
    if (familyOf(from) !== familyOf(remote.host) || !this.#wire.has(remote.host) || !this.#wire.has(from)) return 'unreachable';
    if (this.#wire.isCutOff(from, remote.host)) return 'silence';
    return this.#table.find(remote) === undefined ? 'refuse' : 'accept';
  }

  #pair(remote: Address, home: string | undefined): readonly [FakeConnection, FakeConnection] {
    const local = { host: home ?? remote.host, port: this.#table.freePort() };
    const pair = connectionPair(this.#wire, this.#options, local, remote, (end) => { this.connections.delete(end); });
    for (const end of pair) this.connections.add(end);
    return pair;
  }

  async #close(release: () => void): Promise<void> {
    this.#listeners--;
    release();
  }
}

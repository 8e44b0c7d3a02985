import { checkRemote, formatAddress } from '../address.js';
import { transportError } from '../errors.js';
import type { Address, DatagramHandlers, DatagramSocket, Resolver } from '../ports.js';
import { AddressTable } from './address-table.js';
import { familyOf, isWildcard } from './host.js';
import type { Datagram, DatagramFate } from './options.js';
import type { Wire } from './wire.js';

// What remains of 65,535 octets for the payload: less the IPv4 and UDP headers, or less the UDP header (RFC 768, 791, 8200).
const LARGEST = { 4: 65_507, 6: 65_527 } as const;
const STALE_OCTET = 0xdb;

/** The UDP of a fake network. */
export class FakeUdp {
  fate: (datagram: Datagram) => DatagramFate;
  readonly #wire: Wire;
  readonly #resolver: Resolver;
  readonly #table = new AddressTable<DatagramHandlers>();
  #late: Datagram[] = [];
  #count = 0;
  #open = 0;

  constructor(wire: Wire, resolver: Resolver, fate: ((datagram: Datagram) => DatagramFate) | undefined) {
    this.#wire = wire;
    this.#resolver = resolver;
    this.fate = fate ?? (() => 'deliver');
  }

  get open(): number {
    return this.#open;
  }

  bind(asked: Address, handlers: DatagramHandlers, home: string | undefined): DatagramSocket {
    const local = { host: asked.host, port: asked.port === 0 ? this.#table.freePort() : asked.port };
    const release = this.#table.bind(local, home, handlers);
    this.#open++;
    let closing: Promise<void> | undefined;
    return {
      local,
      send: (bytes, to) => {
        const copy = new Uint8Array(bytes);
        const sent = closing === undefined ? this.#send(copy, local, to, home) : closed(local);
        sent.catch((error: unknown) => handlers.error(error as Error, to));
      },
      close: () => closing ??= this.#close(release),
    };
  }

  releaseLate(): void {
    const late = this.#late;
    this.#late = [];
    for (const datagram of late) this.#wire.post(() => this.#deliver(datagram));
  }

  async #close(release: () => void): Promise<void> {
    this.#open--;
    release();
  }

  async #send(bytes: Uint8Array, local: Address, to: Address, home: string | undefined): Promise<void> {
    checkRemote(to);
    const family = familyOf(local.host) === 6 ? 6 : 4;
    const host = familyOf(to.host) === 0 ? await this.#addressOf(to.host, family) : to.host;
    if (familyOf(host) !== family) {
      throw transportError('TRANSPORT_UNREACHABLE', { detail: `${formatAddress(to)} from an IPv${family} socket` });
    }
    if (bytes.length > LARGEST[family]) {
      throw transportError('TRANSPORT_DATAGRAM_TOO_LARGE', { detail: `${formatAddress(to)}, ${bytes.length} octets` });
    }
    const from = isWildcard(local.host) ? { host: home ?? host, port: local.port } : local;
    this.#wire.post(() => this.#transmit({ index: this.#count++, bytes, from, to: { host, port: to.port } }));
  }

  async #addressOf(name: string, family: 4 | 6): Promise<string> {
    const address = (await this.#resolver.lookup(name)).find((candidate) => familyOf(candidate) === family);
    if (address === undefined) throw transportError('TRANSPORT_NAME_NOT_FOUND', { detail: `${name} has no IPv${family} address` });
    return address;
  }

  #transmit(datagram: Datagram): void {
    if (this.#wire.isCutOff(datagram.from.host, datagram.to.host)) return;
    const fate = this.fate(datagram);
    if (fate === 'drop') return;
    if (fate === 'late') {
      this.#late.push(datagram);
      return;
    }
    if (fate === 'duplicate') this.#wire.post(() => this.#deliver(datagram));
    this.releaseLate();
    this.#deliver(datagram);
  }

  #deliver(datagram: Datagram): void {
    const handlers = this.#table.find(datagram.to);
    if (handlers === undefined) return;
    const bytes = new Uint8Array(datagram.bytes);
    try {
      handlers.datagram(bytes, datagram.from);
    } finally {
      // The octets were lent for the call; whoever kept them without a copy shall notice.
      bytes.fill(STALE_OCTET);
    }
  }
}

async function closed(local: Address): Promise<void> {
  throw transportError('TRANSPORT_CLOSED', { detail: formatAddress(local) });
}

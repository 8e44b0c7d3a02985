import { formatAddress } from '../address.js';
import { transportError } from '../errors.js';
import type { Address } from '../ports.js';
import { familyOf, isWildcard } from './host.js';

interface Entry<T> {
  readonly host: string;
  /** The host whose addresses a wildcard stands for; undefined for all. */
  readonly home: string | undefined;
  readonly value: T;
}

/** Who is bound to what, for one protocol. */
export class AddressTable<T> {
  readonly #ports = new Map<number, Entry<T>[]>();
  #lastPort = 49_151;

  /** Throws TRANSPORT_ADDRESS_IN_USE. Returns how to release the address. */
  bind(local: Address, home: string | undefined, value: T): () => void {
    const entry: Entry<T> = { host: local.host, home, value };
    const entries = this.#ports.get(local.port) ?? [];
    if (entries.some((other) => overlap(entry, other))) throw transportError('TRANSPORT_ADDRESS_IN_USE', { detail: formatAddress(local) });
    entries.push(entry);
    this.#ports.set(local.port, entries);
    return () => { entries.splice(entries.indexOf(entry), 1); };
  }

  find(address: Address): T | undefined {
    const entries = this.#ports.get(address.port) ?? [];
    const entry = entries.find((candidate) => candidate.host === address.host)
      ?? entries.find((candidate) => overlap(candidate, { host: address.host, home: address.host }));
    return entry?.value;
  }

  /** The next of the dynamic ports (RFC 6335 §6) that nothing is bound to. */
  freePort(): number {
    do this.#lastPort = this.#lastPort === 65_535 ? 49_152 : this.#lastPort + 1;
    while ((this.#ports.get(this.#lastPort) ?? []).length > 0);
    return this.#lastPort;
  }
}

/** As on Linux: a wildcard takes the port of every address of its family and host. */
function overlap(one: Pick<Entry<unknown>, 'host' | 'home'>, other: Pick<Entry<unknown>, 'host' | 'home'>): boolean {
  if (familyOf(one.host) !== familyOf(other.host)) return false;
  if (one.home !== undefined && other.home !== undefined && one.home !== other.home) return false;
  return one.host === other.host || isWildcard(one.host) || isWildcard(other.host);
}

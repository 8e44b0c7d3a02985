import { transportError } from '../errors.js';
import type { NaptrRecord, Resolver, SrvRecord } from '../ports.js';
import { familyOf } from './host.js';

/** Records besides addresses, by name. */
export interface FakeRecords {
  readonly naptr?: Readonly<Record<string, readonly NaptrRecord[]>>;
  readonly srv?: Readonly<Record<string, readonly SrvRecord[]>>;
}

/** Names from a table; it may be changed at any time. `localhost` is known unless the table says otherwise. */
export class FakeResolver implements Resolver {
  readonly names: Map<string, readonly string[]>;
  readonly naptrs: Map<string, readonly NaptrRecord[]>;
  readonly srvs: Map<string, readonly SrvRecord[]>;
  /** Names nobody answers for: TRANSPORT_LOOKUP, whatever is asked. */
  readonly unanswered = new Set<string>();
  /** What was asked, in order: `A example.com`, `NAPTR example.com`, `SRV _sip._udp.example.com`. */
  readonly queries: string[] = [];

  constructor(names: Readonly<Record<string, readonly string[]>> = {}, records: FakeRecords = {}) {
    this.names = new Map([['localhost', ['127.0.0.1', '::1']], ...Object.entries(names)]);
    this.naptrs = new Map(Object.entries(records.naptr ?? {}));
    this.srvs = new Map(Object.entries(records.srv ?? {}));
  }

  async lookup(host: string): Promise<readonly string[]> {
    if (familyOf(host) !== 0) return [host];
    const addresses = this.#ask('A', host, this.names);
    if (addresses === undefined || addresses.length === 0) throw transportError('TRANSPORT_NAME_NOT_FOUND', { detail: host });
    return addresses;
  }

  async naptr(name: string): Promise<readonly NaptrRecord[]> {
    return this.#ask('NAPTR', name, this.naptrs) ?? [];
  }

  async srv(name: string): Promise<readonly SrvRecord[]> {
    return this.#ask('SRV', name, this.srvs) ?? [];
  }

  #ask<T>(type: string, name: string, table: ReadonlyMap<string, readonly T[]>): readonly T[] | undefined {
    const key = name.toLowerCase();
    this.queries.push(`${type} ${key}`);
    if (this.unanswered.has(key)) throw transportError('TRANSPORT_LOOKUP', { detail: name });
    return table.get(key);
  }
}

import type { NaptrRecord, Resolver, SrvRecord } from '@simple-im/transport';
import { sipError } from './errors.js';
import { compareText } from './locate-srv.js';

/** What one location may cost, whatever the name servers say. */
export interface LocateLimits {
  /** Questions to the resolver. Default 24. */
  readonly lookups: number;
  /** Records of one name that count, NAPTR and SRV each: those of the lowest order or priority, of the highest weight. Default 32. */
  readonly records: number;
  /** Addresses of one name that count. Default 8. */
  readonly addresses: number;
  /** Places in all. Default 32. */
  readonly targets: number;
}

export const DEFAULT_LOCATE_LIMITS: LocateLimits = { lookups: 24, records: 32, addresses: 8, targets: 32 };

/**
 * The questions of one location. A question nobody answers counts as answered with nothing, since many resolvers fail at
 * NAPTR and SRV: the procedure goes on with what is left, and `failure` says why there was nothing in the end.
 */
export class Lookups {
  failure: unknown;
  readonly #resolver: Resolver | undefined;
  readonly #limits: LocateLimits;
  #asked = 0;

  constructor(resolver: Resolver | undefined, limits: LocateLimits) {
    this.#resolver = resolver;
    this.#limits = limits;
  }

  async naptr(name: string): Promise<readonly NaptrRecord[]> {
    const records = await this.#ask(this.#resolver?.naptr?.bind(this.#resolver), name);
    return records.toSorted((a, b) => a.order - b.order || a.preference - b.preference).slice(0, this.#limits.records);
  }

  async srv(name: string): Promise<readonly SrvRecord[]> {
    const records = await this.#ask(this.#resolver?.srv?.bind(this.#resolver), name);
    return records.toSorted((a, b) => a.priority - b.priority || b.weight - a.weight).slice(0, this.#limits.records);
  }

  /** `sorted` makes the order the same whatever the name server says, for those who must choose the same again (§4.4). */
  async addresses(name: string, sorted: boolean): Promise<readonly string[]> {
    const lookup = this.#resolver?.lookup.bind(this.#resolver);
    if (lookup === undefined) this.failure ??= sipError('SIP_UNRESOLVED', { detail: `${name} is a name and there is no resolver` });
    const addresses = await this.#ask(lookup, name);
    return (sorted ? addresses.toSorted(compareText) : addresses).slice(0, this.#limits.addresses);
  }

  async #ask<T>(question: ((name: string) => Promise<readonly T[]>) | undefined, name: string): Promise<readonly T[]> {
    if (question === undefined || this.#asked >= this.#limits.lookups) return [];
    this.#asked += 1;
    try {
      return await question(name);
    } catch (cause) {
      this.failure = cause;
      return [];
    }
  }
}

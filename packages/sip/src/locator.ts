import { copied } from '@simple-im/grammar';
import type { Clock, Random, Resolver } from '@simple-im/transport';
import { resolveAddress } from './address-resolution.js';
import type { ResolvedAddress } from './address-resolution.js';
import type { EnumOptions } from './enum.js';
import { sipError } from './errors.js';
import { Candidates } from './failover-candidates.js';
import { FailedTargets } from './failover-list.js';
import type { TransportName } from './flow.js';
import { locateVia } from './locate-via.js';
import { locate, locateAtOnce } from './locate.js';
import type { Target } from './resolve.js';
import type { Via } from './via.js';

export interface LocatorOptions {
  readonly resolver: Resolver | undefined;
  readonly random: Random;
  readonly clock: Clock;
  readonly transports: readonly TransportName[];
}

/** Places of URIs remembered. */
const MOST_PLACES = 1000;

/** Finds servers for an endpoint (RFC 3263) and remembers which of them failed. */
export class Locator {
  readonly failed = new FailedTargets();
  readonly #options: LocatorOptions;
  readonly #places = new Map<string, Target>();
  readonly #now = (): number => this.#options.clock.now();

  constructor(options: LocatorOptions) {
    this.#options = options;
  }

  /** {@link locate} with the resolver and the transports of the endpoint; `choice` for stateless proxies (§4.4). */
  locate(uri: string, choice?: string): AsyncGenerator<Target, void, undefined> {
    return locate(uri, { ...this.#options, choice });
  }

  /** {@link locateVia} with the resolver and the transports of the endpoint. */
  locateVia(via: Via): AsyncGenerator<Target, void, undefined> {
    return locateVia(via, this.#options);
  }

  /** The places for one request to a URI; what failed lately comes last. */
  candidates(uri: string): Candidates {
    const place = this.atOnce(uri);
    return this.candidatesAmong(place === undefined ? this.locate(uri) : [place]);
  }

  /** The one place of a URI that names an address; undefined where somebody must be asked. URIs come again, and are read once. */
  atOnce(uri: string): Target | undefined {
    const known = this.#places.get(uri);
    if (known !== undefined) return known;
    const place = locateAtOnce(uri, this.#options);
    if (place === undefined) return undefined;
    if (this.#places.size === MOST_PLACES) this.#places.clear();
    this.#places.set(copied(uri), place);
    return place;
  }

  candidatesAmong(targets: AsyncIterable<Target> | readonly Target[]): Candidates {
    return new Candidates(targets, this.failed, this.#now);
  }

  /** {@link resolveAddress} with the resolver of the endpoint. */
  resolveAddress(
    address: string, options: Pick<EnumOptions, 'suffix' | 'services'> = {},
  ): AsyncGenerator<ResolvedAddress, void, undefined> {
    return resolveAddress(address, { ...options, ...this.#options });
  }

  /** The first of the candidates. Rejects with SIP_UNRESOLVED, SIP_UNSUPPORTED_TRANSPORT. */
  async resolve(uri: string): Promise<Target> {
    const target = await this.candidates(uri).next();
    if (target === undefined) throw sipError('SIP_UNRESOLVED', { detail: uri });
    return target;
  }
}

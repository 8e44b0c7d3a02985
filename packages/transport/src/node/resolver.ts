import { promises as dns } from 'node:dns';
import type { RecordWithTtl } from 'node:dns';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { performance } from 'node:perf_hooks';
import { transportError } from '../errors.js';
import type { NaptrRecord, Resolver, SrvRecord } from '../ports.js';
import { LookupCache, type Answer } from './lookup-cache.js';
import { systemError } from './system-error.js';

export interface NodeResolverOptions {
  /**
   * Name servers to ask, `192.0.2.53` or `192.0.2.53:53`, for addresses too: the hosts file is then not read. By default
   * those of the system, and addresses as the system finds them (hosts file, RFC 6724).
   */
  readonly servers?: readonly string[];
  /** Milliseconds until a name server is asked again or the next one is. Default 2,000. */
  readonly timeout?: number;
  /** How often each name server is asked. Default 2. */
  readonly tries?: number;
  /** Names kept of each kind of record. Default 1,000. */
  readonly cacheSize?: number;
  /** Milliseconds an answer is kept at most, less where Node tells a shorter time to live. Default 30,000; 0 keeps nothing. */
  readonly cacheTime?: number;
  /** Milliseconds the answer is kept that there is no such record (RFC 2308). Default 5,000. */
  readonly negativeCacheTime?: number;
  /** Milliseconds on a scale of its own; for tests. */
  readonly now?: () => number;
}

/** There is such a name without such records, or no such name: an answer, not a failure. */
const NO_RECORDS = ['ENODATA', 'ENOTFOUND'];

/**
 * Names by Node's resolvers. A question nobody answered (a timeout, a server that fails, an answer that is no DNS message)
 * rejects with TRANSPORT_LOOKUP and is not kept. Node does not tell how long NAPTR and SRV records live, so these are kept
 * for `cacheTime`.
 */
export class NodeResolver implements Resolver {
  readonly #dns: dns.Resolver;
  readonly #ownServers: boolean;
  readonly #cacheTime: number;
  readonly #negativeCacheTime: number;
  readonly #addresses: LookupCache<readonly string[]>;
  readonly #naptrs: LookupCache<readonly NaptrRecord[]>;
  readonly #srvs: LookupCache<readonly SrvRecord[]>;

  constructor(options: NodeResolverOptions = {}) {
    const { servers, timeout = 2_000, tries = 2, cacheSize = 1_000, cacheTime = 30_000, negativeCacheTime = 5_000 } = options;
    const now = options.now ?? ((): number => performance.now());
    this.#dns = new dns.Resolver({ timeout, tries });
    this.#ownServers = servers !== undefined;
    if (servers !== undefined) this.#dns.setServers(servers);
    this.#cacheTime = cacheTime;
    this.#negativeCacheTime = Math.min(negativeCacheTime, cacheTime);
    this.#addresses = new LookupCache(cacheSize, now);
    this.#naptrs = new LookupCache(cacheSize, now);
    this.#srvs = new LookupCache(cacheSize, now);
  }

  async lookup(host: string): Promise<readonly string[]> {
    if (isIP(host) !== 0) return [host];
    const ask = this.#ownServers ? () => this.#resolveAddresses(host) : () => this.#systemAddresses(host);
    const addresses = await this.#addresses.get(keyOf(host), ask);
    if (addresses.length === 0) throw transportError('TRANSPORT_NAME_NOT_FOUND', { detail: host });
    return addresses;
  }

  naptr(name: string): Promise<readonly NaptrRecord[]> {
    return this.#naptrs.get(keyOf(name), () => this.#records(name, async () => (await this.#dns.resolveNaptr(name)).map(naptrOf)));
  }

  srv(name: string): Promise<readonly SrvRecord[]> {
    return this.#srvs.get(keyOf(name), () => this.#records(name, async () => (await this.#dns.resolveSrv(name)).map(srvOf)));
  }

  async #systemAddresses(host: string): Promise<Answer<readonly string[]>> {
    try {
      const found = await dns.lookup(host, { all: true, verbatim: true });
      return { value: found.map((entry) => entry.address), lifetime: this.#cacheTime };
    } catch (error) {
      throw systemError(error, host);
    }
  }

  /** Both families at once, in the order to try; a family that could not be asked counts only when the other has nothing. */
  async #resolveAddresses(host: string): Promise<Answer<readonly string[]>> {
    const six = this.#records(host, () => this.#dns.resolve6(host, { ttl: true }), lifetimeOf);
    const four = this.#records(host, () => this.#dns.resolve4(host, { ttl: true }), lifetimeOf);
    const asked = await Promise.allSettled(hasIPv6() ? [six, four] : [four, six]);
    const answers = asked.filter((one) => one.status === 'fulfilled').map((one) => one.value);
    const failed = asked.find((one) => one.status === 'rejected');
    const value = answers.flatMap((answer) => answer.value.map((record) => record.address));
    if (failed !== undefined && value.length === 0) throw failed.reason;
    // Half an answer is not kept: the other family may answer again at once.
    if (failed !== undefined) return { value, lifetime: 0 };
    const full = answers.filter((answer) => answer.value.length > 0);
    return { value, lifetime: Math.min(...(full.length > 0 ? full : answers).map((answer) => answer.lifetime)) };
  }

  async #records<T>(name: string, ask: () => Promise<T[]>, lifetime?: (records: readonly T[]) => number): Promise<Answer<readonly T[]>> {
    try {
      const value = await ask();
      if (value.length === 0) return { value, lifetime: this.#negativeCacheTime };
      return { value, lifetime: Math.min(this.#cacheTime, lifetime?.(value) ?? Infinity) };
    } catch (error) {
      const code = String((error as { readonly code?: unknown }).code);
      if (NO_RECORDS.includes(code)) return { value: [], lifetime: this.#negativeCacheTime };
      throw transportError('TRANSPORT_LOOKUP', { detail: `${name} (${code})`, cause: error });
    }
  }
}

function keyOf(name: string): string {
  return name.toLowerCase();
}

/** The shortest time to live, in milliseconds. */
function lifetimeOf(records: readonly RecordWithTtl[]): number {
  return Math.min(...records.map((record) => record.ttl)) * 1_000;
}

/** RFC 6724 prefers IPv6, but not on a host that has only link-local addresses of it. */
function hasIPv6(): boolean {
  return Object.values(networkInterfaces()).flat()
    .some((one) => one?.family === 'IPv6' && !one.internal && !one.address.startsWith('fe80:'));
}

function naptrOf({ order, preference, flags, service, regexp, replacement }: {
  readonly order: number; readonly preference: number; readonly flags: string; readonly service: string;
  readonly regexp: string; readonly replacement: string;
}): NaptrRecord {
  return { order, preference, flags, service, regexp, replacement };
}

function srvOf({ priority, weight, port, name }: {
  readonly priority: number; readonly weight: number; readonly port: number; readonly name: string;
}): SrvRecord {
  return { priority, weight, port, target: name };
}

/** The names the system knows (hosts file, name servers), with the default options. */
export const nodeResolver: Resolver = new NodeResolver();

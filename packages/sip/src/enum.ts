import { parseUri, ProtocolError } from '@simple-im/grammar';
import type { TelUri } from '@simple-im/grammar';
import type { NaptrRecord, Resolver } from '@simple-im/transport';
import { sipError } from './errors.js';
import { substitute } from './enum-substitution.js';
import { DEFAULT_LOCATE_LIMITS, Lookups } from './locate-lookups.js';
import type { LocateLimits } from './locate-lookups.js';
import { domainName } from './locate-names.js';

export interface EnumOptions {
  readonly resolver?: Resolver | undefined;
  /** Where the numbers are (§3.2). Default `e164.arpa`; another one for private numbers. */
  readonly suffix?: string | undefined;
  /** Enumservices wanted, each a type or `type:subtype`, in lower case. Default `sip`. */
  readonly services?: readonly string[] | undefined;
  readonly limits?: Partial<LocateLimits> | undefined;
}

/** §5.2.1: a longer chain of non-terminal records is taken for a loop. */
const MAX_CHAIN = 5;

/** The domain of a global number without visual separators (§3.2). Throws SIP_UNRESOLVED for what is no E.164 number. */
export function enumDomain(number: string, suffix = 'e164.arpa'): string {
  if (!/^\+\d{1,15}$/.test(number)) throw sipError('SIP_UNRESOLVED', { detail: 'no E.164 number', section: 'RFC 6116 §3.2' });
  return `${[...number.slice(1)].toReversed().join('.')}.${suffix}`;
}

/**
 * The URIs of a telephone number, most preferred first (RFC 6116). Records that cannot be used are passed over, loops too.
 * Throws SIP_UNRESOLVED, at the first step, when there is none.
 */
export async function* enumUris(number: string | TelUri, options: EnumOptions): AsyncGenerator<string, void, undefined> {
  const aus = typeof number === 'string' ? number : number.number;
  const query = new EnumQuery(aus, options);
  let found = false;
  for await (const uri of query.urisOf(enumDomain(aus, options.suffix), [])) {
    found = true;
    yield uri;
  }
  if (!found) throw sipError('SIP_UNRESOLVED', { section: 'RFC 6116 §3', cause: query.failure });
}

class EnumQuery {
  readonly #aus: string;
  readonly #services: readonly string[];
  readonly #lookups: Lookups;

  constructor(aus: string, { resolver, services = ['sip'], limits }: EnumOptions) {
    this.#aus = aus;
    this.#services = services;
    this.#lookups = new Lookups(resolver, { ...DEFAULT_LOCATE_LIMITS, ...limits });
  }

  get failure(): unknown {
    return this.#lookups.failure;
  }

  /** `chain` is the domains that led here. */
  async* urisOf(domain: string, chain: readonly string[]): AsyncGenerator<string, void, undefined> {
    for (const record of await this.#lookups.naptr(domain)) {
      const uri = this.#terminal(record);
      if (uri !== undefined) yield uri;
      const next = record.flags === '' ? domainName(record.replacement) : undefined;
      const path = [...chain, domain];
      if (next !== undefined && !path.includes(next) && path.length <= MAX_CHAIN) yield* this.urisOf(next, path);
    }
  }

  /** §3.4.2: flag U, and the regexp gives a URI. */
  #terminal({ flags, service, regexp }: NaptrRecord): string | undefined {
    if (flags.toLowerCase() !== 'u' || !servicesOf(service).some((one) => this.#wants(one))) return undefined;
    const uri = substitute(regexp, this.#aus);
    return uri !== undefined && isUri(uri) ? uri : undefined;
  }

  #wants(service: string): boolean {
    return this.#services.includes(service) || this.#services.includes(service.split(':', 1)[0] as string);
  }
}

/** §3.4.3, `E2U+sip+voice:tel`, and the older `sip+E2U` (§5.2); in lower case. */
function servicesOf(field: string): string[] {
  const parts = field.toLowerCase().split('+');
  if (parts[0] === 'e2u') return parts.slice(1);
  return parts.at(-1) === 'e2u' ? parts.slice(0, -1) : [];
}

function isUri(text: string): boolean {
  try {
    parseUri(text);
    return true;
  } catch (error) {
    if (ProtocolError.is(error)) return false;
    throw error;
  }
}

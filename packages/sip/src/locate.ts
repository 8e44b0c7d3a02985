import { isSipUri, parseUri, ProtocolError } from '@simple-im/grammar';
import type { SipUri } from '@simple-im/grammar';
import type { Random, Resolver, SrvRecord } from '@simple-im/transport';
import { sipError } from './errors.js';
import type { TransportName } from './flow.js';
import { DEFAULT_LOCATE_LIMITS, Lookups } from './locate-lookups.js';
import type { LocateLimits } from './locate-lookups.js';
import { domainName, isInvalid, isLocalhost, isUnder } from './locate-names.js';
import { serviceOf, servicesOf } from './locate-naptr.js';
import type { Service } from './locate-naptr.js';
import { randomOf, srvOrder } from './locate-srv.js';
import type { Target } from './resolve.js';
import { defaultPort, isNumericHost, withoutBrackets } from './response-routing.js';

export interface LocateOptions {
  /** Without one, names can be reached over WebSockets only, whose connections look up names themselves. */
  readonly resolver?: Resolver | undefined;
  readonly random: Random;
  /** The transports we have, most wanted first. Default UDP, TCP. */
  readonly transports?: readonly TransportName[] | undefined;
  readonly limits?: Partial<LocateLimits> | undefined;
  /**
   * For a stateless proxy (§4.4): text that all requests of a transaction share, such as the received branch. The same
   * text and the same records give the same order.
   */
  readonly choice?: string | undefined;
}

/** What a URI or a Via says of where to go. */
interface Destination {
  /** TARGET of §4: a name, or an address without brackets. */
  readonly host: string;
  readonly port: number | undefined;
  /** The transport asked for. */
  readonly transport: TransportName | undefined;
  /** Those that would do, the best first; at least one. */
  readonly transports: readonly TransportName[];
  /** When nothing says which: §4.1. */
  readonly fallback: TransportName;
  /** The name a certificate must hold (RFC 5922 §7.3); undefined for an address. */
  readonly serverName: string | undefined;
}

const SECURE: readonly TransportName[] = ['TLS', 'WSS'];

/**
 * The servers of a SIP or SIPS URI, in the order to try them (RFC 3263 §4): NAPTR, SRV, then addresses, each asked for when
 * it is needed. Every place comes once. Throws, at the first step, SIP_UNRESOLVED when there is none and
 * SIP_UNSUPPORTED_TRANSPORT when the URI wants a transport we do not have.
 */
export async function* locate(uri: string | SipUri, options: LocateOptions): AsyncGenerator<Target, void, undefined> {
  yield* placesOf(destinationOf(typeof uri === 'string' ? sipUriOf(uri) : uri, options.transports ?? ['UDP', 'TCP']), options);
}

/** The one place of a URI that names it by address; undefined where {@link locate} has to ask, or to say what is wrong with the URI. */
export function locateAtOnce(uri: string, options: LocateOptions): Target | undefined {
  try {
    const destination = destinationOf(sipUriOf(uri), options.transports ?? ['UDP', 'TCP']);
    const { host, port, fallback } = destination;
    return isNumericHost(host) ? targetAt(destination, fallback, host, port, host) : undefined;
  } catch (error) {
    if (ProtocolError.is(error)) return undefined;
    throw error;
  }
}

/** For `locate` and `locateVia`: each place once, as many as the limits allow. */
export async function* placesOf(destination: Destination, options: LocateOptions): AsyncGenerator<Target, void, undefined> {
  const limits = { ...DEFAULT_LOCATE_LIMITS, ...options.limits };
  const lookups = new Lookups(options.resolver, limits);
  const seen = new Set<string>();
  for await (const target of new Location(destination, lookups, options).places()) {
    const key = targetKey(target);
    if (seen.has(key)) continue;
    seen.add(key);
    yield target;
    if (seen.size >= limits.targets) return;
  }
  if (seen.size === 0) throw sipError('SIP_UNRESOLVED', { detail: destination.host, cause: lookups.failure });
}

/** One text for one place. */
function targetKey({ transport, address, serverName, url }: Target): string {
  return `${transport} ${address.host.toLowerCase()} ${address.port} ${serverName ?? ''} ${url ?? ''}`;
}

function sipUriOf(text: string): SipUri {
  const uri = parseUri(text);
  if (!isSipUri(uri)) throw sipError('SIP_UNRESOLVED', { detail: `scheme of ${uri.text}` });
  return uri;
}

function destinationOf(uri: SipUri, ours: readonly TransportName[]): Destination {
  const transports = uri.scheme === 'sips' ? ours.filter((name) => SECURE.includes(name)) : ours;
  const transport = transportOf(uri);
  const preferred: TransportName[] = uri.scheme === 'sips' ? ['TLS'] : ['UDP', 'TCP'];
  const fallback = transport ?? preferred.find((name) => transports.includes(name)) ?? transports[0];
  if (fallback === undefined || !transports.includes(fallback)) {
    throw sipError('SIP_UNSUPPORTED_TRANSPORT', { detail: fallback ?? uri.scheme });
  }
  if (uri.port === 0) throw sipError('SIP_UNRESOLVED', { detail: 'port 0' });
  const domain = withoutBrackets(uri.host);
  return {
    host: withoutBrackets(uri.params.get('maddr') ?? uri.host),
    port: uri.port,
    transport,
    transports,
    fallback,
    serverName: isNumericHost(domain) ? undefined : domain.toLowerCase(),
  };
}

/** The transport parameter; with SIPS it names what is below TLS (RFC 3261 §26.2.2, RFC 7118 §5.5). */
function transportOf({ scheme, params }: SipUri): TransportName | undefined {
  const parameter = params.get('transport')?.toUpperCase();
  const secure = scheme === 'sips';
  switch (parameter) {
    case undefined:
      return undefined;
    case 'UDP':
    case 'TLS':
    case 'WSS':
      return parameter;
    case 'TCP':
      return secure ? 'TLS' : 'TCP';
    case 'WS':
      return secure ? 'WSS' : 'WS';
    default:
      throw sipError('SIP_UNSUPPORTED_TRANSPORT', { detail: parameter });
  }
}

class Location {
  readonly #destination: Destination;
  readonly #lookups: Lookups;
  readonly #random: Random;
  readonly #sorted: boolean;

  constructor(destination: Destination, lookups: Lookups, { random, choice }: LocateOptions) {
    this.#destination = destination;
    this.#lookups = lookups;
    this.#random = choice === undefined ? random : randomOf(choice);
    this.#sorted = choice !== undefined;
  }

  async* places(): AsyncGenerator<Target, void, undefined> {
    const { host, port, fallback } = this.#destination;
    if (isNumericHost(host)) yield targetAt(this.#destination, fallback, host, port, host);
    else if (isInvalid(host)) return;
    else if (port !== undefined || isLocalhost(host)) yield* this.#addresses(fallback, host, port);
    else yield* this.#servers(host);
  }

  /** §4.1 and §4.2 for a name without a port. */
  async* #servers(host: string): AsyncGenerator<Target, void, undefined> {
    const { transport, transports, fallback } = this.#destination;
    const named = transport === undefined ? servicesOf(await this.#lookups.naptr(host), transports) : [serviceOf(host, transport)];
    // Without NAPTR records each transport of ours is asked for; any that has SRV records may be used.
    const services = named.length > 0 ? named : transports.map((one) => serviceOf(host, one));
    let found = false;
    for (const service of services) {
      const records = await this.#lookups.srv(service.name);
      found ||= records.length > 0;
      yield* this.#recordsOf(service, records);
    }
    if (!found) yield* this.#addresses(named[0]?.transport ?? fallback, host, undefined);
  }

  async* #recordsOf({ transport }: Service, records: readonly SrvRecord[]): AsyncGenerator<Target, void, undefined> {
    for (const { target, port } of srvOrder(records, this.#random)) {
      // The root as target: the service is decidedly not available there (RFC 2782).
      const name = domainName(target);
      if (name === undefined || port === 0 || !this.#mayServe(transport, name)) continue;
      yield* this.#addresses(transport, name, port);
    }
  }

  /**
   * §4.1: who answers over TLS must show a certificate for the domain asked for, or DNS alone would say whom we trust. That
   * is checked with `serverName`; but a WebSocket client checks the host of its URL, which must then be of that domain.
   */
  #mayServe(transport: TransportName, name: string): boolean {
    const { serverName } = this.#destination;
    return transport !== 'WSS' || (serverName !== undefined && isUnder(name, serverName));
  }

  async* #addresses(transport: TransportName, name: string, port: number | undefined): AsyncGenerator<Target, void, undefined> {
    // A WebSocket client looks up the host of its URL itself.
    const addresses = isWebSocket(transport) ? [name] : await this.#lookups.addresses(name, this.#sorted);
    for (const address of addresses) yield targetAt(this.#destination, transport, address, port, name);
  }
}

function targetAt(
  { serverName }: Destination, transport: TransportName, host: string, port: number | undefined, name: string,
): Target {
  const address = { host, port: port ?? defaultPort(transport) };
  if (isWebSocket(transport)) {
    return { transport, address, url: `${transport.toLowerCase()}://${name.includes(':') ? `[${name}]` : name}:${address.port}/` };
  }
  return transport === 'TLS' && serverName !== undefined ? { transport, address, serverName } : { transport, address };
}

function isWebSocket(transport: TransportName): boolean {
  return transport === 'WS' || transport === 'WSS';
}

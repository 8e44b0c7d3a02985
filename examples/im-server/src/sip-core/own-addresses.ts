/*
 * Which URIs mean this core (RFC 3261 §16.4, §16.5): host, port and transport together.
 */
import { canonicalHost, type SipUri, type Uri } from '@simple-im/grammar';

export interface OwnAddress {
  readonly transport: 'UDP' | 'TCP';
  /** What peers are told: the advertised host, else the one bound. IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

const DEFAULT_PORT = 5060;

export class OwnAddresses {
  readonly domain: string;
  readonly #addresses: readonly OwnAddress[];

  /** At least one address. */
  constructor(domain: string, addresses: readonly OwnAddress[]) {
    this.domain = domain;
    this.#addresses = addresses;
  }

  /** The address to tell a peer of ours on this transport. */
  on(transport: string): OwnAddress {
    return (this.#addresses.find((address) => address.transport === transport) ?? this.#addresses[0]) as OwnAddress;
  }

  /** A URI of ours with `user` in front, for Path, Record-Route and Contact. */
  uri(user: string, transport: string, parameters = ''): string {
    const { host, port, transport: bound } = this.on(transport);
    return `sip:${user}@${host.includes(':') ? `[${host}]` : host}:${port};transport=${bound.toLowerCase()}${parameters}`;
  }

  /** Whether a Route or a Request-URI names one of our sockets. */
  isOurs(uri: Uri): uri is SipUri {
    if (uri.scheme !== 'sip') return false;
    const transport = uri.params.get('transport')?.toUpperCase();
    const host = canonicalHost(uri.host).replace(/^\[|\]$/g, '');
    const port = uri.port ?? DEFAULT_PORT;
    const named = this.#addresses.filter((own) => canonicalHost(own.host) === host && own.port === port);
    return named.some((own) => transport === undefined || transport === own.transport);
  }

  /** Whether the URI is in the domain we serve. */
  isOurDomain(uri: Uri): boolean {
    if (uri.scheme === 'im' || uri.scheme === 'pres') return canonicalHost(uri.host) === this.domain;
    return (uri.scheme === 'sip' || uri.scheme === 'sips') && canonicalHost(uri.host) === this.domain;
  }
}

/*
 * Which URIs mean this core (RFC 3261 §16.4, §16.5): host, port and transport together.
 */
import { canonicalHost, type SipUri, type Uri } from '@simple-im/grammar';
import type { TransportName } from '@simple-im/sip';

export interface OwnAddress {
  readonly transport: TransportName;
  /** What peers are told: the advertised host, else the one bound. IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

const DEFAULT_PORT = 5060;
const DEFAULT_TLS_PORT = 5061;

/** What a URI says of a transport: WSS is `ws` too (RFC 7118 §8.2), and the host and port tell which of the two. */
function parameterOf(transport: TransportName): string {
  return transport === 'WSS' ? 'ws' : transport.toLowerCase();
}

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
    return `sip:${user}@${host.includes(':') ? `[${host}]` : host}:${port};transport=${parameterOf(bound)}${parameters}`;
  }

  /** Whether a Route or a Request-URI names one of our sockets. */
  isOurs(uri: Uri): uri is SipUri {
    if (uri.scheme !== 'sip') return false;
    const transport = uri.params.size === 0 ? undefined : uri.params.get('transport')?.toLowerCase();
    const port = uri.port ?? (transport === 'tls' ? DEFAULT_TLS_PORT : DEFAULT_PORT);
    for (const own of this.#addresses) {
      if (own.port !== port || (transport !== undefined && transport !== parameterOf(own.transport))) continue;
      if (own.host === uri.host || canonicalHost(own.host) === canonicalHost(uri.host).replace(/^\[|\]$/g, '')) return true;
    }
    return false;
  }

  /** Whether the URI is in the domain we serve. */
  isOurDomain(uri: Uri): boolean {
    if (uri.scheme === 'tel' || uri.scheme === 'other') return false;
    return uri.host === this.domain || canonicalHost(uri.host) === this.domain;
  }
}

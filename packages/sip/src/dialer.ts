import type { Network, PeerCertificate, TlsIdentity, TlsNetwork, WebSocketNetwork } from '@simple-im/transport';
import { certifies } from './certificate-identity.js';
import { serverNameOf, webSocketUrl } from './connection-index.js';
import type { EndpointLimits } from './endpoint-types.js';
import { sipError } from './errors.js';
import type { DecoderOptions } from './limits.js';
import { ByteLink, MessageLink } from './link.js';
import type { Link } from './link.js';
import type { Target } from './resolve.js';
import { isNumericHost } from './response-routing.js';

/** What connections are opened with; where a driver is missing there is no such transport. */
export interface DialerOptions {
  readonly network: Network | undefined;
  readonly tls: TlsNetwork | undefined;
  readonly webSockets: WebSocketNetwork | undefined;
  /** Roots to trust, PEM; the system's when absent. */
  readonly trusted: string | undefined;
  /** Our certificate, for servers that ask for one. */
  readonly identity: TlsIdentity | undefined;
  readonly limits: EndpointLimits;
  readonly decoder: DecoderOptions;
}

/** Opens connections. */
export class Dialer {
  readonly #options: DialerOptions;

  constructor(options: DialerOptions) {
    this.#options = options;
  }

  /** Rejects with TRANSPORT_...; throws SIP_UNSUPPORTED_TRANSPORT at once where there is no driver. */
  dial(target: Target): Promise<Link> {
    const { network, tls, webSockets } = this.#options;
    switch (target.transport) {
      case 'TCP':
        if (network !== undefined) return this.#tcp(network, target);
        break;
      case 'TLS':
        if (tls !== undefined) return this.#tls(tls, target);
        break;
      case 'WS':
      case 'WSS':
        if (webSockets !== undefined) return this.#webSocket(webSockets, target);
        break;
      default:
        break;
    }
    throw sipError('SIP_UNSUPPORTED_TRANSPORT', { detail: target.transport });
  }

  async #tcp(network: Network, { address }: Target): Promise<Link> {
    return new ByteLink(await network.connectTcp(address, { timeout: this.#options.limits.connectTimeout }), this.#options.decoder);
  }

  /** RFC 5922 §7.3: the certificate must speak for the domain that was asked for, wherever the DNS led. */
  async #tls(tls: TlsNetwork, target: Target): Promise<Link> {
    const { trusted, identity, limits, decoder } = this.#options;
    const domain = serverNameOf(target);
    const connection = await tls.connectTls(target.address, {
      // A name to ask for must be a DNS name (RFC 6066 §3).
      serverName: isNumericHost(domain) ? undefined : domain,
      verify: (certificate: PeerCertificate) => certifies(certificate, domain),
      trusted,
      identity,
      timeout: limits.connectTimeout,
    });
    return new ByteLink(connection, decoder);
  }

  async #webSocket(webSockets: WebSocketNetwork, target: Target): Promise<Link> {
    const { trusted, limits, decoder } = this.#options;
    const connection = await webSockets.connectWebSocket(webSocketUrl(target), {
      protocols: ['sip'],
      trusted,
      timeout: limits.connectTimeout,
      maxMessage: limits.headOctets + limits.bodyOctets,
    });
    return new MessageLink(connection, decoder);
  }
}

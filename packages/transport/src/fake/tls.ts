import { formatAddress } from '../address.js';
import { transportError } from '../errors.js';
import type {
  Address, ByteConnection, Clock, Listener, Network, PeerCertificate, TlsConnectOptions, TlsListenOptions, TlsNetwork,
} from '../ports.js';
import { bounded } from './bounded.js';
import { readHello, sendHello, type Hello } from './hello.js';
import { checkIdentity, holdsName, readCertificate } from './tls-identity.js';

export interface FakeTlsOptions {
  /** For the time a handshake may take; without a clock it never runs out. */
  readonly clock?: Clock;
}

/**
 * TLS without cryptography over the TCP of a fake network, or of one of its hosts: `new FakeTls(network.at('192.0.2.1'))`.
 * Identities are made by `fakeIdentity`; who is refused, and with which error, is as with real TLS.
 */
export class FakeTls implements TlsNetwork {
  readonly #network: Network;
  readonly #clock: Clock | undefined;

  constructor(network: Network, options: FakeTlsOptions = {}) {
    this.#network = network;
    this.#clock = options.clock;
  }

  async listenTls(local: Address, options: TlsListenOptions, accept: (connection: ByteConnection) => void): Promise<Listener> {
    checkIdentity(options.identity);
    return this.#network.listenTcp(local, (below) => {
      // Whoever fails in the handshake is nobody's connection: Node's driver tells nobody either, unless asked.
      this.#answer(below, options).then((connection) => { if (connection !== undefined) accept(connection); }, () => {});
    });
  }

  async connectTls(remote: Address, options: TlsConnectOptions = {}): Promise<ByteConnection> {
    checkIdentity(options.identity);
    const where = formatAddress(remote);
    return bounded(this.#clock, options, where, (bounds) => this.#network.connectTcp(remote, bounds), async (below) => {
      sendHello(below, { certificate: options.identity?.certificate });
      const hello = await readHello(below, { clock: undefined, where, secure: true, otherwise: 'TRANSPORT_TLS' });
      const certificate = certificateOf(hello, options.trusted);
      hello.connection.peerCertificate = certificate;
      const reason = refusal(certificate, options.serverName ?? remote.host, options);
      if (reason === undefined) return hello.connection;
      throw transportError('TRANSPORT_CERTIFICATE', { detail: `${where} (${reason})` });
    });
  }

  async #answer(below: ByteConnection, { identity, trusted }: TlsListenOptions): Promise<ByteConnection | undefined> {
    const hello = await readHello(below, { clock: this.#clock, where: formatAddress(below.local), secure: true, otherwise: 'TRANSPORT_TLS' });
    sendHello(below, { certificate: identity.certificate });
    const certificate = trusted === undefined ? undefined : certificateOf(hello, trusted);
    hello.connection.peerCertificate = certificate;
    if (certificate === undefined || certificate.authorized) return hello.connection;
    // As in TLS 1.3 the client is through with its handshake before it learns of this.
    below.end();
    below.resume();
    return undefined;
  }
}

function certificateOf(hello: Hello, trusted: string | undefined): PeerCertificate | undefined {
  const { certificate } = hello.message;
  return typeof certificate === 'string' ? readCertificate(certificate, trusted) : undefined;
}

/** Why the peer is not who was meant. */
function refusal(certificate: PeerCertificate | undefined, name: string, options: TlsConnectOptions): string | undefined {
  if (certificate === undefined) return 'no certificate';
  if (!certificate.authorized && options.anyRoot !== true) return 'no trusted root, or not in force';
  if (options.verify !== undefined) return options.verify(certificate) ? undefined : 'refused by verify';
  return holdsName(certificate, name) ? undefined : `not a certificate of ${name}`;
}

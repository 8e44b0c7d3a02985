import { LINGER } from '../defaults.js';
import type { Address, ByteConnection, TlsConnectOptions, TlsIdentity, TlsListenOptions, TlsNetwork, Listener } from '../ports.js';
import { warn } from './network.js';
import { connectTls } from './tls-connect.js';
import { listenTls } from './tls-listen.js';

export interface NodeTlsOptions {
  /** As in `NodeNetworkOptions`. */
  readonly acceptFailed?: (error: Error, local: Address) => void;
  /** As in `NodeNetworkOptions`: milliseconds, 5,000 by default. */
  readonly linger?: number;
  /** Milliseconds (10,000 by default) a client has for its handshake. */
  readonly handshakeTimeout?: number;
  /** Handshakes under way at one listener (1,024 by default); connections beyond them are reset. */
  readonly maxHandshakes?: number;
  /**
   * A client did not get through the handshake: no TLS (TRANSPORT_TLS), too slow (TRANSPORT_TIMEOUT), or with a certificate
   * that leads to no trusted root (TRANSPORT_CERTIFICATE). By default nobody is told, since every port scan is one.
   */
  readonly handshakeFailed?: (error: Error, local: Address) => void;
}

export interface NodeTlsListener extends Listener {
  /** For new connections from now on: a certificate renewed. Throws TRANSPORT_BAD_IDENTITY, and then keeps the old one. */
  setIdentity(identity: TlsIdentity): void;
}

/** Node's TLS: 1.2 and later over TCP, semantics of TCP's connections. Without `trusted` the roots are those Node brings. */
export class NodeTls implements TlsNetwork {
  readonly #options: Required<NodeTlsOptions>;

  constructor(options: NodeTlsOptions = {}) {
    this.#options = { acceptFailed: warn, handshakeFailed: () => {}, linger: LINGER, handshakeTimeout: 10_000, maxHandshakes: 1_024, ...options };
  }

  listenTls(local: Address, options: TlsListenOptions, accept: (connection: ByteConnection) => void): Promise<NodeTlsListener> {
    return listenTls(local, options, accept, this.#options);
  }

  connectTls(remote: Address, options: TlsConnectOptions = {}): Promise<ByteConnection> {
    return connectTls(remote, options, this.#options.linger);
  }
}

/** Node's TLS with the default options. */
export const nodeTls: NodeTls = new NodeTls();

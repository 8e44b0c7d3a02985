import { formatAddress } from '../address.js';
import { LINGER } from '../defaults.js';
import type { Address, ByteConnection, DatagramHandlers, DatagramSocket, Listener, Network } from '../ports.js';
import { connectTcp, listenTcp } from './tcp.js';
import { bindUdp } from './udp.js';

export interface NodeNetworkOptions {
  /**
   * A connection could not be accepted, most likely because the process has no file descriptors left; the listener goes
   * on. By default a process warning.
   */
  readonly acceptFailed?: (error: Error, local: Address) => void;
  /**
   * Milliseconds (5,000 by default) an ended connection waits: while it sends what is pending, without progress; after
   * that, for the peer to end its side too.
   */
  readonly linger?: number;
}

/**
 * Node's sockets. Hosts may be names or numeric. A socket serves one address family: `::` takes no IPv4, bind
 * `0.0.0.0` besides.
 */
export class NodeNetwork implements Network {
  readonly #acceptFailed: (error: Error, local: Address) => void;
  readonly #linger: number;

  constructor(options: NodeNetworkOptions = {}) {
    this.#acceptFailed = options.acceptFailed ?? warn;
    this.#linger = options.linger ?? LINGER;
  }

  bindUdp(local: Address, handlers: DatagramHandlers): Promise<DatagramSocket> {
    return bindUdp(local, handlers);
  }

  listenTcp(local: Address, accept: (connection: ByteConnection) => void): Promise<Listener> {
    return listenTcp(local, accept, this.#acceptFailed, this.#linger);
  }

  connectTcp(remote: Address, options: { readonly signal?: AbortSignal; readonly timeout?: number } = {}): Promise<ByteConnection> {
    return connectTcp(remote, options, this.#linger);
  }
}

/** What is said of a connection that could not be accepted, unless the owner has asked to be told. */
export function warn(error: Error, local: Address): void {
  process.emitWarning(error.message, { code: 'SIMPLE_IM_ACCEPT_FAILED', detail: formatAddress(local) });
}

/** Node's sockets with the default options. */
export const nodeNetwork: Network = new NodeNetwork();

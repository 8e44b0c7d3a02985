/* The network of one device, whose cable can be pulled: what is sent then is lost, and nobody is told. */
import { transportError, type Address, type ByteConnection, type ConnectionHandlers, type DatagramHandlers, type DatagramSocket, type Listener, type Network } from '@simple-im/transport';
import { nodeNetwork } from '@simple-im/transport/node';

export class Cable implements Network {
  #pulled = false;
  readonly #connections = new Set<CabledConnection>();

  get pulled(): boolean {
    return this.#pulled;
  }

  pull(): void {
    this.#pulled = true;
  }

  /** The device knows that its connections are of no use any more, as after a change of networks. */
  plug(): void {
    for (const connection of this.#connections) connection.destroy();
    this.#pulled = false;
  }

  async bindUdp(local: Address, handlers: DatagramHandlers): Promise<DatagramSocket> {
    const socket = await nodeNetwork.bindUdp(local, {
      datagram: (bytes, from) => { if (!this.#pulled) handlers.datagram(bytes, from); },
      error: (error, to) => handlers.error(error, to),
    });
    return {
      local: socket.local,
      send: (bytes, to) => { if (!this.#pulled) socket.send(bytes, to); },
      close: () => socket.close(),
    };
  }

  listenTcp(local: Address, accept: (connection: ByteConnection) => void): Promise<Listener> {
    return nodeNetwork.listenTcp(local, accept);
  }

  async connectTcp(remote: Address, options?: { readonly signal?: AbortSignal; readonly timeout?: number }): Promise<ByteConnection> {
    const connection = this.#pulled ? undefined : await nodeNetwork.connectTcp(remote, options);
    if (connection === undefined || this.#pulled) {
      connection?.destroy();
      throw transportError('TRANSPORT_UNREACHABLE', { detail: `${remote.host}:${remote.port}` });
    }
    const cabled = new CabledConnection(connection, this, () => this.#connections.delete(cabled));
    this.#connections.add(cabled);
    return cabled;
  }
}

class CabledConnection implements ByteConnection {
  readonly #connection: ByteConnection;
  readonly #cable: Cable;
  readonly #gone: () => void;

  constructor(connection: ByteConnection, cable: Cable, gone: () => void) {
    this.#connection = connection;
    this.#cable = cable;
    this.#gone = gone;
  }

  get local(): Address { return this.#connection.local; }
  get remote(): Address { return this.#connection.remote; }
  get secure(): boolean { return this.#connection.secure; }
  get pending(): number { return this.#connection.pending; }

  attach(handlers: ConnectionHandlers): void {
    this.#connection.attach({
      data: (bytes) => { if (!this.#cable.pulled) handlers.data(bytes); },
      drain: () => handlers.drain?.(),
      closed: (error) => {
        this.#gone();
        handlers.closed(error);
      },
    });
  }

  write(bytes: Uint8Array): boolean {
    return this.#cable.pulled || this.#connection.write(bytes);
  }

  cork(): void { this.#connection.cork(); }
  uncork(): void { this.#connection.uncork(); }
  pause(): void { this.#connection.pause(); }
  resume(): void { this.#connection.resume(); }
  end(): void { this.#connection.end(); }
  destroy(): void { this.#connection.destroy(); }
}

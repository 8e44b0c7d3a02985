import { MAX_CONNECTIONS, MAX_MESSAGE } from '../defaults.js';
import { transportError } from '../errors.js';
import type {
  Address, ByteConnection, Clock, Listener, MessageConnection, Network, TlsListenOptions, WebSocketConnectOptions, WebSocketNetwork,
} from '../ports.js';
import { chooseProtocol, type AcceptedRequest, type WebSocketAcceptorOptions } from '../websocket-acceptor.js';
import { parseWebSocketUrl } from '../websocket-url.js';
import { bounded } from './bounded.js';
import { readHello, sendHello } from './hello.js';
import { FakeMessageConnection } from './message-connection.js';
import { FakeTls } from './tls.js';

export interface FakeWebSocketsOptions {
  /** For the time a handshake may take; without a clock it never runs out. */
  readonly clock?: Clock;
  /** What a browser would send of itself. */
  readonly origin?: string;
  readonly cookie?: string;
}

export interface FakeAcceptorOptions extends WebSocketAcceptorOptions {
  /** Then it is `wss:`. Identities are made by `fakeIdentity`. */
  readonly tls?: TlsListenOptions;
}

/** WebSockets over the TCP of a fake network, or of one of its hosts, with an acceptor of their own in place of an HTTP server. */
export class FakeWebSockets implements WebSocketNetwork {
  readonly #network: Network;
  readonly #tls: FakeTls;
  readonly #options: FakeWebSocketsOptions;

  constructor(network: Network, options: FakeWebSocketsOptions = {}) {
    this.#network = network;
    this.#tls = new FakeTls(network, options);
    this.#options = options;
  }

  /** One path at one address; the rules and the statuses are those of `acceptWebSockets` of `@simple-im/transport/node`. */
  acceptWebSockets(
    local: Address,
    options: FakeAcceptorOptions,
    accept: (connection: MessageConnection, request: AcceptedRequest) => void,
  ): Promise<Listener> {
    let connections = 0;
    const answer = async (below: ByteConnection): Promise<(() => void) | undefined> => {
      const hello = await readHello(below, { clock: this.#options.clock, where: 'upgrade', secure: below.secure, otherwise: 'TRANSPORT_WEBSOCKET' });
      const request = requestOf(hello.message, below.remote);
      const protocol = chooseProtocol(options.protocols, stringsOf(hello.message.protocols)) ?? '';
      const status = statusOf(request, protocol, connections, options);
      sendHello(below, { status, protocol });
      if (status !== 101) {
        below.end();
        below.resume();
        return undefined;
      }
      connections++;
      const closed = (): void => { connections--; };
      const connection = new FakeMessageConnection(hello.connection, { protocol, maxMessage: options.maxMessage ?? MAX_MESSAGE, closed });
      return () => accept(connection, request);
    };
    // Whoever fails in the handshake is nobody's connection.
    const accepted = (below: ByteConnection): void => { answer(below).then((handOver) => handOver?.(), () => {}); };
    return options.tls === undefined ? this.#network.listenTcp(local, accepted) : this.#tls.listenTls(local, options.tls, accepted);
  }

  async connectWebSocket(url: string, options: WebSocketConnectOptions): Promise<MessageConnection> {
    const { secure, host, port, target, where } = parseWebSocketUrl(url);
    const { clock, origin, cookie } = this.#options;
    const connect = secure
      ? (bounds: object) => this.#tls.connectTls({ host, port }, { ...bounds, trusted: options.trusted })
      : (bounds: object) => this.#network.connectTcp({ host, port }, bounds);
    return bounded(clock, options, where, connect, async (below) => {
      sendHello(below, { target, protocols: options.protocols, origin, cookie });
      const { message, connection } = await readHello(below, { clock: undefined, where, secure, otherwise: 'TRANSPORT_WEBSOCKET' });
      if (message.status !== 101) throw transportError('TRANSPORT_WEBSOCKET', { detail: `${where} (status ${String(message.status)})` });
      const protocol = String(message.protocol);
      return new FakeMessageConnection(connection, { protocol, maxMessage: options.maxMessage ?? MAX_MESSAGE });
    });
  }
}

function statusOf(request: AcceptedRequest, protocol: string, connections: number, options: FakeAcceptorOptions): number {
  if (request.target.split('?')[0] !== options.path) return 404;
  if (options.allowOrigin?.(request.origin) === false) return 403;
  if (protocol === '') return 400;
  return connections >= (options.maxConnections ?? MAX_CONNECTIONS) ? 503 : 101;
}

function requestOf(message: Readonly<Record<string, unknown>>, remote: Address): AcceptedRequest {
  return { remote, target: stringOf(message.target) ?? '', origin: stringOf(message.origin), cookie: stringOf(message.cookie) };
}

function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function stringsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
}

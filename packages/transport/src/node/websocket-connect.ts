import { WebSocket, type ClientOptions } from 'ws';
import { checkRemote } from '../address.js';
import { LINGER, MAX_MESSAGE } from '../defaults.js';
import { transportError } from '../errors.js';
import type { Address, MessageConnection, WebSocketConnectOptions, WebSocketNetwork } from '../ports.js';
import { parseWebSocketUrl } from '../websocket-url.js';
import { attempt } from './attempt.js';
import { addressOf } from './connection.js';
import { NodeMessageConnection } from './message-connection.js';
import { systemError } from './system-error.js';
import { handshakeError } from './tls-connect.js';
import { MIN_VERSION, checkRoots } from './tls-context.js';

export interface NodeWebSocketsOptions {
  /** Milliseconds (5,000 by default) an ended connection waits, as in `NodeNetworkOptions`. */
  readonly linger?: number;
  /** Milliseconds between pings (RFC 6455 §5.5.2); without it none are sent. A peer that answers none is TRANSPORT_TIMEOUT. */
  readonly keepAlive?: number;
}

/** WebSockets by `ws`, as a client. No compression, no redirects. */
export class NodeWebSockets implements WebSocketNetwork {
  readonly #linger: number;
  readonly #keepAlive: number | undefined;

  constructor(options: NodeWebSocketsOptions = {}) {
    this.#linger = options.linger ?? LINGER;
    this.#keepAlive = options.keepAlive;
  }

  async connectWebSocket(url: string, options: WebSocketConnectOptions): Promise<MessageConnection> {
    const { secure, where, host, port } = parseWebSocketUrl(url);
    checkRemote({ host, port });
    const settings: ClientOptions & { readonly closeTimeout: number } = {
      perMessageDeflate: false,
      followRedirects: false,
      maxPayload: options.maxMessage ?? MAX_MESSAGE,
      closeTimeout: this.#linger,
      ...(secure ? { minVersion: MIN_VERSION } : {}),
      ...(options.trusted === undefined ? {} : { ca: checkRoots(options.trusted) }),
    };
    return attempt(where, options, (attempt) => {
      const socket = open(url, options.protocols, settings);
      let ends: { readonly local: Address | undefined; readonly remote: Address | undefined } = { local: undefined, remote: undefined };
      const failed = (error: Error): void => attempt.reject(refusal(error, where, secure));
      socket.on('error', failed);
      socket.once('unexpected-response', (request, response) => {
        attempt.reject(transportError('TRANSPORT_WEBSOCKET', { detail: `${where} (status ${response.statusCode ?? 0})` }));
        request.destroy();
      });
      socket.once('upgrade', ({ socket: below }) => {
        ends = { local: addressOf(below.localAddress, below.localPort), remote: addressOf(below.remoteAddress, below.remotePort) };
      });
      socket.once('open', () => {
        socket.off('error', failed);
        attempt.resolve(new NodeMessageConnection(socket, { ...ends, secure, where, linger: this.#linger, keepAlive: this.#keepAlive }));
      });
      return () => socket.terminate();
    });
  }
}

function open(url: string, protocols: readonly string[], settings: ClientOptions): WebSocket {
  try {
    return new WebSocket(url, [...protocols], settings);
  } catch (error) {
    throw transportError('TRANSPORT_BAD_ADDRESS', { detail: 'no subprotocols (RFC 6455 §4.1)', cause: error });
  }
}

/** `ws` has no codes for what is wrong with the answer, only texts. */
function refusal(error: Error, where: string, secure: boolean): Error {
  const { code: name } = error as { readonly code?: unknown };
  // What answers is no HTTP.
  if (String(name).startsWith('HPE_')) return transportError('TRANSPORT_WEBSOCKET', { detail: `${where} (${String(name)})`, cause: error });
  if (name !== undefined) return secure ? handshakeError(error, where) : systemError(error, where);
  const code = error.message.includes('subprotocol') ? 'TRANSPORT_SUBPROTOCOL' : 'TRANSPORT_WEBSOCKET';
  return transportError(code, { detail: `${where} (${error.message})`, cause: error });
}

/** Node's WebSockets with the default options. */
export const nodeWebSockets: NodeWebSockets = new NodeWebSockets();

import { CONNECT_TIMEOUT, MAX_MESSAGE } from '../defaults.js';
import { transportError } from '../errors.js';
import type { MessageConnection, WebSocketConnectOptions, WebSocketNetwork } from '../ports.js';
import { parseWebSocketUrl } from '../websocket-url.js';
import { WebMessageConnection } from './message-connection.js';

export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocket;

/** The WebSockets of a browser. It tells no addresses, and not why a connection failed. */
export class WebSockets implements WebSocketNetwork {
  readonly #make: WebSocketConstructor | undefined;

  /** Another constructor than `globalThis.WebSocket`, where there is none. */
  constructor(make?: WebSocketConstructor) {
    this.#make = make;
  }

  async connectWebSocket(url: string, options: WebSocketConnectOptions): Promise<MessageConnection> {
    const { where, secure } = parseWebSocketUrl(url);
    const { signal } = options;
    if (signal?.aborted) throw transportError('TRANSPORT_ABORTED', { detail: where, cause: signal.reason });
    const socket = this.#open(url, options.protocols);
    const limit = options.timeout ?? (signal === undefined ? CONNECT_TIMEOUT : undefined);

    return new Promise((resolve, reject) => {
      const timer = limit === undefined ? undefined
        : setTimeout(() => giveUp(transportError('TRANSPORT_TIMEOUT', { detail: `${where} after ${limit} ms` })), limit);
      const aborted = (): void => giveUp(transportError('TRANSPORT_ABORTED', { detail: where, cause: signal?.reason }));
      signal?.addEventListener('abort', aborted, { once: true });
      socket.onclose = () => giveUp(transportError('TRANSPORT_WEBSOCKET', { detail: `${where} (the browser does not say more)` }));
      socket.onopen = () => {
        if (options.protocols.length > 0 && !options.protocols.includes(socket.protocol)) {
          giveUp(transportError('TRANSPORT_SUBPROTOCOL', { detail: where }));
          return;
        }
        settle();
        resolve(new WebMessageConnection(socket, { secure, where, maxMessage: options.maxMessage ?? MAX_MESSAGE }));
      };
      // Always followed by `close`; without a listener some constructors throw.
      socket.onerror = () => {};

      function settle(): void {
        clearTimeout(timer);
        signal?.removeEventListener('abort', aborted);
        socket.onopen = null;
        socket.onclose = null;
      }
      function giveUp(error: Error): void {
        settle();
        socket.close();
        reject(error);
      }
    });
  }

  #open(url: string, protocols: readonly string[]): WebSocket {
    try {
      const socket = new (this.#make ?? globalThis.WebSocket)(url, [...protocols]);
      socket.binaryType = 'arraybuffer';
      return socket;
    } catch (error) {
      // A browser throws for `ws:` from a page of https too.
      throw transportError('TRANSPORT_BAD_ADDRESS', { detail: 'refused by the browser', cause: error });
    }
  }
}

/** The WebSockets of this browser. */
export const webSockets: WebSockets = new WebSockets();

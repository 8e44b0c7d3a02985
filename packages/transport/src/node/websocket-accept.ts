import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type ServerOptions } from 'ws';
import { formatAddress } from '../address.js';
import { LINGER, MAX_CONNECTIONS, MAX_MESSAGE } from '../defaults.js';
import { transportError } from '../errors.js';
import type { Address, MessageConnection } from '../ports.js';
import { chooseProtocol, type AcceptedRequest, type WebSocketAcceptorOptions } from '../websocket-acceptor.js';
import { addressOf } from './connection.js';
import { NodeMessageConnection } from './message-connection.js';
import { refuseUpgrade, takeUpgrades, type HttpServer } from './upgrades.js';

export interface WebSocketAcceptor {
  /** How many connections are open. */
  readonly connections: number;
  /** Takes no more: the path is free again. Connections live on. Calling it again is harmless. */
  close(): void;
}

/**
 * Takes WebSockets at one path of an HTTP server, which its owner starts and stops: `headersTimeout` and `requestTimeout` of
 * that server bound slow requests. Throws TRANSPORT_ADDRESS_IN_USE when the path is taken.
 */
export function acceptWebSockets(
  server: HttpServer,
  options: WebSocketAcceptorOptions,
  accept: (connection: MessageConnection, request: AcceptedRequest) => void,
): WebSocketAcceptor {
  const { path, protocols, allowOrigin, maxConnections = MAX_CONNECTIONS, maxMessage = MAX_MESSAGE, linger = LINGER, keepAlive } = options;
  const settings: ServerOptions & { readonly closeTimeout: number } = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: maxMessage,
    closeTimeout: linger,
    handleProtocols: (offered) => chooseProtocol(protocols, offered) ?? false,
  };
  const handshakes = new WebSocketServer(settings);
  let connections = 0;

  const release = takeUpgrades(server, path, (request, socket, head) => {
    const remote = addressOf(request.socket.remoteAddress, request.socket.remotePort);
    if (remote === undefined) return socket.destroy();
    const status = refusal(request);
    if (status !== undefined) return refuseUpgrade(socket, status);
    upgrade(request, socket, head, remote);
  });
  if (release === undefined) throw transportError('TRANSPORT_ADDRESS_IN_USE', { detail: `the path ${path}` });
  return { get connections() { return connections; }, close: release };

  function refusal(request: IncomingMessage): 400 | 403 | 503 | undefined {
    if (allowOrigin !== undefined && !allowOrigin(request.headers.origin)) return 403;
    if (chooseProtocol(protocols, offeredBy(request)) === undefined) return 400;
    return connections >= maxConnections ? 503 : undefined;
  }

  function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, remote: Address): void {
    const below = request.socket;
    handshakes.handleUpgrade(request, socket, head, (opened) => {
      connections++;
      opened.once('close', () => { connections--; });
      const connection = new NodeMessageConnection(opened, {
        local: addressOf(below.localAddress, below.localPort),
        remote,
        secure: isSecure(below),
        where: formatAddress(remote),
        linger,
        keepAlive,
      });
      accept(connection, { remote, target: request.url ?? path, origin: request.headers.origin, cookie: request.headers.cookie });
    });
  }
}

/** Whether it is well formed is for `ws` to judge, which answers 400 too. */
function offeredBy(request: IncomingMessage): string[] {
  return (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
}

function isSecure(socket: Socket): boolean {
  return (socket as { readonly encrypted?: unknown }).encrypted === true;
}

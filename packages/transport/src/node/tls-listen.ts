import { createServer as createTcpServer, type Socket } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { checkLocal, formatAddress } from '../address.js';
import { transportError } from '../errors.js';
import type { Address, ByteConnection, TlsListenOptions } from '../ports.js';
import { connectionOf } from './connection.js';
import { peerCertificateOf } from './peer-certificate.js';
import { systemError } from './system-error.js';
import { listening, stopAccepting } from './tcp.js';
import { handshakeError } from './tls-connect.js';
import { contextOptions, secureContext } from './tls-context.js';
import type { NodeTlsListener, NodeTlsOptions } from './tls.js';

export async function listenTls(
  local: Address,
  options: TlsListenOptions,
  accept: (connection: ByteConnection) => void,
  driver: Required<NodeTlsOptions>,
): Promise<NodeTlsListener> {
  checkLocal(local);
  secureContext(options.identity, options.trusted);
  // Never listens itself: connections are handed to it while there is room for another handshake.
  const handshakes = createServer({
    ...contextOptions(options.identity, options.trusted),
    handshakeTimeout: driver.handshakeTimeout,
    requestCert: options.trusted !== undefined,
    // A client without a certificate is welcome; one with a wrong one is refused below.
    rejectUnauthorized: false,
  });
  // Not half open within the handshake: a client that has ended its side will not finish it.
  const server = createTcpServer({ noDelay: true });
  const bound = await listening(server, local);
  const where = formatAddress(bound);
  const failed = (error: Error): void => driver.handshakeFailed(error, bound);

  let pending = 0;
  server.on('error', (error) => driver.acceptFailed(systemError(error, where), bound));
  server.on('connection', (socket: Socket) => {
    if (pending >= driver.maxHandshakes) {
      failed(transportError('TRANSPORT_TLS', { detail: `${where}: ${pending} handshakes are under way` }));
      socket.resetAndDestroy();
      return;
    }
    pending++;
    handshakes.emit('connection', socket);
  });
  // Node emits exactly one of these two for each connection.
  handshakes.on('tlsClientError', (error, socket) => {
    pending--;
    failed(handshakeError(error, where));
    socket.destroy();
  });
  handshakes.on('secureConnection', (socket: TLSSocket) => {
    pending--;
    socket.allowHalfOpen = true;
    const peerCertificate = peerCertificateOf(socket);
    if (peerCertificate !== undefined && !peerCertificate.authorized) {
      failed(transportError('TRANSPORT_CERTIFICATE', { detail: `${where} (${String(socket.authorizationError)})` }));
      socket.on('error', failed);
      socket.destroy();
      return;
    }
    const connection = connectionOf(socket, { secure: true, linger: driver.linger, peerCertificate });
    if (connection !== undefined) accept(connection);
  });

  let closing: Promise<void> | undefined;
  return {
    local: bound,
    close: () => closing ??= stopAccepting(server),
    setIdentity: (identity) => {
      secureContext(identity, options.trusted);
      handshakes.setSecureContext(contextOptions(identity, options.trusted));
    },
  };
}

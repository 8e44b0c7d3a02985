import { isIP } from 'node:net';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { checkRemote, formatAddress } from '../address.js';
import { transportError } from '../errors.js';
import type { Address, ByteConnection, PeerCertificate, TlsConnectOptions } from '../ports.js';
import { attempt } from './attempt.js';
import { connectionOf } from './connection.js';
import { holdsName, peerCertificateOf } from './peer-certificate.js';
import { systemError } from './system-error.js';
import { secureContext } from './tls-context.js';

export async function connectTls(remote: Address, options: TlsConnectOptions, linger: number): Promise<ByteConnection> {
  const where = formatAddress(remote);
  checkRemote(remote);
  const context = secureContext(options.identity, options.trusted);
  const name = options.serverName ?? remote.host;
  return attempt(where, options, ({ resolve, reject }) => {
    let connected = false;
    const settings: ConnectionOptions & { readonly allowHalfOpen: boolean } = {
      host: remote.host,
      port: remote.port,
      allowHalfOpen: true,
      secureContext: context,
      // RFC 6066 §3: a literal address is no server name.
      servername: isIP(name) === 0 ? name : '',
      // `refusal` judges, or a certificate pinned by its fingerprint could not be shown to `verify`.
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
    };
    const socket = connect(settings);
    socket.setNoDelay(true);
    const failed = (error: Error): void => reject(connected ? handshakeError(error, where) : systemError(error, where));
    socket.once('error', failed);
    socket.once('connect', () => { connected = true; });
    // A peer that ends its side within the handshake: with `allowHalfOpen` nothing else would happen.
    const ended = (): void => reject(transportError('TRANSPORT_TLS', { detail: `${where} ended the connection` }));
    socket.once('end', ended);
    socket.once('secureConnect', () => {
      socket.off('error', failed).off('end', ended);
      const certificate = peerCertificateOf(socket);
      try {
        const reason = refusal(socket, certificate, name, options);
        if (reason !== undefined) return reject(transportError('TRANSPORT_CERTIFICATE', { detail: `${where} (${reason})` }));
      } catch (error) {
        // What `verify` throws is for the caller, as with any other callback of a promise.
        return reject(error as Error);
      }
      const connection = connectionOf(socket, { secure: true, linger, peerCertificate: certificate });
      if (connection === undefined) reject(transportError('TRANSPORT_CLOSED', { detail: where }));
      else resolve(connection);
    });
    return () => {
      socket.off('error', failed);
      socket.on('error', () => {});
      socket.destroy();
    };
  });
}

/** Why the peer is not who was meant. */
function refusal(socket: TLSSocket, certificate: PeerCertificate | undefined, name: string, options: TlsConnectOptions): string | undefined {
  if (certificate === undefined) return 'no certificate';
  if (!certificate.authorized && options.anyRoot !== true) return String(socket.authorizationError);
  if (options.verify !== undefined) return options.verify(certificate) ? undefined : 'refused by verify';
  return holdsName(socket, name) ? undefined : `not a certificate of ${name}`;
}

/** Whoever speaks no TLS often just hangs up. */
export function handshakeError(error: Error, where: string): Error {
  const { code } = error as { readonly code?: unknown };
  if (code === 'ECONNRESET' || code === 'EPIPE') return transportError('TRANSPORT_TLS', { detail: `${where} (${code})`, cause: error });
  return systemError(error, where);
}

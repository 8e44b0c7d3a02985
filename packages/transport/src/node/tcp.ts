import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { setImmediate } from 'node:timers';
import { checkLocal, checkRemote, formatAddress } from '../address.js';
import { transportError } from '../errors.js';
import type { Address, ByteConnection, Listener } from '../ports.js';
import { attempt, type AttemptOptions } from './attempt.js';
import { connectionOf } from './connection.js';
import { systemError } from './system-error.js';

export async function listenTcp(
  local: Address,
  accept: (connection: ByteConnection) => void,
  acceptFailed: (error: Error, local: Address) => void,
  linger: number,
): Promise<Listener> {
  checkLocal(local);
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true });
  const bound = await listening(server, local);
  server.on('error', (error) => acceptFailed(systemError(error, formatAddress(bound)), bound));
  server.on('connection', (socket) => {
    const connection = connectionOf(socket, { secure: false, linger });
    if (connection !== undefined) accept(connection);
  });
  let closing: Promise<void> | undefined;
  return { local: bound, close: () => closing ??= stopAccepting(server) };
}

/** Resolves with the address as bound. */
export function listening(server: Server, local: Address): Promise<Address> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => reject(systemError(error, formatAddress(local)));
    server.once('error', failed);
    server.listen({ host: local.host, port: local.port, ipv6Only: true }, () => {
      server.off('error', failed);
      const { address, port } = server.address() as AddressInfo;
      resolve({ host: address, port });
    });
  });
}

/** Node's own `close` event waits for every accepted connection; the port is free one turn after the call. */
export function stopAccepting(server: Server): Promise<void> {
  server.close();
  return new Promise((resolve) => { setImmediate(resolve); });
}

export async function connectTcp(remote: Address, options: AttemptOptions, linger: number): Promise<ByteConnection> {
  const where = formatAddress(remote);
  checkRemote(remote);
  return attempt(where, options, ({ resolve, reject }) => {
    const socket = connect({ host: remote.host, port: remote.port, allowHalfOpen: true, noDelay: true });
    socket.pause();
    const failed = (error: Error): void => reject(systemError(error, where));
    socket.once('error', failed);
    socket.once('connect', () => {
      socket.off('error', failed);
      const connection = connectionOf(socket, { secure: false, linger });
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

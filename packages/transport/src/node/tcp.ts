import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setImmediate, setTimeout, clearTimeout } from 'node:timers';
import { checkLocal, checkRemote, formatAddress } from '../address.js';
import { CONNECT_TIMEOUT } from '../defaults.js';
import { transportError } from '../errors.js';
import type { Address, ByteConnection, Listener } from '../ports.js';
import { NodeConnection } from './connection.js';
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
    const connection = connectionOf(socket, linger);
    if (connection !== undefined) accept(connection);
  });
  let closing: Promise<void> | undefined;
  return { local: bound, close: () => closing ??= stopAccepting(server) };
}

function listening(server: Server, local: Address): Promise<Address> {
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
function stopAccepting(server: Server): Promise<void> {
  server.close();
  return new Promise((resolve) => { setImmediate(resolve); });
}

export function connectTcp(
  remote: Address,
  options: { readonly signal?: AbortSignal; readonly timeout?: number },
  linger: number,
): Promise<ByteConnection> {
  return new Promise((resolve, reject) => {
    const { signal } = options;
    const where = formatAddress(remote);
    checkRemote(remote);
    if (signal?.aborted) throw transportError('TRANSPORT_ABORTED', { detail: where, cause: signal.reason });

    const limit = options.timeout ?? (signal === undefined ? CONNECT_TIMEOUT : undefined);
    const timer = limit === undefined ? undefined
      : setTimeout(() => giveUp(transportError('TRANSPORT_TIMEOUT', { detail: `${where} after ${limit} ms` })), limit);
    const aborted = (): void => giveUp(transportError('TRANSPORT_ABORTED', { detail: where, cause: signal?.reason }));
    signal?.addEventListener('abort', aborted, { once: true });

    const socket = connect({ host: remote.host, port: remote.port, allowHalfOpen: true, noDelay: true });
    socket.pause();
    const failed = (error: Error): void => giveUp(systemError(error, where));
    socket.once('error', failed);
    socket.once('connect', () => {
      settle();
      const connection = connectionOf(socket, linger);
      if (connection === undefined) reject(transportError('TRANSPORT_CLOSED', { detail: where }));
      else resolve(connection);
    });

    function settle(): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', aborted);
      socket.off('error', failed);
    }
    function giveUp(error: Error): void {
      settle();
      socket.destroy();
      reject(error);
    }
  });
}

/** Undefined when the peer has reset the connection before it could be handed over: the system then knows no address. */
function connectionOf(socket: Socket, linger: number): NodeConnection | undefined {
  const local = addressOf(socket.localAddress, socket.localPort);
  const remote = addressOf(socket.remoteAddress, socket.remotePort);
  if (local !== undefined && remote !== undefined) return new NodeConnection(socket, local, remote, { secure: false, linger });
  socket.destroy();
  return undefined;
}

function addressOf(host: string | undefined, port: number | undefined): Address | undefined {
  return host === undefined || port === undefined ? undefined : { host, port };
}

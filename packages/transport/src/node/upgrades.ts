import type { IncomingMessage, Server } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import type { Duplex } from 'node:stream';

export type HttpServer = Server | SecureServer;
type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

const REASONS = { 400: 'Bad Request', 403: 'Forbidden', 404: 'Not Found', 503: 'Service Unavailable' } as const;

/** Who takes upgrades of a server, by path. */
const takers = new WeakMap<HttpServer, Map<string, Upgrade>>();

/** Returns how to stop; undefined when the path is taken already. */
export function takeUpgrades(server: HttpServer, path: string, upgrade: Upgrade): (() => void) | undefined {
  const known = takers.get(server);
  if (known?.has(path) === true) return undefined;
  const paths = known ?? new Map<string, Upgrade>();
  paths.set(path, upgrade);
  takers.set(server, paths);
  if (paths.size === 1) server.on('upgrade', dispatch);
  return () => {
    paths.delete(path);
    if (paths.size === 0) server.off('upgrade', dispatch);
  };
}

function dispatch(this: HttpServer, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const path = (request.url ?? '').split('?')[0] as string;
  const upgrade = takers.get(this)?.get(path);
  if (upgrade !== undefined) upgrade(request, socket, head);
  // Another listener may know the path.
  else if (this.listenerCount('upgrade') === 1) refuseUpgrade(socket, 404);
}

/** Answers the request with a status and closes. */
export function refuseUpgrade(socket: Duplex, status: keyof typeof REASONS): void {
  // Nobody else listens any more; whoever has hung up needs no answer.
  socket.on('error', () => socket.destroy());
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${REASONS[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

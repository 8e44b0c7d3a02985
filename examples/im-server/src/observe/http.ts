import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { fastify, type FastifyReply } from 'fastify';
import { formatAddress, transportError, type Address, type TlsIdentity } from '@simple-im/transport';
import type { PrometheusMetrics } from './metrics.js';

export interface HttpServer {
  /** As bound. */
  readonly local: Address;
  /** To take WebSockets of. */
  readonly server: Server | SecureServer;
  /** Over TLS: for new connections from now on. */
  setIdentity(identity: TlsIdentity): void;
  close(): Promise<void>;
}

/** What a function of the server that is asked over HTTP is told. */
export interface HttpRequest {
  readonly method: string;
  /** Path and query as they came. */
  readonly url: string;
  readonly authorization: string | undefined;
  readonly origin: string | undefined;
  /** Host header without its port, if there is one. */
  readonly hostname: string;
  /** Address of the client. */
  readonly remote: string;
  /** Of a POST: its JSON. */
  readonly body?: unknown;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Uint8Array;
}

export interface HttpOptions {
  readonly address: Address;
  /** With one it is HTTPS. */
  readonly identity?: TlsIdentity | undefined;
  readonly metrics: PrometheusMetrics;
  /** Rejects, with a reason for a person, while the server cannot do its work. */
  healthy(): Promise<void>;
  /** The text of `/`. */
  readonly about: () => string;
  /** Further paths, for GET, HEAD and OPTIONS. */
  readonly paths?: Readonly<Record<string, (request: HttpRequest) => HttpAnswer>> | undefined;
  /** Those for GET and POST of an operator. */
  readonly operations?: Readonly<Record<string, (request: HttpRequest) => Promise<HttpAnswer>>> | undefined;
}

/** Serves /healthz, /metrics, a word about the server, and what `paths` adds. Rejects with TRANSPORT_... where the address cannot be bound. */
export async function serveHttp(options: HttpOptions): Promise<HttpServer> {
  const { identity, paths = {}, operations = {} } = options;
  const app = fastify({
    logger: false, bodyLimit: 1024, forceCloseConnections: true,
    serverFactory: (handler) => (identity === undefined ? createServer(handler) : createSecureServer(secured(identity), handler)),
  });
  app.get('/', async (_request, reply) => reply.type('text/plain; charset=utf-8').send(options.about()));
  app.get('/metrics', async (_request, reply) => {
    const { type, body } = await options.metrics.text();
    return reply.type(type).send(body);
  });
  app.get('/healthz', async (_request, reply) => {
    try {
      await options.healthy();
      return await reply.send({ status: 'ok' });
    } catch (error) {
      return reply.code(503).send({ status: 'failing', reason: (error as Error).message });
    }
  });
  for (const [url, handle] of Object.entries(paths)) {
    app.route({
      method: ['GET', 'HEAD', 'OPTIONS'],
      url,
      handler: async ({ method, url: target, headers, hostname, socket }, reply) => answer(reply, handle({
        method, url: target, hostname, authorization: headers.authorization, origin: headers.origin, remote: socket.remoteAddress ?? '',
      })),
    });
  }
  for (const [url, handle] of Object.entries(operations)) {
    app.route({
      method: ['GET', 'POST'],
      url,
      bodyLimit: OPERATION,
      handler: async ({ method, url: target, headers, hostname, socket, body }, reply) => answer(reply, await handle({
        method, url: target, hostname, authorization: headers.authorization, origin: headers.origin, remote: socket.remoteAddress ?? '', body,
      })),
    });
  }
  const server: Server | SecureServer = app.server;
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const { host, port } = options.address;
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    throw bindError(error, options.address);
  }
  const bound = server.address() as AddressInfo;
  return {
    server,
    local: { host: bound.address, port: bound.port },
    setIdentity: (renewed) => { if ('setSecureContext' in server) server.setSecureContext(secured(renewed)); },
    close: () => closeWithin(CLOSING, app.close(), sockets),
  };
}

/** Milliseconds that WebSockets, and handshakes under way, keep the server from closing. */
const CLOSING = 1000;
/** Octets that an operator may send: a text, and addresses of users. */
const OPERATION = 1_048_576;
/** Milliseconds for a TLS handshake, as at our other listeners. */
const HANDSHAKE = 10_000;

async function closeWithin(milliseconds: number, closed: Promise<void>, sockets: ReadonlySet<Socket>): Promise<void> {
  const late = setTimeout(() => { for (const socket of sockets) socket.destroy(); }, milliseconds);
  await closed.finally(() => clearTimeout(late));
}

/** TLS 1.2 and later (RFC 8996), as our other listeners. */
function secured({ certificate, key }: TlsIdentity): { cert: string; key: string; minVersion: 'TLSv1.2'; handshakeTimeout: number } {
  return { cert: certificate, key, minVersion: 'TLSv1.2', handshakeTimeout: HANDSHAKE };
}

function answer(reply: FastifyReply, { status, headers = {}, body = '' }: HttpAnswer): FastifyReply {
  reply.code(status).headers(headers);
  return reply.send(typeof body === 'string' ? body : Buffer.from(body));
}

const CODES = {
  EADDRINUSE: 'TRANSPORT_ADDRESS_IN_USE',
  EADDRNOTAVAIL: 'TRANSPORT_ADDRESS_NOT_AVAILABLE',
  EACCES: 'TRANSPORT_NOT_PERMITTED',
  ENOTFOUND: 'TRANSPORT_NAME_NOT_FOUND',
} as const;

/** What the system says, in the words our other listeners use. */
function bindError(error: unknown, address: Address): Error {
  const code = String((error as NodeJS.ErrnoException).code);
  const kind = Object.hasOwn(CODES, code) ? CODES[code as keyof typeof CODES] : 'TRANSPORT_FAILED';
  return transportError(kind, { detail: `${formatAddress(address)} (${code})`, cause: error });
}

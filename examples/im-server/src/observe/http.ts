import type { AddressInfo } from 'node:net';
import { fastify } from 'fastify';
import { formatAddress, transportError, type Address } from '@simple-im/transport';
import type { PrometheusMetrics } from './metrics.js';

export interface HttpServer {
  /** As bound. */
  readonly local: Address;
  close(): Promise<void>;
}

export interface HttpOptions {
  readonly address: Address;
  readonly metrics: PrometheusMetrics;
  /** Rejects, with a reason for a person, while the server cannot do its work. */
  healthy(): Promise<void>;
  /** The text of `/`. */
  readonly about: () => string;
}

/** Serves /healthz, /metrics and a word about the server. Rejects with TRANSPORT_... where the address cannot be bound. */
export async function serveHttp(options: HttpOptions): Promise<HttpServer> {
  const app = fastify({ logger: false, bodyLimit: 1024, forceCloseConnections: true });
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
  const { host, port } = options.address;
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    throw bindError(error, options.address);
  }
  const bound = app.server.address() as AddressInfo;
  return { local: { host: bound.address, port: bound.port }, close: () => app.close() };
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

import { fastify } from 'fastify';
import type { Address } from '@simple-im/transport';
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

/** Serves /healthz, /metrics and a word about the server. Rejects with the system's error where the address cannot be bound. */
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
  await app.listen({ host: options.address.host, port: options.address.port });
  const bound = app.server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : options.address.port;
  return { local: { host: options.address.host, port }, close: () => app.close() };
}

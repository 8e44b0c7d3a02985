import { createServer, type RequestListener } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { certificates } from '@simple-im/testkit';
import { acceptWebSockets, nodePlatform } from '@simple-im/transport/node';
import { TestServer, type Place } from './server.js';

export interface Loopback {
  readonly server: TestServer;
  readonly ports: Place['ports'];
  /** `127.0.0.1:PORT`, where pages are served and WebSockets taken at `/sip` and `/msrp`. */
  readonly web: string;
  close(): Promise<void>;
}

/** The server of the tests on real sockets, its certificate for `localhost` and `127.0.0.1`. */
export async function startLoopback(pages?: RequestListener): Promise<Loopback> {
  const host = '127.0.0.1';
  const server = new TestServer({ ...nodePlatform, host, ports: { sip: 0, sips: 0, msrp: 0, msrps: 0 }, identity: certificates.server });
  const ports = await server.listen();
  const http = createServer(pages).listen(0, host);
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;
  acceptWebSockets(http, { path: '/sip', protocols: ['sip'] }, (connection) => server.endpoint.acceptWebSocket(connection));
  acceptWebSockets(http, { path: '/msrp', protocols: ['msrp'] }, (connection) => server.msrp.acceptConnection(connection));
  server.msrp.advertiseWebSocket({ host, port }, false);
  return {
    server,
    ports,
    web: `${host}:${port}`,
    async close() {
      await server.close();
      http.close();
      http.closeAllConnections();
    },
  };
}

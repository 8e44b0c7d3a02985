import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import {
  certificates, fakeCertificates, tlsCases, webSocketCases, type WebSocketUnderTest,
} from '@simple-im/testkit';
import { FakeNetwork, FakeTls, FakeWebSockets } from '@simple-im/transport/fake';
import { acceptWebSockets, nodeNetwork, nodeTls, nodeWebSockets } from '@simple-im/transport/node';
import { WebSockets, type WebSocketConstructor } from '@simple-im/transport/web';
import { describe, it } from 'vitest';
import { WebSocket } from 'ws';

// The same cases for both, or the fake would be a story about sockets rather than a stand-in for them.
const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some((entry) => entry.address === '::1'));

describe.each(['127.0.0.1', '::1'])('FakeTls on %s', (host) => {
  for (const { name, run } of tlsCases) {
    it(name, () => {
      const network = new FakeNetwork();
      return run({ tls: new FakeTls(network), network, host, certificates: fakeCertificates });
    });
  }
});

describe.each(hasIpv6 ? ['127.0.0.1', '::1'] : ['127.0.0.1'])('the TLS of Node on %s', (host) => {
  for (const { name, run } of tlsCases) it(name, () => run({ tls: nodeTls, network: nodeNetwork, host, certificates }));
});

const serveOnNode: WebSocketUnderTest['serve'] = async (options, accept) => {
  const server = createServer();
  acceptWebSockets(server, options, accept);
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const { port } = server.address() as AddressInfo;
  return { url: `ws://127.0.0.1:${port}`, close: () => new Promise((resolve) => { server.close(() => resolve()); }) };
};

describe('FakeWebSockets', () => {
  for (const { name, run } of webSocketCases) {
    it(name, () => {
      const webSockets = new FakeWebSockets(new FakeNetwork());
      return run({
        webSockets,
        browser: false,
        serve: async (options, accept) => {
          const listener = await webSockets.acceptWebSockets({ host: '127.0.0.1', port: 0 }, options, accept);
          return { url: `ws://127.0.0.1:${listener.local.port}`, close: () => listener.close() };
        },
      });
    });
  }
});

describe('the WebSockets of Node', () => {
  for (const { name, run } of webSocketCases) it(name, () => run({ webSockets: nodeWebSockets, browser: false, serve: serveOnNode }));
});

describe('the WebSockets of a browser, with the constructor of ws', () => {
  const webSockets = new WebSockets(WebSocket as unknown as WebSocketConstructor);
  for (const { name, run } of webSocketCases) it(name, () => run({ webSockets, browser: true, serve: serveOnNode }));
});

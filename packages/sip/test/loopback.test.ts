import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { certificates } from '@simple-im/testkit';
import { acceptWebSockets, nodeClock, nodeNetwork, nodeRandom, nodeTls, nodeWebSockets } from '@simple-im/transport/node';
import { afterEach, describe, expect, it } from 'vitest';
import { SipEndpoint } from '../src/index.js';
import type { Flow, SipEndpointOptions, SipRequest, Target } from '../src/index.js';
import { message, ok } from './secure-helpers.js';

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo();
});

function endpoint(options: Partial<SipEndpointOptions> = {}): SipEndpoint {
  const made = new SipEndpoint({ network: nodeNetwork, tls: nodeTls, webSockets: nodeWebSockets, clock: nodeClock, random: nodeRandom, ...options });
  cleanUp.push(() => made.close());
  return made;
}

/** The status of the response, or the code of the failure. */
function exchange(from: SipEndpoint, request: SipRequest, to: Target | Flow): Promise<number | string> {
  return new Promise((resolve) => {
    from.request(request, to, { response: ({ status }) => resolve(status), failed: ({ code }) => resolve(code) });
  });
}

const local = { host: '127.0.0.1', port: 0 };

describe('SIP over the sockets of the system', () => {
  it('goes over TLS to the domain in the URI, and not to another (RFC 5922 §7.3)', async () => {
    const server = endpoint();
    server.onRequest = ok;
    const address = await server.listenTls(local, { identity: certificates.server });
    const client = endpoint({ tlsClient: { trusted: certificates.root } });
    expect(await exchange(client, message('sips:bob@example.com'), { transport: 'TLS', address, serverName: 'example.com' })).toBe(200);
    // HTTPS would take the DNS name; SIP has an identity of its own in this certificate.
    expect(await exchange(client, message('sips:bob@localhost'), { transport: 'TLS', address, serverName: 'localhost' })).toBe('SIP_TRANSPORT');
    expect(await exchange(client, message('sips:bob@evil.example'), { transport: 'TLS', address, serverName: 'evil.example' })).toBe('SIP_TRANSPORT');
    expect(await exchange(endpoint(), message('sips:bob@example.com'), { transport: 'TLS', address, serverName: 'example.com' })).toBe('SIP_TRANSPORT');
  });

  it('knows a TLS client by its certificate, and reaches it over its connection (RFC 5922 §7.4, RFC 5923 §8.2)', async () => {
    const server = endpoint({ tlsClient: { trusted: certificates.root } });
    const flows: Flow[] = [];
    server.onRequest = (incoming) => {
      flows.push(incoming.flow);
      ok(incoming);
    };
    const address = await server.listenTls(local, { identity: certificates.server, trusted: certificates.root });
    const client = endpoint({ tlsClient: { trusted: certificates.root, identity: certificates.client } });
    client.onRequest = ok;
    const own = await client.listenTls(local, { identity: certificates.client });
    expect(await exchange(client, message(), { transport: 'TLS', address, serverName: 'example.com' })).toBe(200);
    expect(flows[0]?.identities).toEqual(['client.example.org']);
    expect(await exchange(server, message(), { transport: 'TLS', address: own, serverName: 'client.example.org' })).toBe(200);
    expect([server.load.connections, client.load.connections]).toEqual([1, 1]);
  });

  it('goes over a WebSocket both ways (RFC 7118)', async () => {
    const http = createServer({ cert: certificates.server.certificate, key: certificates.server.key });
    const edge = endpoint();
    const flows: Flow[] = [];
    edge.onRequest = (incoming) => {
      flows.push(incoming.flow);
      ok(incoming);
    };
    acceptWebSockets(http, { path: '/sip', protocols: ['sip'] }, (connection) => edge.acceptWebSocket(connection));
    await new Promise<void>((resolve) => { http.listen(0, '127.0.0.1', resolve); });
    cleanUp.push(() => {
      http.closeAllConnections();
      http.close();
    });
    const { port } = http.address() as AddressInfo;
    const client = endpoint({ network: undefined, tls: undefined, tlsClient: { trusted: certificates.root } });
    client.onRequest = ok;
    const target: Target = { transport: 'WSS', address: { host: '127.0.0.1', port }, url: `wss://127.0.0.1:${port}/sip` };
    expect(await exchange(client, message('sips:bob@example.com'), target)).toBe(200);
    expect(flows[0]?.transport).toBe('WSS');
    expect(await exchange(edge, message('sips:alice@x.invalid'), flows[0] as Flow)).toBe(200);
  });
});

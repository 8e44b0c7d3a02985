import { FakeTls, FakeWebSockets, fakeIdentity } from '@simple-im/transport/fake';
import { buildRequest, respondTo } from '../src/index.js';
import type { IncomingRequest, SipEndpoint, SipEndpointOptions, SipRequest, Target } from '../src/index.js';
import type { Host, World } from './helpers.js';

/** A host with TLS; `names` are those in its certificate. */
export async function tlsHost(
  world: World, address: string, names: readonly string[],
  { mutual = false, listen = true, ...options }: Partial<SipEndpointOptions> & { readonly mutual?: boolean; readonly listen?: boolean } = {},
): Promise<Host> {
  const network = world.network.at(address);
  const identity = fakeIdentity({ subjectAltNames: names });
  const host = await world.host(address, {
    tls: new FakeTls(network, { clock: world.clock }), udp: false, tcp: false, ...(mutual ? { tlsClient: { identity } } : {}), ...options,
  });
  if (listen) await host.endpoint.listenTls({ host: address, port: 5061 }, { identity, ...(mutual ? { trusted: 'fake root' } : {}) });
  return host;
}

/** A server for WebSockets at ws://ADDRESS:80/sip, and a client without any network but WebSockets. */
export async function webSocketServer(world: World, address: string, options: Partial<SipEndpointOptions> = {}): Promise<Host> {
  const host = await world.host(address, options);
  await new FakeWebSockets(world.network.at(address)).acceptWebSockets({ host: address, port: 80 }, { path: '/sip', protocols: ['sip'] }, (connection) => {
    host.endpoint.acceptWebSocket(connection, { advertise: 'edge.example.com' });
  });
  return host;
}

export function webSocketClient(world: World, address: string): Promise<Host> {
  const webSockets = new FakeWebSockets(world.network.at(address));
  return world.host(address, { network: undefined, webSockets, udp: false, tcp: false });
}

export const ok = (incoming: IncomingRequest): void => incoming.respond(respondTo(incoming.request, 200, { toTag: 't' }));

export function message(uri = 'sip:bob@example.com', method = 'MESSAGE'): SipRequest {
  return buildRequest({
    method, uri, from: '<sip:a@example.com>;tag=1', to: '<sip:b@example.com>', callId: 'c', cseq: 1,
    contentType: 'text/plain', body: new TextEncoder().encode('hé'),
  });
}

/** Sends and gathers what is told. */
export function send(endpoint: SipEndpoint, request: SipRequest, to: Parameters<SipEndpoint['request']>[1]): string[] {
  const told: string[] = [];
  endpoint.request(request, to, { response: ({ status }) => told.push(String(status)), failed: ({ code }) => told.push(code) });
  return told;
}

export function tls(host: string, serverName?: string): Target {
  return { transport: 'TLS', address: { host, port: 5061 }, serverName };
}

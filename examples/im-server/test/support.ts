/* A server on free loopback ports, and user agents to talk to it. Everything is closed after the test. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { ProtocolError } from '@simple-im/grammar';
import { SipEndpoint, UserAgent, type SipEndpointOptions, type Target, type TransportName } from '@simple-im/sip';
import { certificates } from '@simple-im/testkit';
import type { TlsIdentity } from '@simple-im/transport';
import { nodeClock, nodeHash, nodeNetwork, nodeRandom, nodeTls, nodeWebSockets } from '@simple-im/transport/node';
import { parseConfig, startServer, type Config, type RunningServer, type ServerOptions } from '../src/index.js';
import { started } from './arrangements.js';

export const LOOPBACK = '127.0.0.1';

/** The configuration of a command line, with free ports and the demo users unless it says otherwise. */
export function configOf(...argv: string[]): Config {
  const has = (option: string): boolean => argv.includes(option);
  const defaults = [
    ...(has('--sip') ? [] : ['--sip', 'udp:127.0.0.1:0', '--sip', 'tcp:127.0.0.1:0']),
    ...(has('--msrp') ? [] : ['--msrp', 'tcp:127.0.0.1:0']),
    ...(has('--http') ? [] : ['--http', '127.0.0.1:0']),
    ...(has('--users') || has('--auth') ? [] : ['--demo']),
  ];
  const parsed = parseConfig([...defaults, ...argv]);
  if (parsed.kind !== 'run') throw new Error('not a configuration');
  return parsed.config;
}

/**
 * Sockets that a server can have once more when it starts again: of a port below those that the system gives to everybody, which
 * somebody else might be given in between.
 */
export async function addressesToKeep(): Promise<readonly string[]> {
  for (;;) {
    const port = 15_000 + Math.floor(Math.random() * 15_000);
    const endpoint = new SipEndpoint({ network: nodeNetwork, clock: nodeClock, random: nodeRandom });
    try {
      await endpoint.listenUdp({ host: LOOPBACK, port });
      await endpoint.listenTcp({ host: LOOPBACK, port });
      return ['--sip', `udp:${LOOPBACK}:${port}`, '--sip', `tcp:${LOOPBACK}:${port}`];
    } catch (error) {
      if (!ProtocolError.is(error) || error.code !== 'TRANSPORT_ADDRESS_IN_USE') throw error;
    } finally {
      await endpoint.close();
    }
  }
}

export async function serverWith(argv: readonly string[] = [], options: ServerOptions = {}): Promise<RunningServer> {
  const server = await started(configOf(...argv), options);
  onTestFinished(() => server.close());
  return server;
}

/** Options for a certificate, written to a folder that is there until the test has ended. */
export function certificateOptions(identity: TlsIdentity = certificates.server): readonly ['--tls-cert', string, '--tls-key', string] {
  const folder = mkdtempSync(join(tmpdir(), 'simple-im-tls-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [certificate, key] = [join(folder, 'chain.pem'), join(folder, 'key.pem')];
  writeFileSync(certificate, identity.certificate);
  writeFileSync(key, identity.key);
  return ['--tls-cert', certificate, '--tls-key', key];
}

/** A server with every transport there is. */
export function serverWithAll(argv: readonly string[] = [], options: ServerOptions = {}): Promise<RunningServer> {
  return serverWith(allTransports(argv), options);
}

/** One server, whatever the arrangement: for what is said of its sockets. */
export async function serverAlone(argv: readonly string[] = [], options: ServerOptions = {}): Promise<RunningServer> {
  const server = await startServer(configOf(...argv), options);
  onTestFinished(() => server.close());
  return server;
}

export function allTransports(argv: readonly string[] = []): readonly string[] {
  return [
    ...['udp', 'tcp', 'tls'].flatMap((transport) => ['--sip', `${transport}:127.0.0.1:0`]),
    ...['tcp', 'tls'].flatMap((transport) => ['--msrp', `${transport}:127.0.0.1:0`]),
    '--https', '127.0.0.1:0', ...certificateOptions(), ...argv,
  ];
}

/** Where a server takes SIP. */
export function sipTarget(server: RunningServer, transport: TransportName): Target {
  if (transport === 'WS' || transport === 'WSS') {
    const url = (transport === 'WS' ? server.ready.ws : server.ready.wss)?.find((one) => one.endsWith('/sip')) ?? '';
    return { transport, address: { host: LOOPBACK, port: Number(new URL(url).port) }, url };
  }
  const listen = server.ready.sip.find((text) => text.startsWith(`${transport.toLowerCase()}:`)) ?? '';
  const address = { host: LOOPBACK, port: Number(listen.split(':').at(-1)) };
  return transport === 'TLS' ? { transport, address, serverName: 'example.com' } : { transport, address };
}

export interface TestUser {
  readonly aor: string;
  readonly endpoint: SipEndpoint;
  readonly ua: UserAgent;
  readonly target: Target;
  /** Where the user agent's own socket is (UDP), or undefined. */
  readonly contact: string;
}

const passwords: Readonly<Record<string, string>> = { alice: 'wonderland', bob: 'builder' };

export interface UserOptions {
  readonly transport?: TransportName;
  readonly password?: string;
  readonly username?: string;
  readonly timers?: SipEndpointOptions['timers'];
}

/** A user agent of ours with a UDP socket, or over a connection, which is the only way to it then. It is not registered yet. */
export async function userOf(server: RunningServer, name: string, options: UserOptions = {}): Promise<TestUser> {
  const transport = options.transport ?? 'UDP';
  const endpoint = new SipEndpoint({
    network: nodeNetwork, tls: nodeTls, webSockets: nodeWebSockets, tlsClient: { trusted: certificates.root }, clock: nodeClock, random: nodeRandom,
    ...(options.timers === undefined ? {} : { timers: options.timers }),
  });
  onTestFinished(() => endpoint.close());
  const local = await endpoint.listenUdp({ host: LOOPBACK, port: 0 });
  const target = sipTarget(server, transport);
  const aor = `sip:${name}@example.com`;
  const password = options.password ?? passwords[name];
  const contact = transport === 'UDP' ? `sip:${name}@${LOOPBACK}:${local.port}` : `sip:${name}@client.invalid;transport=${transport === 'WSS' ? 'ws' : transport.toLowerCase()}`;
  const ua = new UserAgent({
    endpoint, aor, contact, outboundProxy: target, hash: nodeHash,
    ...(password === undefined ? {} : { credentials: { username: options.username ?? name, password } }),
  });
  // A connection is the only way, also inside dialogs (RFC 5626 §4.3, RFC 7118 §5).
  if (transport !== 'UDP' && transport !== 'TCP') ua.onlyWay = target;
  return { aor, endpoint, ua, target, contact };
}

/** Registers the user's contact; resolves with the status. */
export async function register(user: TestUser, options: { readonly expires?: number; readonly q?: number; readonly contact?: string } = {}): Promise<number> {
  const contact = options.contact ?? user.contact;
  const response = await user.ua.request('REGISTER', 'sip:example.com', {
    to: user.aor,
    headers: [['Contact', `<${contact}>;+g.oma.sip-im${options.q === undefined ? '' : `;q=${options.q}`}`], ['Expires', String(options.expires ?? 600)]],
  });
  return response.status;
}

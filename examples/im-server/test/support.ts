/* A server on free loopback ports, and user agents to talk to it. Everything is closed after the test. */
import { onTestFinished } from 'vitest';
import { SipEndpoint, UserAgent, type SipEndpointOptions, type Target } from '@simple-im/sip';
import { nodeClock, nodeHash, nodeNetwork, nodeRandom } from '@simple-im/transport/node';
import { parseConfig, type Config, type RunningServer, type ServerOptions } from '../src/index.js';
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

export async function serverWith(argv: readonly string[] = [], options: ServerOptions = {}): Promise<RunningServer> {
  const server = await started(configOf(...argv), options);
  onTestFinished(() => server.close());
  return server;
}

/** Where a server takes SIP. */
export function sipTarget(server: RunningServer, transport: 'UDP' | 'TCP'): Target {
  const listen = server.ready.sip.find((text) => text.startsWith(`${transport.toLowerCase()}:`)) ?? '';
  return { transport, address: { host: LOOPBACK, port: Number(listen.split(':').at(-1)) } };
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
  readonly transport?: 'UDP' | 'TCP';
  readonly password?: string;
  readonly username?: string;
  readonly timers?: SipEndpointOptions['timers'];
}

/** A user agent of ours with a UDP socket, or over TCP. It is not registered yet. */
export async function userOf(server: RunningServer, name: string, options: UserOptions = {}): Promise<TestUser> {
  const transport = options.transport ?? 'UDP';
  const endpoint = new SipEndpoint({ network: nodeNetwork, clock: nodeClock, random: nodeRandom, ...(options.timers === undefined ? {} : { timers: options.timers }) });
  onTestFinished(() => endpoint.close());
  const local = await endpoint.listenUdp({ host: LOOPBACK, port: 0 });
  const target = sipTarget(server, transport);
  const aor = `sip:${name}@example.com`;
  const password = options.password ?? passwords[name];
  const contact = transport === 'UDP' ? `sip:${name}@${LOOPBACK}:${local.port}` : `sip:${name}@client.invalid;transport=tcp`;
  const ua = new UserAgent({
    endpoint, aor, contact, outboundProxy: target, hash: nodeHash,
    ...(password === undefined ? {} : { credentials: { username: options.username ?? name, password } }),
  });
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

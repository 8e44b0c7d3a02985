/* Where a target is, as the command line and target.json say it. */
import { usage } from './errors.js';
import type { HostPort } from './raw-peer.js';

export type WebSocketTransport = 'ws' | 'wss';
export type SipTransport = 'udp' | 'tcp' | 'tls' | WebSocketTransport;
export type MsrpTransport = 'tcp' | 'tls' | WebSocketTransport;

export interface SipAddress extends HostPort {
  readonly transport: SipTransport;
  /** Of a WebSocket: path and query of its URL. */
  readonly path?: string;
}

export interface MsrpAddress extends HostPort {
  readonly transport: MsrpTransport;
  readonly path?: string;
}

/** `udp:HOST:PORT`, `tcp:` or `tls:`. Throws CONFORMANCE_USAGE. */
export function sipAddress(given: string): SipAddress {
  const transport = (['udp', 'tcp', 'tls'] as const).find((name) => given.startsWith(`${name}:`));
  if (transport === undefined) throw usage(`--sip ${given}: expected udp:HOST:PORT, tcp:HOST:PORT or tls:HOST:PORT`);
  return { transport, ...hostPort('--sip', given, transport) };
}

/** `tcp:HOST:PORT` or `tls:`. Throws CONFORMANCE_USAGE. */
export function msrpAddress(given: string): MsrpAddress {
  const transport = (['tcp', 'tls'] as const).find((name) => given.startsWith(`${name}:`));
  if (transport === undefined) throw usage(`--msrp ${given}: expected tcp:HOST:PORT or tls:HOST:PORT`);
  return { transport, ...hostPort('--msrp', given, transport) };
}

/** `ws://HOST:PORT/PATH` or `wss://`. Throws CONFORMANCE_USAGE. */
export function webSocketAddress(
  option: string, given: string,
): { readonly transport: WebSocketTransport; readonly path: string } & HostPort {
  if (!URL.canParse(given) || !/^wss?:\/\//.test(given)) throw usage(`${option} ${given}: expected a URL such as ws://127.0.0.1:8080/sip`);
  const { protocol, hostname, port, pathname, search } = new URL(given);
  const transport = protocol === 'wss:' ? 'wss' : 'ws';
  const standard = transport === 'wss' ? 443 : 80;
  return { transport, host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? standard : Number(port), path: `${pathname}${search}` };
}

/** As the option has it, for a person. */
export function addressText({ transport, host, port, path }: SipAddress): string {
  const where = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return path === undefined ? `${transport}:${where}` : `${transport}://${where}${path}`;
}

function hostPort(option: string, given: string, transport: string): HostPort {
  const found = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(given.slice(transport.length + 1));
  const port = Number(found?.[3] ?? 0);
  if (found === null || port < 1 || port > 65_535) throw usage(`${option} ${given}: expected ${transport}:HOST:PORT`);
  return { host: found[1] ?? found[2] ?? '', port };
}

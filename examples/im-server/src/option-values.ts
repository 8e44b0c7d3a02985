/*
 * The values options take, read from text. Each function throws ConfigError with one line that names the option.
 */
import { BlockList, isIP } from 'node:net';
import { parse as parsePath } from 'node:path';
import { aorOf, isSipUri, parseUri, ProtocolError } from '@simple-im/grammar';
import type { Address } from '@simple-im/transport';
import { ConfigError } from './config-error.js';

export interface SipListen {
  readonly transport: 'UDP' | 'TCP' | 'TLS';
  readonly address: Address;
}

export interface MsrpListen {
  readonly transport: 'TCP' | 'TLS';
  readonly address: Address;
}

export type Role = 'core' | 'im';

export type StoreUrl = { readonly kind: 'memory' } | { readonly kind: 'sqlite'; readonly path: string };

const HOST_NAME = /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/;

/** What a process is of the two ends of IM-2; in the order core, im. */
export function rolesOf(text: string): readonly Role[] {
  const named = new Set(text.split(','));
  const unknown = [...named].find((role) => !['core', 'im', 'xdm', 'presence'].includes(role));
  if (unknown !== undefined) throw new ConfigError(`--roles: unknown role "${unknown}"; the roles are core, im, xdm, presence`);
  const later = [...named].find((role) => role === 'xdm' || role === 'presence');
  if (later !== undefined) throw new ConfigError(`--roles ${text}: ${later} is not in this version; it has core and im`);
  return (['core', 'im'] as const).filter((role) => named.has(role));
}

/** The URI of the other end of IM-2. */
export function peerUri(option: string, text: string): string {
  try {
    const uri = parseUri(text);
    const transport = isSipUri(uri) ? uri.params.get('transport')?.toLowerCase() ?? 'udp' : undefined;
    if (isSipUri(uri) && uri.scheme === 'sip' && uri.headers.length === 0 && (transport === 'udp' || transport === 'tcp')) return text;
  } catch (error) {
    if (!ProtocolError.is(error)) throw error;
  }
  throw new ConfigError(`${option} ${text}: expected a URI such as sip:192.0.2.1:5070;transport=tcp`);
}

/** An address, or a range of them. */
export function peerRange(text: string): string {
  return isIP(text) === 0 ? cidr('--trusted-peers', text) : text;
}

export function domainName(text: string): string {
  return hostName('--domain', text);
}

export function hostName(option: string, text: string): string {
  if (!HOST_NAME.test(text)) throw new ConfigError(`${option} ${text}: expected a host name such as example.com`);
  return text.toLowerCase();
}

/** IPv6 with or without brackets; the result has none. */
export function advertisedHost(text: string): string {
  const host = text.replace(/^\[(.*)\]$/, '$1');
  if (isIP(host) === 6 || HOST_NAME.test(text)) return host;
  throw new ConfigError(`--advertise ${text}: expected a host name or an address without a port, such as im.example.com or 192.0.2.1`);
}

export function sipListen(text: string): SipListen {
  const [, transport, where] = /^(udp|tcp|tls):(.+)$/i.exec(text) ?? [];
  if (transport === undefined || where === undefined) {
    throw new ConfigError(`--sip ${text}: expected udp:HOST:PORT, tcp:HOST:PORT or tls:HOST:PORT, such as udp:127.0.0.1:5060`);
  }
  return { transport: transport.toUpperCase() as SipListen['transport'], address: address('--sip', where) };
}

export function msrpListen(text: string): MsrpListen {
  const [, transport, where] = /^(tcp|tls):(.+)$/i.exec(text) ?? [];
  if (transport === undefined || where === undefined) {
    throw new ConfigError(`--msrp ${text}: expected tcp:HOST:PORT or tls:HOST:PORT, such as tcp:127.0.0.1:2855`);
  }
  return { transport: transport.toUpperCase() as MsrpListen['transport'], address: address('--msrp', where) };
}

/** The origin of web pages (RFC 6454 §6.2) that may open WebSockets here, or `*` for all. */
export function pageOrigin(text: string): string {
  if (text === '*') return text;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isBare = url?.pathname === '/' && url.search === '' && url.hash === '' && url.username === '';
  if (url !== undefined && isBare && /^https?:$/.test(url.protocol)) return url.origin;
  throw new ConfigError(`--allow-origin ${text}: expected an origin such as https://app.example.com, without a path, or * for all`);
}

export function address(option: string, text: string): Address {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:[\]]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port > 65_535 || (match?.[1] !== undefined && isIP(host) !== 6)) {
    throw new ConfigError(`${option} ${text}: expected HOST:PORT, such as 127.0.0.1:5060 or [::1]:5060`);
  }
  return { host, port };
}

export function storeUrl(text: string): StoreUrl {
  if (text === 'memory:') return { kind: 'memory' };
  const path = text.startsWith('sqlite:') ? text.slice('sqlite:'.length) : '';
  if (path !== ':memory:' && parsePath(path).base !== '') return { kind: 'sqlite', path };
  if (/^postgres(ql)?:/.test(text)) throw new ConfigError('--store postgres: PostgreSQL is not in this version; use sqlite:PATH');
  throw new ConfigError(`--store ${text}: expected sqlite:PATH, such as sqlite:./data/simple-im.db, or memory:`);
}

export function cidr(option: string, text: string): string {
  const [, network = '', bits] = /^([0-9A-Fa-f:.]+)\/(\d{1,3})$/.exec(text) ?? [];
  const family = isIP(network);
  if (family !== 0 && Number(bits) <= (family === 6 ? 128 : 32)) return text;
  throw new ConfigError(`${option} ${text}: expected ranges such as 10.0.0.0/8,fc00::/7`);
}

export function seconds(option: string, text: string, least: number, most: number): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!(value >= least && value <= most)) throw new ConfigError(`${option} ${text}: expected seconds from ${least} to ${most}`);
  return value;
}

export function positiveNumber(option: string, text: string): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (value === 0) throw new ConfigError(`${option} ${text}: expected a number from 1 to 999999999`);
  return value;
}

/** Of bodies and files: from 1 to a little below 2^53. */
export function octets(option: string, text: string): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  if (value === 0) throw new ConfigError(`${option} ${text}: expected a number of octets, such as 1073741824`);
  return value;
}

export function oneOf<T extends string>(option: string, text: string, values: readonly T[]): T {
  const found = values.find((value) => value === text);
  if (found === undefined) throw new ConfigError(`${option} ${text}: expected ${values.join(' or ')}`);
  return found;
}

/** `alice`, `alice@example.com` or `sip:alice@example.com` as an address-of-record; `*`, everybody, as it is. */
export function tracedUser(text: string, domain: string): string {
  if (text === '*') return text;
  try {
    const uri = text.includes(':') ? text : `sip:${text.includes('@') ? text : `${text}@${domain}`}`;
    return aorOf(parseUri(uri));
  } catch (error) {
    if (!ProtocolError.is(error)) throw error;
    throw new ConfigError(`--trace ${text}: expected a user such as alice or sip:alice@${domain}, or * for all`, { cause: error });
  }
}

/** Whether the address means every address of the machine, so that it cannot be told to anybody. */
export function isUnspecified(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Whether only this machine can reach the address. */
export function isLoopback(host: string): boolean {
  const family = isIP(host);
  return host === 'localhost' || (family !== 0 && loopback.check(host, family === 6 ? 'ipv6' : 'ipv4'));
}

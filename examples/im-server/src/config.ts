import { readFileSync } from 'node:fs';
import { BlockList, isIP } from 'node:net';
import { parseArgs } from 'node:util';
import { parse as parsePath } from 'node:path';
import type { Algorithm } from '@simple-im/digest';
import type { Address } from '@simple-im/transport';
import { ConfigError } from './config-error.js';
import { options, type Option, type OptionName } from './options.js';
import { demoUsers, readUsers, type User } from './users.js';

export interface SipListen {
  readonly transport: 'UDP' | 'TCP';
  readonly address: Address;
}

export type StoreUrl = { readonly kind: 'memory' } | { readonly kind: 'sqlite'; readonly path: string };

/** Everything a server needs to know; made by {@link parseConfig}, or written out by whoever embeds the server. */
export interface Config {
  readonly demo: boolean;
  readonly domain: string;
  readonly sip: readonly SipListen[];
  readonly msrp: readonly Address[];
  readonly http: Address;
  readonly advertise: string | undefined;
  readonly store: StoreUrl;
  readonly users: readonly User[];
  readonly auth: 'digest' | 'none';
  /** What challenges offer (RFC 8760). */
  readonly authAlgorithms: readonly Algorithm[];
  /** CIDR ranges; undefined: the default ranges less the addresses we listen on. */
  readonly mediaDeny: readonly string[] | undefined;
  /** Milliseconds. */
  readonly pagerTimeout: number;
  readonly trace: readonly string[];
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
}

export type ParsedCommandLine = { readonly kind: 'run'; readonly config: Config } | { readonly kind: 'help' } | { readonly kind: 'version' };

type Values = Partial<Record<OptionName, string | boolean | readonly string[]>>;

/** Reads the command line and the file it names. Throws {@link ConfigError}. */
export function parseConfig(argv: readonly string[]): ParsedCommandLine {
  const given = commandLine(argv);
  if (given.help === true) return { kind: 'help' };
  if (given.version === true) return { kind: 'version' };
  const values: Values = { ...(given.config === undefined ? {} : configFile(given.config as string)), ...given };
  return { kind: 'run', config: build(values) };
}

function commandLine(argv: readonly string[]): Values {
  const spec = Object.fromEntries(
    Object.entries(options as Record<string, Option>).map(([name, option]) => [name, { type: option.value === undefined ? ('boolean' as const) : ('string' as const), multiple: option.repeat === true }]),
  );
  try {
    return parseArgs({ args: [...argv], options: spec, allowPositionals: false, strict: true }).values as Values;
  } catch (error) {
    const first = (error as Error).message.split(/[.\n] ?/, 1)[0] ?? '';
    throw new ConfigError(`${first}; --help lists the options`, { cause: error });
  }
}

function configFile(path: string): Values {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new ConfigError(`--config ${path}: ${(error as Error).message}`, { cause: error });
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw new ConfigError(`--config ${path}: expected one JSON object`);
  for (const [name, value] of Object.entries(parsed)) checkFileValue(path, name, value);
  return parsed as Values;
}

function checkFileValue(path: string, name: string, value: unknown): void {
  const option = (options as Record<string, Option>)[name];
  if (option === undefined || name === 'config') throw new ConfigError(`--config ${path}: unknown option "${name}"; --help lists the options`);
  const fits = option.value === undefined ? typeof value === 'boolean' : option.repeat === true ? Array.isArray(value) && value.every((item) => typeof item === 'string') : typeof value === 'string';
  const wanted = option.value === undefined ? 'true or false' : option.repeat === true ? 'a list of strings' : 'a string';
  if (!fits) throw new ConfigError(`--config ${path}: "${name}" must be ${wanted}`);
}

function build(values: Values): Config {
  const text = (name: OptionName): string | undefined => values[name] as string | undefined;
  const list = (name: OptionName, fallback: readonly string[]): readonly string[] => (values[name] as readonly string[] | undefined) ?? fallback;
  checkRoles(text('roles'));
  const domain = domainName(text('domain') ?? 'example.com');
  const sip = list('sip', ['udp:127.0.0.1:5060', 'tcp:127.0.0.1:5060']).map(sipListen);
  const msrp = list('msrp', ['tcp:127.0.0.1:2855']).map(msrpListen);
  const http = address('--http', text('http') ?? '127.0.0.1:8080');
  const demo = values.demo === true;
  const users = text('users') === undefined ? [] : readUsers(text('users') as string);
  const auth = oneOf('--auth', text('auth') ?? 'digest', ['digest', 'none'] as const);
  const exposed = sip.find((listen) => !isLoopback(listen.address.host));
  if (auth === 'none' && exposed !== undefined) throw new ConfigError(`--auth none is refused on ${exposed.address.host}: without authentication anyone could speak for anyone; listen on 127.0.0.1 or use --auth digest`);
  if (demo && exposed !== undefined) throw new ConfigError(`--demo is refused on ${exposed.address.host}: its passwords are public; listen on 127.0.0.1 or give --users FILE instead`);
  if (auth === 'digest' && !demo && users.length === 0) throw new ConfigError('no users: give --users FILE, or --demo for two demo users');
  return {
    demo, domain, sip, msrp, http, auth,
    advertise: text('advertise'),
    store: storeUrl(text('store') ?? 'memory:'),
    users: demo ? [...demoUsers(domain), ...users] : users,
    authAlgorithms: (text('auth-algorithms') ?? 'SHA-256,MD5').split(',').map((name) => oneOf('--auth-algorithms', name, ['SHA-512-256', 'SHA-256', 'MD5'] as const)),
    mediaDeny: text('media-deny')?.split(',').filter((range) => range !== '').map(cidr),
    pagerTimeout: seconds('--pager-timeout', text('pager-timeout') ?? '10', 1, 30) * 1000,
    trace: list('trace', []),
    logLevel: oneOf('--log-level', text('log-level') ?? 'info', ['debug', 'info', 'warn', 'error'] as const),
  };
}

function checkRoles(roles: string | undefined): void {
  if (roles === undefined) return;
  const named = [...new Set(roles.split(','))].sort();
  const unknown = named.find((role) => !['core', 'im', 'xdm', 'presence'].includes(role));
  if (unknown !== undefined) throw new ConfigError(`--roles: unknown role "${unknown}"; the roles are core, im, xdm, presence`);
  if (named.join() !== 'core,im') throw new ConfigError(`--roles ${roles}: this version runs core and im together in one process only: leave --roles out, or give core,im`);
}

function domainName(text: string): string {
  if (!/^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(text)) throw new ConfigError(`--domain ${text}: expected a host name such as example.com`);
  return text.toLowerCase();
}

function sipListen(text: string): SipListen {
  const match = /^(udp|tcp|tls):(.+)$/i.exec(text);
  if (match === null) throw new ConfigError(`--sip ${text}: expected udp:HOST:PORT or tcp:HOST:PORT, such as udp:127.0.0.1:5060`);
  if (match[1]?.toLowerCase() === 'tls') throw new ConfigError(`--sip ${text}: TLS is not in this version; use udp: or tcp:`);
  return { transport: match[1]?.toUpperCase() as 'UDP' | 'TCP', address: address('--sip', match[2] as string) };
}

function msrpListen(text: string): Address {
  if (/^tls:/i.test(text)) throw new ConfigError(`--msrp ${text}: TLS is not in this version; use tcp:`);
  if (!/^tcp:/i.test(text)) throw new ConfigError(`--msrp ${text}: expected tcp:HOST:PORT, such as tcp:127.0.0.1:2855`);
  return address('--msrp', text.slice(4));
}

function address(option: string, text: string): Address {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:[\]]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port > 65535 || (match?.[1] !== undefined && isIP(host) !== 6)) throw new ConfigError(`${option} ${text}: expected HOST:PORT, such as 127.0.0.1:5060 or [::1]:5060`);
  return { host, port };
}

function storeUrl(text: string): StoreUrl {
  if (text === 'memory:') return { kind: 'memory' };
  if (text.startsWith('sqlite:') && parsePath(text.slice(7)).base !== '') return { kind: 'sqlite', path: text.slice(7) };
  throw new ConfigError(`--store ${text}: expected sqlite:PATH, such as sqlite:./data/simple-im.db, or memory:`);
}

function cidr(text: string): string {
  const [network = '', bits = ''] = text.split('/');
  const family = isIP(network);
  if (family === 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > (family === 6 ? 128 : 32)) throw new ConfigError(`--media-deny ${text}: expected ranges such as 10.0.0.0/8,fc00::/7`);
  return text;
}

function seconds(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < least || value > most) throw new ConfigError(`${option} ${text}: expected seconds from ${least} to ${most}`);
  return value;
}

function oneOf<T extends string>(option: string, text: string, values: readonly T[]): T {
  const found = values.find((value) => value === text);
  if (found === undefined) throw new ConfigError(`${option} ${text}: expected ${values.join(' or ')}`);
  return found;
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Whether only this machine can reach the address. */
export function isLoopback(host: string): boolean {
  const family = isIP(host);
  return host === 'localhost' || (family !== 0 && loopback.check(host, family === 6 ? 'ipv6' : 'ipv4'));
}

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Algorithm } from '@simple-im/digest';
import { formatAddress, type Address } from '@simple-im/transport';
import { ConfigError, oneLine } from './config-error.js';
import {
  address, advertisedHost, cidr, domainName, hostName, isLoopback, msrpListen, octets, oneOf, pageOrigin, peerRange, peerUri, positiveNumber,
  rolesOf, seconds, sipListen, storeUrl, tracedUser, type MsrpListen, type Role, type SipListen, type StoreUrl,
} from './option-values.js';
import { readOperatorToken } from './operator.js';
import { options, type Option, type OptionName } from './options.js';
import type { EventLimits } from './sip-core/event-notifier.js';
import { readStoreKey } from './store-key.js';
import { demoUsers, readUsers, type User } from './users.js';

/** Everything a server needs to know; made by {@link parseConfig}, or written out by whoever embeds the server. */
export interface Config {
  readonly demo: boolean;
  /** Which of the two ends of IM-2 this process is; usually both. */
  readonly roles: readonly Role[];
  readonly domain: string;
  readonly sip: readonly SipListen[];
  readonly msrp: readonly MsrpListen[];
  readonly http: Address;
  readonly https: Address | undefined;
  /** PEM files; needed by tls: addresses and `https`. */
  readonly tls: { readonly certificate: string; readonly key: string } | undefined;
  /** Origins of web pages that may open WebSockets, or `*`; those of our own addresses may anyway. */
  readonly allowOrigin: readonly string[];
  readonly advertise: string | undefined;
  /** SIP URI of the IM server, for a core without one of its own. */
  readonly imServer: string;
  /** What a core without an IM server of its own does while that cannot be reached. */
  readonly imServerDown: 'refuse' | 'bypass';
  /** SIP URI of the core, for an IM server without one of its own. */
  readonly core: string;
  /** Addresses or CIDR ranges, besides that of `core`, that a core may speak from. */
  readonly trustedPeers: readonly string[];
  readonly store: StoreUrl;
  /** 32 octets that encrypt what is stored of messages; undefined: it is stored as it is. */
  readonly storeKey: Uint8Array | undefined;
  /** Octets of messages of all users together; undefined: as much as the disk has. */
  readonly storeLimit: number | undefined;
  /** Octets that may wait for one user. */
  readonly deferredQuota: number;
  /** Octets that are recorded for one user. */
  readonly historyQuota: number;
  readonly users: readonly User[];
  readonly auth: 'digest' | 'none';
  /** What challenges offer (RFC 8760). */
  readonly authAlgorithms: readonly Algorithm[];
  /** CIDR ranges; undefined: the default ranges less the addresses we listen on. */
  readonly mediaDeny: readonly string[] | undefined;
  /** Milliseconds. */
  readonly pagerTimeout: number;
  /** Whether there is a Deferred Messaging Function. */
  readonly deferred: boolean;
  /** Other domains that have one. */
  readonly deferredPeers: readonly string[];
  /** Milliseconds that a message is kept whose sender sets no end. */
  readonly deferredExpires: number;
  /** Octets of a message in a session; undefined: any number. */
  readonly maxMessageSize: number | undefined;
  /** Whether disposition notifications are asked to come back through us. */
  /** What proves to be an operator, over HTTP; undefined: nobody is. */
  readonly operatorToken: string | undefined;
  readonly imdnRecordRoute: boolean;
  /** Milliseconds between two NOTIFYs of registrations to one watcher. */
  readonly notifyInterval: number;
  readonly eventLimits: EventLimits;
  /** Addresses-of-record, or `*` for all. */
  readonly trace: readonly string[];
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
}

export type ParsedCommandLine =
  | { readonly kind: 'run'; readonly config: Config }
  | { readonly kind: 'help' }
  | { readonly kind: 'version' };

type Values = Partial<Record<OptionName, string | boolean | readonly string[]>>;

/** Reads the command line and the files it names. Throws {@link ConfigError}. */
export function parseConfig(argv: readonly string[]): ParsedCommandLine {
  const given = commandLine(argv);
  if (given.help === true) return { kind: 'help' };
  if (given.version === true) return { kind: 'version' };
  const values: Values = { ...(given.config === undefined ? {} : configFile(given.config as string)), ...given };
  return { kind: 'run', config: build(values) };
}

/**
 * The demo users on free ports of this machine, in memory: to embed a server in a test or an example. `more` are options of the command
 * line; `--sip` replaces both sockets. Throws {@link ConfigError}.
 */
export function demoConfig(...more: readonly string[]): Config {
  const sip = more.includes('--sip') ? [] : ['--sip', 'udp:127.0.0.1:0', '--sip', 'tcp:127.0.0.1:0'];
  const parsed = parseConfig(['--demo', ...sip, '--msrp', 'tcp:127.0.0.1:0', '--http', '127.0.0.1:0', ...more]);
  if (parsed.kind !== 'run') throw new ConfigError(`${more.join(' ')}: asks for a text, not for a server`);
  return parsed.config;
}

function commandLine(argv: readonly string[]): Values {
  const spec = Object.fromEntries(Object.entries<Option>(options).map(([name, option]) => {
    const type: 'boolean' | 'string' = option.value === undefined ? 'boolean' : 'string';
    return [name, { type, multiple: option.repeat === true }];
  }));
  try {
    return parseArgs({ args: [...argv], options: spec, allowPositionals: false, strict: true }).values as Values;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined || !code.startsWith('ERR_PARSE_ARGS_')) throw error;
    // What follows the first sentence is advice about positional arguments, which we do not take.
    const first = oneLine(message.split(/\.\s|\n/, 1)[0] ?? '').replace(/\.$/, '');
    throw new ConfigError(`${first}; --help lists the options`, { cause: error });
  }
}

function configFile(path: string): Values {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new ConfigError(`--config ${path}: ${oneLine((error as Error).message)}`, { cause: error });
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new ConfigError(`--config ${path}: expected one JSON object`);
  }
  for (const [name, value] of Object.entries(parsed)) checkFileValue(path, name, value);
  return parsed as Values;
}

/** What only the command line can ask for. */
const COMMANDS = ['config', 'help', 'version'];

function checkFileValue(path: string, name: string, value: unknown): void {
  if (!Object.hasOwn(options, name) || COMMANDS.includes(name)) {
    throw new ConfigError(`--config ${path}: unknown option ${JSON.stringify(name)}; --help lists the options`);
  }
  const option: Option = options[name as OptionName];
  if (option.value === undefined) {
    if (typeof value !== 'boolean') throw new ConfigError(`--config ${path}: "${name}" must be true or false`);
  } else if (option.repeat === true) {
    const isList = Array.isArray(value) && value.every((item) => typeof item === 'string');
    if (!isList) throw new ConfigError(`--config ${path}: "${name}" must be a list of strings`);
  } else if (typeof value !== 'string') {
    throw new ConfigError(`--config ${path}: "${name}" must be a string`);
  }
}

const ALGORITHMS = ['SHA-512-256', 'SHA-256', 'MD5'] as const;

function build(values: Values): Config {
  const text = <T extends string | undefined>(name: OptionName, fallback: T): string | T => (values[name] ?? fallback) as string | T;
  const list = (name: OptionName, fallback: readonly string[]): readonly string[] => (values[name] ?? fallback) as readonly string[];
  const optional = <T>(name: OptionName, read: (given: string) => T): T | undefined => {
    const given = text(name, undefined);
    return given === undefined ? undefined : read(given);
  };
  const number = (name: OptionName, fallback: string): number => positiveNumber(`--${name}`, text(name, fallback));
  const split = (given: string): string[] => given.split(',').filter((part) => part !== '');
  const roles = rolesOf(text('roles', 'core,im'));
  const isCore = roles.includes('core');
  const domain = domainName(text('domain', 'example.com'));
  const demo = values.demo === true;
  const config: Config = {
    demo,
    roles,
    domain,
    sip: list('sip', isCore ? ['udp:127.0.0.1:5060', 'tcp:127.0.0.1:5060'] : ['tcp:127.0.0.1:5070']).map(sipListen),
    msrp: list('msrp', ['tcp:127.0.0.1:2855']).map(msrpListen),
    http: address('--http', text('http', isCore ? '127.0.0.1:8080' : '127.0.0.1:8081')),
    https: optional('https', (given) => address('--https', given)),
    tls: tlsFiles(text('tls-cert', undefined), text('tls-key', undefined)),
    allowOrigin: list('allow-origin', []).map(pageOrigin),
    advertise: optional('advertise', advertisedHost),
    imServer: peerUri('--im-server', text('im-server', 'sip:127.0.0.1:5070;transport=tcp')),
    imServerDown: oneOf('--im-server-down', text('im-server-down', 'refuse'), ['refuse', 'bypass']),
    core: peerUri('--core', text('core', 'sip:127.0.0.1:5060;transport=tcp')),
    trustedPeers: split(text('trusted-peers', '')).map(peerRange),
    store: storeUrl(text('store', 'memory:')),
    storeKey: optional('store-key', readStoreKey),
    storeLimit: optional('store-limit', (given) => octets('--store-limit', given)),
    deferredQuota: octets('--deferred-quota', text('deferred-quota', '134217728')),
    historyQuota: octets('--history-quota', text('history-quota', '104857600')),
    users: readUsers(optional('users', (path) => path), domain, demo ? demoUsers(domain) : []),
    auth: oneOf('--auth', text('auth', 'digest'), ['digest', 'none']),
    authAlgorithms: text('auth-algorithms', 'SHA-256,MD5').split(',').map((name) => oneOf('--auth-algorithms', name, ALGORITHMS)),
    mediaDeny: optional('media-deny', (ranges) => split(ranges).map((range) => cidr('--media-deny', range))),
    pagerTimeout: seconds('--pager-timeout', text('pager-timeout', '10'), 1, 30) * 1000,
    deferred: oneOf('--deferred', text('deferred', 'on'), ['on', 'off']) === 'on',
    deferredPeers: split(text('deferred-peers', '')).map((name) => hostName('--deferred-peers', name)),
    deferredExpires: number('deferred-expires', '604800') * 1000,
    maxMessageSize: optional('max-message-size', (octets) => positiveNumber('--max-message-size', octets)),
    operatorToken: optional('operator-token', readOperatorToken),
    imdnRecordRoute: values['imdn-record-route'] === true,
    notifyInterval: seconds('--notify-interval', text('notify-interval', '5'), 0, 60) * 1000,
    eventLimits: {
      maxSubscriptions: number('max-subscriptions', '100000'),
      maxPerUser: number('max-subscriptions-per-user', '100'),
      maxPerWatcher: number('max-subscriptions-per-watcher', '100'),
    },
    trace: list('trace', []).map((user) => tracedUser(user, domain)),
    logLevel: oneOf('--log-level', text('log-level', 'info'), ['debug', 'info', 'warn', 'error']),
  };
  checkTogether(config);
  return config;
}

function tlsFiles(certificate: string | undefined, key: string | undefined): Config['tls'] {
  if (certificate === undefined && key === undefined) return undefined;
  if (key === undefined) throw new ConfigError(`--tls-cert ${certificate}: give its private key too, by --tls-key FILE`);
  if (certificate === undefined) throw new ConfigError(`--tls-key ${key}: give the certificate too, by --tls-cert FILE`);
  return { certificate, key };
}

/** What each option allows and the others do not. */
function checkTogether(config: Config): void {
  const { demo, roles, trace, logLevel } = config;
  if (config.sip.length === 0) throw new ConfigError('--sip: give at least one address, such as udp:127.0.0.1:5060');
  const lacksMedia = roles.includes('im') && config.msrp.length === 0;
  if (lacksMedia) throw new ConfigError('--msrp: give at least one address, such as tcp:127.0.0.1:2855');
  const listening = [...config.sip.map((listen) => listen.address), ...(config.https === undefined ? [] : [config.https])];
  const exposed = listening.find(({ host }) => !isLoopback(host))?.host;
  checkTls(config);
  if (config.storeKey !== undefined && config.store.kind === 'memory') {
    throw new ConfigError('--store-key: memory: writes nothing that could be encrypted; give --store sqlite:PATH');
  }
  if (roles.includes('core')) checkUsers(config, exposed);
  else checkIm2(config);
  if (demo && exposed !== undefined) {
    throw new ConfigError(`--demo is refused on ${exposed}: its passwords are public; listen on 127.0.0.1 or give --users FILE instead`);
  }
  if (trace.length > 0 && (logLevel === 'warn' || logLevel === 'error')) {
    throw new ConfigError(`--trace writes at level info, which --log-level ${logLevel} leaves out: use info or debug`);
  }
}

/** What needs a certificate, and what has one for nothing. */
function checkTls({ sip, msrp, https, tls }: Config): void {
  const needing = [
    ...sip.flatMap(({ transport, address: where }) => (transport === 'TLS' ? [`--sip tls:${formatAddress(where)}`] : [])),
    ...msrp.flatMap(({ transport, address: where }) => (transport === 'TLS' ? [`--msrp tls:${formatAddress(where)}`] : [])),
    ...(https === undefined ? [] : [`--https ${formatAddress(https)}`]),
  ][0];
  if (needing !== undefined && tls === undefined) throw new ConfigError(`${needing}: needs a certificate; give --tls-cert FILE and --tls-key FILE`);
  if (needing === undefined && tls !== undefined) {
    throw new ConfigError(`--tls-cert ${tls.certificate}: nothing uses it; give --sip tls:HOST:PORT, --msrp tls:HOST:PORT or --https HOST:PORT`);
  }
}

function checkUsers({ auth, users }: Config, exposed: string | undefined): void {
  if (auth === 'none' && exposed !== undefined) {
    throw new ConfigError(`--auth none is refused on ${exposed}: anyone could speak for anyone; listen on 127.0.0.1 or use --auth digest`);
  }
  if (auth === 'digest' && users.length === 0) throw new ConfigError('no users: give --users FILE, or --demo for two demo users');
}

/** An IM server alone believes its peer by the address, which over UDP anybody can write. */
function checkIm2({ sip }: Config): void {
  const udp = sip.find(({ transport, address: { host } }) => transport === 'UDP' && !isLoopback(host))?.address.host;
  if (udp !== undefined) {
    throw new ConfigError(`--sip udp:${udp}: an IM server alone knows its core by its address, which UDP does not prove; use tcp:`);
  }
  if (!sip.some((listen) => listen.transport === 'TCP')) throw new ConfigError('--sip: an IM server alone needs a tcp: address');
}

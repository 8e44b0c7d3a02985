/*
 * The HTTP servers, plain and with TLS, and the WebSockets they take for SIP (RFC 7118) and MSRP (RFC 7977).
 */
import { ProtocolError } from '@simple-im/grammar';
import { DEFAULT_LIMITS, type SipEndpoint } from '@simple-im/sip';
import { formatAddress, type Address, type MessageConnection } from '@simple-im/transport';
import { acceptWebSockets, type WebSocketAcceptorOptions } from '@simple-im/transport/node';
import { ConfigError } from '../config-error.js';
import type { Config } from '../config.js';
import type { Media } from '../media/media.js';
import { serveHttp, type HttpAnswer, type HttpOptions, type HttpRequest, type HttpServer } from '../observe/http.js';
import type { Log } from '../observe/ports.js';
import { isLoopback } from '../option-values.js';
import { originCheck, originsOf } from '../origins.js';
import { answerOperator } from '../operator.js';
import type { Provisioner } from '../provisioning/provisioner.js';
import type { SystemMessages } from '../system-messages/system-messages.js';
import type { TlsSockets } from '../tls/sockets.js';
import { orConfigError } from './sockets.js';

/** One server, and what may be done there. */
export interface WebServer {
  readonly http: HttpServer;
  readonly secure: boolean;
  /** Credentials and messages may go over it: it has TLS, or does not leave the machine (RFC 7977 §5.1). */
  readonly isProtected: boolean;
}

export interface WebOptions extends Omit<HttpOptions, 'address' | 'identity' | 'paths' | 'operations'> {
  readonly tls: TlsSockets;
  /** Undefined until the server serves, and for an IM server alone. */
  readonly provisioner: () => Provisioner | undefined;
  /** Undefined until the server serves. */
  readonly systemMessages: () => SystemMessages | undefined;
}

/** Milliseconds between pings: a peer that is gone without a word is found out, and NATs keep the way open. */
const PING = 30_000;
/** Milliseconds a WebSocket may take to close. */
const LINGER = 1000;

export async function openWebServers(config: Config, options: WebOptions, opened: (() => Promise<void>)[]): Promise<WebServer[]> {
  const { https } = config;
  const servers = [await open(config, `--http ${formatAddress(config.http)}`, config.http, false, options)];
  opened.push(() => (servers[0] as WebServer).http.close());
  if (https === undefined) return servers;
  const secured = await open(config, `--https ${formatAddress(https)}`, https, true, options);
  opened.push(() => secured.http.close());
  options.tls.onRenewal(({ identity }) => secured.http.setIdentity(identity));
  return [...servers, secured];
}

async function open(config: Config, option: string, address: Address, secure: boolean, options: WebOptions): Promise<WebServer> {
  const { tls, provisioner, systemMessages, ...rest } = options;
  const isProtected = secure || isLoopback(address.host);
  const identity = secure ? tls.certificate?.identity : undefined;
  if (secure && identity === undefined) throw new ConfigError(`${option}: needs a certificate; give --tls-cert FILE and --tls-key FILE`);
  const paths: Record<string, (request: HttpRequest) => HttpAnswer> = {};
  for (const path of webSocketPaths(config)) paths[path] = () => (isProtected ? UPGRADE : UNPROTECTED);
  if (config.roles.includes('core')) {
    paths['/provisioning'] = (request) => {
      const isAllowed = secure || isLoopback(plainAddress(request.remote));
      return isAllowed ? provisioner()?.answer(request) ?? STARTING : UNPROTECTED;
    };
  }
  const { operatorToken: token } = config;
  const tellsUsers = config.roles.includes('im') && config.deferred;
  const operations = token === undefined || !tellsUsers ? {} : {
    '/operator/system-messages': async (request: HttpRequest): Promise<HttpAnswer> => {
      if (!secure && !isLoopback(plainAddress(request.remote))) return UNPROTECTED;
      const messages = systemMessages();
      return messages === undefined ? STARTING : answerOperator(request, token, messages);
    },
  };
  return { http: await orConfigError(option, serveHttp({ address, identity, paths, operations, ...rest })), secure, isProtected };
}

/** An IPv4 client of an IPv6 socket (RFC 4291 §2.5.5.2). */
function plainAddress(remote: string): string {
  return remote.replace(/^::ffff:/i, '');
}

const TEXT = { 'Content-Type': 'text/plain; charset=utf-8' };
const UPGRADE: HttpAnswer = { status: 426, headers: { ...TEXT, Upgrade: 'websocket' }, body: 'This is a WebSocket.\n' };
const UNPROTECTED: HttpAnswer = { status: 403, headers: TEXT, body: 'Without TLS this is for this machine only: use --https.\n' };
const STARTING: HttpAnswer = { status: 503, headers: { ...TEXT, 'Retry-After': '1' }, body: 'Starting.\n' };

/** The core takes SIP, the IM server MSRP. */
export function webSocketPaths({ roles }: Pick<Config, 'roles'>): ('/sip' | '/msrp')[] {
  return [...(roles.includes('core') ? ['/sip' as const] : []), ...(roles.includes('im') ? ['/msrp' as const] : [])];
}

export interface WebSocketOwners {
  readonly endpoint: SipEndpoint;
  /** There for an IM server. */
  readonly media: Media | undefined;
  readonly log: Log;
}

/** Takes WebSockets from now on, where they are protected; closing takes no more. */
export function takeWebSockets(config: Config, servers: readonly WebServer[], owners: WebSocketOwners, opened: (() => Promise<void>)[]): void {
  const { endpoint, media, log } = owners;
  const own = servers.flatMap(({ secure, http: { local } }) => originsOf(secure ? 'https' : 'http', local, config.advertise));
  const common = { allowOrigin: originCheck(config.allowOrigin, own), keepAlive: PING, linger: LINGER };
  const advertise = config.advertise === undefined ? {} : { advertise: config.advertise };
  const take = {
    '/sip': (connection: MessageConnection) => void endpoint.acceptWebSocket(connection, advertise),
    '/msrp': (connection: MessageConnection) => media?.accept(connection),
  };
  for (const { http, secure, isProtected } of servers) {
    if (!isProtected) {
      log.info({ http: http.local }, 'no WebSockets and no /provisioning at --http, which is open to other machines without TLS: give --https');
      continue;
    }
    if (!secure) log.info({ http: http.local }, 'WebSockets at --http are not encrypted and for this machine only; others need --https');
    for (const path of webSocketPaths(config)) {
      const settings = { ...common, path, protocols: [path.slice(1)], ...SIZES[path] };
      const acceptor = acceptWebSockets(http.server, settings, (connection) => guarded(log, () => take[path](connection)));
      opened.push(async () => acceptor.close());
    }
  }
}

/** A SIP message as large as over TCP; a chunk of MSRP with a head as large as we take. */
const SIZES: Readonly<Record<'/sip' | '/msrp', Pick<WebSocketAcceptorOptions, 'maxMessage'>>> = {
  '/sip': { maxMessage: DEFAULT_LIMITS.headOctets + DEFAULT_LIMITS.bodyOctets },
  '/msrp': { maxMessage: 1_048_576 },
};

/** Too many connections, or closed meanwhile: the connection is closed by who refuses it. */
function guarded(log: Log, take: () => void): void {
  try {
    take();
  } catch (error) {
    if (!ProtocolError.is(error)) throw error;
    log.debug({ err: error }, 'a WebSocket was not taken');
  }
}

/** `ws://127.0.0.1:8080/sip`, as bound. */
export function webSocketUrls(config: Config, servers: readonly WebServer[], secure: boolean): string[] {
  const scheme = secure ? 'wss' : 'ws';
  const taking = servers.filter((server) => server.isProtected && server.secure === secure);
  return taking.flatMap(({ http }) => webSocketPaths(config).map((path) => `${scheme}://${formatAddress(http.local)}${path}`));
}

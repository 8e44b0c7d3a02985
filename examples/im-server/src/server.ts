/*
 * The server put together: entities, the reference points between them, and the sockets.
 */
import { randomBytes } from 'node:crypto';
import { aorOf, parseUri, ProtocolError } from '@simple-im/grammar';
import { respondTo, SipEndpoint } from '@simple-im/sip';
import type { Address, Network } from '@simple-im/transport';
import { nodeClock, nodeHash, nodeNetwork, nodeRandom, nodeResolver } from '@simple-im/transport/node';
import type { Admission } from './internal-ports.js';
import { ConfigError } from './config-error.js';
import type { Config, SipListen } from './config.js';
import { GuardedNetwork, mediaDenyList } from './media/guarded-network.js';
import { Media } from './media/media.js';
import { serveHttp, type HttpServer } from './observe/http.js';
import { silentLog } from './observe/log.js';
import { PrometheusMetrics } from './observe/metrics.js';
import type { Log } from './observe/ports.js';
import { WireTrace } from './observe/trace.js';
import { RegistrationAvailability } from './participating/availability.js';
import { Participating } from './participating/participating.js';
import { openAdmission, Policy } from './participating/policy.js';
import { Authentication, type Credential } from './sip-core/authentication.js';
import { SipCore } from './sip-core/core.js';
import { Forwarder } from './sip-core/forwarder.js';
import { OwnAddresses, type OwnAddress } from './sip-core/own-addresses.js';
import { Registrar } from './sip-core/registrar.js';
import { Tokens } from './sip-core/tokens.js';
import { openStore, type Store } from './store/open.js';
import type { User } from './users.js';

/** The line that says the server serves: addresses as bound, written as the options are. */
export interface Ready {
  readonly ready: true;
  readonly domain: string;
  readonly sip: readonly string[];
  readonly msrp: readonly string[];
  readonly http: string;
}

export interface RunningServer {
  readonly ready: Ready;
  readonly trace: WireTrace;
  readonly metrics: PrometheusMetrics;
  /** No new work, sessions told, store closed. */
  close(): Promise<void>;
}

export interface ServerOptions {
  readonly log?: Log;
  /** Who may reach whom; everybody by default. */
  readonly admission?: Admission;
}

/** How long sessions may take to say goodbye, in milliseconds. */
const GOODBYE = 2000;

/** Starts a server. Rejects with ConfigError, fit for one line, when an address or the store cannot be had. */
export async function startServer(config: Config, options: ServerOptions = {}): Promise<RunningServer> {
  const log = options.log ?? silentLog;
  const opened: (() => Promise<void>)[] = [];
  try {
    return await assemble(config, log, options.admission ?? openAdmission, opened);
  } catch (error) {
    for (const close of opened.reverse()) await close();
    throw asConfigError(error);
  }
}

async function assemble(config: Config, log: Log, admission: Admission, opened: (() => Promise<void>)[]): Promise<RunningServer> {
  const metrics = new PrometheusMetrics();
  const store = await openStore(config.store);
  opened.push(() => store.close());

  let media: Media | undefined;
  const trace = new WireTrace({ now: () => nodeClock.now(), ownerOf: (uri) => media?.ownerOf(uri) });
  for (const user of config.trace) trace.listen(aorOfUser(user, config.domain), (entry) => log.info({ trace: entry }, `${entry.direction} ${entry.protocol} ${entry.title}`));

  const endpoint = new SipEndpoint({
    network: nodeNetwork, clock: nodeClock, random: nodeRandom, resolver: nodeResolver,
    trace: (event) => trace.sip(event),
    onError: (error, flow) => onSipError(error, flow?.remote, log, metrics),
  });
  opened.push(() => endpoint.close());
  const sip = await listenSip(endpoint, config);
  const own = new OwnAddresses(config.domain, sip.map(({ transport, address }): OwnAddress => ({ transport, host: config.advertise ?? address.host, port: address.port })));

  media = new Media({ network: mediaNetwork(config), clock: nodeClock, random: nodeRandom, metrics, trace: (event) => trace.msrp(event) });
  opened.push(() => (media as Media).close());
  const msrp: Address[] = [];
  for (const address of config.msrp) msrp.push(await media.listen(address, config.advertise));

  const { core, participating } = joinEntities(config, { log, metrics, endpoint, own, media, store, admission });
  endpoint.onRequest = (incoming) => core.receive(incoming);
  endpoint.onAck = (request, flow) => core.receiveAck(request, flow);

  const ready = (http: HttpServer): Ready => ({ ready: true, domain: config.domain, sip: sip.map(({ transport, address }) => `${transport.toLowerCase()}:${written(address)}`), msrp: msrp.map((address) => `tcp:${written(address)}`), http: written(http.local) });
  const http = await serveHttp({ address: config.http, metrics, healthy: () => store.healthy(), about: () => `simple-im serves ${config.domain}\n/healthz  /metrics\n` });
  opened.push(() => http.close());
  log.info({ domain: config.domain, store: config.store.kind }, 'serving');
  return { ready: ready(http), trace, metrics, close: () => closeInOrder(participating, endpoint, opened) };
}

/** Everything that is neither a socket nor a file. */
function joinEntities(config: Config, parts: { log: Log; metrics: PrometheusMetrics; endpoint: SipEndpoint; own: OwnAddresses; media: Media; store: Store; admission: Admission }): { core: SipCore; participating: Participating } {
  const { log, metrics, endpoint, own, media, store, admission } = parts;
  const clock = nodeClock;
  const random = nodeRandom;
  // One node: its secrets live as long as it does. Clients authenticate and register anew after a restart.
  const key = randomBytes(32);
  const tokens = new Tokens(key, 'node1');
  const core = new SipCore({
    node: 'node1', own, tokens, clock, random, log, metrics,
    location: store.location,
    registrar: new Registrar(store.location),
    authentication: new Authentication({ users: credentials(config.users), own, mode: config.auth, algorithms: config.authAlgorithms, hash: nodeHash, key, random, log, metrics }),
    forwarder: new Forwarder({ endpoint, own, tokens, clock, random, log, pagerTimeout: config.pagerTimeout }),
  });
  const participating = new Participating({
    core, media, clock, random, log, metrics,
    domain: config.domain,
    policy: new Policy(admission, metrics),
    availability: new RegistrationAvailability(() => clock.now()),
  });
  core.attach(participating);
  return { core, participating };
}

async function listenSip(endpoint: SipEndpoint, config: Config): Promise<SipListen[]> {
  const bound: SipListen[] = [];
  for (const { transport, address } of config.sip) {
    const options = config.advertise === undefined ? {} : { advertise: config.advertise };
    bound.push({ transport, address: transport === 'UDP' ? await endpoint.listenUdp(address, options) : await endpoint.listenTcp(address, options) });
  }
  return bound;
}

function mediaNetwork(config: Config): Network {
  const listening = config.msrp.map((address) => address.host);
  return new GuardedNetwork(nodeNetwork, nodeResolver, mediaDenyList({ denied: config.mediaDeny, listening }));
}

/** Users by digest username. */
function credentials(users: readonly User[]): ReadonlyMap<string, Credential> {
  return new Map(users.map((user) => {
    const aor = aorOf(parseUri(user.aor));
    return [aor.slice(aor.indexOf(':') + 1, aor.indexOf('@')), { aor, secret: user.password === undefined ? { ha1: user.ha1 ?? {} } : { password: user.password } }];
  }));
}

function aorOfUser(user: string, domain: string): string {
  return user === '*' ? user : aorOf(parseUri(user.includes('@') ? user : `sip:${user}@${domain}`));
}

function onSipError(error: Error, remote: Address | undefined, log: Log, metrics: PrometheusMetrics): void {
  if (ProtocolError.is(error)) {
    metrics.count('sip_invalid_messages_total');
    log.debug({ code: error.code, remote }, error.message);
  } else {
    log.error({ err: error, remote }, 'the SIP endpoint failed');
  }
}

/** Sessions are told first, and may answer while the sockets are still there. */
async function closeInOrder(participating: Participating, endpoint: SipEndpoint, opened: (() => Promise<void>)[]): Promise<void> {
  endpoint.onRequest = (incoming) => incoming.respond(respondTo(incoming.request, 503, { toTag: endpoint.newTag() }));
  await Promise.race([participating.close(), new Promise<void>((resolve) => { nodeClock.setTimer(GOODBYE, resolve); })]);
  for (const close of opened.splice(0).reverse()) { const t = Date.now(); await close(); console.error('close', Date.now() - t, close.toString()); }
}

function written(address: Address): string {
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

/** An address in use, a port without permission, a store that does not open: one line, what to do included. */
function asConfigError(error: unknown): unknown {
  if (ProtocolError.is(error) && error.code.startsWith('TRANSPORT_')) return new ConfigError(error.message, { cause: error });
  const system = error as NodeJS.ErrnoException & { address?: string; port?: number };
  if (system.code === 'EADDRINUSE') return new ConfigError(`--http ${system.address ?? ''}:${system.port ?? ''}: the address is in use; choose another port, or 0 for a free one`, { cause: error });
  if (error instanceof Error && error.message.startsWith('cannot open the store')) return new ConfigError(error.message, { cause: error });
  return error;
}

/*
 * The server put together: entities, the reference points between them, and the sockets.
 */
import { hkdfSync } from 'node:crypto';
import { aorOf, parseUri, ProtocolError } from '@simple-im/grammar';
import { SipEndpoint } from '@simple-im/sip';
import { formatAddress, type Address, type Network, type Timer } from '@simple-im/transport';
import { nodeClock, nodeHash, nodeNetwork, nodeRandom, nodeResolver } from '@simple-im/transport/node';
import type { Admission } from './internal-ports.js';
import { ConfigError } from './config-error.js';
import type { Config } from './config.js';
import { GuardedNetwork, mediaDenyList } from './media/guarded-network.js';
import { Media } from './media/media.js';
import { serveHttp } from './observe/http.js';
import { silentLog } from './observe/log.js';
import { PrometheusMetrics } from './observe/metrics.js';
import type { Log } from './observe/ports.js';
import { WireTrace } from './observe/trace.js';
import type { SipListen } from './option-values.js';
import { RegistrationAvailability } from './participating/availability.js';
import { Participating } from './participating/participating.js';
import { openAdmission, Policy } from './participating/policy.js';
import { restoreRegistrations } from './restored-registrations.js';
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
  /** No new work, sessions told, store closed. Takes a little more than two seconds at most; calling it again waits for the same end. */
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
  const opened: Closing[] = [];
  try {
    return await assemble(config, options, opened);
  } catch (error) {
    await closeAll(opened);
    throw error;
  }
}

/** How to close something that was opened. */
type Closing = () => Promise<void>;

async function assemble(config: Config, options: ServerOptions, opened: Closing[]): Promise<RunningServer> {
  const log = options.log ?? silentLog;
  const metrics = new PrometheusMetrics();
  const store = await openStore(config.store, nodeRandom);
  opened.push(() => store.close());

  const media = new Media({
    network: mediaNetwork(config), clock: nodeClock, random: nodeRandom, metrics,
    trace: (event) => trace.msrp(event),
  });
  const trace = new WireTrace({ now: () => nodeClock.now(), ownerOf: (uri) => media.ownerOf(uri) });
  for (const user of config.trace) {
    trace.listen(user, (entry) => log.info({ trace: entry }, `${entry.direction} ${entry.protocol} ${entry.title}`));
  }

  const endpoint = new SipEndpoint({
    network: nodeNetwork, clock: nodeClock, random: nodeRandom, resolver: nodeResolver,
    trace: (event) => trace.sip(event),
    onError: (error, flow) => onSipError(error, flow?.remote, log, metrics),
  });
  opened.push(() => endpoint.close());
  const sip = await listenSip(endpoint, config);

  opened.push(() => media.close());
  const msrp: Address[] = [];
  for (const address of config.msrp) msrp.push(await bound(`--msrp ${msrpText(address)}`, media.listen(address, config.advertise)));

  const admission = options.admission ?? openAdmission;
  const { core, participating } = joinEntities(config, { log, metrics, endpoint, sip, media, store, admission });
  await restoreRegistrations({ store, core, participating, clock: nodeClock, random: nodeRandom });
  endpoint.onRequest = (incoming) => core.receive(incoming);
  endpoint.onAck = (request, flow) => core.receiveAck(request, flow);

  const about = (): string => `simple-im serves ${config.domain}\n/healthz  /metrics\n`;
  const healthy = (): Promise<void> => store.healthy();
  const http = await bound(`--http ${formatAddress(config.http)}`, serveHttp({ address: config.http, metrics, healthy, about }));
  opened.push(() => http.close());
  warnOfUnspecified(config, log);
  log.info({ domain: config.domain, store: config.store.kind }, 'serving');

  let closing: Promise<void> | undefined;
  return {
    ready: { ready: true, domain: config.domain, sip: sip.map(sipText), msrp: msrp.map(msrpText), http: formatAddress(http.local) },
    trace,
    metrics,
    close: () => closing ??= closeInOrder(core, participating, endpoint, opened),
  };
}

interface Parts {
  readonly log: Log;
  readonly metrics: PrometheusMetrics;
  readonly endpoint: SipEndpoint;
  /** As bound. */
  readonly sip: readonly SipListen[];
  readonly media: Media;
  readonly store: Store;
  readonly admission: Admission;
}

/** Everything that is neither a socket nor a file. */
function joinEntities(config: Config, parts: Parts): { core: SipCore; participating: Participating } {
  const { log, metrics, endpoint, sip, media, store, admission } = parts;
  const [clock, random, node] = [nodeClock, nodeRandom, 'node1'];
  const addresses = sip.map(({ transport, address: { host, port } }): OwnAddress => ({ transport, host: config.advertise ?? host, port }));
  const own = new OwnAddresses(config.domain, addresses);
  const tokens = new Tokens(keyFor('tokens', store), node);
  const { auth: mode, authAlgorithms: algorithms, pagerTimeout } = config;
  const core = new SipCore({
    node, own, tokens, clock, random, log, metrics,
    location: store.location,
    registrar: new Registrar(store.location),
    authentication: new Authentication({
      users: credentials(config.users), own, mode, algorithms, hash: nodeHash, key: keyFor('nonces', store), random, log, metrics,
    }),
    forwarder: new Forwarder({ endpoint, own, tokens, clock, random, log, pagerTimeout }),
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

/** One secret, a key of its own for each purpose (RFC 5869). */
function keyFor(purpose: 'tokens' | 'nonces', store: Store): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', store.secret, '', `simple-im ${purpose}`, 32));
}

async function listenSip(endpoint: SipEndpoint, config: Config): Promise<SipListen[]> {
  const listening: SipListen[] = [];
  const options = config.advertise === undefined ? {} : { advertise: config.advertise };
  for (const listen of config.sip) {
    const { transport, address } = listen;
    const socket = transport === 'UDP' ? endpoint.listenUdp(address, options) : endpoint.listenTcp(address, options);
    listening.push({ transport, address: await bound(`--sip ${sipText(listen)}`, socket) });
  }
  return listening;
}

function sipText({ transport, address }: SipListen): string {
  return `${transport.toLowerCase()}:${formatAddress(address)}`;
}

function msrpText(address: Address): string {
  return `tcp:${formatAddress(address)}`;
}

/** What binds a socket, or why it cannot be: one line that names the option and says what to do. */
async function bound<T>(option: string, socket: Promise<T>): Promise<T> {
  try {
    return await socket;
  } catch (error) {
    if (!ProtocolError.is(error)) throw error;
    throw new ConfigError(`${option}: ${error.message}`, { cause: error });
  }
}

/** Nobody can send to such an address, though it is a good one to listen on. */
function warnOfUnspecified(config: Config, log: Log): void {
  if (config.advertise !== undefined) return;
  const hosts = [...config.sip.map((listen) => listen.address.host), ...config.msrp.map((address) => address.host)];
  const host = hosts.find((name) => name === '0.0.0.0' || name === '::');
  if (host !== undefined) log.warn({ host }, 'peers are told this address, which leads nowhere: give --advertise HOST');
}

function mediaNetwork(config: Config): Network {
  const listening = config.msrp.map((address) => address.host);
  return new GuardedNetwork(nodeNetwork, nodeResolver, mediaDenyList({ denied: config.mediaDeny, listening }));
}

/** Users by digest username. */
function credentials(users: readonly User[]): ReadonlyMap<string, Credential> {
  return new Map(users.map(({ aor: given, password, ha1 = {} }) => {
    const aor = aorOf(parseUri(given));
    const username = aor.slice(aor.indexOf(':') + 1, aor.indexOf('@'));
    return [username, { aor, secret: password === undefined ? { ha1 } : { password } }];
  }));
}

function onSipError(error: Error, remote: Address | undefined, log: Log, metrics: PrometheusMetrics): void {
  if (ProtocolError.is(error)) {
    metrics.count('sip_invalid_messages_total');
    log.debug({ code: error.code, remote }, error.message);
  } else {
    log.error({ err: error, remote }, 'the SIP endpoint failed');
  }
}

/** Sessions are told first, and users may answer while the sockets are still there; what begins anew is refused. */
async function closeInOrder(core: SipCore, participating: Participating, endpoint: SipEndpoint, opened: Closing[]): Promise<void> {
  endpoint.onRequest = (incoming) => {
    if (incoming.request.toTag === undefined) endpoint.refuse(incoming, 503);
    else core.receive(incoming);
  };
  let timer: Timer | undefined;
  const late = new Promise<void>((resolve) => { timer = nodeClock.setTimer(GOODBYE, resolve); });
  await Promise.race([participating.close(), late]);
  timer?.cancel();
  await closeAll(opened);
}

/** The last opened first. One that fails does not keep the others open; its error comes at the end. */
async function closeAll(opened: Closing[]): Promise<void> {
  const failures: unknown[] = [];
  for (const close of opened.splice(0).reverse()) await close().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}

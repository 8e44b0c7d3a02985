/*
 * The server put together: entities, the reference points between them, and the sockets.
 */
import { SipEndpoint } from '@simple-im/sip';
import { formatAddress, type Timer } from '@simple-im/transport';
import { nodeClock, nodeNetwork, nodeRandom, nodeResolver } from '@simple-im/transport/node';
import { assembleProvisioner } from './assembly/core.js';
import { EarlyRequests } from './assembly/early-requests.js';
import { bothEnds, coreEnd, imServerEnd } from './assembly/ends.js';
import { openWebServers, takeWebSockets, webSocketUrls, type WebServer } from './assembly/http-servers.js';
import { assembleMedia } from './assembly/im-server.js';
import type { Ends } from './assembly/parts.js';
import { listenMsrp, listenSip, listenText, onSipError, warnOfUnspecified } from './assembly/sockets.js';
import type { Config } from './config.js';
import type { Admission, Charging, MessageAccounts } from './internal-ports.js';
import type { Media } from './media/media.js';
import type { MsrpListen, SipListen } from './option-values.js';
import type { Provisioner } from './provisioning/provisioner.js';
import { silentLog } from './observe/log.js';
import { PrometheusMetrics } from './observe/metrics.js';
import type { Log } from './observe/ports.js';
import { WireTrace } from './observe/trace.js';
import { openAdmission } from './participating/policy.js';
import { serviceUris } from './reference-points.js';
import type { RegistrationAdministration } from './sip-core/registration-administration.js';
import { defaultLimits } from './store/limits.js';
import { openStore, type Store, type StoreOptions } from './store/open.js';
import type { SystemMessages } from './system-messages/system-messages.js';
import { TlsSockets } from './tls/sockets.js';

/** The line that says the server serves: addresses as bound, written as the options are. */
export interface Ready {
  readonly ready: true;
  readonly domain: string;
  readonly sip: readonly string[];
  readonly msrp: readonly string[];
  readonly http: string;
  /** With --https. */
  readonly https?: string;
  /** URLs of WebSockets: SIP at /sip, MSRP at /msrp. */
  readonly ws?: readonly string[];
  readonly wss?: readonly string[];
  /** URIs by which users get at what is stored for them, and at their conversation history. */
  readonly deferred?: string;
  readonly history?: string;
}

export interface RunningServer {
  readonly ready: Ready;
  readonly trace: WireTrace;
  readonly metrics: PrometheusMetrics;
  /** What an operator does to registrations; undefined without a core. */
  readonly registrations: RegistrationAdministration | undefined;
  /** Tells users what the operator has to say; undefined without an IM server or with --deferred off. */
  readonly systemMessages: SystemMessages | undefined;
  /** Reads the certificate of --tls-cert again, for new connections. What is wrong with it goes to the log. */
  reload(): void;
  /** No new work, sessions told, store closed. Takes a little more than two seconds at most; calling it again waits for the same end. */
  close(): Promise<void>;
}

export interface ServerOptions {
  readonly log?: Log;
  /** Who may reach whom; everybody by default. */
  readonly admission?: Admission;
  /** What is stored for users, for message waiting indications; by default what the server itself stores. */
  readonly accounts?: MessageAccounts;
  /** Hears of what is stored, delivered, retrieved and expired. */
  readonly charging?: Charging;
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
  const store = await openStore(config.store, nodeRandom, storeOptions(config));
  opened.push(() => store.close());

  const tls = new TlsSockets(config.tls, log, metrics);
  let serving = false;
  let provisioner: Provisioner | undefined;
  let systemMessages: SystemMessages | undefined;
  const web = await openWebServers(config, {
    tls, metrics,
    about: () => `simple-im serves ${config.domain}\n/healthz  /metrics\n`,
    healthy: async () => (serving ? store.healthy() : Promise.reject(new Error('starting'))),
    provisioner: () => provisioner,
    systemMessages: () => systemMessages,
  }, opened);

  const media = config.roles.includes('im') ? assembleMedia(config, tls, { metrics, trace: (event) => trace.msrp(event) }) : undefined;
  const trace = new WireTrace({ now: () => nodeClock.now(), ownerOf: (uri) => media?.ownerOf(uri) });
  for (const user of config.trace) {
    trace.listen(user, (entry) => log.info({ trace: entry }, `${entry.direction} ${entry.protocol} ${entry.title}`));
  }

  const endpoint = new SipEndpoint({
    network: nodeNetwork, tls, clock: nodeClock, random: nodeRandom, resolver: nodeResolver,
    trace: (event) => trace.sip(event),
    onError: (error, flow) => onSipError(error, flow?.remote, log, metrics),
  });
  opened.push(() => endpoint.close());
  const early = new EarlyRequests(endpoint);
  const sip = await listenSip(endpoint, config, tls);
  if (media !== undefined) opened.push(() => media.close());
  const msrp = media === undefined ? [] : await listenMsrp(media, config, tls);
  const webSockets = web.filter(({ isProtected }) => isProtected).map(({ secure, http }) => ({ secure, address: http.local }));
  for (const { secure, address: { host, port } } of webSockets) media?.listenWebSocket({ host: config.advertise ?? host, port }, secure);

  const { admission = openAdmission, accounts, charging } = options;
  const parts = { log, metrics, endpoint, sip, webSockets: config.roles.includes('core') ? webSockets : [], admission, accounts, charging };
  const ends = await join(config, { ...parts, store, media });
  endpoint.onAck = (request, flow) => ends.receiveAck(request, flow);
  endpoint.onFlowClosed = (flow) => ends.flowClosed(flow);
  early.release((incoming) => ends.receive(incoming));

  takeWebSockets(config, web, { endpoint, media, log }, opened);
  if (config.roles.includes('core')) provisioner = assembleProvisioner(config, parts, store);
  if (media !== undefined) systemMessages = ends.systemMessages;
  serving = true;
  warnOfUnspecified(config, log);
  const isForgetful = config.deferred && config.store.kind === 'memory' && config.roles.includes('im');
  if (isForgetful) log.info({ store: 'memory' }, 'messages for users who are away are stored in memory and gone with this process: give --store sqlite:PATH');
  log.info({ domain: config.domain, roles: config.roles, store: config.store.kind }, 'serving');

  let closing: Promise<void> | undefined;
  return {
    ready: readyLine(config, sip, msrp, web),
    trace,
    metrics,
    registrations: ends.registrations,
    systemMessages,
    reload: () => tls.reload(),
    close: () => closing ??= closeInOrder(ends, endpoint, opened),
  };
}

function storeOptions({ storeKey: key, storeLimit: total = defaultLimits.total, deferredQuota: deferred, historyQuota: history }: Config): StoreOptions {
  return { key, limits: { total, deferred, history } };
}

type Joining = Parameters<typeof coreEnd>[1] & {
  readonly admission: Admission;
  readonly charging: Charging | undefined;
  readonly store: Store;
  /** There for an IM server. */
  readonly media: Media | undefined;
};

function join(config: Config, { store, media, ...parts }: Joining): Promise<Ends> {
  if (media === undefined) return coreEnd(config, parts, store);
  return config.roles.includes('core') ? bothEnds(config, { ...parts, media }, store) : imServerEnd(config, { ...parts, media }, store);
}

function readyLine(config: Config, sip: readonly SipListen[], msrp: readonly MsrpListen[], web: readonly WebServer[]): Ready {
  const [http, https] = web.map((server) => formatAddress(server.http.local));
  const [ws, wss] = [false, true].map((secure) => webSocketUrls(config, web, secure));
  return {
    ready: true, domain: config.domain, sip: sip.map(listenText), msrp: msrp.map(listenText), http: http as string,
    ...(https === undefined ? {} : { https }),
    ...(ws === undefined || ws.length === 0 ? {} : { ws }),
    ...(wss === undefined || wss.length === 0 ? {} : { wss }),
    ...serviceUris(config.domain, config),
  };
}

/** Sessions are told first, and users may answer while the sockets are still there; what begins anew is refused. */
async function closeInOrder(ends: Ends, endpoint: SipEndpoint, opened: Closing[]): Promise<void> {
  endpoint.onRequest = (incoming) => {
    if (incoming.request.toTag === undefined) endpoint.refuse(incoming, 503);
    else ends.receive(incoming);
  };
  let timer: Timer | undefined;
  const late = new Promise<void>((resolve) => { timer = nodeClock.setTimer(GOODBYE, resolve); });
  await Promise.race([ends.close(), late]);
  timer?.cancel();
  await closeAll(opened);
}

/** The last opened first. One that fails does not keep the others open; its error comes at the end. */
async function closeAll(opened: Closing[]): Promise<void> {
  const failures: unknown[] = [];
  for (const close of opened.splice(0).reverse()) await close().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}

/*
 * The server put together: entities, the reference points between them, and the sockets.
 */
import { SipEndpoint } from '@simple-im/sip';
import { formatAddress, type Address, type Timer } from '@simple-im/transport';
import { nodeClock, nodeNetwork, nodeRandom, nodeResolver } from '@simple-im/transport/node';
import { bothEnds, coreEnd, imServerEnd } from './assembly/ends.js';
import { assembleMedia } from './assembly/im-server.js';
import type { Ends } from './assembly/parts.js';
import { listenSip, msrpText, onSipError, orConfigError, sipText, warnOfUnspecified } from './assembly/sockets.js';
import type { Config } from './config.js';
import { NoMessageAccounts, type Admission, type MessageAccounts } from './internal-ports.js';
import type { Media } from './media/media.js';
import { serveHttp } from './observe/http.js';
import { silentLog } from './observe/log.js';
import { PrometheusMetrics } from './observe/metrics.js';
import type { Log } from './observe/ports.js';
import { WireTrace } from './observe/trace.js';
import { openAdmission } from './participating/policy.js';
import type { RegistrationAdministration } from './sip-core/registration-administration.js';
import { openStore, type Store } from './store/open.js';

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
  /** What an operator does to registrations; undefined without a core. */
  readonly registrations: RegistrationAdministration | undefined;
  /** No new work, sessions told, store closed. Takes a little more than two seconds at most; calling it again waits for the same end. */
  close(): Promise<void>;
}

export interface ServerOptions {
  readonly log?: Log;
  /** Who may reach whom; everybody by default. */
  readonly admission?: Admission;
  /** What is stored for users, for message waiting indications; nothing by default. */
  readonly accounts?: MessageAccounts;
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
  const store = config.roles.includes('core') ? await openStore(config.store, nodeRandom) : undefined;
  if (store !== undefined) opened.push(() => store.close());

  const media = config.roles.includes('im') ? assembleMedia(config, { metrics, trace: (event) => trace.msrp(event) }) : undefined;
  const trace = new WireTrace({ now: () => nodeClock.now(), ownerOf: (uri) => media?.ownerOf(uri) });
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
  const msrp = media === undefined ? [] : await listenMsrp(media, config, opened);

  const { admission = openAdmission, accounts = new NoMessageAccounts() } = options;
  const parts = { log, metrics, endpoint, sip, admission, accounts };
  const ends = await join(config, { ...parts, store, media });
  endpoint.onRequest = (incoming) => ends.receive(incoming);
  endpoint.onAck = (request, flow) => ends.receiveAck(request, flow);
  endpoint.onFlowClosed = (flow) => ends.flowClosed(flow);

  const about = (): string => `simple-im serves ${config.domain}\n/healthz  /metrics\n`;
  const healthy = async (): Promise<void> => store?.healthy();
  const http = await orConfigError(`--http ${formatAddress(config.http)}`, serveHttp({ address: config.http, metrics, healthy, about }));
  opened.push(() => http.close());
  warnOfUnspecified(config, log);
  log.info({ domain: config.domain, roles: config.roles, ...(store === undefined ? {} : { store: config.store.kind }) }, 'serving');

  let closing: Promise<void> | undefined;
  return {
    ready: { ready: true, domain: config.domain, sip: sip.map(sipText), msrp: msrp.map(msrpText), http: formatAddress(http.local) },
    trace,
    metrics,
    registrations: ends.registrations,
    close: () => closing ??= closeInOrder(ends, endpoint, opened),
  };
}

type Joining = Parameters<typeof coreEnd>[1] & {
  readonly admission: Admission;
  /** There for a core. */
  readonly store: Store | undefined;
  /** There for an IM server. */
  readonly media: Media | undefined;
};

function join(config: Config, { store, media, ...parts }: Joining): Promise<Ends> {
  if (store === undefined) return imServerEnd(config, { ...parts, media: media as Media });
  return media === undefined ? coreEnd(config, parts, store) : bothEnds(config, { ...parts, media }, store);
}

async function listenMsrp(media: Media, config: Config, opened: Closing[]): Promise<Address[]> {
  opened.push(() => media.close());
  const msrp: Address[] = [];
  for (const address of config.msrp) msrp.push(await orConfigError(`--msrp ${msrpText(address)}`, media.listen(address, config.advertise)));
  return msrp;
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

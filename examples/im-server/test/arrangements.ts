/*
 * The two ways a server is arranged: core and IM server in one process, where IM-2 is called, or apart, where IM-2 is SIP. The tests of
 * the first run over the second too (apart.test.ts).
 */
import { startServer, type Config, type RunningServer, type ServerOptions, type TraceEntry, type WireTrace } from '../src/index.js';

let apart = false;
let count = 0;

/** From now on `started` starts two servers, as far as this file's worker goes. */
export function arrangeApart(): void {
  apart = true;
}

/** How often two servers were started. */
export function startedApart(): number {
  return count;
}

/** A server as the arrangement has it; whoever starts it closes it. */
export function started(config: Config, options: ServerOptions = {}): Promise<RunningServer> {
  return apart ? startApart(config, options) : startServer(config, options);
}

export interface Apart extends RunningServer {
  readonly core: RunningServer;
  readonly im: RunningServer;
}

/** The one that is the IM server. */
export function imServerOf(server: RunningServer): RunningServer {
  return 'im' in server ? (server as Apart).im : server;
}

/** An IM server and a core of their own, each with its sockets, in this process. Seen from outside they are one server. */
export async function startApart(config: Config, options: ServerOptions = {}): Promise<Apart> {
  count++;
  const im = await startServer(imConfig(config), options);
  const imPort = portOf(im.ready.sip[0]);
  const core = await startServer(coreConfig(config, imPort), options);
  return {
    core, im,
    ready: { ...core.ready, msrp: im.ready.msrp, ws: webSockets(core.ready.ws, im.ready.ws), wss: webSockets(core.ready.wss, im.ready.wss) },
    metrics: im.metrics,
    reload: () => { for (const server of [core, im]) server.reload(); },
    registrations: core.registrations,
    systemMessages: im.systemMessages,
    trace: { listen: (user, listener) => listenToBoth(core, im, imPort, user, listener) } as Pick<WireTrace, 'listen'> as WireTrace,
    close: async () => {
      // The users of its sessions are told through the core.
      await im.close();
      await core.close();
    },
  };
}

/** SIP is at the core, MSRP at the IM server. */
function webSockets(core: readonly string[] = [], im: readonly string[] = []): string[] {
  return [...core, ...im];
}

export function imConfig(config: Config): Config {
  // A file of its own: two processes share none.
  const store = config.store.kind === 'sqlite' ? { ...config.store, path: `${config.store.path}.im` } : config.store;
  return { ...config, store, roles: ['im'], sip: [{ transport: 'TCP', address: { host: '127.0.0.1', port: 0 } }] };
}

export function coreConfig(config: Config, imPort: number): Config {
  const tcp = config.sip.some(({ transport }) => transport === 'TCP');
  const sip = tcp ? config.sip : [...config.sip, { transport: 'TCP' as const, address: { host: '127.0.0.1', port: 0 } }];
  return { ...config, roles: ['core'], imServer: `sip:127.0.0.1:${imPort};transport=tcp`, sip };
}

export function portOf(listening: string | undefined): number {
  return Number(listening?.split(':').at(-1));
}

/** What users see on the wire: SIP at the core, MSRP at the IM server, without what the two say to each other. */
function listenToBoth(core: RunningServer, im: RunningServer, imPort: number, user: string, listener: (entry: TraceEntry) => void): () => void {
  const isIm2 = ({ remote, head }: TraceEntry): boolean => remote.port === imPort || new RegExp(`^Via: [^\r\n]*:${imPort};`, 'm').exec(head)?.index === head.search(/^Via:/m);
  const stops = [
    core.trace.listen(user, (entry) => { if (!isIm2(entry)) listener(entry); }),
    im.trace.listen(user, (entry) => { if (entry.protocol === 'MSRP') listener(entry); }),
  ];
  return () => { for (const stop of stops) stop(); };
}

/*
 * The two ways a server is arranged: core and IM server in one process, where IM-2 is called, or apart, where IM-2 is SIP. The tests of
 * the first run over the second too (apart.test.ts).
 */
import { createServer, type AddressInfo } from 'node:net';
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

/** An IM server and a core of their own, each with its sockets, in this process. Seen from outside they are one server. */
export async function startApart(config: Config, options: ServerOptions = {}): Promise<Apart> {
  count++;
  const { im, core } = await startBoth(config, options);
  const imPort = portOf(im.ready.sip[0]);
  return {
    core, im,
    ready: { ...core.ready, msrp: im.ready.msrp, ws: webSockets(core.ready.ws, im.ready.ws), wss: webSockets(core.ready.wss, im.ready.wss) },
    metrics: im.metrics,
    reload: () => { for (const server of [core, im]) server.reload(); },
    registrations: core.registrations,
    trace: { listen: (user, listener) => listenToBoth(core, im, imPort, user, listener) } as Pick<WireTrace, 'listen'> as WireTrace,
    close: async () => {
      // The users of its sessions are told through the core.
      await im.close();
      await core.close();
    },
  };
}

/** Either must know where the other is before both have a port, so one for the core is looked for; somebody else may take it meanwhile. */
async function startBoth(config: Config, options: ServerOptions): Promise<{ readonly im: RunningServer; readonly core: RunningServer }> {
  const corePort = portOfTcp(config) || await freePort();
  const im = await startServer(imConfig(config, corePort), options);
  try {
    return { im, core: await startServer(coreConfig(config, portOf(im.ready.sip[0]), corePort), options) };
  } catch (error) {
    await im.close();
    if (portOfTcp(config) !== 0 || !(error instanceof Error) || !/in use/.test(error.message)) throw error;
    return startBoth(config, options);
  }
}

/** 0: any. */
function portOfTcp({ sip }: Config): number {
  return sip.find(({ transport }) => transport === 'TCP')?.address.port ?? 0;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => { server.close(resolve); });
  return port;
}

/** SIP is at the core, MSRP at the IM server. */
function webSockets(core: readonly string[] = [], im: readonly string[] = []): string[] {
  return [...core, ...im];
}

export function imConfig(config: Config, corePort: number, port = 0): Config {
  const core = `sip:127.0.0.1:${corePort};transport=tcp`;
  return { ...config, roles: ['im'], core, sip: [{ transport: 'TCP', address: { host: '127.0.0.1', port } }] };
}

/** The first TCP address, if need be one more, has the port. */
export function coreConfig(config: Config, imPort: number, port: number): Config {
  const tcp = { transport: 'TCP' as const, address: { host: '127.0.0.1', port } };
  const first = config.sip.findIndex(({ transport }) => transport === 'TCP');
  const sip = first < 0 ? [...config.sip, tcp] : config.sip.with(first, { ...tcp, address: { host: config.sip[first]?.address.host ?? '127.0.0.1', port } });
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

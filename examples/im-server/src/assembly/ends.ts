/*
 * IM-2 joined: both ends in this process, or one end and SIP towards the other.
 */
import { nodeClock, nodeHash, nodeRandom } from '@simple-im/transport/node';
import type { SipEndpoint, Target } from '@simple-im/sip';
import { ConfigError } from '../config-error.js';
import type { Config } from '../config.js';
import { CoreOverSip } from '../im-2/im-side.js';
import { StoredMessageAccounts } from '../deferred/message-accounts.js';
import { ImServerOverSip } from '../im-2/core-side.js';
import { TrustedPeers } from '../im-2/trusted-peers.js';
import { WatchedRegistrations } from '../im-2/watched-registrations.js';
import { RegistrationAvailability } from '../participating/availability.js';
import { restoreRegistrations, tellImServer } from '../restored-registrations.js';
import type { Store } from '../store/open.js';
import { assembleCore } from './core.js';
import { assembleImServer, custodyOf, type ImServerParts } from './im-server.js';
import { ownAddresses, type Ends, type Parts } from './parts.js';
import { orConfigError } from './sockets.js';

type ServedParts = Omit<ImServerParts, 'custody'>;

/** Core and IM server in one process: IM-2 is called. */
export async function bothEnds(config: Config, given: ServedParts, store: Store): Promise<Ends> {
  const custody = custodyOf(config, given, store);
  const parts = { ...given, custody, accounts: given.accounts ?? (custody && new StoredMessageAccounts(custody)) };
  const { core, events } = assembleCore(config, parts, store);
  const im = await assembleImServer(config, parts, core, store);
  const { participating } = im;
  core.attach(participating);
  await restoreRegistrations({ store, core, participating, clock: nodeClock, random: nodeRandom });
  await events.restore(await store.registered());
  im.start();
  return {
    receive: (incoming) => core.receive(incoming),
    receiveAck: (request, flow) => core.receiveAck(request, flow),
    flowClosed: () => {},
    registrations: events.administration((aor, seconds) => tellImServer({ core, participating, random: nodeRandom }, aor, seconds)),
    systemMessages: im.systemMessages,
    close: async () => void (await Promise.all([im.close(), events.close()])),
  };
}

/** The core alone. */
export async function coreEnd(config: Config, parts: Parts, store: Store): Promise<Ends> {
  const { imServer: uri, imServerDown: whenDown, pagerTimeout } = config;
  const target = await leadsTo(parts.endpoint, '--im-server', uri);
  if (!parts.sip.some(({ transport }) => transport === target.transport)) {
    throw new ConfigError(`--im-server ${uri}: needs a --sip ${target.transport.toLowerCase()}: address that the IM server can answer to`);
  }
  const { core, events } = assembleCore(config, parts, store, target);
  const { endpoint, log } = parts;
  const own = ownAddresses(config, parts);
  const im = new ImServerOverSip({ endpoint, core, own, uri, target, whenDown, pagerTimeout, clock: nodeClock, random: nodeRandom, log });
  core.attach(im);
  await restoreRegistrations({ store, core, participating: im, clock: nodeClock, random: nodeRandom });
  await events.restore(await store.registered());
  return {
    receive: (incoming) => im.receiveFromWire(incoming),
    receiveAck: (request, flow) => core.receiveAck(request, flow),
    flowClosed: (flow) => im.flowClosed(flow),
    registrations: events.administration((aor, seconds) => tellImServer({ core, participating: im, random: nodeRandom }, aor, seconds)),
    close: async () => {
      im.close();
      await events.close();
    },
  };
}

/** The IM server alone. */
export async function imServerEnd(config: Config, given: ServedParts, store: Store): Promise<Ends> {
  const parts = { ...given, custody: custodyOf(config, given, store) };
  const { endpoint, log, metrics } = parts;
  const { address } = await leadsTo(parts.endpoint, '--core', config.core);
  const trusted = new TrustedPeers([address.host, ...config.trustedPeers]);
  const own = ownAddresses(config, parts);
  const core = new CoreOverSip({ endpoint, own, core: config.core, trusted, clock: nodeClock, random: nodeRandom, log, metrics });
  const availability = new RegistrationAvailability(() => nodeClock.now());
  const registrations = new WatchedRegistrations({
    endpoint, log, metrics, hash: nodeHash, contact: core.contactUri('registrations'), maxWatched: config.eventLimits.maxSubscriptions,
    onDevices: (aor, devices) => availability.devicesAre(aor, devices),
  });
  const im = await assembleImServer(config, parts, core, store, availability);
  core.attach(im.participating, registrations);
  im.start();
  return {
    receive: (incoming) => core.receive(incoming),
    receiveAck: (request, flow) => core.receiveAck(request, flow),
    flowClosed: () => {},
    systemMessages: im.systemMessages,
    close: async () => {
      registrations.close();
      await im.close();
    },
  };
}

/** Looked up once, at the start: who is trusted does not change with a name server's answer. */
function leadsTo(endpoint: SipEndpoint, option: string, uri: string): Promise<Target> {
  return orConfigError(`${option} ${uri}`, endpoint.resolve(uri));
}

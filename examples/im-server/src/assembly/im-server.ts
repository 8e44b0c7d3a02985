/*
 * The IM server put together: its media and the Participating Function.
 */
import { aorOf, parseUri } from '@simple-im/grammar';
import { nodeClock, nodeHash, nodeNetwork, nodeRandom, nodeResolver } from '@simple-im/transport/node';
import type { Config } from '../config.js';
import { Custody } from '../deferred/custody.js';
import { StoredMessageAccounts } from '../deferred/message-accounts.js';
import { WaitingPublisher } from '../deferred/waiting-publisher.js';
import type { Admission, Charging } from '../internal-ports.js';
import { GuardedNetwork, GuardedTls, mediaDenyList } from '../media/guarded-network.js';
import { Media, type MediaOptions } from '../media/media.js';
import { RegistrationAvailability } from '../participating/availability.js';
import { ImdnWay } from '../participating/imdn-way.js';
import { Participating } from '../participating/participating.js';
import { Policy } from '../participating/policy.js';
import { ServiceProfiles } from '../participating/services.js';
import type { Im2Core } from '../reference-points.js';
import { PublishedSettings } from '../settings/published-settings.js';
import type { Store } from '../store/open.js';
import { SystemMessages } from '../system-messages/system-messages.js';
import type { TlsSockets } from '../tls/sockets.js';
import type { User } from '../users.js';
import { assembleDeferred } from './deferred.js';
import { assembleHistory } from './history.js';
import type { Parts } from './parts.js';

export interface ImServerParts extends Parts {
  readonly media: Media;
  readonly admission: Admission;
  readonly charging: Charging | undefined;
  readonly custody: Custody | undefined;
}

export interface ImServer {
  readonly participating: Participating;
  /** There with a store for messages. */
  readonly systemMessages: SystemMessages | undefined;
  /** To be called when requests can be sent. */
  start(): void;
  /** Resolves when every session has been told. */
  close(): Promise<void>;
}

export function assembleMedia(config: Config, tls: TlsSockets, { metrics, trace }: Pick<MediaOptions, 'metrics' | 'trace'>): Media {
  const listening = config.msrp.map(({ address }) => address.host);
  const denied = mediaDenyList({ denied: config.mediaDeny, listening });
  return new Media({
    network: new GuardedNetwork(nodeNetwork, nodeResolver, denied),
    tls: new GuardedTls(tls, nodeResolver, denied),
    fingerprint: () => tls.certificate?.fingerprint,
    clock: nodeClock, random: nodeRandom, metrics,
    ...(trace === undefined ? {} : { trace }),
  });
}

/** `core`: as the IM server sees it, in this process or behind SIP. Rejects with what the store says. */
export async function assembleImServer(
  config: Config, parts: ImServerParts, core: Im2Core, store: Store, availability = new RegistrationAvailability(() => nodeClock.now()),
): Promise<ImServer> {
  const { log, metrics, media, admission, charging, custody } = parts;
  const { domain, pagerTimeout, maxMessageSize } = config;
  const deferred = custody === undefined ? undefined : assembleDeferred(config, {
    core, custody, availability, charging, admission, log, metrics,
    sessions: {
      invite: (invitation) => participating.inviter.invite(invitation),
      live: (recipient, about) => participating.inviter.live(recipient, about),
    },
  });
  const settings = new PublishedSettings({ domain, store: store.settings, clock: nodeClock, random: nodeRandom, hash: nodeHash, log });
  await settings.load();
  const history = await assembleHistory(config, { store: store.history, settings, deferral: deferred?.messages, log, metrics });
  // In one process the core asks by itself.
  const isApart = !config.roles.includes('core');
  const waiting = isApart && custody !== undefined
    ? new WaitingPublisher({ core, accounts: new StoredMessageAccounts(custody), availability, domain, random: nodeRandom, log })
    : undefined;
  const participating: Participating = new Participating({
    core, media, log, metrics, settings, availability, pagerTimeout, maxMessageSize,
    imdnWay: new ImdnWay({ core, domain, imdnRecordRoute: config.imdnRecordRoute }),
    clock: nodeClock,
    random: nodeRandom,
    domain,
    policy: new Policy({ admission, metrics, domain, settings, profiles: profilesOf(config.users) }),
    publications: settings,
    deferral: deferred?.messages,
    sessionDeferral: deferred?.inSessions,
    recording: history.recording,
    services: { history: history.retrieval, ...(deferred === undefined ? {} : { deferred: deferred.retrieval }) },
    delivery: { available: (user) => { for (const one of [deferred?.deliveries, waiting]) one?.available(user); } },
  });
  const systemMessages = deferred === undefined ? undefined : new SystemMessages({
    domain, log, metrics, deferral: deferred.messages, audit: store.audit, clock: nodeClock, random: nodeRandom, hash: nodeHash,
    users: config.users.map(({ aor }) => aorOf(parseUri(aor))),
  });
  return {
    participating, systemMessages,
    start: () => deferred?.start(),
    close: async () => void (await Promise.all([participating.close(), deferred?.close()])),
  };
}

/** The Deferred Messaging Function's hold on the store; undefined where there is no such function. */
export function custodyOf({ deferred }: Config, { log, metrics }: Pick<Parts, 'log' | 'metrics'>, store: Store): Custody | undefined {
  return deferred ? new Custody({ store: store.deferred, log, metrics }) : undefined;
}

function profilesOf(users: readonly User[]): ServiceProfiles {
  return new ServiceProfiles(new Map(users.flatMap(({ aor, services }) => (services === undefined ? [] : [[aorOf(parseUri(aor)), services]]))));
}

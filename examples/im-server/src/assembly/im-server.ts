/*
 * The IM server put together: its media and the Participating Function.
 */
import { aorOf, parseUri } from '@simple-im/grammar';
import { nodeClock, nodeHash, nodeNetwork, nodeRandom, nodeResolver } from '@simple-im/transport/node';
import type { Config } from '../config.js';
import type { Admission } from '../internal-ports.js';
import { GuardedNetwork, GuardedTls, mediaDenyList } from '../media/guarded-network.js';
import { Media, type MediaOptions } from '../media/media.js';
import { RegistrationAvailability } from '../participating/availability.js';
import { Participating } from '../participating/participating.js';
import { Policy } from '../participating/policy.js';
import { ServiceProfiles } from '../participating/services.js';
import type { Im2Core } from '../reference-points.js';
import { PublishedSettings } from '../settings/published-settings.js';
import type { Store } from '../store/open.js';
import type { TlsSockets } from '../tls/sockets.js';
import type { User } from '../users.js';
import type { Parts } from './parts.js';

export interface ImServerParts extends Parts {
  readonly media: Media;
  readonly admission: Admission;
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
): Promise<Participating> {
  const { log, metrics, media, admission } = parts;
  const { domain } = config;
  const settings = new PublishedSettings({ domain, store: store.settings, clock: nodeClock, random: nodeRandom, hash: nodeHash, log });
  await settings.load();
  return new Participating({
    core, media, log, metrics,
    clock: nodeClock,
    random: nodeRandom,
    domain,
    policy: new Policy({ admission, metrics, domain, settings, profiles: profilesOf(config.users) }),
    publications: settings,
    availability,
  });
}

function profilesOf(users: readonly User[]): ServiceProfiles {
  return new ServiceProfiles(new Map(users.flatMap(({ aor, services }) => (services === undefined ? [] : [[aorOf(parseUri(aor)), services]]))));
}

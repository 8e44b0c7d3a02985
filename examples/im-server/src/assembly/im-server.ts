/*
 * The IM server put together: its media and the Participating Function.
 */
import { aorOf, parseUri } from '@simple-im/grammar';
import { nodeClock, nodeNetwork, nodeRandom, nodeResolver } from '@simple-im/transport/node';
import type { Config } from '../config.js';
import type { Admission } from '../internal-ports.js';
import { GuardedNetwork, GuardedTls, mediaDenyList } from '../media/guarded-network.js';
import { Media, type MediaOptions } from '../media/media.js';
import { RegistrationAvailability } from '../participating/availability.js';
import { Participating } from '../participating/participating.js';
import { Policy } from '../participating/policy.js';
import { ServiceProfiles } from '../participating/services.js';
import type { Im2Core } from '../reference-points.js';
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

/** `core`: as the IM server sees it, in this process or behind SIP. */
export function assembleImServer(
  config: Config, { log, metrics, media, admission }: ImServerParts, core: Im2Core, availability = new RegistrationAvailability(() => nodeClock.now()),
): Participating {
  return new Participating({
    core, media, log, metrics,
    clock: nodeClock,
    random: nodeRandom,
    domain: config.domain,
    policy: new Policy({ admission, metrics, domain: config.domain, profiles: profilesOf(config.users) }),
    availability,
  });
}

function profilesOf(users: readonly User[]): ServiceProfiles {
  return new ServiceProfiles(new Map(users.flatMap(({ aor, services }) => (services === undefined ? [] : [[aorOf(parseUri(aor)), services]]))));
}

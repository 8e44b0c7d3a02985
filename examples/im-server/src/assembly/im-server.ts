/*
 * The IM server put together: its media and the Participating Function.
 */
import type { Network } from '@simple-im/transport';
import { nodeClock, nodeNetwork, nodeRandom, nodeResolver } from '@simple-im/transport/node';
import type { Config } from '../config.js';
import type { Admission } from '../internal-ports.js';
import { GuardedNetwork, mediaDenyList } from '../media/guarded-network.js';
import { Media, type MediaOptions } from '../media/media.js';
import { RegistrationAvailability } from '../participating/availability.js';
import { Participating } from '../participating/participating.js';
import { Policy } from '../participating/policy.js';
import type { Im2Core } from '../reference-points.js';
import type { Parts } from './parts.js';

export interface ImServerParts extends Parts {
  readonly media: Media;
  readonly admission: Admission;
}

export function assembleMedia(config: Config, { metrics, trace }: Pick<MediaOptions, 'metrics' | 'trace'>): Media {
  const listening = config.msrp.map((address) => address.host);
  const network: Network = new GuardedNetwork(nodeNetwork, nodeResolver, mediaDenyList({ denied: config.mediaDeny, listening }));
  return new Media({ network, clock: nodeClock, random: nodeRandom, metrics, ...(trace === undefined ? {} : { trace }) });
}

/** `core`: as the IM server sees it, in this process or behind SIP. */
export function assembleImServer(config: Config, { log, metrics, media, admission }: ImServerParts, core: Im2Core): Participating {
  return new Participating({
    core, media, log, metrics,
    clock: nodeClock,
    random: nodeRandom,
    domain: config.domain,
    policy: new Policy(admission, metrics),
    availability: new RegistrationAvailability(() => nodeClock.now()),
  });
}

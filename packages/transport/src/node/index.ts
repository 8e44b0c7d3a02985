/** The ports of `@simple-im/transport` on Node's sockets, timers, names and cryptography. */
import { nodeClock } from './clock.js';
import { nodeHash } from './hash.js';
import { nodeNetwork } from './network.js';
import { nodeRandom } from './random.js';
import { nodeResolver } from './resolver.js';

export { nodeClock } from './clock.js';
export { nodeHash, type HashAlgorithm } from './hash.js';
export { NodeNetwork, nodeNetwork, type NodeNetworkOptions } from './network.js';
export { nodeRandom } from './random.js';
export { nodeResolver } from './resolver.js';

/** All of it as one object, for whoever takes a platform. */
export const nodePlatform = { network: nodeNetwork, clock: nodeClock, random: nodeRandom, resolver: nodeResolver, hash: nodeHash } as const;

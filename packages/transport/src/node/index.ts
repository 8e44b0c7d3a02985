/** The ports of `@simple-im/transport` on Node's sockets, timers, names and cryptography. */
export { nodeClock } from './clock.js';
export { nodeHash, type HashAlgorithm } from './hash.js';
export { NodeNetwork, nodeNetwork, type NodeNetworkOptions } from './network.js';
export { nodeRandom } from './random.js';
export { nodeResolver } from './resolver.js';

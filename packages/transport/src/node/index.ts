/** The ports of `@simple-im/transport` on Node's sockets, timers, names and cryptography. */
import { nodeClock } from './clock.js';
import { nodeHash } from './hash.js';
import { nodeNetwork } from './network.js';
import { nodeRandom } from './random.js';
import { nodeResolver } from './resolver.js';
import { nodeTls } from './tls.js';
import { nodeWebSockets } from './websocket-connect.js';

export { nodeClock } from './clock.js';
export type { HashAlgorithm } from '../hash-algorithm.js';
export { nodeHash } from './hash.js';
export { NodeNetwork, nodeNetwork, type NodeNetworkOptions } from './network.js';
export { nodeRandom } from './random.js';
export { NodeResolver, nodeResolver, type NodeResolverOptions } from './resolver.js';
export { NodeTls, nodeTls, type NodeTlsListener, type NodeTlsOptions } from './tls.js';
export type { AcceptedRequest, WebSocketAcceptorOptions } from '../websocket-acceptor.js';
export { acceptWebSockets, type WebSocketAcceptor } from './websocket-accept.js';
export { NodeWebSockets, nodeWebSockets, type NodeWebSocketsOptions } from './websocket-connect.js';

/** All of it as one object, for whoever takes a platform. */
export const nodePlatform = {
  network: nodeNetwork,
  tls: nodeTls,
  webSockets: nodeWebSockets,
  clock: nodeClock,
  random: nodeRandom,
  resolver: nodeResolver,
  hash: nodeHash,
} as const;

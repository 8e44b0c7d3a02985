/** The ports of `@simple-im/transport` on what a browser has: WebSockets, timers, cryptography. */
import { webClock } from './clock.js';
import { webHash } from './hash.js';
import { webRandom } from './random.js';
import { webSockets } from './websocket.js';

export type { HashAlgorithm } from '../hash-algorithm.js';
export { webClock } from './clock.js';
export { webHash } from './hash.js';
export { webRandom } from './random.js';
export { WebSockets, webSockets, type WebSocketConstructor } from './websocket.js';

/** All of it as one object, for whoever takes a platform. A page has no sockets of its own and asks no name server. */
export const webPlatform = { webSockets, clock: webClock, random: webRandom, hash: webHash } as const;

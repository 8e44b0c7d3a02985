/**
 * The ports of `@simple-im/transport` in memory, for tests: a clock that moves when told, a network with faults, random
 * octets that repeat. What they do is held against Node's sockets by one common suite.
 */
export { FakeClock, type FakeClockOptions } from './clock.js';
export type { Datagram, DatagramFate, FakeNetworkOptions } from './options.js';
export { FakeNetwork } from './network.js';
export { FakeRandom } from './random.js';
export { FakeTls, type FakeTlsOptions } from './tls.js';
export { FAKE_ROOT, fakeIdentity, type FakeCertificate } from './tls-identity.js';
export type { AcceptedRequest, WebSocketAcceptorOptions } from '../websocket-acceptor.js';
export { FakeWebSockets, type FakeAcceptorOptions, type FakeWebSocketsOptions } from './websocket.js';
export { FakeResolver, type FakeRecords } from './resolver.js';

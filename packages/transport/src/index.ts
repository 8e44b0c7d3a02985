/**
 * The ports a protocol driver needs: clock, randomness, connections, datagrams, names. Drivers for Node are in
 * `@simple-im/transport/node`, fakes for tests in `@simple-im/transport/fake`.
 */
export type {
  Address, ByteConnection, Clock, ConnectionHandlers, DatagramHandlers, DatagramSocket, Listener, Network, Random, Resolver, Timer,
} from './ports.js';
export { formatAddress } from './address.js';
export { transportError, transportErrors } from './errors.js';

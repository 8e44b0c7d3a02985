/**
 * The ports a protocol driver needs: clock, randomness, connections, datagrams, names. Drivers for Node are in
 * `@simple-im/transport/node`, fakes for tests in `@simple-im/transport/fake`.
 */
export type {
  Address, ByteConnection, Clock, ConnectionHandlers, DatagramHandlers, DatagramSocket, Listener, MessageConnection, MessageHandlers,
  NaptrRecord, Network, PeerCertificate, Random, Resolver, SrvRecord, Timer, TlsConnectOptions, TlsIdentity, TlsListenOptions, TlsNetwork,
  WebSocketConnectOptions, WebSocketNetwork,
} from './ports.js';
export { formatAddress } from './address.js';
export { Alarm } from './alarm.js';
export { transportError, transportErrors } from './errors.js';

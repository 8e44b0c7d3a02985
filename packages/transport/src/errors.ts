import { defineErrors, type ErrorKind } from '@simple-im/grammar';

/** The errors of every driver; `detail` names the address. */
export const transportErrors = {
  TRANSPORT_BAD_ADDRESS: {
    meaning: 'That is no address: give a host name or an IP address without brackets, and a port (0 only to bind)',
    fault: 'local',
  },
  TRANSPORT_ADDRESS_IN_USE: {
    meaning: 'Another socket has this address: stop its owner, choose another port, or ask for port 0',
    fault: 'local',
  },
  TRANSPORT_ADDRESS_NOT_AVAILABLE: {
    meaning: 'This machine does not have this address: bind one of its own, or 0.0.0.0 or ::',
    fault: 'local',
  },
  TRANSPORT_NOT_PERMITTED: {
    meaning: 'The system does not allow this address: ports below 1024 need a privilege, and a firewall may forbid the rest',
    fault: 'local',
  },
  TRANSPORT_REFUSED: { meaning: 'Nobody listens there: check host and port, and that the other side runs', fault: 'remote' },
  TRANSPORT_UNREACHABLE: { meaning: 'There is no route from this socket: check network, firewall and address family', fault: 'remote' },
  TRANSPORT_TIMEOUT: { meaning: 'The other side did not answer in time: try again later or another address', fault: 'remote' },
  TRANSPORT_ABORTED: { meaning: 'The caller gave the attempt up', fault: 'local' },
  TRANSPORT_CLOSED: { meaning: 'The connection or socket is closed or was reset: open a new one', fault: 'remote' },
  TRANSPORT_NAME_NOT_FOUND: { meaning: 'The name has no address: check its spelling and the name server', fault: 'remote' },
  TRANSPORT_LOOKUP: { meaning: 'No name server answered: check the network and the name server', fault: 'remote' },
  TRANSPORT_TLS: { meaning: 'The TLS handshake failed: check that the port speaks TLS, and its versions and cipher suites', fault: 'remote' },
  TRANSPORT_CERTIFICATE: {
    meaning: 'The certificate leads to no trusted root, is not in force, or names somebody else: check it, or name its root as trusted',
    fault: 'remote',
  },
  TRANSPORT_BAD_IDENTITY: {
    meaning: 'These are no certificates, or the key is not that of the first one: give PEM, the chain in order, and its key',
    fault: 'local',
  },
  TRANSPORT_WEBSOCKET: { meaning: 'The server did not agree to a WebSocket there: check URL, path and subprotocol', fault: 'remote' },
  TRANSPORT_SUBPROTOCOL: { meaning: 'The server chose none of the WebSocket subprotocols offered: it is not the service meant', fault: 'remote' },
  TRANSPORT_WEBSOCKET_FRAME: {
    meaning: 'The other side broke the WebSocket protocol: the connection is closed, open a new one',
    fault: 'remote',
    section: 'RFC 6455 §7.4.1',
  },
  TRANSPORT_MESSAGE_TOO_LARGE: { meaning: 'A WebSocket message exceeds the limit: raise it or send smaller ones', fault: 'remote' },
  TRANSPORT_DATAGRAM_TOO_LARGE: { meaning: 'A datagram cannot hold that many octets: send it over a connection', fault: 'local' },
  TRANSPORT_FAILED: { meaning: 'The system reported an error: its name says which', fault: 'local' },
} as const satisfies Record<string, ErrorKind>;

/** Makes an error of {@link transportErrors}. */
export const transportError = defineErrors(transportErrors);

import type { Address } from '@simple-im/transport';
import type { Flow, TransportName } from './flow.js';

/** Where to send a request: a transport and an address. */
export interface Target {
  readonly transport: TransportName;
  readonly address: Address;
  /** The domain of the URI that led here: what a TLS certificate must speak for (RFC 5922 §7.3). Default: the host. */
  readonly serverName?: string | undefined;
  /** For WS and WSS: what to connect to; by default made of name and port, with the path `/`. */
  readonly url?: string | undefined;
  /** The flow to take, and no other: the only way to a client whose connection it is, or to the server that knows us by it. */
  readonly flow?: Flow | undefined;
}

/*
 * What the two ends of IM-2 are put together from, and what a process needs of whatever it has of them.
 */
import type { Flow, IncomingRequest, SipEndpoint, SipRequest } from '@simple-im/sip';
import type { Config } from '../config.js';
import type { MessageAccounts } from '../internal-ports.js';
import type { Log, Metrics } from '../observe/ports.js';
import type { Address } from '@simple-im/transport';
import type { SipListen } from '../option-values.js';
import type { RegistrationAdministration } from '../sip-core/registration-administration.js';
import type { SystemMessages } from '../system-messages/system-messages.js';
import { OwnAddresses, type OwnAddress } from '../sip-core/own-addresses.js';

/** Our name among the nodes that share users and their messages. */
export const NODE = 'node1';

export interface Parts {
  /** What is stored for users, if somebody else than we knows it. */
  readonly accounts?: MessageAccounts | undefined;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly endpoint: SipEndpoint;
  /** As bound. */
  readonly sip: readonly SipListen[];
  /** HTTP servers that take SIP over WebSocket, as bound. */
  readonly webSockets: readonly { readonly secure: boolean; readonly address: Address }[];
}

/** What the sockets are joined to. */
export interface Ends {
  receive(incoming: IncomingRequest): void;
  receiveAck(request: SipRequest, flow: Flow): void;
  flowClosed(flow: Flow): void;
  /** There with a core. */
  readonly registrations?: RegistrationAdministration;
  /** There with an IM server that stores. */
  readonly systemMessages?: SystemMessages | undefined;
  /** No new work; resolves when every session has been told. */
  close(): Promise<void>;
}

export function ownAddresses(config: Config, { sip, webSockets }: Pick<Parts, 'sip' | 'webSockets'>): OwnAddresses {
  const own = (transport: OwnAddress['transport'], { host, port }: Address): OwnAddress => ({ transport, host: config.advertise ?? host, port });
  const sockets = sip.map(({ transport, address }) => own(transport, address));
  return new OwnAddresses(config.domain, [...sockets, ...webSockets.map(({ secure, address }) => own(secure ? 'WSS' : 'WS', address))]);
}

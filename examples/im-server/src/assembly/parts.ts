/*
 * What the two ends of IM-2 are put together from, and what a process needs of whatever it has of them.
 */
import type { Flow, IncomingRequest, SipEndpoint, SipRequest } from '@simple-im/sip';
import type { Config } from '../config.js';
import type { MessageAccounts } from '../internal-ports.js';
import type { Log, Metrics } from '../observe/ports.js';
import type { SipListen } from '../option-values.js';
import type { RegistrationAdministration } from '../sip-core/registration-administration.js';
import { OwnAddresses, type OwnAddress } from '../sip-core/own-addresses.js';

export interface Parts {
  readonly accounts: MessageAccounts;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly endpoint: SipEndpoint;
  /** As bound. */
  readonly sip: readonly SipListen[];
}

/** What the sockets are joined to. */
export interface Ends {
  receive(incoming: IncomingRequest): void;
  receiveAck(request: SipRequest, flow: Flow): void;
  flowClosed(flow: Flow): void;
  /** There with a core. */
  readonly registrations?: RegistrationAdministration;
  /** No new work; resolves when every session has been told. */
  close(): Promise<void>;
}

export function ownAddresses(config: Config, sip: readonly SipListen[]): OwnAddresses {
  const addresses = sip.map(({ transport, address: { host, port } }): OwnAddress => ({ transport, host: config.advertise ?? host, port }));
  return new OwnAddresses(config.domain, addresses);
}

/*
 * MSRP of the IM server: listeners, and who owns which session. Every function that touches MSRP takes its sessions from here.
 */
import { MsrpEndpoint, type FrameSession, type FrameSink, type MsrpTrace } from '@simple-im/msrp';
import type { Address, Clock, Network, Random } from '@simple-im/transport';
import type { Metrics } from '../observe/ports.js';

export interface MediaOptions {
  /** Connects only where it may: a GuardedNetwork. */
  readonly network: Network;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: Metrics;
  readonly trace?: (event: MsrpTrace) => void;
}

export class Media {
  readonly #endpoint: MsrpEndpoint;
  readonly #metrics: Metrics;
  readonly #owners = new Map<string, string>();

  constructor(options: MediaOptions) {
    const { network, clock, random, trace } = options;
    this.#endpoint = new MsrpEndpoint({ network, clock, random, ...(trace === undefined ? {} : { trace }) });
    this.#metrics = options.metrics;
  }

  /** Accepts connections; resolves with the address as bound. Session URIs carry `advertise`, if given, with the port bound. */
  async listen(address: Address, advertise: string | undefined): Promise<Address> {
    return this.#endpoint.listen(address, advertise === undefined ? {} : { advertise: { host: advertise, port: address.port } });
  }

  /** A session whose frames go to `sink`, on behalf of `owner`, an address-of-record. Close it to free its URI. */
  createSession(owner: string, sink: FrameSink): FrameSession {
    const session = this.#endpoint.createSession({ sink });
    this.#owners.set(session.uri, owner);
    this.#report();
    return session;
  }

  release(session: FrameSession): void {
    session.close();
    this.#owners.delete(session.uri);
    this.#report();
  }

  /** Whose session a URI of ours is. */
  ownerOf(uri: string): string | undefined {
    return this.#owners.get(uri);
  }

  close(): Promise<void> {
    return this.#endpoint.close();
  }

  #report(): void {
    this.#metrics.gauge('msrp_sessions_active', this.#owners.size);
  }
}

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

/** Sessions that are over whose owner is still known: a trace sees their last frames later. */
const REMEMBERED = 1024;

export class Media {
  readonly #endpoint: MsrpEndpoint;
  readonly #metrics: Metrics;
  readonly #owners = new Map<string, string>();
  readonly #formerOwners = new Map<string, string>();
  #advertised: string | undefined;

  constructor(options: MediaOptions) {
    const { network, clock, random, trace } = options;
    this.#endpoint = new MsrpEndpoint({ network, clock, random, ...(trace === undefined ? {} : { trace }) });
    this.#metrics = options.metrics;
  }

  /** Accepts connections; resolves with the address as bound. URIs of later sessions carry `advertise`, if given, with the port bound. */
  async listen(address: Address, advertise: string | undefined): Promise<Address> {
    const bound = await this.#endpoint.listen(address);
    this.#advertised = advertise;
    return bound;
  }

  /** A session whose frames go to `sink`, on behalf of `owner`, an address-of-record. Release it to free its URI. */
  createSession(owner: string, sink: FrameSink): FrameSession {
    const session = this.#endpoint.createSession({ sink, ...(this.#advertised === undefined ? {} : { host: this.#advertised }) });
    this.#owners.set(session.uri, owner);
    this.#report();
    return session;
  }

  /** Closes a session; once more is harmless. */
  release(session: FrameSession): void {
    session.close();
    const owner = this.#owners.get(session.uri);
    if (owner === undefined) return;
    this.#owners.delete(session.uri);
    this.#formerOwners.set(session.uri, owner);
    if (this.#formerOwners.size > REMEMBERED) this.#formerOwners.delete(this.#formerOwners.keys().next().value as string);
    this.#report();
  }

  /** Whose session a URI of ours is, or was a short while ago. */
  ownerOf(uri: string): string | undefined {
    return this.#owners.get(uri) ?? this.#formerOwners.get(uri);
  }

  close(): Promise<void> {
    return this.#endpoint.close();
  }

  #report(): void {
    this.#metrics.gauge('msrp_sessions_active', this.#owners.size);
  }
}

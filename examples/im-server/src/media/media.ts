/*
 * MSRP of the IM server: listeners, and who owns which session. Every function that touches MSRP takes its sessions from here.
 */
import { MsrpEndpoint, type FrameSession, type FrameSink, type MsrpTrace } from '@simple-im/msrp';
import type { Address, Clock, MessageConnection, Network, Random, TlsIdentity, TlsNetwork } from '@simple-im/transport';
import type { Metrics } from '../observe/ports.js';

/** How a leg reaches us: TCP, TLS, and WebSocket without and with TLS (RFC 7977). */
export type MediaTransport = 'tcp' | 'tls' | 'ws' | 'wss';

export interface MediaOptions {
  /** Connects only where it may: a GuardedNetwork. */
  readonly network: Network;
  /** The same over TLS: a GuardedTls. */
  readonly tls?: TlsNetwork | undefined;
  /** SHA-256 fingerprint of the certificate our TLS listeners show now. */
  readonly fingerprint?: (() => string | undefined) | undefined;
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
  readonly #fingerprint: () => string | undefined;
  readonly #owners = new Map<string, string>();
  readonly #formerOwners = new Map<string, string>();
  /** What we listen on, with the host to be told instead of the one bound. */
  readonly #advertised = new Map<MediaTransport, string | undefined>();

  constructor(options: MediaOptions) {
    const { network, tls, fingerprint = () => undefined, clock, random, trace } = options;
    // Without WebSockets of our own: who offers `;ws` is a client, which connects (RFC 7977 §5.1).
    this.#endpoint = new MsrpEndpoint({ network, tls, clock, random, ...(trace === undefined ? {} : { trace }) });
    this.#metrics = options.metrics;
    this.#fingerprint = fingerprint;
  }

  /** Accepts connections; resolves with the address as bound. URIs of later sessions carry `advertise`, if given, with the port bound. */
  async listen(address: Address, advertise: string | undefined): Promise<Address> {
    const bound = await this.#endpoint.listen(address);
    this.#advertised.set('tcp', advertise);
    return bound;
  }

  /** The same with TLS. */
  async listenTls(address: Address, identity: TlsIdentity, advertise: string | undefined): Promise<Address> {
    const bound = await this.#endpoint.listenTls(address, { identity });
    this.#advertised.set('tls', advertise);
    return bound;
  }

  /** URIs of later sessions over WebSocket carry this address: that of the HTTP server which gives its connections to `accept`. */
  listenWebSocket(address: Address, secure: boolean): void {
    this.#endpoint.advertiseWebSocket(address, secure);
    this.#advertised.set(secure ? 'wss' : 'ws', undefined);
  }

  /** Takes a WebSocket with the subprotocol `msrp`. */
  accept(connection: MessageConnection): void {
    this.#endpoint.acceptConnection(connection);
  }

  /** Whether peers can reach us by it. */
  has(transport: MediaTransport): boolean {
    return this.#advertised.has(transport);
  }

  /** For our descriptions of sessions with TLS (RFC 4975 §14.4); undefined without a certificate. */
  get fingerprint(): string | undefined {
    return this.#fingerprint();
  }

  /** A session whose frames go to `sink`, on behalf of `owner`, an address-of-record. Release it to free its URI. */
  createSession(owner: string, sink: FrameSink, transport: MediaTransport = 'tcp'): FrameSession {
    const session = this.#endpoint.createSession({
      sink,
      host: this.#advertised.get(transport),
      secure: transport === 'tls' || transport === 'wss',
      transport: transport === 'ws' || transport === 'wss' ? 'ws' : 'tcp',
    });
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

import { formatAddress } from '@simple-im/transport';
import type { Address, Listener } from '@simple-im/transport';
import type { TransportName } from './flow.js';

/** The sockets of an endpoint that accept connections, and what our Via says of them. */
export class Listeners {
  readonly #listeners: { readonly listener: Listener; readonly transport: TransportName; readonly sentBy: string }[] = [];
  /** What our Via says where no address of ours is known; responses come by `received`, `rport` or the connection. */
  readonly #nameless: string;

  /** `nameless`: a host under `.invalid` (RFC 7118 §5 of a client that nobody can call). */
  constructor(nameless: string) {
    this.#nameless = nameless;
  }

  /** Waits for the listener; `listen` is told what our Via says on connections that come in meanwhile. */
  async add(transport: TransportName, advertise: string | undefined, listen: (sentBy: () => string) => Promise<Listener>): Promise<Address> {
    let sentBy = this.#nameless;
    const listener = await listen(() => sentBy);
    sentBy = this.sentBy(listener.local, advertise);
    this.#listeners.push({ listener, transport, sentBy });
    return listener.local;
  }

  /** Whether peers can connect to us by that transport. */
  has(transport: TransportName): boolean {
    return this.#listeners.some((one) => one.transport === transport);
  }

  /** §18.1.1: a server may open a connection to the sent-by of our Via, so it names a listener if there is one. */
  sentByOf(transport: TransportName): string {
    return this.#listeners.find((one) => one.transport === transport)?.sentBy ?? this.#nameless;
  }

  /** What our Via says on a socket: what is to be advertised, else its address unless that is the unspecified one. */
  sentBy(local: Address | undefined, advertise: string | undefined): string {
    if (local === undefined) return advertise ?? this.#nameless;
    if (advertise !== undefined) return /:\d+$/.test(advertise) ? advertise : `${advertise}:${local.port}`;
    return local.host === '0.0.0.0' || local.host === '::' ? this.#nameless : formatAddress(local);
  }

  async close(): Promise<void> {
    await Promise.all(this.#listeners.map(({ listener }) => listener.close()));
  }
}

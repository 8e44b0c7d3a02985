import { formatAddress } from '@simple-im/transport';
import type { Address, DatagramSocket } from '@simple-im/transport';
import type { Flow } from './flow.js';

/** A UDP socket of an endpoint, and what our Via says when it sends. */
export interface UdpSocket {
  readonly socket: DatagramSocket;
  readonly local: Address;
  readonly sentBy: string;
  /** How the ids of its flows begin. */
  readonly idPrefix: string;
}

export function idPrefixOf(local: Address): string {
  return `UDP/${formatAddress(local)}/`;
}

/** A UDP socket together with a peer: nothing is kept of it anywhere, so it costs nothing when it is not in use. */
export class UdpFlow implements Flow {
  readonly transport = 'UDP';
  readonly reliable = false;
  readonly udp: UdpSocket;
  readonly remote: Address;
  #id: string | undefined;

  constructor(udp: UdpSocket, remote: Address) {
    this.udp = udp;
    this.remote = remote;
  }

  get id(): string {
    return (this.#id ??= this.udp.idPrefix + formatAddress(this.remote));
  }

  get local(): Address {
    return this.udp.local;
  }

  get sentBy(): string {
    return this.udp.sentBy;
  }
}

/** The UDP sockets of an endpoint. */
export class UdpFlows {
  readonly #sockets: UdpSocket[] = [];

  add(udp: UdpSocket): void {
    this.#sockets.push(udp);
  }

  /** The flow with an id made earlier, also by an endpoint that ran before on the same address. */
  get(id: string): UdpFlow | undefined {
    const [transport, local, remote] = id.split('/');
    const udp = transport === 'UDP' ? this.#sockets.find((one) => formatAddress(one.local) === local) : undefined;
    const address = remote === undefined ? undefined : parseHostPort(remote);
    return udp === undefined || address === undefined ? undefined : new UdpFlow(udp, address);
  }

  /** A flow to `remote` from the first socket of its address family. */
  to(remote: Address): UdpFlow | undefined {
    const isV6 = remote.host.includes(':');
    const udp = this.#sockets.find((one) => one.local.host.includes(':') === isV6);
    return udp === undefined ? undefined : new UdpFlow(udp, remote);
  }

  /** Closes every socket. */
  async closeAll(): Promise<void> {
    await Promise.all(this.#sockets.splice(0).map((udp) => udp.socket.close()));
  }

  get first(): UdpSocket | undefined {
    return this.#sockets[0];
  }
}

/** `host:port` or `[v6]:port`. */
export function parseHostPort(text: string): Address | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  if (match === null) return undefined;
  const port = Number(match[3]);
  return port > 65_535 ? undefined : { host: (match[1] ?? match[2]) as string, port };
}

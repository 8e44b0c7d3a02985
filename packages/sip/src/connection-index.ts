import { formatAddress } from '@simple-im/transport';
import type { Address } from '@simple-im/transport';
import type { TransportName } from './flow.js';
import type { Target } from './resolve.js';
import type { StreamFlow } from './stream-flow.js';

interface Row {
  readonly flow: StreamFlow;
  /** The domain it was opened for, which its certificate was verified against; undefined for one that was accepted. */
  readonly name: string | undefined;
}

/** Addresses one connection may be an alias for. A peer needs one for each port it listens on. */
const MAX_ALIASES = 4;

/**
 * Which open connection may be used for a target: RFC 3261 §18.1.1, and over TLS the alias table of RFC 5923 §5. The latest
 * comes first.
 */
export class ConnectionIndex {
  readonly #rows = new Map<string, Row[]>();
  readonly #places = new Map<StreamFlow, string[]>();

  /** A connection we open. */
  opened(flow: StreamFlow, target: Target): void {
    this.#add(flow, placeOf(target), serverNameOf(target));
  }

  /** A TCP connection somebody opened to us; the peer's address and port are its own alone. */
  accepted(flow: StreamFlow): void {
    if (flow.transport === 'TCP') this.#add(flow, placeOf({ transport: 'TCP', address: flow.remote }), undefined);
  }

  /**
   * The peer offered `alias` and its certificate says who it is: requests to that address and one of these domains may
   * take this connection (RFC 5923 §8.2). Over anything but TLS anybody could claim any address (§9.3), so nothing happens.
   */
  alias(flow: StreamFlow, port: number): void {
    if (flow.transport !== 'TLS' || flow.identities.length === 0) return;
    const place = placeOf({ transport: 'TLS', address: { host: flow.remote.host, port } });
    const places = this.#places.get(flow) ?? [];
    if (!places.includes(place) && places.length < MAX_ALIASES) this.#add(flow, place, undefined);
  }

  /** A connection to the target; over TLS only one whose peer has proved to be the domain. */
  find(target: Target): StreamFlow | undefined {
    const rows = this.#rows.get(placeOf(target));
    if (rows === undefined) return undefined;
    const name = serverNameOf(target);
    return rows.findLast((row) => target.transport !== 'TLS' || row.name === name || row.flow.identities.includes(name))?.flow;
  }

  delete(flow: StreamFlow): void {
    for (const place of this.#places.get(flow) ?? []) {
      const rest = (this.#rows.get(place) ?? []).filter((row) => row.flow !== flow);
      if (rest.length === 0) this.#rows.delete(place);
      else this.#rows.set(place, rest);
    }
    this.#places.delete(flow);
  }

  #add(flow: StreamFlow, place: string, name: string | undefined): void {
    const rows = this.#rows.get(place);
    if (rows === undefined) this.#rows.set(place, [{ flow, name }]);
    else rows.push({ flow, name });
    const places = this.#places.get(flow);
    if (places === undefined) this.#places.set(flow, [place]);
    else places.push(place);
  }
}

/** The domain a TLS peer must be certified for, in lower case. */
export function serverNameOf(target: { readonly address: Address; readonly serverName?: string | undefined }): string {
  return (target.serverName ?? target.address.host).toLowerCase();
}

/** What to connect a WebSocket to. The name serves for the certificate, so it stands in the URL, not the address found for it. */
export function webSocketUrl(target: Target): string {
  if (target.url !== undefined) return target.url;
  const scheme = target.transport === 'WSS' ? 'wss' : 'ws';
  return `${scheme}://${formatAddress({ host: target.serverName ?? target.address.host, port: target.address.port })}/`;
}

function placeOf(target: Target): string {
  const { transport } = target;
  return isWebSocket(transport) ? `${transport} ${webSocketUrl(target)}` : `${transport} ${formatAddress(target.address)}`;
}

export function isWebSocket(transport: TransportName): boolean {
  return transport === 'WS' || transport === 'WSS';
}

import type { Address } from '@simple-im/transport';
import type { Flow, TransportName } from './flow.js';
import type { SipRequest } from './message.js';
import { stampedVia } from './via.js';
import type { Via } from './via.js';

/**
 * Writes into the top Via where a request really came from: `received` (§18.2.1) and `rport` (RFC 3581 §4). Values a
 * peer supplied itself are replaced, since responses go where these parameters say. Returns whether that is where the request came from.
 */
export function stampSource(request: SipRequest, flow: Flow): boolean {
  const via = request.via;
  // RFC 7118 §5.3: over a WebSocket the response can only take the connection, and a browser does not know the address.
  if (via === undefined || flow.transport === 'WS' || flow.transport === 'WSS') return false;
  const wantsPort = via.rport !== undefined;
  const isSource = via.host === flow.remote.host || withoutBrackets(via.host).toLowerCase() === flow.remote.host.toLowerCase();
  if (!isSource || wantsPort || via.received !== undefined) {
    request.headers.removeFirst('Via');
    request.headers.prepend('Via', stampedVia(via, flow.remote.host, flow.remote.port));
  }
  return via.maddr === undefined && (wantsPort || (via.port ?? defaultPort(flow.transport)) === flow.remote.port);
}

/**
 * Where a response goes by its top Via (§18.2.2 with RFC 3581 §4): over UDP to `maddr`, else to `received` with `rport`
 * or the sent-by port, else to sent-by. For a reliable transport whose connection is gone: where to open a new one.
 * Undefined when that is a host name that `stampSource` has not resolved.
 */
export function responseAddress(via: Via, transport: TransportName): Address | undefined {
  const sentByPort = via.port ?? defaultPort(transport);
  if (transport === 'UDP' && via.maddr !== undefined) return numeric(via.maddr, sentByPort);
  const port = transport === 'UDP' && typeof via.rport === 'number' ? via.rport : sentByPort;
  return numeric(via.received ?? via.host, port);
}

/** §18.1.1: 5060, and 5061 over TLS; 80 and 443 for WebSockets (RFC 7118 §5.1). */
export function defaultPort(transport: TransportName): number {
  switch (transport) {
    case 'TLS':
      return 5061;
    case 'WS':
      return 80;
    case 'WSS':
      return 443;
    default:
      return 5060;
  }
}

function numeric(host: string, port: number): Address | undefined {
  const bare = withoutBrackets(host);
  return isNumericHost(bare) ? { host: bare, port } : undefined;
}

/** An IPv4 address, or an IPv6 address without brackets. */
export function isNumericHost(host: string): boolean {
  return host.includes(':') || /^\d{1,3}(\.\d{1,3}){3}$/.test(host);
}

export function withoutBrackets(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
}

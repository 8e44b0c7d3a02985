import { transportError } from './errors.js';
import type { Address } from './ports.js';

/** An address as people write it: `192.0.2.1:5060`, `[2001:db8::1]:5060`. */
export function formatAddress(address: Address): string {
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

/** Throws TRANSPORT_BAD_ADDRESS unless a socket can be bound there. */
export function checkLocal(address: Address): void {
  check(address, 0);
}

/** Throws TRANSPORT_BAD_ADDRESS unless something can be sent there. */
export function checkRemote(address: Address): void {
  check(address, 1);
}

function check(address: Address, lowestPort: number): void {
  const { host, port } = address;
  // A blank or control character would let a host forged by a peer change the meaning of a log line.
  if (/^[^\s[\]\p{Cc}]+$/u.test(host) && Number.isInteger(port) && port >= lowestPort && port <= 65_535) return;
  throw transportError('TRANSPORT_BAD_ADDRESS', { detail: JSON.stringify({ host, port }) });
}

/*
 * Which web pages may talk to us (RFC 6454). Whoever sends no Origin is no browser, and is taken: the check protects the users of
 * browsers from pages they visit, which could otherwise reach a server on their own machine.
 */
import { formatAddress, type Address } from '@simple-im/transport';
import { isLoopback } from './option-values.js';

/** `given`: origins of the options, or `*`. `own`: those of our own pages. */
export function originCheck(given: readonly string[], own: readonly string[]): (origin: string | undefined) => boolean {
  const all = given.includes('*');
  const known = new Set([...given, ...own]);
  return (origin) => all || origin === undefined || known.has(origin.toLowerCase());
}

/** Origins of the pages that an HTTP server at this address would serve. */
export function originsOf(scheme: 'http' | 'https', { host, port }: Address, advertised: string | undefined): string[] {
  const names = [host, ...(isLoopback(host) ? ['localhost'] : []), ...(advertised === undefined ? [] : [advertised])];
  return names.map((name) => new URL(`${scheme}://${formatAddress({ host: name, port })}`).origin);
}

import { cpimError } from './errors.js';
import { escapeText } from './escape.js';
import { grammar, type AddressParts } from './grammar.js';

/** The value of From, To, cc, Original-To, IMDN-Route and IMDN-Record-Route: a name for people and an address. */
export type CpimAddress = AddressParts;

/** Reads `[ Formal-name ] "<" URI ">"` (RFC 3862 §4.1). Liberal: also without the brackets, and any name before them. */
export function parseAddress(value: string, liberal = false): CpimAddress | undefined {
  return grammar.Address(value) ?? (liberal ? grammar.liberalAddress(value) : undefined);
}

/** Writes an address; the name is always a String, so it can be any text. */
export function formatAddress({ name, uri }: CpimAddress): string {
  if (grammar.URI(uri) === undefined) throw cpimError('CPIM_UNENCODABLE', { detail: 'not an absolute URI', section: 'RFC 3862 §4.1' });
  // §2.3.1: a double quote is escaped only within a string that double quotes delimit.
  return name === undefined || name === '' ? `<${uri}>` : `"${escapeText(name).replaceAll('"', '\\"')}" <${uri}>`;
}

/** True for the addresses in place of one that is withheld: any at `anonymous.invalid` (RFC 3323 §4.1.1.3). */
export function isAnonymous({ uri }: CpimAddress): boolean {
  return /^[A-Za-z][A-Za-z0-9+.-]*:(?:[^@]*@)?anonymous\.invalid(?:[:;?]|$)/i.test(uri);
}

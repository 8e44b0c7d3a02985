import { CLASSES, UNRESERVED, USER } from './chars.js';
import { textToByteString } from './bytes.js';

const escape = /%[0-9A-Fa-f]{2}/g;
const notUser = /[^A-Za-z0-9\-_.!~*'()&=+$,;?/]/g;
const bracket = /[[\]]/g;

function octetOf(percent: string): number {
  return parseInt(percent.slice(1), 16);
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

/** Replaces every percent escape by its octet; the result is a byte string and no longer part of a URI. */
export function unescapeUri(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(escape, (found) => String.fromCharCode(octetOf(found)));
}

/** Text as the user part of a SIP URI: its UTF-8 octets, escaped where RFC 3261 §25.1 `user` does not take them as they are. */
export function escapeUser(text: string): string {
  return textToByteString(text).replace(notUser, percent);
}

/**
 * One spelling for all that RFC 3261 §19.1.4 calls equivalent: unreserved characters plain, all others escaped in upper
 * case. Reserved characters stay as they came, because they do not equal their escapes.
 */
export function canonicalEscapes(text: string): string {
  const plain = text.includes('%') ? text.replace(escape, (found) => keepUnless(found, UNRESERVED)) : text;
  return plain.replace(bracket, percent);
}

/** The user part of an address-of-record: every escape undone that need not be there (RFC 3261 §10.3 step 5). */
export function canonicalUser(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(escape, (found) => keepUnless(found, USER));
}

function keepUnless(found: string, charClass: number): string {
  const octet = octetOf(found);
  return ((CLASSES[octet] as number) & charClass) !== 0 ? String.fromCharCode(octet) : found.toUpperCase();
}

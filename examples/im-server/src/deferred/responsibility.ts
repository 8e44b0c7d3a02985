/*
 * Who stores: the sender's side or the recipient's (004, 5.3.2.1.3).
 */
import { aorOf, isSipUri, parseUri } from '@simple-im/grammar';
import type { ImMode } from '../internal-ports.js';
import type { DeferredKind } from './store.js';

export interface Responsibility {
  /** The domain we serve. */
  readonly domain: string;
  /** Other domains that have a Deferred Messaging Function. */
  readonly peers: readonly string[];
}

/**
 * Whether we, who have a Deferred Messaging Function, store what `recipient` (an address-of-record) did not get.
 *
 * | | messages | notifications |
 * |---|---|---|
 * | pager, large | recipient's side | as in a session |
 * | session, both sides have the function | recipient's side | side of the message's sender, who is the notification's recipient |
 * | session, only one side has it | that side | that side |
 */
export function isOurs({ domain, peers }: Responsibility, item: { readonly kind: DeferredKind; readonly mode: ImMode; readonly recipient: string }): boolean {
  const theirs = domainOf(item.recipient);
  if (theirs === domain) return true;
  // Where the other side has no such function a MESSAGE goes back to its sender, who can repeat it; a session and a notification cannot wait.
  return theirs !== '' && !peers.includes(theirs) && (item.kind === 'notification' || item.mode === 'session');
}

/** In lower case; empty for a URI without one. */
export function domainOf(aor: string): string {
  const uri = parseUri(aor);
  return isSipUri(uri) || uri.scheme === 'im' || uri.scheme === 'pres' ? uri.host.toLowerCase() : '';
}

/** Users of ours are `sip:`, however they are spelled (RFC 3428 §5). */
export function userOf(uri: string): string {
  return aorOf(parseUri(uri)).replace(/^(?:sips|im|pres):/, 'sip:');
}

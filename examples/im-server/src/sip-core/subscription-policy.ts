/*
 * Who may watch what: a user the own registrations and messages, the IM server everybody's (RFC 3680 §4.6, RFC 3842 §3.7).
 */
import { parseNameAddr, parseUri, type Uri } from '@simple-im/grammar';
import type { SipRequest } from '@simple-im/sip';
import type { SubscriptionRequest, SubscriptionVerdict } from '@simple-im/sip-events';
import { userOf } from './address-of-record.js';

export interface SubscriptionPolicyOptions {
  /** Whether a URI is that of the IM server. */
  isImServer(uri: Uri): boolean;
  /** Subscriptions of a watcher at once. */
  readonly maxPerWatcher: number;
  /** How many the watcher with this URI in From has. */
  subscriptionsOf(watcher: string): number;
}

const FORBIDDEN: SubscriptionVerdict = { status: 403 };

export function subscriptionPolicy({ isImServer, maxPerWatcher, subscriptionsOf }: SubscriptionPolicyOptions) {
  return ({ resource, watcher, request }: SubscriptionRequest): SubscriptionVerdict => {
    const begins = request !== undefined && request.toTag === undefined;
    // From is the authenticated user when a subscription begins, and it is that From which is remembered.
    const who = begins ? assertedIdentity(request) : parseUri(watcher);
    if (who === undefined) return FORBIDDEN;
    if (isImServer(who)) return 'active';
    if (userOf(who) !== resource) return FORBIDDEN;
    return begins && subscriptionsOf(watcher) >= maxPerWatcher ? FORBIDDEN : 'active';
  };
}

/** Written by the core when it has authenticated somebody, taken away from everybody else (RFC 3325). */
function assertedIdentity(request: SipRequest): Uri | undefined {
  const [asserted] = request.headers.list('P-Asserted-Identity');
  return asserted === undefined ? undefined : parseNameAddr(asserted).uri;
}

import type { SipRequest, UserAgent } from '@simple-im/sip';
import type { EventPackage } from './event-package.js';
import type { NotifierInput } from './notifier-table.js';
import type { EndReason, ServedSubscription } from './served-subscription.js';

/** Who asks for what, for the policy. */
export interface SubscriptionRequest {
  readonly package: string;
  readonly resource: string;
  /** The URI of From: not authenticated by this package. */
  readonly watcher: string;
  /** The SUBSCRIBE, its Authorization among its fields; undefined when `review` asks. */
  readonly request: SipRequest | undefined;
}

/**
 * `pending`: it is not known yet; `Notifier.review` asks again. A status refuses: 403, 603, 404, or 401 with a challenge among
 * `headers` (RFC 6665 §4.2.1.3).
 */
export type SubscriptionVerdict =
  | 'active' | 'pending' | { readonly status: number; readonly headers?: readonly (readonly [name: string, value: string])[] };

/** What became of a subscription; for watcher information (RFC 3857) and for storage. */
export interface WatcherEvent {
  /** `lost`: the watcher answered no more, or that it knows no such subscription. */
  readonly event: 'subscribe' | 'approved' | 'refreshed' | 'lost' | EndReason | (string & {});
  readonly subscription: ServedSubscription;
}

export interface NotifierLimits {
  /** Subscriptions at once; further ones are answered 503. Default 100,000. */
  readonly maxSubscriptions: number;
  /** Subscriptions to one resource in one package; further ones are answered 403. Default 50,000. */
  readonly maxPerResource: number;
  /** NOTIFYs under way at once, over all subscriptions; others wait. Default 10,000. */
  readonly maxOutstanding: number;
  /** NOTIFYs in a row that may be lost, each after its 64*T1, until the subscription is ended. Default 2. */
  readonly maxLost: number;
  /** Seconds; less is answered 423, but never 3600 or more (RFC 6665 §4.2.1.1). Default 60. */
  readonly minExpires: number;
  /** Seconds; more is shortened. Default 86,400. */
  readonly maxExpires: number;
}

export const DEFAULT_NOTIFIER_LIMITS: NotifierLimits = {
  maxSubscriptions: 100_000,
  maxPerResource: 50_000,
  maxOutstanding: 10_000,
  maxLost: 2,
  minExpires: 60,
  maxExpires: 86_400,
};

export interface NotifierOptions {
  readonly agent: UserAgent;
  readonly packages: readonly EventPackage[];
  /** Default: everybody may watch everything. What it throws is answered with the status of the error, or 500. */
  readonly policy?: ((asked: SubscriptionRequest) => SubscriptionVerdict | Promise<SubscriptionVerdict>) | undefined;
  /** The name of the resource a SUBSCRIBE is for; undefined: 404. Default: the Request-URI without parameters, port and case. */
  readonly resource?: ((request: SipRequest) => string | undefined) | undefined;
  readonly onWatcher?: ((event: WatcherEvent) => void) | undefined;
  readonly limits?: Partial<NotifierLimits> | undefined;
}

/** What `onWatcher` is told of an input that led out of the state `before`. */
export function watcherEventOf(input: NotifierInput, before: string, subscription: ServedSubscription): WatcherEvent['event'] {
  if (input === 'granted' || input === 'undecided') return before === 'pending' ? 'approved' : 'subscribe';
  if (input === 'refresh' || input === 'unchanged') return 'refreshed';
  if (input.startsWith('NOTIFY') || input === 'dialog over') return 'lost';
  return subscription.reason ?? 'timeout';
}

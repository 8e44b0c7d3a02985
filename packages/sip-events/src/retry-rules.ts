import type { ProtocolError } from '@simple-im/grammar';
import { eventsError } from './errors.js';

/** What a subscription came to its end by. */
export interface EndCause {
  /** Of `Subscription-State: terminated`. */
  readonly reason?: string | undefined;
  /** Of the response to our SUBSCRIBE; 408 when none came. */
  readonly status?: number | undefined;
  /** Seconds, of Subscription-State or of the response. */
  readonly retryAfter?: number | undefined;
  /** There was no NOTIFY before Timer N ended, the last refresh came to nothing, or the dialog ended. */
  readonly lost?: 'timer N' | 'expiry' | 'dialog' | undefined;
}

/** `at once`: retry-after means nothing. `later`: after retry-after, or a pause of ours. */
type RetryRule = 'never' | 'at once' | 'later';

/** What to do when a NOTIFY has ended the subscription (RFC 6665 §4.1.3). */
export const retryRules: Readonly<Record<string, RetryRule>> = {
  deactivated: 'at once',
  probation: 'later',
  rejected: 'never',
  timeout: 'at once',
  giveup: 'later',
  noresource: 'never',
  invariant: 'never',
};

/** Failures of SUBSCRIBE that may pass: a server in trouble, or one that has forgotten the dialog. */
const PASSING = new Set([408, 480, 481, 500, 503, 504]);

/** Milliseconds: the pause where neither side names one, and the bounds of the one that doubles while nothing succeeds. */
export const RETRY_PAUSE = 60_000;
const FIRST_BACKOFF = 2_000;
const LAST_BACKOFF = 600_000;

/**
 * Milliseconds until the next attempt; undefined: none. `failed`: attempts in a row that led to no subscription, or
 * to none that lasted; whoever is told to come back at once again and again comes back ever later.
 */
export function retryDelay(cause: EndCause, failed: number): number | undefined {
  const rule = ruleFor(cause);
  if (rule === 'never') return undefined;
  const asked = rule === 'at once' ? 0 : cause.retryAfter === undefined ? RETRY_PAUSE : cause.retryAfter * 1000;
  const backoff = failed === 0 ? 0 : Math.min(FIRST_BACKOFF * 2 ** (failed - 1), LAST_BACKOFF);
  return Math.max(asked, backoff);
}

function ruleFor({ reason, status, retryAfter, lost }: EndCause): RetryRule {
  if (lost !== undefined) return 'at once';
  if (status === undefined) return retryRules[reason ?? ''] ?? 'later';
  if (!PASSING.has(status)) return 'never';
  return retryAfter === undefined ? 'at once' : 'later';
}

/** The error that a subscription ended by. */
export function errorOf({ reason, lost }: EndCause): ProtocolError {
  if (lost === 'timer N') return eventsError('EVENTS_NO_NOTIFY');
  if (lost === 'expiry') return eventsError('EVENTS_EXPIRED');
  if (lost === 'dialog') return eventsError('EVENTS_DIALOG_ENDED');
  return eventsError('EVENTS_TERMINATED', { detail: reason ?? 'no reason given' });
}

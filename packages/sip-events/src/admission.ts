import type { UaRequest, UaResponseOptions } from '@simple-im/sip';
import type { NotifierLimits } from './notifier-options.js';
import type { WatchedResource } from './watched-resource.js';

interface Refusal extends UaResponseOptions {
  readonly status: number;
}

/**
 * Whether a SUBSCRIBE may go on to the policy (RFC 6665 §4.2.1.1); answers it if not. `resource`: it is to make a subscription
 * there, beside the `size` that exist.
 */
export function admits(
  incoming: UaRequest, limits: NotifierLimits, size: number, resource: WatchedResource | undefined, accepts: readonly string[],
  expires: number,
): boolean {
  const refusal = refusalOf(limits, size, resource, accepts, expires);
  if (refusal !== undefined) incoming.respond(refusal.status, refusal);
  return refusal === undefined;
}

function refusalOf(
  limits: NotifierLimits, size: number, resource: WatchedResource | undefined, accepts: readonly string[], expires: number,
): Refusal | undefined {
  const { minExpires, maxSubscriptions, maxPerResource } = limits;
  if (accepts.length === 0) return { status: 406 };
  if (expires > 0 && expires < 3600 && expires < minExpires) return { status: 423, headers: [['Min-Expires', String(minExpires)]] };
  if (resource === undefined) return undefined;
  if (size >= maxSubscriptions) return { status: 503, headers: [['Retry-After', '60']] };
  return resource.subscriptions.size >= maxPerResource ? { status: 403, reason: 'Too Many Watchers' } : undefined;
}

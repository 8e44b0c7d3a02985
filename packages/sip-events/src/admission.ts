import type { UaResponseOptions } from '@simple-im/sip';
import type { NotifierLimits } from './notifier-options.js';
import type { WatchedResource } from './watched-resource.js';

export interface Refusal extends UaResponseOptions {
  readonly status: number;
}

/** What is wrong with a SUBSCRIBE before any policy is asked (RFC 6665 §4.2.1.1). `resource`: it is to make a subscription there. */
export function refusalOf(
  limits: NotifierLimits, size: number, resource: WatchedResource | undefined, accepts: readonly string[], expires: number,
): Refusal | undefined {
  const { minExpires, maxSubscriptions, maxPerResource } = limits;
  if (accepts.length === 0) return { status: 406 };
  if (expires > 0 && expires < 3600 && expires < minExpires) return { status: 423, headers: [['Min-Expires', String(minExpires)]] };
  if (resource === undefined) return undefined;
  if (size >= maxSubscriptions) return { status: 503, headers: [['Retry-After', '60']] };
  return resource.subscriptions.size >= maxPerResource ? { status: 403, reason: 'Too Many Watchers' } : undefined;
}

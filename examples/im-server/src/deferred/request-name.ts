/*
 * The name of a message without a Message-ID: what makes its MESSAGE itself (RFC 3261 §8.2.2.2). When its sender repeats it, through a
 * server that was started anew, it is the same.
 */
import type { RequestIdentity } from '../internal-ports.js';

/** None of the three has a space in it. */
export function requestName({ callId, cseq, fromTag }: RequestIdentity): string {
  return `${callId} ${cseq} ${fromTag}`;
}

/** What has spaces is no Message-ID. */
export function isRequestName(name: string | undefined): name is string {
  return name?.includes(' ') === true;
}

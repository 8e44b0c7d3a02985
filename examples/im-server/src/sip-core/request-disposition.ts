/*
 * What the caller asks of us as a forking proxy (RFC 3841 §9.1). We always proxy and never recurse or queue: contacts are behind
 * NATs and nobody else's business, so `redirect`, `recurse` and `queue` are passed over, as the clause allows.
 */
import type { SipRequest } from '@simple-im/sip';

export interface Disposition {
  /** False: one device only, the best. */
  readonly fork: boolean;
  /** One device after the other, all at once, or as q and preferences have it. */
  readonly order: 'sequential' | 'parallel' | 'ranked';
  /** False: a 2xx leaves the other branches ringing. */
  readonly cancel: boolean;
}

const USUAL: Disposition = { fork: true, order: 'ranked', cancel: true };

export function dispositionOf(request: SipRequest): Disposition {
  if (!request.headers.has('Request-Disposition')) return USUAL;
  const directives = request.headers.list('Request-Disposition').map((directive) => directive.toLowerCase());
  // One directive of a type at most; of two that contradict each other the first counts.
  const first = (...ofOneType: readonly string[]): string | undefined => directives.find((directive) => ofOneType.includes(directive));
  const order = first('sequential', 'parallel');
  return {
    fork: first('fork', 'no-fork') !== 'no-fork',
    order: order === 'sequential' || order === 'parallel' ? order : 'ranked',
    cancel: first('cancel', 'no-cancel') !== 'no-cancel',
  };
}

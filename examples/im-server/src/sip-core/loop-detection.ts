/*
 * Loop detection (RFC 5393 §4.2): what decides where we forward a request is hashed into our Via branch; the same
 * value coming back means that nothing has changed since.
 */
import { createHash } from 'node:crypto';
import type { SipRequest } from '@simple-im/sip';

/** Separates the random part of a branch from the mark; no hex digit, so it cannot occur in either. */
const SEPARATOR = 'L';

/** Marks made before: many requests go to the same users. */
const marks = new Map<string, string>();
const MAX_MARKS = 1000;
const LONGEST_KEPT = 256;

/** Depends on the Request-URI and the Route fields received, not on the method (§4.2.1); `node` keeps proxies apart. */
export function loopMark(request: SipRequest, node: string): string {
  const fields = request.headers.has('Route') ? [node, request.uri, ...request.headers.all('Route')].join('\n') : `${node}\n${request.uri}`;
  const known = marks.get(fields);
  if (known !== undefined) return known;
  const mark = SEPARATOR + createHash('sha256').update(fields).digest('hex').slice(0, 24);
  if (marks.size === MAX_MARKS) marks.clear();
  if (fields.length <= LONGEST_KEPT) marks.set(fields, mark);
  return mark;
}

/** Whether the request has been here with nothing changed: answer 482 (§4.2.2). The mark tells our own Vias by itself. */
export function isLooping(request: SipRequest, mark: string): boolean {
  // Nearly always nothing in the text of the Vias looks like it, and then they need not be read.
  if (!request.headers.all('Via').some((text) => text.includes(mark))) return false;
  return request.vias.some((via) => via.branch?.endsWith(mark) === true);
}

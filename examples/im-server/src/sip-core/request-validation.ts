/*
 * Request validation (RFC 3261 §16.3) as far as it takes the request alone, and the core's own answer to OPTIONS (§11).
 */
import { respondTo, type SipRequest, type SipResponse } from '@simple-im/sip';
import { isLooping } from './loop-detection.js';
import { EXTENSIONS } from './registrar.js';

const METHODS = ['INVITE', 'ACK', 'CANCEL', 'BYE', 'MESSAGE', 'OPTIONS', 'REGISTER'];

/** Why the request is not forwarded; undefined to go on. `mark` is its loop mark as it arrived. */
export function refusalOf(request: SipRequest, mark: string): SipResponse | undefined {
  if (request.maxForwards === 0) return respondTo(request, 483);
  if (isLooping(request, mark)) return respondTo(request, 482);
  const unknown = request.proxyRequire();
  if (unknown.length > 0) return respondTo(request, 420, { headers: [['Unsupported', unknown.join(', ')]] });
  // A CANCEL that matches was answered by its transaction; we never forward without state, so there is nothing else to cancel.
  return request.method === 'CANCEL' ? respondTo(request, 481) : undefined;
}

/** The core as the user agent server of an OPTIONS for itself (§11.2). */
export function answerOptions(request: SipRequest, toTag: string): SipResponse {
  const unknown = request.require().filter((tag) => !EXTENSIONS.includes(tag.toLowerCase()));
  if (unknown.length > 0) return respondTo(request, 420, { toTag, headers: [['Unsupported', unknown.join(', ')]] });
  return respondTo(request, 200, { toTag, headers: [['Allow', METHODS.join(', ')], ['Supported', EXTENSIONS.join(', ')]] });
}

/** Methods as a metric label: a hostile peer must not make labels. */
export function methodLabel(method: string): string {
  return METHODS.includes(method) ? method : 'other';
}

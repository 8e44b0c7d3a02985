import { ProtocolError } from '@simple-im/grammar';
import { respondTo } from './build.js';
import type { Flow } from './flow.js';
import { SipRequest } from './message.js';
import type { SipMessage, SipResponse } from './message.js';
import { stampSource } from './response-routing.js';
import type { Verdict } from './validate.js';

/**
 * The answer to an invalid message, given without state (§8.2.7); undefined for one to be dropped: a response, or a request
 * whose top Via cannot be read, which leaves nowhere to answer to.
 */
export function refusalOf(message: SipMessage, flow: Flow, verdict: Exclude<Verdict, { ok: true }>, toTag: string): SipResponse | undefined {
  if (verdict.action === 'drop' || !(message instanceof SipRequest)) return undefined;
  try {
    stampSource(message, flow);
  } catch (error) {
    if (ProtocolError.is(error)) return undefined;
    throw error;
  }
  const { status, reason } = verdict;
  return respondTo(message, status, { reason, toTag });
}

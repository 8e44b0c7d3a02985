/*
 * Service policy of the Participating Function. Every request passes here once for the sender's services and once for the
 * recipient's.
 */
import { aorOf, parseNameAddr } from '@simple-im/grammar';
import { respondTo, type SipRequest, type SipResponse } from '@simple-im/sip';
import type { Admission, AdmissionAnswer, AdmissionQuestion, ImMode } from '../internal-ports.js';
import type { Metrics } from '../observe/ports.js';
import type { Im2Request } from '../reference-points.js';

/** Admits everybody: what holds until users have access rules. */
export const openAdmission: Admission = {
  admit: async (_question: AdmissionQuestion): Promise<AdmissionAnswer> => ({ admitted: true }),
};

export class Policy {
  readonly #admission: Admission;
  readonly #metrics: Metrics;

  constructor(admission: Admission, metrics: Metrics) {
    this.#admission = admission;
    this.#metrics = metrics;
  }

  /** Undefined when the request may go on, else the response that refuses it. */
  async evaluate(exchange: Im2Request, mode: ImMode): Promise<SipResponse | undefined> {
    const { request, sessionCase } = exchange;
    const answer = await this.#admission.admit({ sender: assertedIdentity(request), recipient: recipientOf(exchange), mode });
    const result = answer.admitted ? 'admitted' : 'refused';
    this.#metrics.count('im_policy_evaluations_total', { case: sessionCase ?? 'none', mode, result });
    return answer.admitted ? undefined : respondTo(request, answer.status, { reason: answer.reason });
  }
}

/** The sender the core vouches for (RFC 3325); never From, which anybody can write. */
export function assertedIdentity(request: SipRequest): string | undefined {
  const [first] = request.headers.list('P-Asserted-Identity');
  return first === undefined ? undefined : aorOf(parseNameAddr(first).uri);
}

function recipientOf(exchange: Im2Request): string {
  if (exchange.sessionCase === 'terminating' && exchange.servedUser !== undefined) return exchange.servedUser;
  return aorOf(exchange.request.parsedUri);
}

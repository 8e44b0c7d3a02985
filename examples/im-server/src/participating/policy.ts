/*
 * Service policy of the Participating Function. Every request passes here once for the sender's services and once for the
 * recipient's.
 */
import { aorOf, parseNameAddr } from '@simple-im/grammar';
import { respondTo, type SipRequest, type SipResponse } from '@simple-im/sip';
import type { Admission, AdmissionAnswer, AdmissionQuestion, ImService, Settings } from '../internal-ports.js';
import type { Metrics } from '../observe/ports.js';
import type { Im2Request } from '../reference-points.js';
import { after, type Soon } from '../soon.js';
import { assertService, modeOf, type ServiceProfiles } from './services.js';

const ADMITTED: AdmissionAnswer = { admitted: true };

/** Admits everybody: what holds until users have access rules. */
export const openAdmission: Admission = {
  admit: (_question: AdmissionQuestion): AdmissionAnswer => ADMITTED,
};

export interface PolicyOptions {
  readonly admission: Admission;
  readonly profiles: ServiceProfiles;
  readonly settings: Settings;
  /** Who warns: our domain. */
  readonly domain: string;
  readonly metrics: Metrics;
}

/** The warning of RCS (docs/profile.md), under the code for what has none of its own (RFC 3261 §20.43). */
const NOT_AUTHORISED = '127 Service not authorised';

export class Policy {
  readonly #options: PolicyOptions;

  constructor(options: PolicyOptions) {
    this.#options = options;
  }

  /** Undefined when the request may go on, else the response that refuses it. */
  evaluate(exchange: Im2Request, service: ImService): Soon<SipResponse | undefined> {
    const { request, sessionCase, servedUser } = exchange;
    const { admission, profiles, settings, domain, metrics } = this.#options;
    const mode = modeOf(service);
    const count = (result: string): void => metrics.count('im_policy_evaluations_total', { case: sessionCase ?? 'none', mode, result });
    if (servedUser !== undefined && !profiles.has(servedUser, service)) {
      count('not-provisioned');
      return respondTo(request, 403, { headers: [['Warning', `399 ${domain} "${NOT_AUTHORISED}"`]] });
    }
    if (sessionCase === 'terminating' && servedUser !== undefined && settings.of(servedUser).barred) {
      count('barred');
      // Not a refusal of this sender (RFC 3261 §21.4.18): nothing comes in for now.
      return respondTo(request, 480);
    }
    if (sessionCase === 'originating') assertService(request, service);
    return after(admission.admit({ sender: assertedIdentity(request), recipient: recipientOf(exchange), mode }), (answer) => {
      count(answer.admitted ? 'admitted' : 'refused');
      return answer.admitted ? undefined : respondTo(request, answer.status, { reason: answer.reason });
    });
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

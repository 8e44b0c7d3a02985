/*
 * Choosing what a forking proxy answers (RFC 3261 §16.7 steps 4 to 7). Pure: responses in, decisions out.
 */
import { respondTo, type SipRequest, type SipResponse } from '@simple-im/sip';

/** Statuses that tell the caller how to try again; preferred within the 4xx class (§16.7 step 6). */
const RESUBMISSION = [401, 407, 415, 420, 484];

export class ResponseContext {
  readonly #request: SipRequest;
  readonly #finals: SipResponse[] = [];
  /** What a branch without any answer counts as; undefined while every branch has one. */
  #silence: 408 | 480 | undefined;

  constructor(request: SipRequest) {
    this.#request = request;
  }

  /** Keeps a final response other than 2xx as a candidate. */
  add(response: SipResponse): void {
    this.#finals.push(response);
  }

  /** A branch ended without an answer: 408 for an INVITE (§16.6 step 7), never for anything else (RFC 4320 §4.2). */
  addSilence(): void {
    this.#silence = this.#request.method === 'INVITE' ? 408 : 480;
  }

  /** True when no further branch may be tried: somebody refused for the user as a whole (§16.7 step 5). */
  get hasGlobalFailure(): boolean {
    return this.#finals.some((response) => response.status >= 600);
  }

  /** The best of what came; 480 when there was nobody to ask. */
  best(): SipResponse {
    const best = this.#choose();
    if (best === undefined) return respondTo(this.#request, this.#silence ?? 480);
    // A 503 would say that we ourselves cannot serve anything (§16.7 step 6).
    if (best.status === 503) return respondTo(this.#request, 500);
    if (best.status === 401 || best.status === 407) this.#aggregateChallenges(best);
    return best;
  }

  /** From the lowest class, 6xx before all; undefined when silence, a 4xx, is better than what came. */
  #choose(): SipResponse | undefined {
    const rank = (response: SipResponse): number => (response.status >= 600 ? 0 : Math.floor(response.status / 100));
    const lowest = Math.min(...this.#finals.map(rank));
    // A 513 tells more than silence does: that there is another mode to reach the silent ones by as well.
    const isTooLarge = this.#finals.some(({ status }) => status === 513);
    if (this.#silence !== undefined && lowest > 4 && !isTooLarge) return undefined;
    const candidates = this.#finals.filter((response) => rank(response) === lowest);
    const helpful = candidates.find((response) => RESUBMISSION.includes(response.status));
    return helpful ?? candidates.find((response) => response.status !== 503) ?? candidates[0];
  }

  /** The caller must see every challenge of every branch (§16.7 step 7). */
  #aggregateChallenges(best: SipResponse): void {
    for (const other of this.#finals) {
      if (other === best || (other.status !== 401 && other.status !== 407)) continue;
      for (const name of ['WWW-Authenticate', 'Proxy-Authenticate']) {
        for (const value of other.headers.all(name)) best.headers.add(name, value);
      }
    }
  }
}

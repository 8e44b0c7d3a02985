/*
 * Who is registered, as the core's third-party registrations tell (3GPP TS 24.229 §5.4.1.7).
 */
import { aorOf } from '@simple-im/grammar';
import type { SipRequest } from '@simple-im/sip';
import type { Availability } from '../internal-ports.js';

export class RegistrationAvailability implements Availability {
  readonly #now: () => number;
  readonly #until = new Map<string, number>();

  /** `now`: milliseconds, never going back. */
  constructor(now: () => number) {
    this.#now = now;
  }

  isAvailable(aor: string): boolean {
    const until = this.#until.get(aor);
    if (until === undefined) return false;
    if (until > this.#now()) return true;
    this.#until.delete(aor);
    return false;
  }

  /** Takes a third-party REGISTER: To is the user, Expires how long somebody will be registered. */
  registered(request: SipRequest): void {
    const to = request.to;
    if (to === undefined) return;
    const expires = request.expires ?? 0;
    if (expires === 0) this.#until.delete(aorOf(to.uri));
    else this.#until.set(aorOf(to.uri), this.#now() + expires * 1000);
  }
}

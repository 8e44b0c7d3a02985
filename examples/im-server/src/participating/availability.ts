/*
 * Who is registered, as the core's third-party registrations tell (3GPP TS 24.229 §5.4.1.7), and with which devices.
 */
import { aorOf } from '@simple-im/grammar';
import type { SipRequest } from '@simple-im/sip';
import type { Availability, KnownDevice } from '../internal-ports.js';
import { RegisteredDevices } from './registered-devices.js';

export class RegistrationAvailability implements Availability {
  readonly #now: () => number;
  readonly #until = new Map<string, number>();
  readonly #devices = new Map<string, RegisteredDevices>();

  /** `now`: milliseconds, never going back. */
  constructor(now: () => number) {
    this.#now = now;
  }

  isAvailable(aor: string): boolean {
    const until = this.#until.get(aor);
    if (until === undefined) return false;
    if (until > this.#now()) return true;
    this.#forget(aor);
    return false;
  }

  /** The SIP transport (`TLS`, `WSS` ...) of the device that registered last, one for instant messages if there is; undefined where nothing was said of it. */
  transportOf(aor: string): string | undefined {
    return this.#devices.get(aor)?.latest(this.#now());
  }

  /** Takes a third-party REGISTER: To is the user, who is returned, Expires how long somebody will be registered. */
  registered(request: SipRequest): string | undefined {
    const to = request.to;
    if (to === undefined) return undefined;
    const expires = request.expires ?? 0;
    const aor = aorOf(to.uri);
    if (expires === 0) {
      this.#forget(aor);
      return aor;
    }
    this.#until.set(aor, this.#now() + expires * 1000);
    const devices = this.#devices.get(aor) ?? new RegisteredDevices();
    this.#devices.set(aor, devices);
    devices.registered(request.body, this.#now());
    return aor;
  }

  /** These devices of a user are registered, and no others. */
  devicesAre(aor: string, devices: readonly KnownDevice[]): void {
    this.#devices.get(aor)?.are(devices, this.#now());
  }

  #forget(aor: string): void {
    this.#until.delete(aor);
    this.#devices.delete(aor);
  }
}

import type { ProtocolError } from '@simple-im/grammar';
import type { Clock, Timer } from '@simple-im/transport';
import { sipError } from './errors.js';
import type { Timers } from './timers.js';

/** The 2xx to an INVITE, sent until its ACK comes (§13.3.1.4), over reliable transports too. */
export class AcceptedInvite {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #send: () => void;
  readonly #gaveUp: (error: ProtocolError) => void;
  readonly #end: number;
  #interval: number;
  #timer: Timer;

  /** Sends at once, then after T1 and doubling times up to T2; `gaveUp` is called after 64*T1 (SIP_NO_ACK). */
  constructor(clock: Clock, timers: Timers, send: () => void, gaveUp: (error: ProtocolError) => void) {
    this.#clock = clock;
    this.#timers = timers;
    this.#send = send;
    this.#gaveUp = gaveUp;
    this.#end = clock.now() + 64 * timers.T1;
    this.#interval = timers.T1;
    send();
    this.#timer = this.#next();
  }

  /** The ACK came, or the dialog is over. */
  stop(): void {
    this.#timer.cancel();
  }

  #next(): Timer {
    const delay = Math.min(this.#interval, this.#end - this.#clock.now());
    return this.#clock.setTimer(delay, () => this.#fired());
  }

  #fired(): void {
    if (this.#clock.now() >= this.#end) {
      this.#gaveUp(sipError('SIP_NO_ACK'));
      return;
    }
    this.#send();
    this.#interval = Math.min(2 * this.#interval, this.#timers.T2);
    this.#timer = this.#next();
  }
}

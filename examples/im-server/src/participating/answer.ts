/*
 * The 2xx of the invited side: sent again until its ACK comes (RFC 3261 §13.3.1.4), over whatever transport, since it is the UAS
 * core that answers for its arrival, not the transaction.
 */
import type { SipRequest, SipResponse } from '@simple-im/sip';
import type { Clock, Timer } from '@simple-im/transport';

const T1 = 500;
const T2 = 4000;

export class RepeatedAnswer {
  readonly #clock: Clock;
  readonly #send: () => void;
  readonly #response: SipResponse;
  readonly #unacknowledged: () => void;
  readonly #giveUpAt: number;
  #interval = T1;
  #timer: Timer | undefined;

  /** Sends at once. `unacknowledged` is called when 64*T1 pass without an ACK: end the dialog with BYE. */
  constructor(clock: Clock, respond: (response: SipResponse) => void, response: SipResponse, unacknowledged: () => void) {
    this.#clock = clock;
    this.#response = response;
    this.#send = () => respond(response);
    this.#unacknowledged = unacknowledged;
    this.#giveUpAt = clock.now() + 64 * T1;
    this.#send();
    this.#arm();
  }

  /** No ACK has come, and one may still. */
  get awaitsAck(): boolean {
    return this.#timer !== undefined;
  }

  /** An ACK came; it counts if it is for this answer (RFC 3261 §13.2.2.4). Returns whether it does. */
  acknowledged(ack: SipRequest): boolean {
    if (!this.awaitsAck || ack.cseq?.number !== this.#response.cseq?.number) return false;
    this.stop();
    return true;
  }

  /** The dialog is over. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(): void {
    const left = this.#giveUpAt - this.#clock.now();
    this.#timer = this.#clock.setTimer(Math.min(this.#interval, left), () => this.#onTimer());
  }

  #onTimer(): void {
    if (this.#clock.now() >= this.#giveUpAt) {
      this.stop();
      return this.#unacknowledged();
    }
    this.#send();
    this.#interval = Math.min(this.#interval * 2, T2);
    this.#arm();
  }
}

import type { BodyOptions } from './build.js';
import type { SipRequest, SipResponse } from './message.js';
import { hasSession, isReliable } from './offer-answer.js';
import { formatRack, readRseq } from './rack.js';

/** A provisional response to an INVITE of ours that its sender repeats until we acknowledge it (RFC 3262 §4). */
export interface ReliableProvisional {
  /**
   * Acknowledges it; resolves with the response to the PRACK. `options` carry the answer to an offer in the response, or a new
   * offer. Sent by itself, without a body, when the callback returns without having called this, unless the response has the
   * offer. Rejects as `UaDialog.request` does; again: the same promise.
   */
  prack(options?: BodyOptions): Promise<SipResponse>;
}

/** The reliable provisional responses to one INVITE in one dialog, each seen once and in order (RFC 3262 §4). */
export class AcknowledgedProvisionals {
  readonly #send: (options: BodyOptions) => Promise<SipResponse>;
  readonly #problem: (error: Error) => void;
  #last: number | undefined;

  /** `send` sends a PRACK in the dialog; `problem` hears why one that was sent by itself failed. */
  constructor(send: (options: BodyOptions) => Promise<SipResponse>, problem: (error: Error) => void) {
    this.#send = send;
    this.#problem = problem;
  }

  /** Tells `callback` of a provisional response and acknowledges it if it is reliable; drops repeated ones and those too early. */
  receive(response: SipResponse, sent: SipRequest, callback: (reliable: ReliableProvisional | undefined) => void): void {
    const rseq = isReliable(response) ? readRseq(response.headers) : undefined;
    if (rseq === undefined) {
      callback(undefined);
      return;
    }
    if (this.#last !== undefined && rseq !== this.#last + 1) return;
    this.#last = rseq;
    const rack = formatRack({ rseq, cseq: sent.cseq?.number ?? 0, method: sent.method });
    let answer: Promise<SipResponse> | undefined;
    const prack = (options: BodyOptions = {}): Promise<SipResponse> =>
      (answer ??= this.#send({ ...options, headers: [['RAck', rack], ...(options.headers ?? [])] }));
    callback({ prack });
    const offered = hasSession(response) && !hasSession(sent);
    if (answer === undefined && !offered) prack().catch(this.#problem);
  }
}

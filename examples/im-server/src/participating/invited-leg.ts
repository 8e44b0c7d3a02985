/*
 * The leg towards the caller: the IM server is the invited side (RFC 3261 §13.3).
 */
import { Dialog, newTag, respondTo, type SipRequest, type SipResponse } from '@simple-im/sip';
import type { Clock, Random } from '@simple-im/transport';
import type { Im2Request } from '../reference-points.js';
import { RepeatedAnswer } from './answer.js';

export class InvitedLeg {
  readonly #exchange: Im2Request;
  readonly #clock: Clock;
  readonly #contact: string;
  readonly #tag: string;
  #dialog: Dialog | undefined;
  #answer: RepeatedAnswer | undefined;
  #answered = false;

  constructor(exchange: Im2Request, contact: string, clock: Clock, random: Random) {
    this.#exchange = exchange;
    this.#contact = contact;
    this.#clock = clock;
    this.#tag = newTag(random);
  }

  /** There from the 200 on. */
  get dialog(): Dialog | undefined {
    return this.#dialog;
  }

  get answered(): boolean {
    return this.#answered;
  }

  /** Ringing and the like, without a body: there is no early media in a message session. */
  progress(status: number): void {
    if (!this.#answered) this.#exchange.respond(this.#response(status, { headers: [['Contact', `<${this.#contact}>`]] }));
  }

  /** 200 with our SDP, until ACK. */
  accept(sdp: Uint8Array, unacknowledged: () => void): void {
    if (this.#answered) return;
    this.#answered = true;
    const response = this.#response(200, {
      headers: [['Contact', `<${this.#contact}>;+g.oma.sip-im`], ['Allow', ALLOW]],
      contentType: 'application/sdp',
      body: sdp,
    });
    this.#dialog = Dialog.uas(this.#exchange.request, response);
    this.#answer = new RepeatedAnswer(this.#clock, (again) => this.#exchange.respond(again), response, unacknowledged);
  }

  /** The callee's refusal, as it is; or ours. */
  refuse(status: number, reason?: string, headers: readonly (readonly [string, string])[] = []): void {
    if (this.#answered) return;
    this.#answered = true;
    this.#exchange.respond(this.#response(status, { ...(reason === undefined ? {} : { reason }), headers }));
  }

  acknowledged(): void {
    this.#answer?.stop();
  }

  ended(): void {
    this.#answer?.stop();
    this.#dialog?.bye();
  }

  #response(status: number, options: Parameters<typeof respondTo>[2]): SipResponse {
    return respondTo(this.#exchange.request, status, { ...options, toTag: this.#tag });
  }
}

/** What may be asked inside a session. */
export const ALLOW = 'INVITE, ACK, CANCEL, BYE, OPTIONS';

/** Answers a request inside a dialog. */
export function answerWithin(exchange: { readonly request: SipRequest; respond(response: SipResponse): void }, status: number, headers: readonly (readonly [string, string])[] = []): void {
  exchange.respond(respondTo(exchange.request, status, { headers }));
}

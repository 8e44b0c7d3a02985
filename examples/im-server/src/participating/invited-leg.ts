/*
 * The leg towards the caller: the IM server is the invited side (RFC 3261 §13.3).
 */
import { Dialog, newTag, respondTo, type SipRequest, type SipResponse } from '@simple-im/sip';
import type { Clock, Random } from '@simple-im/transport';
import type { Im2Request } from '../reference-points.js';
import { RepeatedAnswer } from './answer.js';
import type { LegRefresh } from './leg-refresh.js';

/** What may be asked inside a session. */
export const ALLOW = 'INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE';

export class InvitedLeg {
  readonly #exchange: Im2Request;
  readonly #clock: Clock;
  readonly #contact: string;
  readonly #tag: string;
  #dialog: Dialog | undefined;
  #answer: RepeatedAnswer | undefined;
  #answered = false;
  #settled: (() => void) | undefined;

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

  /** A final response was given. */
  get answered(): boolean {
    return this.#answered;
  }

  /** The 200 was sent and its ACK is not here. */
  get awaitsAck(): boolean {
    return this.#answer?.awaitsAck === true;
  }

  /** Whether a request is within the early dialog that our provisional responses made. */
  isEarly(request: SipRequest): boolean {
    const { callId, fromTag } = this.#exchange.request;
    return !this.#answered && request.toTag === this.#tag && request.callId === callId && request.fromTag === fromTag;
  }

  /** Ringing and the like, without a body: there is no early media in a message session. */
  progress(status: number, reason: string): void {
    if (!this.#answered) this.#exchange.respond(this.#response(status, { reason, headers: [['Contact', `<${this.#contact}>`]] }));
  }

  /** 200 with our SDP and the session timer, until ACK; `unacknowledged` when that has not come in 64*T1. */
  accept(sdp: Uint8Array, refresh: LegRefresh, unacknowledged: () => void): void {
    const response = this.#response(200, {
      headers: [['Contact', `<${this.#contact}>;+g.oma.sip-im`], ['Allow', ALLOW], ['Supported', 'timer']],
      contentType: 'application/sdp',
      body: sdp,
    });
    this.#dialog = Dialog.uas(this.#exchange.request, response);
    refresh.answering(this.#exchange.request, response);
    this.#answered = true;
    this.#answer = new RepeatedAnswer(this.#clock, (again) => this.#exchange.respond(again), response, () => {
      this.#settle();
      unacknowledged();
    });
  }

  /** The callee's refusal, as it is; or ours. Harmless after an answer. */
  refuse(status: number, reason?: string, headers: readonly (readonly [string, string])[] = []): void {
    if (this.#answered) return;
    this.#answered = true;
    this.#exchange.respond(this.#response(status, { ...(reason === undefined ? {} : { reason }), headers }));
  }

  acknowledged(ack: SipRequest): void {
    if (this.#answer?.acknowledged(ack) === true) this.#settle();
  }

  /** Calls `then` once we may say BYE: the ACK is here, or will not come (RFC 3261 §15), or the caller said BYE. */
  whenSettled(then: () => void): void {
    if (this.awaitsAck) this.#settled = then;
    else then();
  }

  /** The caller said BYE. */
  ended(): void {
    this.#dialog?.bye();
    this.#answer?.stop();
    this.#settle();
  }

  #settle(): void {
    const settled = this.#settled;
    this.#settled = undefined;
    settled?.();
  }

  #response(status: number, options: Parameters<typeof respondTo>[2]): SipResponse {
    return respondTo(this.#exchange.request, status, { ...options, toTag: this.#tag });
  }
}

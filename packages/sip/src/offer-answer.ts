import type { SipMessage, SipRequest, SipResponse } from './message.js';
import { offerAnswerTable, type OfferInput, type OfferState } from './offer-answer-table.js';

const SESSION_TYPES = /^(?:application[ \t]*\/[ \t]*sdp(?![^ \t;])|multipart[ \t]*\/)/i;

/** Whether a message has a session description: SDP, alone or as a part (what else it may be is the caller's business). */
export function hasSession(message: SipMessage): boolean {
  return message.body.length > 0 && SESSION_TYPES.test(message.headers.get('Content-Type') ?? '');
}

/** Whether a response is given reliably (RFC 3262 §3): its session description counts. */
export function isReliable(response: SipResponse): boolean {
  return response.status > 100 && (response.status >= 200 || response.require().some((tag) => tag.toLowerCase() === '100rel'));
}

/** Follows the offers and answers of a session, so that nobody offers while an answer is due. It never looks into them. */
export class OfferAnswer {
  #state: OfferState = offerAnswerTable.initial.next;
  /** The method of the transaction that the pending offer was made in. */
  #in = '';

  get state(): OfferState {
    return this.#state;
  }

  /** An INVITE, UPDATE, PRACK or ACK was sent by us or by the peer. */
  request(from: 'us' | 'peer', request: SipRequest): void {
    const { method } = request;
    const pending = from === 'us' ? 'peer offered' : 'we offered';
    const late = method === 'ACK' || method === 'PRACK';
    if (hasSession(request) && late && this.#state === pending) this.#receive(from === 'us' ? 'answer sent' : 'answer received', method);
    else if (method === 'ACK') this.#withdraw('INVITE');
    else if (hasSession(request)) this.#receive(from === 'us' ? 'offer sent' : 'offer received', method);
  }

  /** A response to `request` was given by us or by the peer; what is not reliable counts for nothing. */
  response(from: 'us' | 'peer', response: SipResponse, request: SipRequest): void {
    if (!isReliable(response)) return;
    const { method } = request;
    if (response.status >= 300) {
      this.#withdraw(method);
    } else if (!hasSession(response)) {
      if (method !== 'INVITE') this.#withdraw(method);
    } else if (this.#state === (from === 'us' ? 'peer offered' : 'we offered') && this.#in === method) {
      this.#receive(from === 'us' ? 'answer sent' : 'answer received', method);
    } else if (method === 'INVITE' && !hasSession(request)) {
      this.#receive(from === 'us' ? 'offer sent' : 'offer received', method);
    }
  }

  /** A request of ours came to nothing. */
  failed(method: string): void {
    this.#withdraw(method);
  }

  #withdraw(method: string): void {
    if (this.#in === method) this.#receive('withdrawn', '');
  }

  #receive(input: OfferInput, method: string): void {
    const row = offerAnswerTable.states[this.#state]?.[input];
    if (row === undefined) return;
    this.#state = row.next;
    this.#in = row.next === 'stable' ? '' : method;
  }
}

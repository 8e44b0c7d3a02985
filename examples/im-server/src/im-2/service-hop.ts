/*
 * One request on its way over IM-2: a hop of a proxy (RFC 3261 §16.6 to §16.10) with one branch, for either side.
 */
import { ProtocolError } from '@simple-im/grammar';
import {
  respondTo, type Flow, type OutgoingRequest, type SipEndpoint, type SipRequest, type SipResponse, type Target,
} from '@simple-im/sip';
import type { Clock, Timer } from '@simple-im/transport';

export interface ServiceHopOptions {
  readonly endpoint: SipEndpoint;
  readonly clock: Clock;
  /** Milliseconds that a request other than INVITE may take. */
  readonly patience: number;
}

export interface ServiceHopHandlers {
  /** Our Via is off. */
  response(response: SipResponse): void;
  /** Nobody answered; `heard`: though something provisional had come. Nothing follows. */
  lost(error: ProtocolError | undefined, heard: boolean): void;
}

/** Timer C (RFC 3261 §16.6 step 11): longer than that of the hop behind, which so comes first. */
const TIMER_C = 185_000;

export class ServiceHop {
  readonly #request: SipRequest;
  readonly #handlers: ServiceHopHandlers;
  readonly #options: ServiceHopOptions;
  #outgoing: OutgoingRequest | undefined;
  #timer: Timer | undefined;
  #heard = false;
  #done = false;

  /** `request` is the copy to be sent, without our Via. */
  constructor(request: SipRequest, handlers: ServiceHopHandlers, options: ServiceHopOptions) {
    this.#request = request;
    this.#handlers = handlers;
    this.#options = options;
  }

  send(to: Target | Flow): void {
    this.#startTimer();
    try {
      this.#outgoing = this.#options.endpoint.request(this.#request, to, {
        response: (response) => this.#onResponse(response),
        failed: (error) => this.#lose(error),
      });
    } catch (error) {
      // No socket or no room for it.
      if (!ProtocolError.is(error)) throw error;
      this.#lose(error);
    }
  }

  /** Harmless for anything but an INVITE under way. */
  cancel(): void {
    if (!this.#done) this.#outgoing?.cancel();
  }

  #startTimer(): void {
    const { clock, patience } = this.#options;
    this.#timer?.cancel();
    if (this.#request.method === 'INVITE') this.#timer = clock.setTimer(TIMER_C, () => this.cancel());
    else this.#timer = clock.setTimer(patience, () => this.#lose(undefined));
  }

  #onResponse(response: SipResponse): void {
    const isInvite = this.#request.method === 'INVITE';
    this.#heard = true;
    // A provisional response says nothing to anybody about what is no INVITE (RFC 4320 §4.1), and after the end only a 2xx counts.
    const isProvisional = response.status < 200;
    const counts = this.#done ? isInvite && !isProvisional && response.status < 300 : !isProvisional || (isInvite && response.status > 100);
    if (!counts) return;
    response.headers.removeFirst('Via');
    // The way back is the one the request took (RFC 3261 §16.7 step 3); one of the IM server's own had no Via before ours.
    const { headers } = this.#request;
    if (response.headers.get('Via') !== headers.get('Via')) response.headers.set('Via', headers.all('Via'));
    if (isProvisional) this.#startTimer();
    else this.#end();
    this.#handlers.response(response);
  }

  #lose(error: ProtocolError | undefined): void {
    if (this.#done) return;
    this.#end();
    this.#handlers.lost(error, this.#heard);
  }

  #end(): void {
    this.#done = true;
    this.#timer?.cancel();
  }
}

/** The copy to be forwarded, with one hop less (RFC 3261 §16.6 step 3); undefined when there is none left. */
export function forwardable(request: SipRequest): SipRequest | undefined {
  const hops = request.maxForwards ?? 70;
  if (hops === 0) return undefined;
  const copy = request.clone();
  copy.headers.set('Max-Forwards', String(hops - 1));
  return copy;
}

/** Every response but 100 has a To tag (RFC 3261 §8.2.6.2). */
export function tagged(response: SipResponse, newTag: () => string): SipResponse {
  const isUntagged = response.status > 100 && response.toTag === undefined;
  if (isUntagged) response.headers.set('To', `${response.headers.get('To') ?? ''};tag=${newTag()}`);
  return response;
}

/** What to say for a peer that did not answer: never 408 to a request that is not an INVITE (RFC 4320 §4.2). */
export function noAnswer(request: SipRequest, error: ProtocolError | undefined): SipResponse {
  if (error !== undefined && error.code !== 'SIP_TIMEOUT') return respondTo(request, 503, { headers: [['Retry-After', '5']] });
  return respondTo(request, request.method === 'INVITE' ? 408 : 480);
}

/*
 * One forwarded request: branches by preference, responses by RFC 3261 §16.7, cancellation by §16.10.
 */
import type { ProtocolError } from '@simple-im/grammar';
import { respondTo, type Flow, type OutgoingRequest, type SipEndpoint, type SipRequest, type SipResponse, type Target } from '@simple-im/sip';
import type { Clock, Timer } from '@simple-im/transport';
import { ResponseContext } from './response-context.js';

/** Where one copy of the request goes. */
export interface Branch {
  readonly request: SipRequest;
  readonly to: Target | Flow;
}

export interface ProxyOptions {
  readonly endpoint: SipEndpoint;
  readonly clock: Clock;
  /** Milliseconds after which a request that is not an INVITE is answered 480 (docs/profile.md). */
  readonly pagerTimeout: number;
  /** Text that goes behind the random part of our branches (RFC 5393 §4.2.1). */
  readonly loopMark: string;
}

/** Timer C: more than three minutes (§16.6 step 11). */
const TIMER_C = 181_000;

/** Forwards to the groups one after the other, within a group to all at once. */
export class ProxyExchange {
  readonly #request: SipRequest;
  readonly #respond: (response: SipResponse) => void;
  readonly #options: ProxyOptions;
  readonly #context: ResponseContext;
  readonly #pending = new Set<OutgoingRequest>();
  #groups: readonly (readonly Branch[])[];
  #answered = false;
  #cancelled = false;
  #timer: Timer | undefined;
  /** What to say if nobody says anything: 408 for an INVITE that rang unanswered, 480 where nobody was there. */
  #silence = 480;

  constructor(request: SipRequest, respond: (response: SipResponse) => void, groups: readonly (readonly Branch[])[], options: ProxyOptions) {
    this.#request = request;
    this.#respond = respond;
    this.#groups = groups;
    this.#options = options;
    this.#context = new ResponseContext(request);
    this.#startTimer();
    this.#nextGroup();
  }

  /** §16.10: every pending branch is cancelled; the caller then gets the best of their answers, usually 487. */
  cancel(): void {
    if (this.#answered || this.#request.method !== 'INVITE') return;
    this.#cancelled = true;
    this.#cancelPending();
  }

  #startTimer(): void {
    this.#timer?.cancel();
    this.#timer = this.#request.method === 'INVITE' ? this.#options.clock.setTimer(TIMER_C, () => this.#onTimerC()) : this.#options.clock.setTimer(this.#options.pagerTimeout, () => this.#onSilence());
  }

  /** §16.8: a branch that rang is cancelled; one that never answered fails by its own Timer B before this. */
  #onTimerC(): void {
    this.#silence = 408;
    this.cancel();
  }

  /** Before the sender's Timer F: later answers of the contacts have nobody left to go to. */
  #onSilence(): void {
    this.#groups = [];
    this.#finish();
  }

  #nextGroup(): void {
    const [group, ...rest] = this.#groups;
    this.#groups = rest;
    if (group === undefined || this.#cancelled || this.#context.hasGlobalFailure) return this.#finish();
    const { endpoint, loopMark } = this.#options;
    for (const branch of group) {
      const outgoing: OutgoingRequest = endpoint.request(branch.request, branch.to, {
        response: (response) => this.#onResponse(outgoing, response),
        failed: (error) => this.#onFailed(outgoing, error),
      }, { branchSuffix: loopMark });
      this.#pending.add(outgoing);
    }
  }

  #onResponse(outgoing: OutgoingRequest, response: SipResponse): void {
    response.headers.removeFirst('Via');
    // Nothing left to go back by (§16.7 step 3); a request of the IM server's own had no Via before ours.
    if (!response.headers.has('Via') && this.#request.headers.has('Via')) return;
    if (response.status < 200) return this.#onProvisional(response);
    this.#pending.delete(outgoing);
    if (response.status < 300) return this.#onSuccess(response);
    if (this.#answered) return;
    this.#context.add(response);
    if (response.status >= 600) this.#cancelPending();
    if (this.#pending.size === 0) this.#nextGroup();
  }

  #onProvisional(response: SipResponse): void {
    if (response.status === 100 || this.#answered) return;
    if (this.#request.method === 'INVITE') this.#startTimer();
    this.#respond(response);
  }

  /** Every 2xx to an INVITE goes on, however many come (§16.7 step 5); the other branches are cancelled (step 10). */
  #onSuccess(response: SipResponse): void {
    if (this.#answered && this.#request.method !== 'INVITE') return;
    this.#answered = true;
    this.#timer?.cancel();
    this.#groups = [];
    this.#respond(response);
    this.#cancelPending();
  }

  #onFailed(outgoing: OutgoingRequest, error: ProtocolError): void {
    this.#pending.delete(outgoing);
    if (error.code === 'SIP_TIMEOUT' && this.#request.method === 'INVITE') this.#silence = 408;
    if (!this.#answered && this.#pending.size === 0) this.#nextGroup();
  }

  #cancelPending(): void {
    if (this.#request.method !== 'INVITE') return;
    for (const outgoing of this.#pending) outgoing.cancel();
  }

  #finish(): void {
    if (this.#answered) return;
    this.#answered = true;
    this.#timer?.cancel();
    this.#respond(this.#cancelled && this.#silence !== 408 ? respondTo(this.#request, 487) : this.#context.best(this.#silence));
  }
}

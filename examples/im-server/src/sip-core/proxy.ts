/*
 * One forwarded request: branches by preference, responses by RFC 3261 §16.7, timer C by §16.8, cancellation by §16.10.
 */
import { ProtocolError } from '@simple-im/grammar';
import {
  FailoverRequest, respondTo, type Candidates, type Flow, type ResponseHandlers, type SipEndpoint, type SipRequest, type SipResponse,
  type Target,
} from '@simple-im/sip';
import type { Clock, Timer } from '@simple-im/transport';
import { ResponseContext } from './response-context.js';

/** Where one copy of the request goes. */
export interface Branch {
  /** Nobody else's: our Via goes on it. */
  readonly request: SipRequest;
  readonly to: Target | Flow;
  /** Further places, one after the other (RFC 3263 §4.3); `first` is `to`. */
  readonly failover?: { readonly first: Target; readonly candidates: Candidates; prepare(target: Target): SipRequest };
}

/** A branch under way; `flow` where there is only one place. */
interface Outgoing {
  readonly flow?: Flow;
  cancel(reason?: string): void;
}

/** The ways to one device, at least one: the next is tried when the one before did not get there (RFC 5626 §7). */
export type Device = readonly Branch[];

export interface ProxyOptions {
  readonly endpoint: SipEndpoint;
  readonly clock: Clock;
  /** Milliseconds after which a request that is not an INVITE is answered 480 (docs/profile.md). */
  readonly pagerTimeout: number;
  /** Milliseconds that the last contacts have, where somebody else answers the sender in time; `pagerTimeout` by default. */
  readonly patience?: number | undefined;
  /** Text that goes behind the random part of our branches (RFC 5393 §4.2.1). */
  readonly loopMark: string;
  /** Whether a 2xx cancels the other branches (§16.7 step 10), which callers can ask us not to do (RFC 3841 §9.1). */
  readonly cancelOthers: boolean;
}

/** Timer C: more than three minutes (§16.6 step 11). One for all branches, since it may be reset at will (§16.8). */
const TIMER_C = 181_000;
/** The flow to a device is gone (RFC 5626 §11.5). */
const FLOW_FAILED = 430;
const TIMEOUT = 408;
const TOO_LARGE = 513;

/** Forwards to the groups one after the other, within a group to all devices at once. */
export class ProxyExchange {
  readonly #request: SipRequest;
  readonly #isInvite: boolean;
  readonly #respond: (response: SipResponse) => void;
  readonly #options: ProxyOptions;
  readonly #context: ResponseContext;
  readonly #pending: { readonly outgoing: Outgoing; readonly branch: Branch }[] = [];
  /** When it is the turn of the last contacts, at the latest, and when a request that is not an INVITE is answered whatever happens. */
  readonly #turn: number;
  readonly #deadline: number;
  #groups: readonly (readonly Device[])[];
  #answered = false;
  #cancelled = false;
  #timer: Timer | undefined;

  constructor(
    request: SipRequest, respond: (response: SipResponse) => void, groups: readonly (readonly Device[])[], options: ProxyOptions,
  ) {
    this.#request = request;
    this.#isInvite = request.method === 'INVITE';
    this.#respond = respond;
    this.#groups = groups;
    this.#options = options;
    this.#context = new ResponseContext(request);
    const { pagerTimeout, patience = pagerTimeout } = options;
    this.#turn = options.clock.now() + pagerTimeout;
    this.#deadline = options.clock.now() + Math.max(patience, pagerTimeout);
    this.#nextGroup();
  }

  /** §16.10: every pending branch is cancelled, for the caller's reason (RFC 3326 §2); the caller is answered when they have ended. */
  cancel(reason?: string): void {
    if (this.#answered || !this.#isInvite) return;
    this.#cancelled = true;
    this.#groups = [];
    this.#cancelPending(reason);
  }

  #nextGroup(): void {
    while (this.#pending.length === 0 && !this.#answered) {
      if (!this.#startGroup()) return this.#finish();
    }
  }

  /** False when there is nobody left to ask. */
  #startGroup(): boolean {
    const [group, ...rest] = this.#groups;
    if (group === undefined || this.#context.hasGlobalFailure) return false;
    this.#startTimer(this.#groups.length);
    this.#groups = rest;
    for (const device of group) this.#try(device);
    return true;
  }

  #try(device: Device): void {
    const [branch, ...others] = device;
    if (branch === undefined) return this.#context.addSilence();
    try {
      const outgoing: Outgoing = this.#send(branch, {
        response: (response) => this.#onResponse(outgoing, response, others),
        failed: (error) => this.#onFailed(outgoing, others, error),
      });
      this.#pending.push({ outgoing, branch });
    } catch (error) {
      // No socket or no room for it: as if the branch had failed (§16.9), and the others are not its hostages.
      if (!ProtocolError.is(error)) throw error;
      this.#tryOthers(others, error);
    }
  }

  #send({ request, to, failover }: Branch, handlers: ResponseHandlers): Outgoing {
    const { endpoint, loopMark, pagerTimeout } = this.#options;
    // RFC 3428 §8: a large MESSAGE goes over no hop without congestion control.
    const congestionSafe = request.method === 'MESSAGE';
    if (failover === undefined) return endpoint.request(request, to, handlers, { branchSuffix: loopMark, congestionSafe, handOver: true });
    const { first, candidates, prepare } = failover;
    const maxTime = this.#isInvite ? undefined : pagerTimeout;
    return new FailoverRequest(endpoint, request, candidates, { ...handlers, prepare }, { branchSuffix: loopMark, congestionSafe, first, maxTime });
  }

  /** The next way to the same device; where the last one was too narrow, the sender may learn that. */
  #tryOthers(others: Device, error: ProtocolError | undefined): void {
    const isTooLarge = error?.status === TOO_LARGE;
    if (isTooLarge) this.#context.add(respondTo(this.#request, TOO_LARGE));
    if (!isTooLarge || others.length > 0) this.#try(others);
  }

  #startTimer(groups: number): void {
    this.#timer?.cancel();
    const { clock } = this.#options;
    if (this.#isInvite) this.#timer = clock.setTimer(TIMER_C, () => this.#onTimerC());
    // Silent contacts must leave time for those behind them.
    else this.#timer = clock.setTimer(Math.max(0, (groups === 1 ? this.#deadline : this.#turn) - clock.now()) / groups, () => this.#onSilence());
  }

  /** §16.8: what rang is cancelled; what never answered has failed by its own Timer B before this. */
  #onTimerC(): void {
    this.#groups = [];
    this.#cancelPending();
  }

  /** Goes on to the next group, or ends before the sender's Timer F: later answers have nobody left to go to. */
  #onSilence(): void {
    // What is too large for UDP and still waits for a connection has met a device that takes none.
    const isTooLarge = this.#pending.some(({ outgoing: { flow }, branch: { to } }) => to.transport === 'UDP' && flow !== undefined && flow.transport !== 'UDP');
    if (isTooLarge) this.#context.add(respondTo(this.#request, TOO_LARGE));
    else this.#context.addSilence();
    if (!this.#startGroup()) this.#finish();
    else this.#nextGroup();
  }

  #onResponse(outgoing: Outgoing, response: SipResponse, others: Device): void {
    response.headers.removeFirst('Via');
    // Nothing left to go back by (§16.7 step 3); a request of the IM server's own had no Via before ours.
    const { headers } = this.#request;
    if (headers.has('Via') && !response.headers.has('Via')) return response.status < 200 ? undefined : this.#onFailed(outgoing, others);
    // The way back is the one the request took, whatever a peer wrote: nobody has us answer third parties.
    if (response.headers.get('Via') !== headers.get('Via')) response.headers.set('Via', headers.all('Via'));
    // Contacts are outside of our trust domain, and what they assert is worth nothing (RFC 3325 §5).
    if (response.headers.has('P-Asserted-Identity')) response.headers.delete('P-Asserted-Identity');
    if (response.status < 200) this.#onProvisional(response);
    else if (response.status < 300) this.#onSuccess(outgoing, response);
    else if (this.#isLost(response, others)) this.#onFailed(outgoing, others);
    else this.#onFailure(outgoing, response);
  }

  /** There is another flow to try (RFC 5626 §7), or it is a 408 that must not be passed on (RFC 4320 §4.2). */
  #isLost({ status }: SipResponse, others: Device): boolean {
    return (status === FLOW_FAILED && others.length > 0) || (status === TIMEOUT && (others.length > 0 || !this.#isInvite));
  }

  #onProvisional(response: SipResponse): void {
    if (response.status === 100 || this.#answered || !this.#isInvite) return;
    this.#startTimer(1);
    this.#respond(response);
  }

  /** Every 2xx to an INVITE goes on, however many come (§16.7 step 5); the other branches are cancelled (step 10). */
  #onSuccess(outgoing: Outgoing, response: SipResponse): void {
    this.#over(outgoing);
    if (this.#answered && !this.#isInvite) return;
    this.#end(response);
    if (this.#options.cancelOthers) this.#cancelPending();
  }

  #onFailure(outgoing: Outgoing, response: SipResponse): void {
    this.#over(outgoing);
    if (this.#answered) return;
    this.#context.add(response);
    if (response.status >= 600) this.#cancelPending();
    this.#nextGroup();
  }

  /** No answer at all: the next way to the same device, if there is one. */
  #onFailed(outgoing: Outgoing, others: Device, error?: ProtocolError): void {
    this.#over(outgoing);
    if (this.#answered) return;
    this.#tryOthers(this.#cancelled || this.#context.hasGlobalFailure ? [] : others, error);
    this.#nextGroup();
  }

  #cancelPending(reason?: string): void {
    if (!this.#isInvite) return;
    for (const { outgoing } of [...this.#pending]) outgoing.cancel(reason);
  }

  #over(outgoing: Outgoing): void {
    const at = this.#pending.findIndex((one) => one.outgoing === outgoing);
    if (at >= 0) this.#pending.splice(at, 1);
  }

  #finish(): void {
    if (this.#answered) return;
    this.#end(this.#cancelled ? respondTo(this.#request, 487) : this.#context.best());
  }

  #end(response: SipResponse): void {
    this.#answered = true;
    this.#timer?.cancel();
    this.#groups = [];
    this.#respond(response);
  }
}

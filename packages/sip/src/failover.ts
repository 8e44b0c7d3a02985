import { ProtocolError } from '@simple-im/grammar';
import type { OutgoingRequest, SendOptions } from './endpoint-types.js';
import type { SipEndpoint } from './endpoint.js';
import { sipError } from './errors.js';
import type { Candidates } from './failover-candidates.js';
import type { SipRequest, SipResponse } from './message.js';
import type { Target } from './resolve.js';

export interface FailoverHandlers {
  /** What to send to a place, without our Via, which is put on it then; by default a copy of the request. May throw ProtocolErrors. */
  prepare?(target: Target): SipRequest;
  /** As {@link ResponseHandlers.response}; a 503 only when no other place is left. */
  response(response: SipResponse, sent: SipRequest, target: Target): void;
  /** No final response, or no place at all: the error of the last attempt. Called at most once. */
  failed(error: ProtocolError): void;
  /** Nothing more comes. */
  readonly terminated?: (() => void) | undefined;
}

export interface FailoverOptions extends SendOptions {
  /** Where to begin, before the candidates: a request with credentials goes where the challenge came from. */
  readonly first?: Target | undefined;
  /** Places tried for one request. Default 8. */
  readonly maxAttempts?: number | undefined;
  /** Milliseconds after which no further place is tried. Default 60,000. */
  readonly maxTime?: number | undefined;
}

/** What of one attempt came so far. `early` is a response other than 100: somebody behind that place has the request. */
type Progress = 'nothing' | 'trying' | 'early' | 'final';

interface Attempt {
  readonly target: Target;
  readonly sent: SipRequest;
  readonly outgoing: OutgoingRequest;
  progress: Progress;
}

/**
 * A request that goes from place to place until one of them answers (RFC 3263 §4.3): the next is tried after a 503, a
 * transport error, or a timeout without any response, with a new branch and otherwise unchanged. Not after a transport
 * error that follows a provisional response other than 100: the callee has the request then.
 */
export class FailoverRequest {
  readonly #endpoint: SipEndpoint;
  readonly #request: SipRequest;
  readonly #candidates: Candidates;
  readonly #handlers: FailoverHandlers;
  readonly #options: FailoverOptions;
  readonly #start: number;
  #attempt: Attempt | undefined;
  #attempts = 0;
  #cancelled: { readonly reason: string | undefined } | undefined;

  /** Sends it: at once if a place is known, else when there is one; no handler is called before this returns. */
  constructor(
    endpoint: SipEndpoint, request: SipRequest, candidates: Candidates, handlers: FailoverHandlers, options: FailoverOptions = {},
  ) {
    this.#endpoint = endpoint;
    this.#request = request;
    this.#candidates = candidates;
    this.#handlers = handlers;
    this.#options = options;
    this.#start = endpoint.clock.now();
    const first = options.first ?? candidates.nextKnown();
    const refused = first === undefined ? undefined : this.#try(first);
    if (this.#attempt === undefined) this.#goOn(() => this.#fail(refused ?? sipError('SIP_UNRESOLVED')));
  }

  /** The attempt under way, if there is one. */
  get outgoing(): OutgoingRequest | undefined {
    return this.#attempt?.outgoing;
  }

  /** Tries no further place, and cancels an INVITE (§9.1). One that is not under way fails with SIP_ABORTED. */
  cancel(reason?: string): void {
    if (this.#cancelled !== undefined) return;
    this.#cancelled = { reason };
    this.#attempt?.outgoing.cancel(reason);
  }

  /** To the next place; `otherwise` tells what came of the last one. */
  #goOn(otherwise: () => void): void {
    this.#attempt = undefined;
    Promise.resolve().then(() => this.#next(otherwise)).catch((error: unknown) => this.#endpoint.report(error as Error));
  }

  async #next(otherwise: () => void): Promise<void> {
    let end = otherwise;
    while (this.#mayTry()) {
      const target = await this.#candidate();
      if (target === undefined || this.#cancelled !== undefined) break;
      if (ProtocolError.is(target)) {
        // Names lead nowhere: that says more than that there was nothing to try.
        if (this.#attempts === 0) end = () => this.#fail(target);
        break;
      }
      const refused = this.#try(target);
      if (refused === undefined) return;
      end = () => this.#fail(refused);
    }
    if (this.#cancelled === undefined) end();
    else this.#fail(sipError('SIP_ABORTED'));
  }

  async #candidate(): Promise<Target | ProtocolError | undefined> {
    try {
      return await this.#candidates.next();
    } catch (error) {
      if (ProtocolError.is(error)) return error;
      throw error;
    }
  }

  #mayTry(): boolean {
    const { maxAttempts = 8, maxTime = 60_000 } = this.#options;
    return this.#cancelled === undefined && this.#attempts < maxAttempts && this.#endpoint.clock.now() - this.#start < maxTime;
  }

  /** Sends to a place; the error if that cannot be: no socket of that family, no room for a connection. */
  #try(target: Target): ProtocolError | undefined {
    this.#attempts += 1;
    try {
      const sent = this.#handlers.prepare?.(target) ?? this.#request.clone();
      const outgoing = this.#endpoint.request(sent, target, {
        response: (response) => this.#onResponse(attempt, response),
        failed: (error) => this.#onFailed(attempt, error),
        terminated: this.#handlers.terminated === undefined ? undefined : () => {
          if (attempt === this.#attempt) this.#handlers.terminated?.();
        },
      }, { branchSuffix: this.#options.branchSuffix, congestionSafe: this.#options.congestionSafe, keep: this.#options.keep, handOver: true });
      const attempt: Attempt = { target, sent, outgoing, progress: 'nothing' };
      this.#attempt = attempt;
      return undefined;
    } catch (error) {
      if (ProtocolError.is(error)) return error;
      throw error;
    }
  }

  #onResponse(attempt: Attempt, response: SipResponse): void {
    const { sent, target } = attempt;
    const { status } = response;
    const first = attempt.progress !== 'final';
    attempt.progress = status >= 200 ? 'final' : status > 100 || attempt.progress === 'early' ? 'early' : 'trying';
    const { failed } = this.#endpoint.locator;
    if (status === 503 || failed.size > 0) failed.learn(target, response, this.#endpoint.clock.now());
    const tell = (): void => this.#handlers.response(response, sent, target);
    if (status === 503 && first && attempt === this.#attempt && this.#mayTry()) this.#goOn(() => this.#end(tell));
    else tell();
  }

  #onFailed(attempt: Attempt, error: ProtocolError): void {
    if (attempt !== this.#attempt) return;
    const { target, progress } = attempt;
    const timeout = error.code === 'SIP_TIMEOUT' && progress === 'nothing';
    const broken = error.code === 'SIP_TRANSPORT' && progress !== 'early';
    if (timeout || broken) this.#endpoint.locator.failed.add(target, this.#endpoint.clock.now());
    const isTooNarrow = error.code === 'SIP_TOO_LARGE_FOR_UDP';
    if ((timeout || broken || isTooNarrow) && this.#mayTry()) this.#goOn(() => this.#fail(error));
    else this.#handlers.failed(error);
  }

  #fail(error: ProtocolError): void {
    this.#end(() => this.#handlers.failed(error));
  }

  /** The transaction of the last attempt is over or nobody's; its end was not told. */
  #end(tell: () => void): void {
    tell();
    this.#handlers.terminated?.();
  }
}

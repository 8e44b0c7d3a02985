import { ProtocolError } from '@simple-im/grammar';
import { formatAddress } from '@simple-im/transport';
import { sipError } from './errors.js';
import type { Candidates } from './failover-candidates.js';
import { FailoverRequest } from './failover.js';
import type { KnownPlace } from './known-place.js';
import type { SipRequest, SipResponse } from './message.js';
import type { Target } from './resolve.js';
import { isMisrouted } from './ua-core.js';
import type { UaCore } from './ua-core.js';

/** Challenges answered for one request: a proxy, the server, and a stale nonce of each, with one to spare. */
const MAX_ATTEMPTS = 6;

export interface UacHandlers {
  provisional?(response: SipResponse, sent: SipRequest): void;
  /** The final response, not counting challenges that were answered; for an INVITE every 2xx. */
  final(response: SipResponse, sent: SipRequest): void;
  failed(error: ProtocolError): void;
  /** The transaction is over: no more 2xx will come. */
  readonly terminated?: (() => void) | undefined;
}

export interface UacRequestParts {
  /** Without Via and credentials; made for this exchange alone. */
  readonly request: SipRequest;
  readonly inDialog: boolean;
  /** Where the requests of the dialog go. */
  readonly place?: KnownPlace | undefined;
  /** The CSeq number of a retry. */
  nextCseq(): number;
}

/**
 * A request of a user agent client (§8.1): finds the destinations, goes from one to the next when it must (RFC 3263 §4.3),
 * answers challenges, ends with a final response or an error.
 */
export class UacRequest {
  readonly #core: UaCore;
  readonly #parts: UacRequestParts;
  readonly #handlers: UacHandlers;
  /** The first one, then a retry with credentials for each challenge that was answered. */
  #exchange: FailoverRequest | undefined;
  #cancelled: { readonly reason: string | undefined } | undefined;
  #attempts = 0;
  /** Whether its Contact is ours; undefined until the request itself has gone to a place. */
  #ownContact: boolean | undefined;

  constructor(core: UaCore, parts: UacRequestParts, handlers: UacHandlers) {
    this.#core = core;
    this.#parts = parts;
    this.#handlers = handlers;
  }

  /** Sends it. What goes wrong before it is sent comes through `failed` too. */
  start(): void {
    const { request, inDialog, place } = this.#parts;
    try {
      if (this.#cancelled !== undefined) throw sipError('SIP_ABORTED');
      const candidates = this.#core.candidates(request, inDialog, place);
      this.#send(request, candidates, undefined, (target) => {
        const first = this.#completed(request, target);
        this.#core.authenticator?.authorize(first, formatAddress(target.address));
        return first;
      });
    } catch (error) {
      if (!ProtocolError.is(error)) throw error;
      this.#handlers.failed(error);
    }
  }

  /** Cancels an INVITE (§9.1), and tries nothing further for any request. One that was not sent yet fails with SIP_ABORTED. */
  cancel(reason?: string): void {
    if (this.#cancelled !== undefined) return;
    this.#cancelled = { reason };
    this.#exchange?.cancel(reason);
  }

  #send(request: SipRequest, candidates: Candidates, first: Target | undefined, prepare: (target: Target) => SipRequest): void {
    this.#attempts += 1;
    const exchange: FailoverRequest = new FailoverRequest(this.#core.endpoint, request, candidates, {
      prepare,
      response: (response, sent, target) => {
        if (isMisrouted(response)) return;
        if (response.status < 200) this.#handlers.provisional?.(response, sent);
        else this.#final(response, sent, target, candidates);
      },
      failed: (error) => this.#handlers.failed(error),
      terminated: this.#handlers.terminated === undefined ? undefined : () => {
        if (this.#exchange === exchange) this.#handlers.terminated?.();
      },
    }, { first });
    this.#exchange = exchange;
  }

  #final(response: SipResponse, sent: SipRequest, target: Target, candidates: Candidates): void {
    const challenged = response.status === 401 || response.status === 407;
    if (challenged && this.#cancelled === undefined && this.#retry(response, sent, target, candidates)) return;
    this.#handlers.final(response, sent);
  }

  /** §22.2: the same Call-ID, From and To, the next CSeq number; to the place that asked. */
  #retry(response: SipResponse, sent: SipRequest, target: Target, candidates: Candidates): boolean {
    const { authenticator } = this.#core;
    if (authenticator === undefined || this.#attempts >= MAX_ATTEMPTS) return false;
    const retry = this.#parts.request.clone();
    if (!authenticator.answer(response, sent, retry, formatAddress(target.address))) return false;
    retry.headers.set('CSeq', `${this.#parts.nextCseq()} ${retry.method}`);
    this.#send(retry, candidates, target, (to) => this.#completed(retry, to));
    return true;
  }

  /** With what the flow to a place decides, such as our Contact. */
  #completed(request: SipRequest, target: Target): SipRequest {
    const own = this.#core.authenticator === undefined ? this.#withoutCopy(request) : request.clone();
    this.#core.complete(own, target);
    return own;
  }

  /** The request itself, or what it was before it went to another place: most go to one, and nobody asks again without credentials. */
  #withoutCopy(request: SipRequest): SipRequest {
    if (this.#ownContact === undefined) {
      this.#ownContact = !request.headers.has('Contact');
      return request;
    }
    const copy = request.clone();
    copy.headers.removeFirst('Via');
    if (this.#ownContact) copy.headers.delete('Contact');
    return copy;
  }
}

/** A request that is no INVITE, until its final response. Rejects with SIP_TIMEOUT, SIP_TRANSPORT, SIP_ABORTED and local errors. */
export function finalResponse(core: UaCore, parts: UacRequestParts, signal: AbortSignal | undefined): Promise<SipResponse> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(sipError('SIP_ABORTED', { cause: signal.reason }));
      return;
    }
    const abort = (): void => {
      request.cancel();
      reject(sipError('SIP_ABORTED', { cause: signal?.reason }));
    };
    signal?.addEventListener('abort', abort, { once: true });
    const done = (): void => signal?.removeEventListener('abort', abort);
    const request = new UacRequest(core, parts, {
      final(response) {
        done();
        resolve(response);
      },
      failed(error) {
        done();
        reject(error);
      },
    });
    request.start();
  });
}

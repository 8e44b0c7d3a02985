import { ProtocolError } from '@simple-im/grammar';
import { formatAddress } from '@simple-im/transport';
import type { OutgoingRequest } from './endpoint-types.js';
import { sipError } from './errors.js';
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
  terminated?(): void;
}

export interface UacRequestParts {
  /** Without Via and credentials. */
  readonly request: SipRequest;
  readonly inDialog: boolean;
  /** The CSeq number of a retry. */
  nextCseq(): number;
}

/** A request of a user agent client (§8.1): finds the destination, answers challenges, ends with a final response or an error. */
export class UacRequest {
  readonly #core: UaCore;
  readonly #parts: UacRequestParts;
  readonly #handlers: UacHandlers;
  #outgoing: OutgoingRequest | undefined;
  #cancelled: { readonly reason: string | undefined } | undefined;
  #attempts = 0;

  constructor(core: UaCore, parts: UacRequestParts, handlers: UacHandlers) {
    this.#core = core;
    this.#parts = parts;
    this.#handlers = handlers;
  }

  /** Sends it. What goes wrong before it is sent comes through `failed` too. */
  async start(): Promise<void> {
    const { request, inDialog } = this.#parts;
    try {
      const target = await this.#core.destination(request, inDialog);
      if (this.#cancelled !== undefined) throw sipError('SIP_ABORTED');
      this.#core.complete(request, target);
      const first = request.clone();
      this.#core.authenticator?.authorize(first, formatAddress(target.address));
      this.#send(first, target);
    } catch (error) {
      if (!ProtocolError.is(error)) throw error;
      this.#handlers.failed(error);
    }
  }

  /** Cancels an INVITE (§9.1). One that was not sent yet fails with SIP_ABORTED. */
  cancel(reason?: string): void {
    if (this.#cancelled !== undefined) return;
    this.#cancelled = { reason };
    this.#outgoing?.cancel(reason);
  }

  #send(request: SipRequest, target: Target): void {
    this.#attempts += 1;
    const outgoing = this.#core.endpoint.request(request, target, {
      response: (response) => {
        if (isMisrouted(response)) return;
        if (response.status < 200) this.#handlers.provisional?.(response, request);
        else this.#final(response, request, target);
      },
      failed: (error) => this.#handlers.failed(error),
      terminated: () => {
        if (this.#outgoing === outgoing) this.#handlers.terminated?.();
      },
    });
    this.#outgoing = outgoing;
  }

  #final(response: SipResponse, sent: SipRequest, target: Target): void {
    const challenged = response.status === 401 || response.status === 407;
    if (!challenged || this.#cancelled !== undefined || !this.#retry(response, sent, target)) this.#handlers.final(response, sent);
  }

  /** §22.2: the same Call-ID, From and To, the next CSeq number. */
  #retry(response: SipResponse, sent: SipRequest, target: Target): boolean {
    const { authenticator } = this.#core;
    if (authenticator === undefined || this.#attempts >= MAX_ATTEMPTS) return false;
    const retry = this.#parts.request.clone();
    if (!authenticator.answer(response, sent, retry, formatAddress(target.address))) return false;
    retry.headers.set('CSeq', `${this.#parts.nextCseq()} ${retry.method}`);
    try {
      this.#send(retry, target);
    } catch (error) {
      if (!ProtocolError.is(error)) throw error;
      this.#handlers.failed(error);
    }
    return true;
  }
}

/** A request that is no INVITE, until its final response. Rejects with SIP_TIMEOUT, SIP_TRANSPORT, SIP_ABORTED and local errors. */
export function finalResponse(core: UaCore, parts: UacRequestParts, signal: AbortSignal | undefined): Promise<SipResponse> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(sipError('SIP_ABORTED', { cause: signal.reason }));
      return;
    }
    const abort = (): void => reject(sipError('SIP_ABORTED', { cause: signal?.reason }));
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
    request.start().catch(reject);
  });
}

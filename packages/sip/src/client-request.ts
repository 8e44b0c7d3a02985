import type { ProtocolError } from '@simple-im/grammar';
import type { OutgoingRequest, ResponseHandlers, SendOptions } from './endpoint-types.js';
import type { Flow } from './flow.js';
import type { SipRequest, SipResponse } from './message.js';
import type { Target } from './resolve.js';
import type { PreparedRequest } from './transaction-layer.js';

/** A request of our user under way: the endpoint's side of {@link OutgoingRequest}. */
export class ClientRequest implements OutgoingRequest {
  key = '';
  prepared: PreparedRequest;
  /** Where to go over UDP if TCP does not connect, §18.1.1. */
  fallback: Target | undefined;
  readonly options: SendOptions;
  readonly #handlers: ResponseHandlers;
  readonly #cancel: (key: string, reason: string | undefined) => void;
  #cancelled: { readonly reason: string | undefined } | undefined;
  #done = false;

  constructor(
    prepared: PreparedRequest, handlers: ResponseHandlers, options: SendOptions, cancel: (key: string, reason: string | undefined) => void,
  ) {
    this.prepared = prepared;
    this.options = options;
    this.#handlers = handlers;
    this.#cancel = cancel;
  }

  get branch(): string {
    return this.prepared.branch;
  }

  get flow(): Flow {
    return this.prepared.flow;
  }

  get request(): SipRequest {
    return this.prepared.message;
  }

  /** What `cancel` was given, if it was called. */
  get cancelled(): { readonly reason: string | undefined } | undefined {
    return this.#cancelled;
  }

  cancel(reason?: string): void {
    if (this.#cancelled !== undefined) return;
    this.#cancelled = { reason };
    this.#cancel(this.key, reason);
  }

  /** Whether nothing is left to tell: only an INVITE may get another final response. */
  get isOver(): boolean {
    return this.#done && this.#handlers.terminated === undefined && this.request.method !== 'INVITE';
  }

  response(response: SipResponse): void {
    if (response.status >= 200) this.#done = true;
    this.#handlers.response(response);
  }

  fail(error: ProtocolError): void {
    if (this.#done) return;
    this.#done = true;
    this.#handlers.failed(error);
  }

  terminated(): void {
    this.#handlers.terminated?.();
  }
}

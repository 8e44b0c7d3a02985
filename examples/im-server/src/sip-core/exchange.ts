/*
 * A request on its way through the core, from the wire or from the IM server, with the way back to whoever sent it.
 */
import type { SipRequest, SipResponse } from '@simple-im/sip';
import type { FlowReference } from './tokens.js';

export interface ExchangeOptions {
  readonly request: SipRequest;
  /** The flow the request came over; undefined where the IM server itself is the sender. */
  readonly caller: FlowReference | undefined;
  /** The Vias that others are to see, where the request has been at the IM server and has those of IM-2 as well. */
  readonly vias?: readonly string[] | undefined;
  /** Text for the branches of our Via (RFC 5393 §4.2.1). */
  readonly loopMark: string;
  /** The IM server stands behind it and answers its sender in time, whatever contacts do. */
  readonly isTimed?: boolean;
  respond(response: SipResponse): void;
}

export class Exchange {
  readonly request: SipRequest;
  readonly caller: FlowReference | undefined;
  readonly vias: readonly string[];
  readonly loopMark: string;
  readonly isTimed: boolean;
  readonly #respond: (response: SipResponse) => void;
  #cancelled = false;
  #onCancel: ((reason: string | undefined) => void) | undefined;

  constructor(options: ExchangeOptions) {
    this.request = options.request;
    this.caller = options.caller;
    this.vias = options.vias ?? options.request.headers.all('Via');
    this.loopMark = options.loopMark;
    this.isTimed = options.isTimed ?? false;
    this.#respond = (response) => options.respond(response);
  }

  /** Whether the sender gave the request up (RFC 3261 §9). */
  get cancelled(): boolean {
    return this.#cancelled;
  }

  respond(response: SipResponse): void {
    this.#respond(response);
  }

  /** Names who has the request now and is to hear of a CANCEL. */
  onCancel(handler: (reason: string | undefined) => void): void {
    this.#onCancel = handler;
  }

  /** `reason`: the Reason of the CANCEL (RFC 3326). That may come while the request is between two hands, waiting for the store; so it is remembered. */
  cancel(reason?: string): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    this.#onCancel?.(reason);
  }
}

/** A response of our own has a To tag (RFC 3261 §8.2.6.2). */
export function addToTag(response: SipResponse, newTag: () => string): void {
  if (response.toTag === undefined) response.headers.set('To', `${response.headers.get('To') ?? ''};tag=${newTag()}`);
}

import type { ProtocolError } from '@simple-im/grammar';
import type { IncomingRequest } from './endpoint-types.js';
import type { Flow } from './flow.js';
import type { SipRequest, SipResponse } from './message.js';

/** A request of a peer: the endpoint's side of {@link IncomingRequest}. */
export class ServerRequest implements IncomingRequest {
  readonly key: string;
  readonly request: SipRequest;
  readonly flow: Flow;
  answered = false;
  onCancelled: ((cancel: SipRequest) => void) | undefined;
  onFailed: ((error: ProtocolError) => void) | undefined;
  onTerminated: (() => void) | undefined;
  readonly #respond: (key: string, response: SipResponse) => void;

  constructor(key: string, request: SipRequest, flow: Flow, respond: (key: string, response: SipResponse) => void) {
    this.key = key;
    this.request = request;
    this.flow = flow;
    this.#respond = respond;
  }

  /** Whether nothing is left to tell. */
  get isOver(): boolean {
    return this.answered && this.onFailed === undefined && this.onTerminated === undefined && this.request.method !== 'INVITE';
  }

  respond(response: SipResponse): void {
    if (response.status >= 200) this.answered = true;
    this.#respond(this.key, response);
  }
}

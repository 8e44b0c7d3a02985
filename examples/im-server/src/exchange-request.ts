/*
 * A request that came decoded, routed and authenticated, as a user agent of our own takes it: it has no transaction and no socket here.
 */
import type { Flow, IncomingRequest, SipRequest, SipResponse } from '@simple-im/sip';

const NOWHERE = { host: '127.0.0.1', port: 0 };

/** Whoever has the sockets is nowhere: only the shape of a flow. */
export const INNER_FLOW: Flow = { id: 'core', transport: 'TCP', reliable: true, local: NOWHERE, remote: NOWHERE, sentBy: 'core.invalid' };

export class ExchangeRequest implements IncomingRequest {
  readonly key = '';
  readonly flow = INNER_FLOW;
  readonly request: SipRequest;
  onTerminated: (() => void) | undefined;
  readonly #respond: (response: SipResponse) => void;
  #answered = false;

  constructor(request: SipRequest, respond: (response: SipResponse) => void) {
    this.request = request;
    this.#respond = respond;
  }

  get answered(): boolean {
    return this.#answered;
  }

  respond(response: SipResponse): void {
    if (this.#answered) return;
    this.#answered = response.status >= 200;
    this.#respond(response);
    if (this.#answered) this.onTerminated?.();
  }
}

/*
 * Requests that come while the server starts: its sockets are there before those who answer. They wait for them, since a refusal would
 * be taken for an answer; a stored message would be removed that the core of a moment ago cannot push.
 */
import type { IncomingRequest, SipEndpoint } from '@simple-im/sip';

/** So many wait; the others are answered 503. */
const MOST = 1000;

export class EarlyRequests {
  readonly #endpoint: Pick<SipEndpoint, 'onRequest' | 'refuse'>;
  readonly #waiting: IncomingRequest[] = [];

  /** To be made before the endpoint listens. */
  constructor(endpoint: Pick<SipEndpoint, 'onRequest' | 'refuse'>) {
    this.#endpoint = endpoint;
    endpoint.onRequest = (incoming) => {
      if (this.#waiting.length < MOST) this.#waiting.push(incoming);
      else endpoint.refuse(incoming, 503);
    };
  }

  /** From now on requests go to `receive`, those that wait first. */
  release(receive: (incoming: IncomingRequest) => void): void {
    this.#endpoint.onRequest = receive;
    for (const incoming of this.#waiting.splice(0)) receive(incoming);
  }
}

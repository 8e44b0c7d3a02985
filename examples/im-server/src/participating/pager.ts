/*
 * Pager mode (RFC 3428): the IM server looks at a MESSAGE and hands it back; only the recipient's own 200 is a 200 to the
 * sender (§7), and nothing here answers in the recipient's place.
 */
import { respondTo } from '@simple-im/sip';
import type { Im2Core, Im2Request } from '../reference-points.js';
import { after, type Soon } from '../soon.js';
import type { Policy } from './policy.js';

export class Pager {
  readonly #core: Im2Core;
  readonly #policy: Policy;

  constructor(core: Im2Core, policy: Policy) {
    this.#core = core;
    this.#policy = policy;
  }

  receive(exchange: Im2Request): Soon<void> {
    return after(this.#policy.evaluate(exchange, 'pager'), (refusal) => (refusal === undefined ? this.#handBack(exchange) : exchange.respond(refusal)));
  }

  #handBack(exchange: Im2Request): void {
    this.#core.request(exchange.request, exchange.originalDialog, {
      response: (response) => exchange.respond(response),
      // Never 408 to a request that is not an INVITE (RFC 4320 §4.2).
      failed: () => exchange.respond(respondTo(exchange.request, 480)),
    });
  }
}

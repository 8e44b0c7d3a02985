import { ProtocolError } from '@simple-im/grammar';
import type { BodyOptions } from './build.js';
import type { Dialog } from './dialog.js';
import { viaFor } from './flow.js';
import type { SipRequest } from './message.js';
import type { Target } from './resolve.js';
import type { UaCore } from './ua-core.js';

/** The ACK to a 2xx (§13.2.2.4): no transaction sends it, so whoever got the 2xx sends it again for each retransmission. */
export class Acknowledgement {
  readonly request: SipRequest;
  readonly #core: UaCore;
  readonly #branch: string;
  #target: Promise<Target> | undefined;

  /** `invite` as it was sent, since the ACK repeats its CSeq number and credentials. */
  constructor(core: UaCore, dialog: Dialog, invite: SipRequest, options: BodyOptions) {
    this.#core = core;
    this.request = dialog.ack(invite, options);
    this.#branch = core.endpoint.newBranch();
  }

  /** Sends it, again too. What goes wrong is left to the peer, which repeats its 2xx and gives up at last. */
  async send(): Promise<void> {
    this.#target ??= this.#core.destination(this.request, true);
    try {
      const flow = this.#core.endpoint.flowTo(await this.#target);
      const ack = this.request.clone();
      ack.headers.prepend('Via', viaFor(flow, this.#branch));
      this.#core.endpoint.send(ack, flow);
    } catch (error) {
      if (!ProtocolError.is(error)) throw error;
      this.#target = undefined;
      this.#core.endpoint.report(error);
    }
  }
}

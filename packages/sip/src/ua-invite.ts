import type { ProtocolError } from '@simple-im/grammar';
import type { Timer } from '@simple-im/transport';
import { AcceptedInvite } from './accepted-invite.js';
import { Dialog } from './dialog.js';
import type { IncomingRequest } from './endpoint-types.js';
import { sipError } from './errors.js';
import type { SipRequest, SipResponse } from './message.js';
import type { UaCore } from './ua-core.js';
import { UaDialog } from './ua-dialog.js';
import { UaRequest } from './ua-request.js';
import type { UaResponseOptions } from './ua-request.js';

export type UaInviteHandler = (incoming: UaInvite) => void | Promise<void>;

/** §13.3.1.1: how often a provisional response is repeated, so that no proxy gives the INVITE up. */
const EXTENSION = 60_000;

/** An INVITE that came to a user agent (§13.3.1), or a re-INVITE in `dialog` (§14.2). */
export class UaInvite extends UaRequest {
  /** The caller gave up, or the Expires time ran out; 487 was sent. */
  onCancelled: (() => void) | undefined;
  #established: UaDialog | undefined;
  #accepted: AcceptedInvite | undefined;
  #acknowledged: ((ack: SipRequest) => void) | undefined;
  #abandoned: ((error: ProtocolError) => void) | undefined;
  #expiry: Timer | undefined;
  #extension: Timer | undefined;

  constructor(core: UaCore, incoming: IncomingRequest, dialog: UaDialog | undefined) {
    super(core, incoming, dialog);
    this.#established = dialog;
    incoming.onCancelled = () => this.#cancelled();
    const expires = this.request.expires;
    // §13.3.1 step 1. Longer than a timer can run is as good as never.
    if (expires !== undefined && expires < 86_400) {
      this.#expiry = core.endpoint.clock.setTimer(expires * 1000, () => this.#cancelled());
    }
  }

  /** The dialog: early from the first provisional response above 100 on, confirmed from `accept` on. */
  get established(): UaDialog | undefined {
    return this.#established;
  }

  /** The ACK is still to come. */
  get awaitsAck(): boolean {
    return this.#accepted !== undefined;
  }

  /** A provisional response, or a refusal; a 2xx is `accept` without waiting. Throws SIP_ALREADY_ANSWERED. */
  override respond(status: number, options: UaResponseOptions = {}): void {
    if (this.answered) throw sipError('SIP_ALREADY_ANSWERED');
    if (status >= 200 && status < 300) {
      // Whoever does not wait for the ACK learns from the dialog that none came.
      this.#accept(status, options).catch(() => undefined);
      return;
    }
    const response = this.makeResponse(status, options);
    if (status > 100 && status < 200) {
      this.#establish(response);
      this.#repeat(response);
    }
    this.incoming.respond(response);
    if (status >= 300) this.#refused();
  }

  /**
   * Answers 200 and sends it until the ACK comes; resolves with the dialog then. Without an ACK the dialog is ended with
   * BYE and the promise rejects with SIP_NO_ACK (§13.3.1.4). Rejects with SIP_ALREADY_ANSWERED after a CANCEL, and with
   * SIP_DIALOG_ENDED when the peer ends the dialog before its ACK has come.
   */
  async accept(options: UaResponseOptions = {}): Promise<UaDialog> {
    if (this.answered) throw sipError('SIP_ALREADY_ANSWERED');
    return this.#accept(200, options);
  }

  /** For the user agent: an ACK with the CSeq number of this INVITE came. */
  acknowledge(ack: SipRequest): void {
    this.#accepted?.stop();
    this.#accepted = undefined;
    this.#acknowledged?.(ack);
  }

  /** For the dialog: it is over. */
  abandon(error: ProtocolError): void {
    this.#stopTimers();
    this.#accepted?.stop();
    this.#accepted = undefined;
    this.#abandoned?.(error);
    if (!this.answered) this.incoming.respond(this.makeResponse(487, {}));
  }

  #accept(status: number, options: UaResponseOptions): Promise<UaDialog> {
    this.#stopTimers();
    const response = this.makeResponse(status, options);
    if (!response.headers.has('Allow')) response.headers.add('Allow', this.core.allow);
    const { supported = [] } = this.core.options;
    if (supported.length > 0 && !response.headers.has('Supported')) response.headers.add('Supported', supported.join(', '));
    const dialog = this.#establish(response);
    if (this.dialog === undefined) dialog.dialog.update(response);
    else dialog.dialog.refresh(this.request);
    return new Promise((resolve, reject) => {
      this.#acknowledged = () => resolve(dialog);
      this.#abandoned = reject;
      const { clock, timers } = this.core.endpoint;
      this.#accepted = new AcceptedInvite(clock, timers, () => this.incoming.respond(response), (error) => {
        this.#accepted = undefined;
        reject(error);
        dialog.noAck(this);
      });
    });
  }

  #repeat(response: SipResponse): void {
    this.#extension?.cancel();
    this.#extension = this.core.endpoint.clock.setTimer(EXTENSION, () => {
      this.incoming.respond(response);
      this.#repeat(response);
    });
  }

  #stopTimers(): void {
    this.#expiry?.cancel();
    this.#extension?.cancel();
  }

  #establish(response: SipResponse): UaDialog {
    if (this.#established === undefined) {
      this.#established = new UaDialog(this.core, Dialog.uas(this.request, response));
      this.#established.inviteCame(this);
    }
    return this.#established;
  }

  #cancelled(): void {
    if (this.answered) return;
    this.incoming.respond(this.makeResponse(487, {}));
    this.#refused();
    this.onCancelled?.();
  }

  #refused(): void {
    this.#stopTimers();
    if (this.dialog !== undefined) this.dialog.inviteRefused(this);
    else this.#established?.end('refused');
  }
}

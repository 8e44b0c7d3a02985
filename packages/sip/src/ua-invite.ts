import type { ProtocolError } from '@simple-im/grammar';
import type { Timer } from '@simple-im/transport';
import { AcceptedInvite } from './accepted-invite.js';
import { Dialog } from './dialog.js';
import type { IncomingRequest } from './endpoint-types.js';
import { sipError } from './errors.js';
import type { SipRequest, SipResponse } from './message.js';
import { ReliableProvisionals } from './reliable-provisionals.js';
import type { SessionTimerSettings } from './session-refresh.js';
import { SessionTimer } from './session-timer.js';
import type { UaCore } from './ua-core.js';
import { UaDialog } from './ua-dialog.js';
import { UaRequest } from './ua-request.js';
import type { UaRequestHandler, UaResponseOptions } from './ua-request.js';

export type UaInviteHandler = (incoming: UaInvite) => void | Promise<void>;

export interface UaInviteResponseOptions extends UaResponseOptions {
  /** For 101 to 199: repeated until the peer acknowledges it (RFC 3262), if the peer supports that. If it requires that, always. */
  readonly reliable?: boolean | undefined;
}

export interface AcceptOptions extends UaResponseOptions {
  /** Session timer (RFC 4028). Absent: what the peer asks for, if `timer` is among the options we support. */
  readonly sessionTimer?: SessionTimerSettings | undefined;
}

/** §13.3.1.1, RFC 3262 §3: how often a provisional response is repeated, so that no proxy gives the INVITE up. */
const EXTENSION = 60_000;
const RELIABLE_EXTENSION = 150_000;

/** An INVITE that came to a user agent (§13.3.1), or a re-INVITE in `dialog` (§14.2). */
export class UaInvite extends UaRequest {
  /** The caller gave up, or the Expires time ran out; 487 was sent. */
  onCancelled: (() => void) | undefined;
  /** Nobody acknowledged a reliable provisional response in 64*T1; 504 was sent (SIP_NO_PRACK). */
  onFailed: ((error: ProtocolError) => void) | undefined;
  /** A PRACK that acknowledges a response of ours; answered 200 after this unless it was answered. An offer in it wants an answer there. */
  onPrack: UaRequestHandler | undefined;
  /** The session this one is to take the place of (RFC 3891); ended once this one is accepted. Check first that the caller may. */
  readonly replaces: UaDialog | undefined;
  #established: UaDialog | undefined;
  #provisionals: ReliableProvisionals | undefined;
  /** A 2xx waits for a PRACK (RFC 3262 §5). */
  #accepting = false;
  #accepted: AcceptedInvite | undefined;
  #acknowledged: ((ack: SipRequest) => void) | undefined;
  #abandoned: ((error: ProtocolError) => void) | undefined;
  #expiry: Timer | undefined;
  #extension: Timer | undefined;

  constructor(core: UaCore, incoming: IncomingRequest, dialog: UaDialog | undefined, replaces?: UaDialog) {
    super(core, incoming, dialog);
    this.#established = dialog;
    this.replaces = replaces;
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

  /** A provisional response with a session description is not acknowledged (RFC 3262 §5). */
  get awaitsPrack(): boolean {
    return this.#provisionals?.withholds2xx === true;
  }

  override get answered(): boolean {
    return this.#accepting || super.answered;
  }

  /** Whether the peer can acknowledge provisional responses (RFC 3262 §3). */
  get supportsReliable(): boolean {
    return this.#requiresReliable || hasTag(this.request.supported());
  }

  /** A provisional response, or a refusal; a 2xx is `accept` without waiting. Throws SIP_ALREADY_ANSWERED. */
  override respond(status: number, options: UaInviteResponseOptions = {}): void {
    if (this.answered) throw sipError('SIP_ALREADY_ANSWERED');
    if (status >= 200 && status < 300) {
      // Whoever does not wait for the ACK learns from the dialog that none came.
      this.#accept(status, options).catch(() => undefined);
      return;
    }
    const response = this.makeResponse(status, options);
    if (status > 100 && status < 200) {
      const dialog = this.#establish(response);
      if (this.#requiresReliable || (options.reliable === true && this.supportsReliable)) this.#reliable().give(response);
      else this.incoming.respond(response);
      dialog.session?.answering(this.request, response);
      this.#repeat(response);
      return;
    }
    this.incoming.respond(response);
    if (status >= 300) this.#refused();
  }

  /**
   * Answers 200 and sends it until the ACK comes; resolves with the dialog then. The 200 waits until a reliable provisional
   * response with a session description is acknowledged (RFC 3262 §5). Without an ACK the dialog is ended with BYE and the promise
   * rejects with SIP_NO_ACK (§13.3.1.4). Rejects with SIP_ALREADY_ANSWERED after a CANCEL, SIP_NO_PRACK, SIP_INTERVAL_TOO_SMALL when
   * 422 was answered (RFC 4028 §9), and SIP_DIALOG_ENDED when the peer ends the dialog before its ACK has come.
   */
  async accept(options: AcceptOptions = {}): Promise<UaDialog> {
    if (this.answered) throw sipError('SIP_ALREADY_ANSWERED');
    return this.#accept(200, options);
  }

  /** For the user agent: an ACK with the CSeq number of this INVITE came. */
  acknowledge(ack: SipRequest): void {
    this.#accepted?.stop();
    this.#accepted = undefined;
    this.#acknowledged?.(ack);
  }

  /** For the user agent: whether a PRACK acknowledges a provisional response to this INVITE. */
  expectsPrack(prack: SipRequest): boolean {
    return this.#provisionals?.matches(prack) === true;
  }

  /** For the user agent: a PRACK that `expectsPrack` was true for. */
  async receivePrack(prack: UaRequest): Promise<void> {
    if (this.onPrack === undefined) prack.respond(200);
    this.#provisionals?.acknowledged();
    await this.onPrack?.(prack);
    if (!prack.answered) prack.respond(200);
  }

  /** For the dialog: it is over. */
  abandon(error: ProtocolError): void {
    this.#finish();
    this.#accepted?.stop();
    this.#accepted = undefined;
    this.#abandoned?.(error);
    if (!super.answered) this.incoming.respond(this.makeResponse(487, {}));
  }

  get #requiresReliable(): boolean {
    return hasTag(this.request.require());
  }

  #accept(status: number, options: AcceptOptions): Promise<UaDialog> {
    const provisionals = this.#provisionals;
    if (provisionals?.withholds2xx !== true) return this.#acceptNow(status, options);
    this.#accepting = true;
    return new Promise((resolve, reject) => {
      this.#abandoned = reject;
      provisionals.whenAcknowledged(() => {
        this.#accepting = false;
        this.#acceptNow(status, options).then(resolve, reject);
      });
    });
  }

  async #acceptNow(status: number, options: AcceptOptions): Promise<UaDialog> {
    const timer = this.#timerOf(options);
    this.#finish();
    const response = this.makeResponse(status, options);
    if (!response.headers.has('Allow')) response.headers.add('Allow', this.core.allow);
    const { supported = [] } = this.core.options;
    if (supported.length > 0 && !response.headers.has('Supported')) response.headers.add('Supported', supported.join(', '));
    const dialog = this.#establish(response);
    if (this.dialog === undefined) dialog.dialog.update(response);
    else dialog.dialog.refresh(this.request);
    if (timer !== undefined) dialog.session?.startTimer(timer.settings, timer.timer);
    dialog.session?.answering(this.request, response);
    return new Promise((resolve, reject) => {
      this.#acknowledged = () => resolve(dialog);
      this.#abandoned = reject;
      const { clock, timers } = this.core.endpoint;
      this.#accepted = new AcceptedInvite(clock, timers, () => this.incoming.respond(response), (error) => {
        this.#accepted = undefined;
        reject(error);
        dialog.session?.noAck(this);
      });
      this.#endReplaced();
    });
  }

  /** RFC 3891 §3: a session is ended with BYE, an INVITE of ours that is not answered yet with CANCEL. */
  #endReplaced(): void {
    const giveUp = this.replaces?.session?.giveUp;
    if (giveUp !== undefined) giveUp();
    else this.replaces?.loseSession('replaced');
  }

  /** The session timer to begin with; none when there is one already. Answers 422 when the peer asks for too short a one. */
  #timerOf({ sessionTimer }: AcceptOptions): { settings: SessionTimerSettings; timer: SessionTimer } | undefined {
    const settings = sessionTimer ?? (this.core.supports('timer') ? {} : undefined);
    if (settings === undefined || this.dialog?.session?.timer !== undefined) return undefined;
    const timer = new SessionTimer(settings);
    const tooShort = timer.tooShort(this.request);
    if (tooShort === undefined) return { settings, timer };
    this.respond(422, { headers: tooShort });
    throw sipError('SIP_INTERVAL_TOO_SMALL');
  }

  #reliable(): ReliableProvisionals {
    const { clock, random, timers } = this.core.endpoint;
    this.#provisionals ??= new ReliableProvisionals({
      clock,
      random,
      timers,
      send: (response) => this.incoming.respond(response),
      gaveUp: () => this.#unacknowledged(),
    });
    return this.#provisionals;
  }

  #repeat(response: SipResponse): void {
    const reliable = response.headers.has('Require');
    this.#extension?.cancel();
    this.#extension = this.core.endpoint.clock.setTimer(reliable ? RELIABLE_EXTENSION : EXTENSION, () => {
      if (this.answered) return;
      if (reliable) {
        this.respond(response.status, { reliable });
      } else {
        this.incoming.respond(response);
        this.#repeat(response);
      }
    });
  }

  /** The final response is given, or never will be. */
  #finish(): void {
    this.#expiry?.cancel();
    this.#extension?.cancel();
    this.#provisionals?.finish();
  }

  #establish(response: SipResponse): UaDialog {
    if (this.#established === undefined) {
      this.#established = new UaDialog(this.core, Dialog.uas(this.request, response));
      this.#established.session?.inviteCame(this);
    }
    return this.#established;
  }

  #cancelled(): void {
    if (super.answered) return;
    this.#refuseWith(487, sipError('SIP_ALREADY_ANSWERED'));
    this.onCancelled?.();
  }

  /** RFC 3262 §3 */
  #unacknowledged(): void {
    if (super.answered) return;
    const error = sipError('SIP_NO_PRACK');
    this.#refuseWith(504, error);
    this.onFailed?.(error);
  }

  #refuseWith(status: number, error: ProtocolError): void {
    this.incoming.respond(this.makeResponse(status, {}));
    this.#accepting = false;
    this.#abandoned?.(error);
    this.#refused();
  }

  #refused(): void {
    this.#finish();
    if (this.#provisionals?.outstanding === true && this.dialog === undefined) this.core.expectLatePrack(this);
    if (this.dialog !== undefined) this.dialog.session?.inviteRefused(this);
    else this.#established?.end('refused');
  }
}

function hasTag(tags: readonly string[]): boolean {
  return tags.some((tag) => tag.toLowerCase() === '100rel');
}

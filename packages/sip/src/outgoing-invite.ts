import type { ProtocolError } from '@simple-im/grammar';
import { Acknowledgement } from './acknowledgement.js';
import type { BodyOptions } from './build.js';
import { Dialog } from './dialog.js';
import { sipError } from './errors.js';
import { SipResponse } from './message.js';
import type { SipRequest } from './message.js';
import type { UaCore } from './ua-core.js';
import { UaDialog } from './ua-dialog.js';
import { UacRequest } from './uac-request.js';

export interface AnsweredInvite {
  /** The 2xx. */
  readonly response: SipResponse;
  readonly dialog: UaDialog;
}

/**
 * An INVITE of ours (§13.2). The first 2xx answers it and is to be acknowledged with `ack`; every further 2xx, from another
 * branch of a fork, is acknowledged and its dialog ended with BYE at once (§13.2.2.4).
 */
export class OutgoingInvite {
  /** Each provisional response but 100; with its early dialog if it has a To tag. */
  onProvisional: ((response: SipResponse, dialog: UaDialog | undefined) => void) | undefined;
  /**
   * Rejects with SIP_REJECTED (`responseOf` gives the response), SIP_TIMEOUT, SIP_TRANSPORT, and SIP_ABORTED after
   * `cancel`.
   */
  readonly answered: Promise<AnsweredInvite>;
  readonly #core: UaCore;
  readonly #exchange: UacRequest;
  readonly #dialogs = new Map<string, UaDialog>();
  readonly #acknowledgements = new Map<string, Acknowledgement>();
  #resolve: (answer: AnsweredInvite) => void = () => {};
  #reject: (error: ProtocolError) => void = () => {};
  #chosen: { readonly dialog: UaDialog; readonly sent: SipRequest; readonly tag: string } | undefined;
  #cancelled = false;

  constructor(core: UaCore, request: SipRequest, signal: AbortSignal | undefined) {
    this.#core = core;
    this.answered = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    let cseq = request.cseq?.number ?? 1;
    this.#exchange = new UacRequest(core, { request, inDialog: false, nextCseq: () => (cseq += 1) }, {
      provisional: (response, sent) => this.#provisional(response, sent),
      final: (response, sent) => this.#final(response, sent),
      failed: (error) => this.#failed(error),
      terminated: () => this.#endEarlyDialogs(),
    });
    const abort = (): void => this.cancel();
    const forget = (): void => signal?.removeEventListener('abort', abort);
    signal?.addEventListener('abort', abort, { once: true });
    this.answered.then(forget, forget);
    if (signal?.aborted === true) this.cancel();
    this.#exchange.start();
  }

  /** Acknowledges the 2xx that answered; `options` carry an answer if the 2xx had the offer. Repeated by itself. */
  ack(options: BodyOptions = {}): void {
    const chosen = this.#chosen;
    if (chosen !== undefined) this.#acknowledge(chosen.tag, chosen.dialog, chosen.sent, options);
  }

  /**
   * Gives up: CANCEL as §9.1 says, with `reason` as Reason field. A 2xx that comes all the same is acknowledged and its
   * dialog ended with BYE.
   */
  cancel(reason?: string): void {
    if (this.#cancelled || this.#chosen !== undefined) return;
    this.#cancelled = true;
    this.#exchange.cancel(reason);
  }

  #provisional(response: SipResponse, sent: SipRequest): void {
    if (response.status === 100) return;
    this.onProvisional?.(response, response.toTag === undefined ? undefined : this.#dialogFor(response, sent));
  }

  #final(response: SipResponse, sent: SipRequest): void {
    if (response.status >= 300) {
      this.#rejected(response);
      return;
    }
    const tag = response.toTag ?? '';
    const repeated = this.#acknowledgements.get(tag);
    if (repeated !== undefined) {
      void repeated.send();
      return;
    }
    if (this.#chosen?.tag === tag) return;
    const dialog = this.#dialogFor(response, sent);
    dialog.dialog.update(response);
    if (this.#chosen === undefined && !this.#cancelled) {
      this.#chosen = { dialog, sent, tag };
      this.#resolve({ response, dialog });
      return;
    }
    this.#acknowledge(tag, dialog, sent, {});
    dialog.bye().catch((error: unknown) => this.#core.endpoint.report(error as Error));
    this.#reject(sipError('SIP_ABORTED'));
  }

  #rejected(response: SipResponse): void {
    this.#endEarlyDialogs();
    const { status, reason } = response;
    const rejected = sipError('SIP_REJECTED', { status, detail: `${status} ${reason}`, cause: response });
    this.#reject(this.#cancelled ? sipError('SIP_ABORTED', { cause: response }) : rejected);
  }

  #failed(error: ProtocolError): void {
    this.#endEarlyDialogs();
    this.#reject(this.#cancelled ? sipError('SIP_ABORTED', { cause: error }) : error);
  }

  #dialogFor(response: SipResponse, sent: SipRequest): UaDialog {
    const tag = response.toTag ?? '';
    const known = this.#dialogs.get(tag);
    if (known !== undefined) return known;
    const dialog = new UaDialog(this.#core, Dialog.uac(sent, response));
    this.#dialogs.set(tag, dialog);
    return dialog;
  }

  #acknowledge(tag: string, dialog: UaDialog, sent: SipRequest, options: BodyOptions): void {
    if (this.#acknowledgements.has(tag)) return;
    const acknowledgement = new Acknowledgement(this.#core, dialog.dialog, sent, options);
    this.#acknowledgements.set(tag, acknowledgement);
    void acknowledgement.send();
  }

  /** §13.2.2.4: what has not become a dialog when the transaction is over never will. */
  #endEarlyDialogs(): void {
    for (const dialog of this.#dialogs.values()) if (dialog.dialog.state === 'early') dialog.end('refused');
  }
}

/** The response an INVITE was rejected with, from the SIP_REJECTED or SIP_ABORTED of `answered`. */
export function responseOf(error: ProtocolError): SipResponse | undefined {
  return error.cause instanceof SipResponse ? error.cause : undefined;
}

import type { ProtocolError } from '@simple-im/grammar';
import { Acknowledgement } from './acknowledgement.js';
import type { AcknowledgedProvisionals, ReliableProvisional } from './acknowledged-provisionals.js';
import type { BodyOptions } from './build.js';
import { Dialog } from './dialog.js';
import { sipError } from './errors.js';
import { SipResponse } from './message.js';
import type { SipRequest } from './message.js';
import { SessionTimer } from './session-timer.js';
import type { SessionTimerSettings } from './session-refresh.js';
import type { UaCore } from './ua-core.js';
import { UaDialog } from './ua-dialog.js';
import type { InviteOptions } from './ua-options.js';
import { UacRequest } from './uac-request.js';

/** 422s that are followed. */
const MOST_RETRIES = 4;

/** A dialog that the INVITE made, of those that a fork may make. */
interface Branch {
  readonly dialog: UaDialog;
  readonly provisionals: AcknowledgedProvisionals | undefined;
}

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
  /**
   * Each provisional response but 100; with its early dialog if it has a To tag. Reliable ones (RFC 3262) come once, in order and
   * with what acknowledges them; see {@link ReliableProvisional}.
   */
  onProvisional: ((response: SipResponse, dialog: UaDialog | undefined, reliable: ReliableProvisional | undefined) => void) | undefined;
  /**
   * Rejects with SIP_REJECTED (`responseOf` gives the response), SIP_TIMEOUT, SIP_TRANSPORT, and SIP_ABORTED after
   * `cancel`.
   */
  readonly answered: Promise<AnsweredInvite>;
  readonly #core: UaCore;
  readonly #request: SipRequest;
  readonly #settings: SessionTimerSettings | undefined;
  readonly #timer: SessionTimer | undefined;
  #exchange: UacRequest;
  #cseq: number;
  readonly #branches = new Map<string, Branch>();
  readonly #acknowledgements = new Map<string, Acknowledgement>();
  #resolve: (answer: AnsweredInvite) => void = () => {};
  #reject: (error: ProtocolError) => void = () => {};
  #chosen: { readonly dialog: UaDialog; readonly sent: SipRequest; readonly tag: string } | undefined;
  #cancelled = false;
  #retries = 0;

  constructor(core: UaCore, request: SipRequest, options: InviteOptions) {
    const { signal, sessionTimer, reliable } = options;
    this.#core = core;
    this.#request = request;
    this.#cseq = request.cseq?.number ?? 1;
    this.#settings = sessionTimer ?? (core.supports('timer') ? {} : undefined);
    this.#timer = this.#settings === undefined ? undefined : new SessionTimer(this.#settings);
    if (reliable === 'required') request.headers.add('Require', '100rel');
    if (reliable !== undefined) core.support(request.headers, '100rel');
    if (this.#timer !== undefined) core.support(request.headers, 'timer');
    this.answered = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#exchange = this.#newExchange();
    const abort = (): void => this.cancel();
    const forget = (): void => signal?.removeEventListener('abort', abort);
    signal?.addEventListener('abort', abort, { once: true });
    this.answered.then(forget, forget);
    if (signal?.aborted === true) this.cancel();
    this.#start();
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

  #newExchange(): UacRequest {
    const request = this.#request.clone();
    for (const [name, value] of this.#timer?.requestFields() ?? []) request.headers.set(name, value);
    const exchange: UacRequest = new UacRequest(this.#core, { request, inDialog: false, nextCseq: () => (this.#cseq += 1) }, {
      provisional: (response, sent) => this.#provisional(response, sent),
      final: (response, sent) => this.#final(response, sent),
      failed: (error) => this.#failed(error),
      terminated: () => {
        if (this.#exchange === exchange) this.#endEarlyDialogs();
      },
    });
    return exchange;
  }

  #start(): void {
    this.#exchange.start().catch((error: unknown) => this.#failed(error as ProtocolError));
  }

  #provisional(response: SipResponse, sent: SipRequest): void {
    if (response.status === 100) return;
    if (response.toTag === undefined) {
      this.onProvisional?.(response, undefined, undefined);
      return;
    }
    const { dialog, provisionals } = this.#branchFor(response, sent);
    provisionals?.receive(response, sent, (reliable) => {
      dialog.session?.offers.response('peer', response, sent);
      dialog.session?.heard(response);
      this.onProvisional?.(response, dialog, reliable);
    });
  }

  #final(response: SipResponse, sent: SipRequest): void {
    if (response.status >= 300) {
      if (!this.#asksAgain(response)) this.#rejected(response);
      return;
    }
    const tag = response.toTag ?? '';
    const repeated = this.#acknowledgements.get(tag);
    if (repeated !== undefined) {
      void repeated.send();
      return;
    }
    if (this.#chosen?.tag === tag) return;
    const { dialog } = this.#branchFor(response, sent);
    dialog.dialog.update(response);
    if (this.#chosen === undefined && !this.#cancelled) {
      this.#chosen = { dialog, sent, tag };
      this.#establish(dialog, response, sent);
      this.#resolve({ response, dialog });
      return;
    }
    this.#acknowledge(tag, dialog, sent, {});
    dialog.bye().catch((error: unknown) => this.#core.endpoint.report(error as Error));
    this.#reject(sipError('SIP_ABORTED'));
  }

  #establish({ session }: UaDialog, response: SipResponse, sent: SipRequest): void {
    if (session === undefined) return;
    session.giveUp = undefined;
    if (this.#settings !== undefined) session.startTimer(this.#settings, this.#timer);
    session.answered(sent, response);
  }

  /** RFC 4028 §7.3: once more with the interval that a 422 names. The timer agrees as long as the peers ask for more. */
  #asksAgain(response: SipResponse): boolean {
    if (this.#cancelled || this.#timer?.refused(response) !== true || ++this.#retries > MOST_RETRIES) return false;
    this.#endEarlyDialogs();
    this.#branches.clear();
    this.#cseq += 1;
    this.#request.headers.set('CSeq', `${this.#cseq} INVITE`);
    this.#exchange = this.#newExchange();
    this.#start();
    return true;
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

  #branchFor(response: SipResponse, sent: SipRequest): Branch {
    const tag = response.toTag ?? '';
    const known = this.#branches.get(tag);
    if (known !== undefined) return known;
    const dialog = new UaDialog(this.#core, Dialog.uac(sent, response));
    const { session } = dialog;
    if (session !== undefined) {
      session.offers.request('us', sent);
      session.giveUp = () => this.cancel();
    }
    const branch = { dialog, provisionals: session?.provisionals() };
    this.#branches.set(tag, branch);
    return branch;
  }

  #acknowledge(tag: string, dialog: UaDialog, sent: SipRequest, options: BodyOptions): void {
    if (this.#acknowledgements.has(tag)) return;
    const acknowledgement = new Acknowledgement(this.#core, dialog.dialog, sent, options);
    this.#acknowledgements.set(tag, acknowledgement);
    dialog.session?.offers.request('us', acknowledgement.request);
    void acknowledgement.send();
  }

  /** §13.2.2.4: what has not become a dialog when the transaction is over never will. */
  #endEarlyDialogs(): void {
    for (const { dialog } of this.#branches.values()) if (dialog.dialog.state === 'early') dialog.end('refused');
  }
}

/** The response an INVITE was rejected with, from the SIP_REJECTED or SIP_ABORTED of `answered`. */
export function responseOf(error: ProtocolError): SipResponse | undefined {
  return error.cause instanceof SipResponse ? error.cause : undefined;
}

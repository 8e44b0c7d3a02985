import type { ProtocolError } from '@simple-im/grammar';
import { Acknowledgement } from './acknowledgement.js';
import type { ReliableProvisional } from './acknowledged-provisionals.js';
import type { BodyOptions } from './build.js';
import { failureReach, OF_SESSION } from './dialog-usage.js';
import type { DialogRequestHandlers, DialogUsage, UsageEnd } from './dialog-usage.js';
import type { Dialog } from './dialog.js';
import { sipError } from './errors.js';
import { InviteUsage } from './invite-usage.js';
import { KnownPlace } from './known-place.js';
import type { SipRequest, SipResponse } from './message.js';
import { TARGET_REFRESH } from './ua-core.js';
import { Referral, referFields, type ReferOptions, type ReferTarget } from './referral.js';
import type { UaCore } from './ua-core.js';
import type { UaInviteHandler } from './ua-invite.js';
import type { UaRequestOptions } from './ua-options.js';
import type { UaReferHandler } from './ua-refer.js';
import type { UaRequest, UaRequestHandler } from './ua-request.js';
import { UacRequest } from './uac-request.js';
import type { UacHandlers } from './uac-request.js';

/**
 * Why a session ended. `local`: we sent BYE. `remote`: the peer did. `refused`: the INVITE came to nothing. `lost`: the peer
 * answered 481 or not at all (§12.2.1.2), or with what destroys a dialog (RFC 5057 §5.1). `no ack`: our 2xx was never
 * acknowledged (§13.3.1.4). `closed`: the user agent was.
 * `expired`: nobody refreshed the session in time (RFC 4028 §10). `replaced`: by the session of an INVITE with Replaces (RFC 3891).
 */
export type DialogEnd = 'local' | 'remote' | 'refused' | 'lost' | 'no ack' | 'closed' | 'expired' | 'replaced';

export interface InDialogOptions extends UaRequestOptions {
  /** For a re-INVITE: what its ACK carries. */
  readonly ack?: BodyOptions | undefined;
  /** For a re-INVITE: each provisional response but 100, reliable ones once and in order. */
  readonly onProvisional?: ((response: SipResponse, reliable: ReliableProvisional | undefined) => void) | undefined;
  /** The usage it is made in. Without one it is the session's: a 481, a 408 or no answer ends that with BYE. */
  readonly usage?: DialogUsage | undefined;
}

/**
 * Not even a 481 to these says anything of a usage: they belong to none (RFC 5057 §5.3), or like PRACK to an INVITE whose own
 * final response, which may be under way, decides.
 */
const OF_NO_USAGE = new Set(['OPTIONS', 'MESSAGE', 'PRACK']);
const NO_USAGES: readonly DialogUsage[] = [];

/**
 * A dialog with its peer: requests both ways. It lives while something in it does (RFC 6665 §4.5.2): the session an INVITE made,
 * or a {@link DialogUsage}.
 */
export class UaDialog {
  readonly dialog: Dialog;
  /** Called once when the session is over; `bye` is the peer's. */
  onTerminated: ((end: DialogEnd, bye?: SipRequest) => void) | undefined;
  /** For re-INVITEs; without one they are answered 488. */
  inviteHandler: UaInviteHandler | undefined;
  readonly #core: UaCore;
  // Made when needed: a server has a dialog for each of its subscriptions.
  #handlers: Map<string, UaRequestHandler> | undefined;
  #usages = NO_USAGES;
  #place: KnownPlace | undefined;
  #session: InviteUsage | undefined;

  /** For the user agent, which knows the dialog from then on: a session's, or one that was made by `usage`. */
  constructor(core: UaCore, dialog: Dialog, usage?: DialogUsage) {
    this.#core = core;
    this.dialog = dialog;
    if (usage === undefined) this.#session = new InviteUsage(core, this);
    else this.#usages = [usage];
    core.dialogs.set(dialog.id, this);
  }

  /** The session; undefined when it is over, and in a dialog that no INVITE made. */
  get session(): InviteUsage | undefined {
    return this.#session;
  }

  /** Puts a usage into the dialog: before the SUBSCRIBE that makes it is sent, or accepted. Throws SIP_DIALOG_ENDED. */
  attach(usage: DialogUsage): void {
    if (this.dialog.state === 'terminated') throw sipError('SIP_DIALOG_ENDED');
    this.#usages = [...this.#usages, usage];
  }

  /** The usage is over; with the last one the dialog is. Harmless when it is over already. */
  detach(usage: DialogUsage): void {
    if (!this.#usages.includes(usage)) return;
    this.#usages = this.#usages.filter((one) => one !== usage);
    this.#leave();
  }

  /** Handles the peer's requests of a method in this dialog; those of other methods go to the user agent's handlers. */
  handle(method: 'INVITE', handler: UaInviteHandler): void;
  handle(method: 'REFER', handler: UaReferHandler): void;
  handle(method: string, handler: UaRequestHandler): void;
  handle(method: string, handler: UaRequestHandler | UaInviteHandler | UaReferHandler): void {
    if (method === 'INVITE') this.inviteHandler = handler as UaInviteHandler;
    else (this.#handlers ??= new Map()).set(method, handler as UaRequestHandler);
    this.#core.methods.add(method);
  }

  /** Who handles a request of the peer here: the usage it belongs to, then a handler for its method. */
  handlerOf(request: SipRequest): UaRequestHandler | undefined {
    const usage = this.#usages.find((one) => one.owns(request));
    return usage === undefined ? this.#handlers?.get(request.method) : (incoming) => usage.receive(incoming);
  }

  /**
   * Sends a request and resolves with its final response; challenges are answered. A re-INVITE is acknowledged, a 481, a
   * 408 or no answer ends the session, and a status like 404 the dialog (RFC 5057 §5.1). Rejects with SIP_TIMEOUT, SIP_TRANSPORT,
   * SIP_ABORTED, SIP_DIALOG_ENDED, and SIP_GLARE while another INVITE is under way (§14.1), or an offer for an UPDATE with one
   * (RFC 3311 §5.1).
   */
  async request(method: string, options: InDialogOptions = {}): Promise<SipResponse> {
    if (method === 'BYE') return this.bye(options);
    return this.#sendRequest(this.dialog.request(method, options), options, method === 'INVITE' ? this.#following(options) : {});
  }

  /**
   * As `request` for a request of a usage (no INVITE, no BYE), but tells handlers: for whoever has thousands under way, each of
   * which would cost some promises. Throws SIP_DIALOG_ENDED, SIP_UNSAFE_FIELD.
   */
  send(method: string, options: BodyOptions & { readonly usage: DialogUsage }, handlers: DialogRequestHandlers): void {
    this.#exchange(this.dialog.request(method, options), options.usage, {}, handlers).start();
  }

  /**
   * Asks the peer to send a request to someone else, an INVITE by default, and to report on it (RFC 3515). Throws SIP_DIALOG_ENDED,
   * GRAMMAR_UNENCODABLE, SIP_UNSAFE_FIELD.
   */
  refer(target: ReferTarget, options: ReferOptions = {}): Referral {
    const headers = referFields(this.#core, target, options);
    return new Referral(this.#core, this, (usage) => this.request('REFER', { ...options, headers, usage }));
  }

  /**
   * Ends the session with BYE, and the dialog unless it has usages; whatever the peer answers, it is over (§15.1.1). Waits
   * for the ACK if one is to come (§15). Resolves with the answer to the BYE; rejects as `request`.
   */
  async bye(options: UaRequestOptions = {}): Promise<SipResponse> {
    const settled = this.#session?.settled();
    if (settled !== undefined) await settled;
    if (this.#session === undefined) throw sipError('SIP_DIALOG_ENDED');
    const request = this.dialog.request('BYE', options);
    this.end('local');
    return this.#sendRequest(request, options, {});
  }

  /** Ends the session without a message, and the dialog unless it has usages; tells `onTerminated`. */
  end(reason: DialogEnd, bye?: SipRequest): void {
    const session = this.#session;
    if (session === undefined) return;
    this.#session = undefined;
    this.#leave();
    session.ended();
    this.#core.remember(this.dialog);
    this.onTerminated?.(reason, bye);
  }

  /** For the user agent: ends the session with BYE; one that we have not accepted yet with the refusal of its INVITE (§15). */
  loseSession(reason: DialogEnd): void {
    if (this.#session === undefined) return;
    const bye = this.dialog.state === 'early' && !this.dialog.isUac ? undefined : this.dialog.request('BYE');
    this.end(reason);
    if (bye !== undefined) this.#sendRequest(bye, {}, {}).catch((error: unknown) => this.#core.endpoint.report(error as Error));
  }

  /** Forgets the dialog with all that is in it, without a message; tells `onTerminated` and every usage. */
  destroy(end: UsageEnd): void {
    const usages = this.#usages;
    this.#usages = NO_USAGES;
    this.end(end);
    this.#leave();
    for (const usage of usages) usage.ended(end);
  }

  /** For the user agent: a request of the peer in this dialog that passed §8.2. */
  receive(incoming: UaRequest, handler: UaRequestHandler | undefined): void {
    const { request } = incoming;
    this.dialog.receive(request);
    const { method } = request;
    if (method === 'BYE') this.#receiveBye(incoming);
    else if (method === 'PRACK' && this.#session !== undefined) this.#session.receivePrack(incoming);
    else if (method === 'UPDATE' && this.#session !== undefined) this.#session.receiveUpdate(incoming, handler);
    else if (OF_SESSION.has(method)) incoming.respond(481);
    else if (handler === undefined) incoming.respond(405, { headers: [['Allow', this.#core.allow]] });
    else this.#core.run(handler, incoming);
  }

  /** A BYE belongs to the session (RFC 5057 §5.3). */
  #receiveBye(incoming: UaRequest): void {
    incoming.respond(this.#session === undefined ? 481 : 200);
    this.end('remote', incoming.request);
  }

  /** What a re-INVITE does besides: its ACK, repeated with each 2xx, and PRACKs. */
  #following({ ack, onProvisional }: InDialogOptions): Partial<UacHandlers> {
    let acknowledgement: Acknowledgement | undefined;
    const provisionals = this.#session?.provisionals();
    return {
      provisional: (response, sent) => {
        if (response.status === 100) return;
        provisionals?.receive(response, sent, (reliable) => {
          this.#session?.offers.response('peer', response, sent);
          onProvisional?.(response, reliable);
        });
      },
      final: (response, sent) => {
        if (response.status >= 300) return;
        if (acknowledgement === undefined) {
          acknowledgement = new Acknowledgement(this.#core, this.dialog, sent, ack ?? {});
          this.#session?.offers.request('us', acknowledgement.request);
        }
        void acknowledgement.send();
      },
    };
  }

  #sendRequest(request: SipRequest, { signal, usage }: InDialogOptions, also: Partial<UacHandlers>): Promise<SipResponse> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) throw sipError('SIP_ABORTED', { cause: signal.reason });
      const exchange = this.#exchange(request, usage, also, {
        answered: (response) => {
          signal?.removeEventListener('abort', abort);
          resolve(response);
        },
        failed: (error) => {
          signal?.removeEventListener('abort', abort);
          reject(error);
        },
      });
      const abort = (): void => {
        exchange.cancel();
        if (request.method !== 'INVITE') reject(sipError('SIP_ABORTED', { cause: signal?.reason }));
      };
      signal?.addEventListener('abort', abort, { once: true });
      exchange.start();
    });
  }

  /** A request that is ready to start. */
  #exchange(request: SipRequest, usage: DialogUsage | undefined, also: Partial<UacHandlers>, user: DialogRequestHandlers): UacRequest {
    const session = this.#session;
    session?.sending(request);
    this.#place ??= new KnownPlace();
    const nextCseq = (): number => {
      const cseq = this.dialog.nextSeq();
      usage?.retried?.(request, cseq);
      return cseq;
    };
    let answered = false;
    return new UacRequest(this.#core, { request, inDialog: true, place: this.#place, nextCseq }, {
      provisional: (response, sent) => also.provisional?.(response, sent),
      final: (response, sent) => {
        if (!answered) session?.answered(sent, response);
        answered = true;
        this.#followResponse(response, sent, usage);
        also.final?.(response, sent);
        user.answered(response);
      },
      failed: (error) => {
        session?.failed(request.method);
        this.#followFailure(error, request, usage);
        user.failed(error);
      },
    });
  }

  /** §12.2.1.2, RFC 5057 §5.1 */
  #followResponse(response: SipResponse, sent: SipRequest, usage: DialogUsage | undefined): void {
    const { status } = response;
    if (status < 200 || this.dialog.state === 'terminated') return;
    if (status < 300 && TARGET_REFRESH.has(sent.method)) this.dialog.refresh(response);
    if (sent.method === 'BYE') return;
    if (failureReach(status) === 'dialog') this.#destroyWithBye();
    else if (status === 481 || status === 408) this.#sessionLost(sent, usage);
  }

  /** RFC 5057 §5.2 */
  #followFailure(error: ProtocolError, sent: SipRequest, usage: DialogUsage | undefined): void {
    if (error.code === 'SIP_TIMEOUT' || error.code === 'SIP_TRANSPORT') this.#sessionLost(sent, usage);
  }

  #sessionLost(sent: SipRequest, usage: DialogUsage | undefined): void {
    if (usage === undefined && sent.method !== 'BYE' && !OF_NO_USAGE.has(sent.method)) this.loseSession('lost');
  }

  #destroyWithBye(): void {
    this.loseSession('lost');
    this.destroy('lost');
  }

  /** Something in the dialog is over: the dialog is when nothing else is left (RFC 6665 §4.5.2). */
  #leave(): void {
    if (this.#session !== undefined || this.#usages.length > 0) return;
    this.dialog.gone();
    this.#core.dialogs.delete(this.dialog.id);
  }
}

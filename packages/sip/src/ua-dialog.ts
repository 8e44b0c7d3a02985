import type { ProtocolError } from '@simple-im/grammar';
import { Acknowledgement } from './acknowledgement.js';
import { respondTo } from './build.js';
import type { BodyOptions } from './build.js';
import { failureReach } from './dialog-usage.js';
import type { DialogUsage, UsageEnd } from './dialog-usage.js';
import type { Dialog } from './dialog.js';
import type { IncomingRequest } from './endpoint-types.js';
import { sipError } from './errors.js';
import type { SipRequest, SipResponse } from './message.js';
import { TARGET_REFRESH } from './ua-core.js';
import type { UaCore } from './ua-core.js';
import type { UaInvite, UaInviteHandler } from './ua-invite.js';
import type { UaRequestOptions } from './ua-options.js';
import type { UaRequest, UaRequestHandler } from './ua-request.js';
import { UacRequest } from './uac-request.js';
import type { UacHandlers } from './uac-request.js';

/**
 * Why a session ended. `local`: we sent BYE. `remote`: the peer did. `refused`: the INVITE came to nothing. `lost`: the peer
 * answered 481 or not at all (§12.2.1.2), or with what destroys a dialog (RFC 5057 §5.1). `no ack`: our 2xx was never
 * acknowledged (§13.3.1.4). `closed`: the user agent was.
 */
export type DialogEnd = 'local' | 'remote' | 'refused' | 'lost' | 'no ack' | 'closed';

export interface InDialogOptions extends UaRequestOptions {
  /** For a re-INVITE: what its ACK carries. */
  readonly ack?: BodyOptions | undefined;
  /** The usage it is made in. Without one it is the session's: a 481, a 408 or no answer ends that with BYE. */
  readonly usage?: DialogUsage | undefined;
}

/** RFC 5057 §5.3: these belong to no usage, so that not even a 481 to them says anything of one. */
const OF_NO_USAGE = new Set(['OPTIONS', 'MESSAGE']);
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
  #session: boolean;
  /** §14: the INVITE under way in each direction. */
  #outgoingInvite = false;
  #incomingInvite: UaInvite | undefined;
  #afterAck: (() => void)[] | undefined;

  /** For the user agent, which knows the dialog from then on: a session's, or one that was made by `usage`. */
  constructor(core: UaCore, dialog: Dialog, usage?: DialogUsage) {
    this.#core = core;
    this.dialog = dialog;
    this.#session = usage === undefined;
    if (usage !== undefined) this.#usages = [usage];
    core.dialogs.set(dialog.id, this);
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
  handle(method: string, handler: UaRequestHandler): void;
  handle(method: string, handler: UaRequestHandler | UaInviteHandler): void {
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
   * 408 or no answer ends the session, and a status like 404 the dialog (RFC 5057 §5.1). Rejects with SIP_TIMEOUT,
   * SIP_TRANSPORT, SIP_ABORTED, SIP_DIALOG_ENDED, and SIP_GLARE while another INVITE is under way (§14.1).
   */
  request(method: string, options: InDialogOptions = {}): Promise<SipResponse> {
    if (method === 'BYE') return this.bye(options);
    return method === 'INVITE' ? this.#reinvite(options) : this.#send(method, options, {});
  }

  /**
   * Ends the session with BYE, and the dialog unless it has usages; whatever the peer answers, it is over (§15.1.1). Waits
   * for the ACK if one is to come (§15). Resolves with the answer to the BYE; rejects as `request`.
   */
  async bye(options: UaRequestOptions = {}): Promise<SipResponse> {
    if (this.#incomingInvite?.awaitsAck === true) await new Promise<void>((resolve) => (this.#afterAck ??= []).push(resolve));
    if (!this.#session) throw sipError('SIP_DIALOG_ENDED');
    const request = this.dialog.request('BYE', options);
    this.end('local');
    return this.#sendRequest(() => request, options, {});
  }

  /** Ends the session without a message, and the dialog unless it has usages; tells `onTerminated`. */
  end(reason: DialogEnd, bye?: SipRequest): void {
    if (!this.#session) return;
    this.#session = false;
    this.#leave();
    const invite = this.#incomingInvite;
    this.#incomingInvite = undefined;
    invite?.abandon(sipError('SIP_DIALOG_ENDED'));
    this.#settle();
    this.onTerminated?.(reason, bye);
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
    if (request.method === 'BYE') this.#receiveBye(incoming);
    else if (handler === undefined) incoming.respond(405, { headers: [['Allow', this.#core.allow]] });
    else this.#core.run(handler, incoming);
  }

  /** For the user agent: a re-INVITE; answers it if it has to wait (§14.2). Returns whether it may go on. */
  admitsInvite(incoming: IncomingRequest): boolean {
    const { request } = incoming;
    this.dialog.receive(request);
    if (this.#outgoingInvite) {
      incoming.respond(this.#answer(request, 491, []));
      return false;
    }
    if (this.#incomingInvite !== undefined) {
      const [octet = 0] = this.#core.endpoint.random.bytes(1);
      incoming.respond(this.#answer(request, 500, [['Retry-After', String(octet % 11)]]));
      return false;
    }
    return true;
  }

  /** For an INVITE of the peer: it is under way in this dialog. */
  inviteCame(invite: UaInvite): void {
    this.#incomingInvite = invite;
  }

  /** For an INVITE of the peer in this dialog: it was refused. */
  inviteRefused(invite: UaInvite): void {
    if (this.#incomingInvite === invite) this.#incomingInvite = undefined;
    this.#settle();
  }

  /** For an INVITE of the peer: its 2xx was not acknowledged, so the session ends with BYE. */
  noAck(invite: UaInvite): void {
    this.inviteRefused(invite);
    this.#endWithBye('no ack');
  }

  /** For the user agent: an ACK in this dialog. */
  receiveAck(ack: SipRequest): void {
    const invite = this.#incomingInvite;
    if (invite === undefined || !invite.awaitsAck || invite.request.cseq?.number !== ack.cseq?.number) return;
    this.#incomingInvite = undefined;
    invite.acknowledge(ack);
    this.#settle();
  }

  /** A BYE belongs to the session (RFC 5057 §5.3). */
  #receiveBye(incoming: UaRequest): void {
    incoming.respond(this.#session ? 200 : 481);
    this.end('remote', incoming.request);
  }

  #answer(request: SipRequest, status: number, headers: [string, string][]): SipResponse {
    return respondTo(request, status, { headers: this.#core.responseHeaders({ headers }) });
  }

  async #reinvite(options: InDialogOptions): Promise<SipResponse> {
    if (this.#outgoingInvite || this.#incomingInvite !== undefined) throw sipError('SIP_GLARE');
    this.#outgoingInvite = true;
    let acknowledgement: Acknowledgement | undefined;
    try {
      return await this.#send('INVITE', options, {
        final: (response, sent) => {
          if (response.status >= 300) return;
          acknowledgement ??= new Acknowledgement(this.#core, this.dialog, sent, options.ack ?? {});
          void acknowledgement.send();
        },
      });
    } finally {
      this.#outgoingInvite = false;
    }
  }

  #send(method: string, options: InDialogOptions, also: Partial<UacHandlers>): Promise<SipResponse> {
    return this.#sendRequest(() => this.dialog.request(method, options), options, also);
  }

  /** What `make` throws is a rejection too. */
  #sendRequest(make: () => SipRequest, { signal, usage }: InDialogOptions, also: Partial<UacHandlers>): Promise<SipResponse> {
    return new Promise((resolve, reject) => {
      const request = make();
      const exchange = new UacRequest(this.#core, { request, inDialog: true, nextCseq: () => this.dialog.nextSeq() }, {
        final: (response, sent) => {
          this.#followResponse(response, sent, usage);
          also.final?.(response, sent);
          signal?.removeEventListener('abort', abort);
          resolve(response);
        },
        failed: (error) => {
          this.#followFailure(error, request, usage);
          signal?.removeEventListener('abort', abort);
          reject(error);
        },
      });
      const abort = (): void => {
        exchange.cancel();
        if (request.method !== 'INVITE') reject(sipError('SIP_ABORTED', { cause: signal?.reason }));
      };
      if (signal?.aborted === true) {
        reject(sipError('SIP_ABORTED', { cause: signal.reason }));
        return;
      }
      signal?.addEventListener('abort', abort, { once: true });
      exchange.start();
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
    if (usage === undefined && sent.method !== 'BYE' && !OF_NO_USAGE.has(sent.method)) this.#endWithBye('lost');
  }

  /** §12.2.1.2: that a session is terminated means that a BYE is sent. */
  #endWithBye(reason: DialogEnd): void {
    if (!this.#session) return;
    const bye = this.dialog.request('BYE');
    this.end(reason);
    this.#sendRequest(() => bye, {}, {}).catch((error: unknown) => this.#core.endpoint.report(error as Error));
  }

  #destroyWithBye(): void {
    this.#endWithBye('lost');
    this.destroy('lost');
  }

  /** Something in the dialog is over: the dialog is when nothing else is left (RFC 6665 §4.5.2). */
  #leave(): void {
    if (this.#session || this.#usages.length > 0) return;
    this.dialog.gone();
    this.#core.dialogs.delete(this.dialog.id);
  }

  #settle(): void {
    for (const resolve of this.#afterAck?.splice(0) ?? []) resolve();
  }
}

import type { ProtocolError } from '@simple-im/grammar';
import { Acknowledgement } from './acknowledgement.js';
import { respondTo } from './build.js';
import type { BodyOptions } from './build.js';
import type { Dialog } from './dialog.js';
import type { IncomingRequest } from './endpoint-types.js';
import { sipError } from './errors.js';
import type { SipRequest, SipResponse } from './message.js';
import type { UaCore } from './ua-core.js';
import type { UaInvite, UaInviteHandler } from './ua-invite.js';
import type { UaRequestOptions } from './ua-options.js';
import { UaRequest } from './ua-request.js';
import type { UaRequestHandler } from './ua-request.js';
import { UacRequest } from './uac-request.js';
import type { UacHandlers } from './uac-request.js';

/**
 * Why a dialog ended. `local`: we sent BYE. `remote`: the peer did. `refused`: the INVITE came to nothing. `lost`: the peer
 * answered 481 or not at all (§12.2.1.2). `no ack`: our 2xx was never acknowledged (§13.3.1.4). `closed`: the user agent was.
 */
export type DialogEnd = 'local' | 'remote' | 'refused' | 'lost' | 'no ack' | 'closed';

export interface InDialogOptions extends UaRequestOptions {
  /** For a re-INVITE: what its ACK carries. */
  readonly ack?: BodyOptions | undefined;
}

/** A dialog with its peer: requests both ways until it ends. */
export class UaDialog {
  readonly dialog: Dialog;
  /** Called once; `bye` is the peer's. */
  onTerminated: ((end: DialogEnd, bye?: SipRequest) => void) | undefined;
  /** For re-INVITEs; without one they are answered 488. */
  inviteHandler: UaInviteHandler | undefined;
  readonly #core: UaCore;
  readonly #handlers = new Map<string, UaRequestHandler>();
  /** §14: the INVITE under way in each direction. */
  #outgoingInvite = false;
  #incomingInvite: UaInvite | undefined;
  #afterAck: (() => void)[] = [];
  #ended = false;

  /** For the user agent, which knows the dialog from then on. */
  constructor(core: UaCore, dialog: Dialog) {
    this.#core = core;
    this.dialog = dialog;
    core.dialogs.set(dialog.id, this);
  }

  /** Handles the peer's requests of a method in this dialog; those of other methods go to the user agent's handlers. */
  handle(method: 'INVITE', handler: UaInviteHandler): void;
  handle(method: string, handler: UaRequestHandler): void;
  handle(method: string, handler: UaRequestHandler | UaInviteHandler): void {
    if (method === 'INVITE') this.inviteHandler = handler as UaInviteHandler;
    else this.#handlers.set(method, handler as UaRequestHandler);
    this.#core.methods.add(method);
  }

  /** The handler for a method, if there is one. */
  handlerOf(method: string): UaRequestHandler | undefined {
    return this.#handlers.get(method);
  }

  /**
   * Sends a request and resolves with its final response; challenges are answered. A re-INVITE is acknowledged, a 481, a
   * 408 or no answer ends the dialog. Rejects with SIP_TIMEOUT, SIP_TRANSPORT, SIP_ABORTED, SIP_DIALOG_ENDED, and SIP_GLARE
   * while another INVITE is under way (§14.1).
   */
  async request(method: string, options: InDialogOptions = {}): Promise<SipResponse> {
    if (method === 'BYE') return this.bye(options);
    if (method !== 'INVITE') return this.#send(method, options, {});
    if (this.#outgoingInvite || this.#incomingInvite !== undefined) throw sipError('SIP_GLARE');
    this.#outgoingInvite = true;
    try {
      return await this.#reinvite(options);
    } finally {
      this.#outgoingInvite = false;
    }
  }

  /**
   * Ends the dialog with BYE; whatever the peer answers, it is over (§15.1.1). Waits for the ACK if one is to come
   * (§15). Resolves with the answer to the BYE; rejects as `request`.
   */
  async bye(options: UaRequestOptions = {}): Promise<SipResponse> {
    if (this.#incomingInvite?.awaitsAck === true) await new Promise<void>((resolve) => this.#afterAck.push(resolve));
    const request = this.dialog.request('BYE', options);
    this.end('local');
    return this.#sendRequest(request, options.signal, {});
  }

  /** Forgets the dialog and tells `onTerminated`. */
  end(reason: DialogEnd, bye?: SipRequest): void {
    if (this.#ended) return;
    this.#ended = true;
    if (reason === 'local' || reason === 'remote') this.dialog.bye();
    else this.dialog.gone();
    this.#core.dialogs.delete(this.dialog.id);
    const invite = this.#incomingInvite;
    this.#incomingInvite = undefined;
    invite?.abandon(sipError('SIP_DIALOG_ENDED'));
    this.#settle();
    this.onTerminated?.(reason, bye);
  }

  /** For the user agent: a request of the peer in this dialog that passed §8.2. */
  receive(incoming: IncomingRequest, handler: UaRequestHandler | undefined): void {
    const { request } = incoming;
    this.dialog.receive(request);
    if (request.method === 'BYE') this.#receiveBye(incoming);
    else if (handler === undefined) incoming.respond(this.#answer(request, 405, [['Allow', this.#core.allow]]));
    else this.#core.run(handler, new UaRequest(this.#core, incoming, this));
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
    if (this.#ended) return;
    const bye = this.dialog.request('BYE');
    this.end('no ack');
    this.#sendRequest(bye, undefined, {}).catch((error: unknown) => this.#core.endpoint.report(error as Error));
  }

  /** For the user agent: an ACK in this dialog. */
  receiveAck(ack: SipRequest): void {
    const invite = this.#incomingInvite;
    if (invite === undefined || !invite.awaitsAck || invite.request.cseq?.number !== ack.cseq?.number) return;
    this.#incomingInvite = undefined;
    invite.acknowledge(ack);
    this.#settle();
  }

  #receiveBye(incoming: IncomingRequest): void {
    incoming.respond(this.#answer(incoming.request, 200, []));
    this.end('remote', incoming.request);
  }

  #answer(request: SipRequest, status: number, headers: [string, string][]): SipResponse {
    return respondTo(request, status, { headers: this.#core.responseHeaders({ headers }) });
  }

  async #reinvite(options: InDialogOptions): Promise<SipResponse> {
    let acknowledgement: Acknowledgement | undefined;
    return this.#send('INVITE', options, {
      final: (response, sent) => {
        if (response.status >= 300) return;
        acknowledgement ??= new Acknowledgement(this.#core, this.dialog, sent, options.ack ?? {});
        void acknowledgement.send();
      },
    });
  }

  async #send(method: string, options: UaRequestOptions, also: Partial<UacHandlers>): Promise<SipResponse> {
    return this.#sendRequest(this.dialog.request(method, options), options.signal, also);
  }

  #sendRequest(request: SipRequest, signal: AbortSignal | undefined, also: Partial<UacHandlers>): Promise<SipResponse> {
    return new Promise((resolve, reject) => {
      const exchange = new UacRequest(this.#core, { request, inDialog: true, nextCseq: () => this.dialog.nextSeq() }, {
        final: (response, sent) => {
          this.#followResponse(response, sent);
          also.final?.(response, sent);
          signal?.removeEventListener('abort', abort);
          resolve(response);
        },
        failed: (error) => {
          this.#followFailure(error, request);
          signal?.removeEventListener('abort', abort);
          reject(error);
        },
      });
      const abort = (): void => {
        if (request.method === 'INVITE') exchange.cancel();
        else reject(sipError('SIP_ABORTED', { cause: signal?.reason }));
      };
      if (signal?.aborted === true) {
        reject(sipError('SIP_ABORTED', { cause: signal.reason }));
        return;
      }
      signal?.addEventListener('abort', abort, { once: true });
      exchange.start().catch(reject);
    });
  }

  /** §12.2.1.2 */
  #followResponse(response: SipResponse, sent: SipRequest): void {
    const refreshes = sent.method === 'INVITE' || sent.method === 'UPDATE';
    if (refreshes && response.status >= 200 && response.status < 300) this.dialog.refresh(response);
    if (response.status === 481 || response.status === 408) this.#lost(sent);
  }

  #followFailure(error: ProtocolError, request: SipRequest): void {
    if (error.code === 'SIP_TIMEOUT' || error.code === 'SIP_TRANSPORT') this.#lost(request);
  }

  /** §12.2.1.2: the dialog is terminated, which for an INVITE dialog means that a BYE is sent. */
  #lost(request: SipRequest): void {
    if (this.#ended || request.method === 'BYE') return;
    const bye = this.dialog.request('BYE');
    this.end('lost');
    this.#sendRequest(bye, undefined, {}).catch((error: unknown) => this.#core.endpoint.report(error as Error));
  }

  #settle(): void {
    for (const resolve of this.#afterAck.splice(0)) resolve();
  }
}

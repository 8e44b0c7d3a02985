import { respondTo } from './build.js';
import { answerOptions } from './capabilities.js';
import { OF_SESSION } from './dialog-usage.js';
import { openingKey } from './dialog-opening.js';
import type { DialogOpening } from './dialog-opening.js';
import { dialogIdOf } from './dialog.js';
import type { IncomingRequest } from './endpoint-types.js';
import type { SipRequest } from './message.js';
import { replacementBy } from './replacement.js';
import { readMinSe, readSessionExpires } from './session-expires.js';
import type { UaCore } from './ua-core.js';
import type { UaDialog } from './ua-dialog.js';
import { UaInvite } from './ua-invite.js';
import type { UaInviteHandler } from './ua-invite.js';
import { UaRefer } from './ua-refer.js';
import type { UaReferHandler } from './ua-refer.js';
import type { Refusal } from './ua-refusal.js';
import { UaRequest } from './ua-request.js';
import type { UaRequestHandler } from './ua-request.js';

export interface MethodHandler {
  readonly run: UaRequestHandler | UaInviteHandler | UaReferHandler;
  /** Media types of bodies it takes; undefined: all. */
  readonly accept: readonly string[] | undefined;
  readonly takesMerged: boolean;
}

/** The server side of a user agent: the checks of §8.2 in their order, then the handler of the method. */
export class UasCore {
  readonly handlers = new Map<string, MethodHandler>();
  readonly #core: UaCore;
  /** §8.2.2.2: From tag, Call-ID and CSeq of the requests under way. */
  readonly #underWay = new Set<string>();

  constructor(core: UaCore) {
    this.#core = core;
  }

  receive(incoming: IncomingRequest): void {
    const { request } = incoming;
    const id = dialogIdOf(request);
    const dialog = id === undefined ? undefined : this.#core.dialogs.get(id);
    const opening = dialog === undefined ? this.#openingOf(request) : undefined;
    const late = request.method === 'PRACK' && id !== undefined && dialog === undefined ? this.#core.latePrack(id) : undefined;
    if (late?.expectsPrack(request) === true) {
      this.#core.run((prack) => late.receivePrack(prack), new UaRequest(this.#core, incoming, undefined));
      return;
    }
    const refusal = this.#check(request, id, dialog, opening) ?? this.#merged(incoming, id);
    if (refusal !== undefined) this.#refuse(incoming, refusal);
    else if (request.method === 'INVITE') this.#receiveInvite(incoming, dialog);
    else if (request.method === 'REFER') this.#receiveOther(new UaRefer(this.#core, incoming, dialog), opening);
    else this.#receiveOther(new UaRequest(this.#core, incoming, dialog, opening?.cseq), opening);
  }

  receiveAck(ack: SipRequest): void {
    const id = dialogIdOf(ack);
    if (id !== undefined) this.#core.dialogs.get(id)?.session?.receiveAck(ack);
  }

  #receiveOther(incoming: UaRequest, opening: DialogOpening | undefined): void {
    const { dialog, request } = incoming;
    if (dialog !== undefined) dialog.receive(incoming, dialog.handlerOf(request) ?? this.#handlerOf(request.method));
    else this.#core.run(opening?.handler ?? (this.#handlerOf(request.method) as UaRequestHandler), incoming);
  }

  #receiveInvite(incoming: IncomingRequest, dialog: UaDialog | undefined): void {
    const { request } = incoming;
    dialog?.dialog.receive(request);
    if (this.#core.supports('timer')) checkSessionTimer(request);
    const replacement = dialog === undefined ? replacementBy(this.#core, request) : {};
    const refusal = dialog === undefined ? replacement.refusal : refusalIn(dialog, request);
    if (refusal !== undefined) {
      this.#refuse(incoming, refusal);
      return;
    }
    const invite = new UaInvite(this.#core, incoming, dialog, replacement.dialog);
    dialog?.session?.inviteCame(invite);
    const handler = dialog === undefined ? this.handlers.get('INVITE')?.run : dialog.inviteHandler;
    // A session nobody cares to change stays as it is (§14.2).
    if (handler === undefined) invite.respond(488);
    else this.#core.run(handler as UaInviteHandler, invite);
  }

  /** The request of ours that a NOTIFY makes a dialog for (RFC 6665 §4.4.1). */
  #openingOf(request: SipRequest): DialogOpening | undefined {
    return request.method === 'NOTIFY' ? this.#core.openings.get(openingKey(request.callId, request.toTag)) : undefined;
  }

  #check(
    request: SipRequest, id: string | undefined, dialog: UaDialog | undefined, opening: DialogOpening | undefined,
  ): Refusal | undefined {
    const { method } = request;
    // RFC 3891 §3
    if (method !== 'INVITE' && this.#core.supports('replaces') && request.headers.has('Replaces')) return { status: 400 };
    if (opening !== undefined) return this.#checkRequire(request);
    // A CANCEL that comes here matched no transaction (§9.2); a To tag without a dialog: §12.2.2.
    if (method === 'CANCEL' || (id !== undefined && dialog === undefined)) return { status: 481 };
    const inDialog = dialog !== undefined && (OF_SESSION.has(method) || dialog.handlerOf(request) !== undefined);
    if (!inDialog && method !== 'INVITE' && OF_SESSION.has(method)) return { status: 481 };
    if (!inDialog && method !== 'OPTIONS' && !this.handlers.has(method)) return { status: 405, headers: [['Allow', this.#core.allow]] };
    return this.#checkRequire(request) ?? this.#checkContent(request);
  }

  /** §8.2.2.3 */
  #checkRequire(request: SipRequest): Refusal | undefined {
    const supported = new Set((this.#core.options.supported ?? []).map((tag) => tag.toLowerCase()));
    const unknown = request.require().filter((tag) => !supported.has(tag.toLowerCase()));
    return unknown.length === 0 ? undefined : { status: 420, headers: [['Unsupported', unknown.join(', ')]] };
  }

  /** §8.2.3 */
  #checkContent(request: SipRequest): Refusal | undefined {
    const accept = this.handlers.get(request.method)?.accept;
    if (accept === undefined || request.body.length === 0) return undefined;
    const type = request.contentType?.type;
    return type !== undefined && accept.includes(type) ? undefined : { status: 415, headers: [['Accept', accept.join(', ')]] };
  }

  #merged(incoming: IncomingRequest, id: string | undefined): Refusal | undefined {
    const { request } = incoming;
    if (id !== undefined) return undefined;
    const key = `${request.fromTag ?? ''} ${request.callId ?? ''} ${request.cseq?.number ?? ''} ${request.method}`;
    if (this.#underWay.has(key)) return this.handlers.get(request.method)?.takesMerged === true ? undefined : { status: 482 };
    this.#underWay.add(key);
    incoming.onTerminated = () => this.#underWay.delete(key);
    return undefined;
  }

  #handlerOf(method: string): UaRequestHandler | undefined {
    const own = this.handlers.get(method);
    if (own !== undefined) return own.run as UaRequestHandler;
    return method === 'OPTIONS' ? (incoming) => answerOptions(this.#core, this.handlers, incoming) : undefined;
  }

  #refuse(incoming: IncomingRequest, { status, headers = [] }: Refusal): void {
    const { request } = incoming;
    incoming.respond(respondTo(request, status, { headers: this.#core.responseHeaders({ headers }), toTag: this.#core.endpoint.newTag() }));
  }
}

/** What a re-INVITE is refused with before anybody sees it. */
function refusalIn({ session }: UaDialog, request: SipRequest): Refusal | undefined {
  return session === undefined ? { status: 481 } : session.refusalOf(request);
}

/** Whether Session-Expires and Min-SE can be read; throws SIP_BAD_HEADER, SIP_OUT_OF_RANGE (400) if not. */
function checkSessionTimer({ headers }: SipRequest): void {
  readSessionExpires(headers);
  readMinSe(headers);
}

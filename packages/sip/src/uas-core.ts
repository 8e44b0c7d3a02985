import { respondTo } from './build.js';
import { openingKey } from './dialog-opening.js';
import type { DialogOpening } from './dialog-opening.js';
import { dialogIdOf } from './dialog.js';
import type { IncomingRequest } from './endpoint-types.js';
import type { SipRequest } from './message.js';
import type { UaCore } from './ua-core.js';
import type { UaDialog } from './ua-dialog.js';
import { UaInvite } from './ua-invite.js';
import type { UaInviteHandler } from './ua-invite.js';
import { UaRequest } from './ua-request.js';
import type { UaRequestHandler } from './ua-request.js';

export interface MethodHandler {
  readonly run: UaRequestHandler | UaInviteHandler;
  /** Media types of bodies it takes; undefined: all. */
  readonly accept: readonly string[] | undefined;
}

/** A refusal of §8.2: the status and the fields that go with it. */
interface Refusal {
  readonly status: number;
  readonly headers?: [name: string, value: string][];
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
    const refusal = this.#check(request, id, dialog, opening) ?? this.#merged(incoming, id);
    if (refusal !== undefined) this.#refuse(incoming, refusal);
    else if (request.method === 'INVITE') this.#receiveInvite(incoming, dialog);
    else this.#receiveOther(new UaRequest(this.#core, incoming, dialog, opening?.cseq), opening);
  }

  receiveAck(ack: SipRequest): void {
    const id = dialogIdOf(ack);
    if (id !== undefined) this.#core.dialogs.get(id)?.receiveAck(ack);
  }

  #receiveOther(incoming: UaRequest, opening: DialogOpening | undefined): void {
    const { dialog, request } = incoming;
    if (dialog !== undefined) dialog.receive(incoming, dialog.handlerOf(request) ?? this.#handlerOf(request.method));
    else this.#core.run(opening?.handler ?? (this.#handlerOf(request.method) as UaRequestHandler), incoming);
  }

  #receiveInvite(incoming: IncomingRequest, dialog: UaDialog | undefined): void {
    if (dialog !== undefined && !dialog.admitsInvite(incoming)) return;
    const invite = new UaInvite(this.#core, incoming, dialog);
    dialog?.inviteCame(invite);
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
    if (opening !== undefined) return this.#checkRequire(request);
    // A CANCEL that comes here matched no transaction (§9.2); a To tag without a dialog: §12.2.2.
    if (method === 'CANCEL' || (id !== undefined && dialog === undefined)) return { status: 481 };
    const inDialog = dialog !== undefined && (method === 'BYE' || method === 'INVITE' || dialog.handlerOf(request) !== undefined);
    if (!inDialog && method === 'BYE') return { status: 481 };
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
    if (this.#underWay.has(key)) return { status: 482 };
    this.#underWay.add(key);
    incoming.onTerminated = () => this.#underWay.delete(key);
    return undefined;
  }

  #handlerOf(method: string): UaRequestHandler | undefined {
    const own = this.handlers.get(method);
    if (own !== undefined) return own.run as UaRequestHandler;
    return method === 'OPTIONS' ? (incoming) => this.#answerOptions(incoming) : undefined;
  }

  /** §11.2 */
  #answerOptions(incoming: UaRequest): void {
    const { supported = [] } = this.#core.options;
    const types = [...this.handlers.values()].flatMap(({ accept }) => accept ?? []);
    incoming.respond(200, {
      headers: [
        ['Allow', this.#core.allow],
        ['Accept', types.length === 0 ? '*/*' : [...new Set(types)].join(', ')],
        ['Accept-Encoding', 'identity'],
        ['Accept-Language', '*'],
        ['Supported', supported.join(', ')],
      ],
    });
  }

  #refuse(incoming: IncomingRequest, { status, headers = [] }: Refusal): void {
    const { request } = incoming;
    incoming.respond(respondTo(request, status, { headers: this.#core.responseHeaders({ headers }), toTag: this.#core.endpoint.newTag() }));
  }
}

import { copied, formatUri, isSipUri, parseUri } from '@simple-im/grammar';
import { finishRequest, leadingFields } from './build.js';
import type { BodyOptions } from './build.js';
import { dialogTable } from './dialog-table.js';
import type { DialogInput, DialogState } from './dialog-table.js';
import { sipError } from './errors.js';
import type { Headers } from './headers.js';
import type { SipMessage, SipRequest, SipResponse } from './message.js';

/** The parts of a dialog ID (§12), joined. */
export function dialogId(callId: string, localTag: string, remoteTag: string): string {
  return `${callId} ${localTag} ${remoteTag}`;
}

/** The ID of the dialog a request from the peer belongs to; undefined for a request outside of dialogs (§12.2.2). */
export function dialogIdOf(request: SipRequest): string | undefined {
  const { toTag } = request;
  return toTag === undefined ? undefined : dialogId(request.callId ?? '', toTag, request.fromTag ?? '');
}

/** A dialog as plain data, for a server that keeps its dialogs over a restart. */
export interface DialogParts {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  readonly localUri: string;
  readonly remoteUri: string;
  readonly localSeq: number | undefined;
  readonly remoteSeq: number | undefined;
  readonly routeSet: readonly string[];
  readonly remoteTarget: string;
  readonly secure: boolean;
  readonly isUac: boolean;
}

/** What our requests have in common as long as route set and remote target are the same. */
interface CommonParts {
  readonly routeSet: readonly string[];
  readonly remoteTarget: string;
  readonly uri: string;
  readonly fields: Headers;
}

/** A dialog of RFC 3261 §12: makes requests within it, and checks and follows those of the peer. */
export class Dialog {
  readonly id: string;
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  readonly localUri: string;
  readonly remoteUri: string;
  readonly secure: boolean;
  /** Whether we sent the request that made the dialog, and so made the Call-ID (§14.1). */
  readonly isUac: boolean;
  /** CSeq number of our last request; undefined before the first. */
  localSeq: number | undefined;
  /** Highest CSeq number of the peer; undefined before its first request. */
  remoteSeq: number | undefined;
  /** URIs in the order of our Route. */
  routeSet: readonly string[];
  remoteTarget: string;
  #state: DialogState = dialogTable.initial.next;
  #common: CommonParts | undefined;

  private constructor(parts: DialogParts, status: number) {
    // Copies: a slice would keep the whole datagram it came in.
    this.callId = copied(parts.callId);
    this.localTag = copied(parts.localTag);
    this.remoteTag = copied(parts.remoteTag);
    this.localUri = copied(parts.localUri);
    this.remoteUri = copied(parts.remoteUri);
    this.localSeq = parts.localSeq;
    this.remoteSeq = parts.remoteSeq;
    this.routeSet = parts.routeSet.map((uri) => copied(uri));
    this.remoteTarget = copied(parts.remoteTarget);
    this.secure = parts.secure;
    this.isUac = parts.isUac;
    this.id = dialogId(this.callId, this.localTag, this.remoteTag);
    this.#receive(status < 200 ? '1xx' : '2xx', undefined);
  }

  /** The dialog a response to our request makes (§12.1.2). Throws SIP_NO_DIALOG for a 100 or a failure, or without tags. */
  static uac(request: SipRequest, response: SipResponse): Dialog {
    requireDialogForming(response);
    return new Dialog({
      callId: request.callId ?? '',
      localTag: request.fromTag ?? '',
      remoteTag: response.toTag ?? '',
      localUri: request.from?.uriText ?? '',
      remoteUri: request.to?.uriText ?? '',
      localSeq: request.cseq?.number,
      remoteSeq: undefined,
      routeSet: routesFromResponse(response),
      // A 2xx without Contact breaks §12.1.1, but it must be acknowledged all the same.
      remoteTarget: contactOf(response) ?? request.uri,
      secure: isSips(request.uri),
      isUac: true,
    }, response.status);
  }

  /**
   * The dialog our response to a request makes (§12.1.1). `localSeq`: the request is a NOTIFY that answers a SUBSCRIBE of
   * ours with this CSeq number (RFC 6665 §4.4.1). Throws SIP_NO_DIALOG, and SIP_MISSING_HEADER without Contact.
   */
  static uas(request: SipRequest, response: SipResponse, localSeq?: number): Dialog {
    requireDialogForming(response);
    const remoteTarget = contactOf(request);
    if (remoteTarget === undefined) throw sipError('SIP_MISSING_HEADER', { header: 'Contact', detail: 'Contact' });
    return new Dialog({
      callId: request.callId ?? '',
      localTag: response.toTag ?? '',
      remoteTag: request.fromTag ?? '',
      localUri: request.to?.uriText ?? '',
      remoteUri: request.from?.uriText ?? '',
      localSeq,
      remoteSeq: request.cseq?.number,
      routeSet: request.recordRoutes.map((route) => route.uriText),
      remoteTarget,
      secure: isSips(request.uri),
      isUac: localSeq !== undefined,
    }, response.status);
  }

  /** The dialog that `parts` gave, confirmed. */
  static restore(parts: DialogParts): Dialog {
    return new Dialog(parts, 200);
  }

  /** What `restore` takes. */
  parts(): DialogParts {
    const { callId, localTag, remoteTag, localUri, remoteUri, localSeq, remoteSeq, routeSet, remoteTarget, secure, isUac } = this;
    return { callId, localTag, remoteTag, localUri, remoteUri, localSeq, remoteSeq, routeSet, remoteTarget, secure, isUac };
  }

  get state(): DialogState {
    return this.#state;
  }

  /** A request within the dialog (§12.2.1.1), with the next CSeq number. Throws SIP_DIALOG_ENDED. */
  request(method: string, options: BodyOptions = {}): SipRequest {
    return this.#build(method, this.nextSeq(), options);
  }

  /** The ACK to a 2xx (§13.2.2.4): the CSeq number and the credentials of the INVITE. */
  ack(invite: SipRequest, options: BodyOptions = {}): SipRequest {
    const ack = this.#build('ACK', invite.cseq?.number ?? 0, options);
    for (const name of ['Authorization', 'Proxy-Authorization']) ack.headers.addFrom(invite.headers, name);
    return ack;
  }

  /** The CSeq number for our next request. Throws SIP_DIALOG_ENDED. */
  nextSeq(): number {
    if (this.#state === 'terminated') throw sipError('SIP_DIALOG_ENDED');
    this.localSeq = (this.localSeq ?? 0) + 1;
    return this.localSeq;
  }

  /**
   * A request of the peer within the dialog (§12.2.2). Throws SIP_CSEQ_OUT_OF_ORDER (500) if its CSeq number is lower than
   * one before. Call `refresh` when it is answered 2xx: what is rejected changes nothing.
   */
  receive(request: SipRequest): void {
    if (request.method === 'ACK' || request.method === 'CANCEL') return;
    const number = request.cseq?.number ?? 0;
    if (this.remoteSeq !== undefined && number < this.remoteSeq) {
      throw sipError('SIP_CSEQ_OUT_OF_ORDER', { header: 'CSeq', detail: `${number} after ${this.remoteSeq}` });
    }
    this.remoteSeq = number;
  }

  /** Takes the new remote target from an accepted INVITE, UPDATE or the like, or from the 2xx to one (§12.2.1.2, §12.2.2). */
  refresh(message: SipMessage): void {
    this.#receive('refresh', message);
  }

  /** A later response to the request that made the dialog, received (§13.2.2.4) or given. */
  update(response: SipResponse): void {
    const input = response.status < 200 ? '1xx' : response.status < 300 ? '2xx' : '300-699';
    // Our own response names our Contact, not the peer's.
    this.#receive(input, this.isUac ? response : undefined);
  }

  /** A BYE was sent or received. */
  bye(): void {
    this.#receive('BYE', undefined);
  }

  /** The peer does not know the dialog or does not answer, or the early dialog has come to nothing. */
  gone(): void {
    this.#receive('gone', undefined);
  }

  #receive(input: DialogInput, message: SipMessage | undefined): void {
    const row = dialogTable.states[this.#state]?.[input];
    if (row === undefined) return;
    this.#state = row.next;
    if (message === undefined) return;
    for (const action of row.actions) {
      if (action === 'refresh target') this.#refreshTarget(contactOf(message));
      else if (action === 'recompute route set') this.routeSet = routesFromResponse(message).map((uri) => copied(uri));
    }
  }

  #refreshTarget(contact: string | undefined): void {
    if (contact !== undefined && contact !== this.remoteTarget) this.remoteTarget = copied(contact);
  }

  #build(method: string, cseq: number, options: BodyOptions): SipRequest {
    const { uri, fields } = this.#commonParts();
    return finishRequest(fields.clone(), { method, uri, cseq, headers: options.headers, contentType: options.contentType, body: options.body });
  }

  #commonParts(): CommonParts {
    const { routeSet, remoteTarget } = this;
    if (this.#common?.routeSet === routeSet && this.#common.remoteTarget === remoteTarget) return this.#common;
    const { uri, routes } = this.#route();
    const fields = leadingFields({
      routes,
      callId: this.callId,
      from: `<${this.localUri}>${this.localTag === '' ? '' : `;tag=${this.localTag}`}`,
      to: `<${this.remoteUri}>${this.remoteTag === '' ? '' : `;tag=${this.remoteTag}`}`,
    }).flattened();
    this.#common = { routeSet, remoteTarget, uri, fields };
    return this.#common;
  }

  /** Request-URI and Route for loose and strict routers (§12.2.1.1). */
  #route(): { uri: string; routes: string[] } {
    const [first, ...others] = this.routeSet;
    if (first === undefined || isLooseRouter(first)) return { uri: this.remoteTarget, routes: this.routeSet.map((uri) => `<${uri}>`) };
    return { uri: asRequestUri(first), routes: [...others, this.remoteTarget].map((uri) => `<${uri}>`) };
  }
}

/** §12.1: a 101-299 response with a To tag; tags may be missing only in what RFC 2543 peers send. */
function requireDialogForming(response: SipResponse): void {
  if (response.status <= 100 || response.status >= 300) throw sipError('SIP_NO_DIALOG', { detail: `${response.status} makes no dialog` });
  if (response.status < 200 && response.toTag === undefined) {
    throw sipError('SIP_NO_DIALOG', { detail: 'a provisional response without To tag' });
  }
}

function routesFromResponse(response: SipMessage): string[] {
  return response.recordRoutes.map((route) => route.uriText).reverse();
}

function contactOf(message: SipMessage): string | undefined {
  return message.contacts[0]?.uriText;
}

function isSips(uri: string): boolean {
  return uri.slice(0, 5).toLowerCase() === 'sips:';
}

/** Whether a route is a loose router's (§19.1.1). */
export function isLooseRouter(uri: string): boolean {
  const parsed = parseUri(uri);
  return isSipUri(parsed) && parsed.params.has('lr');
}

/** Without what §19.1.1 forbids in a Request-URI: the method parameter and header fields. */
function asRequestUri(uri: string): string {
  const parsed = parseUri(uri);
  return isSipUri(parsed) ? formatUri({ ...parsed, params: parsed.params.without('method'), headers: [] }) : uri;
}

import { formatNameAddr, Params } from '@simple-im/grammar';
import { buildRequest } from './build.js';
import { DialogOpening } from './dialog-opening.js';
import type { DialogUsage } from './dialog-usage.js';
import { Dialog } from './dialog.js';
import type { DialogParts } from './dialog.js';
import type { SipEndpoint } from './endpoint.js';
import type { Flow } from './flow.js';
import type { SipRequest, SipResponse } from './message.js';
import { OutgoingInvite } from './outgoing-invite.js';
import { Referral, referFields, type ReferOptions, type ReferTarget } from './referral.js';
import type { Target } from './resolve.js';
import { UaCore } from './ua-core.js';
import { UaDialog } from './ua-dialog.js';
import type { UaInviteHandler } from './ua-invite.js';
import type { InviteOptions, OutOfDialogOptions, UserAgentOptions } from './ua-options.js';
import type { UaReferHandler } from './ua-refer.js';
import type { UaRequestHandler } from './ua-request.js';
import { finalResponse } from './uac-request.js';
import { UasCore } from './uas-core.js';

export interface HandlerOptions {
  /** Media types of bodies, in lower case; by default all. */
  readonly accept?: readonly string[];
  /**
   * The handler knows by itself what came before, and answers it as it did then: a request that comes on another path while the
   * transaction of the first is there (§8.2.2.2) goes to it too. By default that is answered 482.
   */
  readonly takesMerged?: boolean;
}

/**
 * The core of a user agent (RFC 3261 §8, §11 to §15) on a {@link SipEndpoint}: requests out of and in dialogs with Digest
 * credentials, INVITE both ways, handlers by method. It takes over the endpoint's `onRequest` and `onAck`.
 */
export class UserAgent {
  readonly #core: UaCore;
  readonly #server: UasCore;

  constructor(options: UserAgentOptions) {
    this.#core = new UaCore(options);
    this.#server = new UasCore(this.#core);
    options.endpoint.onRequest = (incoming) => this.#server.receive(incoming);
    options.endpoint.onAck = (ack) => this.#server.receiveAck(ack);
  }

  /** Route URIs for requests outside of dialogs but REGISTER, behind the outbound proxy: the Service-Route of RFC 3608. */
  get serviceRoute(): readonly string[] {
    return this.#core.serviceRoute;
  }

  set serviceRoute(uris: readonly string[]) {
    this.#core.serviceRoute = [...uris];
  }

  /** The URI of our Contact, such as a GRUU learned when registering (RFC 5627 §4.2); undefined: made from the flow of a request. */
  get contactUri(): string | undefined {
    return this.#core.contactUri;
  }

  set contactUri(uri: string | undefined) {
    this.#core.contactUri = uri;
  }

  /**
   * Where every request goes, in dialogs too, whatever its Route and Request-URI say: for a client that reaches its server on one
   * connection and nobody else, such as a page with a WebSocket (§8.1.2 leaves that to local policy). Undefined: as the standard says.
   */
  get onlyWay(): Target | undefined {
    return this.#core.onlyWay;
  }

  set onlyWay(target: Target | undefined) {
    this.#core.onlyWay = target;
  }

  /** Every dialog that is not over. */
  get dialogs(): readonly UaDialog[] {
    return [...this.#core.dialogs.values()];
  }

  /** Our Contact on a flow, as a name-addr: what a REGISTER binds. */
  contact(flow: Flow): string {
    return this.#core.contact(flow);
  }

  /**
   * Handles requests of a method. Before a handler runs, §8.2 was followed: an unknown dialog was answered 481, an unknown
   * method 405, a merged request 482, an unsupported extension 420, and with `accept` a body of another media type 415.
   */
  handle(method: 'INVITE', handler: UaInviteHandler, options?: HandlerOptions): void;
  handle(method: 'REFER', handler: UaReferHandler, options?: HandlerOptions): void;
  handle(method: string, handler: UaRequestHandler, options?: HandlerOptions): void;
  handle(method: string, handler: UaRequestHandler | UaInviteHandler | UaReferHandler, options: HandlerOptions = {}): void {
    this.#core.methods.add(method);
    this.#server.handlers.set(method, { run: handler, accept: options.accept, takesMerged: options.takesMerged === true });
  }

  /**
   * Sends a request outside of dialogs (not an INVITE) and resolves with its final response, whatever its status;
   * challenges are answered if there are credentials. Rejects with SIP_TIMEOUT (408), SIP_TRANSPORT (503), SIP_UNRESOLVED,
   * SIP_ABORTED and errors of the caller's own making.
   */
  async request(method: string, uri: string, options: OutOfDialogOptions = {}): Promise<SipResponse> {
    const request = this.#build(method, uri, options);
    let cseq = request.cseq?.number ?? 1;
    return finalResponse(this.#core, { request, inDialog: false, nextCseq: () => (cseq += 1) }, options.signal);
  }

  /**
   * Sends a request outside of dialogs whose dialogs are made by NOTIFYs, and may be several: SUBSCRIBE (RFC 6665 §4.4.1), REFER.
   * They go to `notified` until the opening is closed. Throws SIP_UNSAFE_FIELD.
   */
  open(method: string, uri: string, notified: UaRequestHandler, options: OutOfDialogOptions = {}): DialogOpening {
    return new DialogOpening(this.#core, this.#build(method, uri, options), notified, options.signal);
  }

  /** Takes up a dialog that a user agent before this one had, for a usage in it: `parts` are those of {@link Dialog.parts}. */
  restore(parts: DialogParts, usage: DialogUsage): UaDialog {
    return new UaDialog(this.#core, Dialog.restore(parts), usage);
  }

  /** Sends an INVITE outside of dialogs. Throws SIP_UNSAFE_FIELD for header fields that cannot be. */
  invite(uri: string, options: InviteOptions = {}): OutgoingInvite {
    return new OutgoingInvite(this.#core, this.#build('INVITE', uri, options), options);
  }

  /**
   * Sends a REFER outside of dialogs (RFC 3515): asks `uri` to send a request to `target`, an INVITE by default, and to report on it.
   * The first NOTIFY makes the dialog of its reports. Throws GRAMMAR_UNENCODABLE, SIP_UNSAFE_FIELD.
   */
  refer(uri: string, target: ReferTarget, options: ReferOptions & OutOfDialogOptions = {}): Referral {
    const headers = referFields(this.#core, target, options);
    return new Referral(this.#core, undefined, (referral) => {
      const opening = this.open('REFER', uri, (notify) => referral.receiveFirst(notify, () => opening.close()), { ...options, headers });
      referral.opening = () => opening.close();
      return opening.response;
    });
  }

  /** Where it sends to and receives from, its clock and its timers. */
  get endpoint(): SipEndpoint {
    return this.#core.endpoint;
  }

  /** Forgets every dialog without a BYE and stops all timers; the endpoint lives on. */
  close(): void {
    for (const dialog of this.dialogs) dialog.destroy('closed');
    this.#core.close();
  }

  #build(method: string, uri: string, options: OutOfDialogOptions): SipRequest {
    const { endpoint } = this.#core;
    const routes = options.routes ?? (method === 'REGISTER' ? this.#core.proxyRoute() : this.#core.initialRoutes());
    return buildRequest({
      method,
      uri,
      from: { ...(options.from === undefined ? this.#core.from : { uri: options.from }), params: Params.of({ tag: endpoint.newTag() }) },
      to: formatNameAddr({ uri: options.to ?? uri }),
      callId: options.callId ?? endpoint.newCallId(),
      cseq: options.cseq ?? 1,
      routes: routes.map((route) => `<${route}>`),
      headers: options.headers,
      contentType: options.contentType,
      body: options.body,
    });
  }
}

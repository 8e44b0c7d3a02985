import { respondTo } from './build.js';
import type { BodyOptions } from './build.js';
import type { DialogUsage } from './dialog-usage.js';
import { Dialog } from './dialog.js';
import type { IncomingRequest } from './endpoint-types.js';
import { sipError } from './errors.js';
import type { Flow } from './flow.js';
import type { SipRequest, SipResponse } from './message.js';
import { TARGET_REFRESH } from './ua-core.js';
import type { UaCore } from './ua-core.js';
import { UaDialog } from './ua-dialog.js';
import type { Refusal } from './ua-refusal.js';

export interface UaResponseOptions extends BodyOptions {
  /** The registered phrase when absent. */
  readonly reason?: string | undefined;
}

export type UaRequestHandler = (incoming: UaRequest) => void | Promise<void>;

/** A request that came to a user agent and passed the checks of §8.2. */
export class UaRequest {
  readonly request: SipRequest;
  readonly flow: Flow;
  /** The dialog it came in, none for the request that makes one. */
  readonly dialog: UaDialog | undefined;
  /** The To tag of every response of ours (§8.2.6.2). */
  readonly toTag: string;
  protected readonly core: UaCore;
  protected readonly incoming: IncomingRequest;

  /** CSeq number of the request of ours that this one answers by making a dialog (RFC 6665 §4.4.1). */
  readonly #localSeq: number | undefined;

  constructor(core: UaCore, incoming: IncomingRequest, dialog: UaDialog | undefined, localSeq?: number) {
    this.core = core;
    this.incoming = incoming;
    this.request = incoming.request;
    this.flow = incoming.flow;
    this.dialog = dialog;
    this.#localSeq = localSeq;
    this.toTag = incoming.request.toTag ?? core.endpoint.newTag();
  }

  /** True once a final response was given. */
  get answered(): boolean {
    return this.incoming.answered;
  }

  /** Answers. Throws SIP_ALREADY_ANSWERED, SIP_UNSAFE_FIELD. */
  respond(status: number, options: UaResponseOptions = {}): void {
    if (this.answered) throw sipError('SIP_ALREADY_ANSWERED');
    const response = this.makeResponse(status, options);
    this.dialog?.session?.answering(this.request, response);
    this.incoming.respond(response);
    if (status >= 200 && status < 300 && TARGET_REFRESH.has(this.request.method)) this.dialog?.dialog.refresh(this.request);
  }

  /** For the user agent: refuses it in the name of the rules, before anybody has seen it. */
  refuse({ status, headers = [] }: Refusal): void {
    this.incoming.respond(this.makeResponse(status, { headers }));
  }

  /**
   * Puts a usage into the dialog this request came in, or into the one its 2xx makes; then answer 2xx. For SUBSCRIBE and REFER
   * outside of dialogs, and for the NOTIFY that makes a dialog at the subscriber. Throws SIP_MISSING_HEADER without Contact.
   */
  establish(usage: DialogUsage): UaDialog {
    if (this.dialog !== undefined) {
      this.dialog.attach(usage);
      return this.dialog;
    }
    return new UaDialog(this.core, Dialog.uas(this.request, this.makeResponse(200, {}), this.#localSeq), usage);
  }

  protected makeResponse(status: number, options: UaResponseOptions): SipResponse {
    const response = respondTo(this.request, status, { ...options, headers: this.core.responseHeaders(options), toTag: this.toTag });
    const ofDialog = TARGET_REFRESH.has(this.request.method);
    // Only what concerns a dialog records a route (§12.1.1); a PUBLISH must not (RFC 3903 §6).
    if (!ofDialog && response.headers.has('Record-Route')) response.headers.delete('Record-Route');
    const namesUs = ofDialog && status > 100 && status < 300;
    if (namesUs && !response.headers.has('Contact')) response.headers.add('Contact', this.core.contact(this.flow));
    return response;
  }
}

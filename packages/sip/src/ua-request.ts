import { respondTo } from './build.js';
import type { BodyOptions } from './build.js';
import type { IncomingRequest } from './endpoint-types.js';
import { sipError } from './errors.js';
import type { Flow } from './flow.js';
import type { SipRequest, SipResponse } from './message.js';
import type { UaCore } from './ua-core.js';
import type { UaDialog } from './ua-dialog.js';

export interface UaResponseOptions extends BodyOptions {
  /** The registered phrase when absent. */
  readonly reason?: string | undefined;
}

export type UaRequestHandler = (incoming: UaRequest) => void | Promise<void>;

/** Whose accepted requests change the remote target (§12.2, RFC 3311 §5.2, RFC 6665 §4.4.1), and whose 2xx names ours. */
const TARGET_REFRESH = new Set(['INVITE', 'UPDATE', 'SUBSCRIBE', 'NOTIFY', 'REFER']);

/** A request that came to a user agent and passed the checks of §8.2. */
export class UaRequest {
  readonly request: SipRequest;
  readonly flow: Flow;
  /** The dialog it came in. */
  readonly dialog: UaDialog | undefined;
  /** The To tag of every response of ours (§8.2.6.2). */
  readonly toTag: string;
  protected readonly core: UaCore;
  protected readonly incoming: IncomingRequest;

  constructor(core: UaCore, incoming: IncomingRequest, dialog: UaDialog | undefined) {
    this.core = core;
    this.incoming = incoming;
    this.request = incoming.request;
    this.flow = incoming.flow;
    this.dialog = dialog;
    this.toTag = incoming.request.toTag ?? core.endpoint.newTag();
  }

  /** True once a final response was given. */
  get answered(): boolean {
    return this.incoming.answered;
  }

  /** Answers. Throws SIP_ALREADY_ANSWERED, SIP_UNSAFE_FIELD. */
  respond(status: number, options: UaResponseOptions = {}): void {
    if (this.answered) throw sipError('SIP_ALREADY_ANSWERED');
    this.incoming.respond(this.makeResponse(status, options));
    if (status >= 200 && status < 300 && TARGET_REFRESH.has(this.request.method)) this.dialog?.dialog.refresh(this.request);
  }

  protected makeResponse(status: number, options: UaResponseOptions): SipResponse {
    const response = respondTo(this.request, status, { ...options, headers: this.core.responseHeaders(options), toTag: this.toTag });
    const namesUs = status > 100 && status < 300 && TARGET_REFRESH.has(this.request.method);
    if (namesUs && !response.headers.has('Contact')) response.headers.add('Contact', this.core.contact(this.flow));
    return response;
  }
}

import type { NameAddr } from '@simple-im/grammar';
import type { IncomingRequest } from './endpoint-types.js';
import type { SipRequest } from './message.js';
import { ReferNotifier } from './refer-notifier.js';
import { readReferredBy, readReferTo, type ReferTo } from './refer-to.js';
import { formatReplaces } from './replaces.js';
import type { UaCore } from './ua-core.js';
import type { UaDialog } from './ua-dialog.js';
import { UaRequest } from './ua-request.js';
import type { UaResponseOptions } from './ua-request.js';

export type UaReferHandler = (incoming: UaRefer) => void | Promise<void>;

export interface AcceptReferOptions extends UaResponseOptions {
  /** Seconds the reports may take. Default 180. */
  readonly expires?: number | undefined;
}

/** A REFER that came to a user agent (RFC 3515 §2.4.2). Ask the user, or a policy, before following it. */
export class UaRefer extends UaRequest {
  readonly referTo: ReferTo;
  /** Who referred us, as it came; undefined when absent (RFC 3892). */
  readonly referredBy: NameAddr | undefined;

  /** Throws SIP_BAD_HEADER (400) unless there is one Refer-To that can be read, SIP_DUPLICATE_HEADER. */
  constructor(core: UaCore, incoming: IncomingRequest, dialog: UaDialog | undefined) {
    super(core, incoming, dialog);
    this.referTo = readReferTo(this.request.headers);
    this.referredBy = readReferredBy(this.request.headers);
  }

  /** What the request carries that it asks for: Referred-By as it came (RFC 3892 §2.2), Replaces (RFC 3891 §4). */
  get headers(): readonly [name: string, value: string][] {
    const fields: [string, string][] = [];
    const referredBy = this.request.headers.get('Referred-By');
    if (referredBy !== undefined) fields.push(['Referred-By', referredBy]);
    if (this.referTo.replaces !== undefined) fields.push(['Replaces', formatReplaces(this.referTo.replaces)]);
    return fields;
  }

  /**
   * Answers 202 and reports 100 at once; report further with what it returns. If the peer wants no reports and we support
   * `norefersub`, nothing is reported (RFC 4488 §4). Throws SIP_ALREADY_ANSWERED, SIP_MISSING_HEADER without Contact.
   */
  accept({ expires = 180, ...options }: AcceptReferOptions = {}): ReferNotifier {
    const { request } = this;
    const notifier = new ReferNotifier(this.core, this.dialog === undefined ? undefined : request.cseq?.number, expires);
    if (this.core.supports('norefersub') && wantsNoSubscription(request)) {
      this.respond(202, { ...options, headers: [['Refer-Sub', 'false'], ...(options.headers ?? [])] });
      return notifier;
    }
    const dialog = this.answered ? undefined : this.establish(notifier);
    this.respond(202, options);
    if (dialog !== undefined) notifier.start(dialog);
    return notifier;
  }
}

function wantsNoSubscription(request: SipRequest): boolean {
  return request.headers.get('Refer-Sub')?.split(';', 1)[0]?.trim().toLowerCase() === 'false';
}

import type { SipRequest, SipResponse } from './message.js';
import type { UaCore } from './ua-core.js';
import type { UaRequestHandler } from './ua-request.js';
import { finalResponse } from './uac-request.js';

/**
 * A request of ours outside of dialogs whose dialogs are made by requests of the peers: a SUBSCRIBE by its NOTIFYs, one from each
 * branch of a fork, perhaps before the 2xx (RFC 6665 §4.1.2.4, §4.4.1). A NOTIFY with its Call-ID and our tag that belongs to no
 * dialog goes to `handler`, which looks at Event, calls `establish` on it if it is to make a dialog, and answers.
 */
export class DialogOpening {
  /** The final response, whatever its status; rejects as {@link UserAgent.request} does. */
  readonly response: Promise<SipResponse>;
  readonly handler: UaRequestHandler;
  readonly #core: UaCore;
  readonly #key: string;
  #cseq: number;

  /** For the user agent: sends it. */
  constructor(core: UaCore, request: SipRequest, handler: UaRequestHandler, signal: AbortSignal | undefined) {
    this.handler = handler;
    this.#core = core;
    this.#key = openingKey(request.callId, request.fromTag);
    this.#cseq = request.cseq?.number ?? 1;
    core.openings.set(this.#key, this);
    this.response = finalResponse(core, { request, inDialog: false, nextCseq: () => (this.#cseq += 1) }, signal);
  }

  /** CSeq number of the request as sent last. */
  get cseq(): number {
    return this.#cseq;
  }

  /** Makes no more dialogs: from now on such a NOTIFY is answered 481. */
  close(): void {
    this.#core.openings.delete(this.#key);
  }
}

/** What a request of the peer carries of ours: the Call-ID, and as its To tag the tag of our From. */
export function openingKey(callId: string | undefined, ourTag: string | undefined): string {
  return `${callId ?? ''} ${ourTag ?? ''}`;
}

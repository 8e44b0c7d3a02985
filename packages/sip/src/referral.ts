import type { Timer } from '@simple-im/transport';
import type { DialogUsage } from './dialog-usage.js';
import { sipError } from './errors.js';
import type { SipRequest, SipResponse } from './message.js';
import { readReferState, referEventId } from './refer-event.js';
import { referralTable, type ReferralAction, type ReferralInput, type ReferralState } from './refer-table.js';
import { formatReferTo } from './refer-to.js';
import { replacing, type Replaces } from './replaces.js';
import { readSipfrag, type ReferStatus } from './sipfrag.js';
import type { UaCore } from './ua-core.js';
import type { UaDialog } from './ua-dialog.js';
import type { UaRequestOptions } from './ua-options.js';
import type { UaRequest } from './ua-request.js';

export interface ReferOptions extends UaRequestOptions {
  /** The method of the request to send there; INVITE when absent. */
  readonly method?: string | undefined;
  /** The dialog there that the INVITE is to replace (RFC 3891). */
  readonly replaces?: Replaces | undefined;
  /** Referred-By (RFC 3892): a URI, by default our address of record; false for none. */
  readonly referredBy?: string | false | undefined;
  /** False asks not to be notified (RFC 4488); the peer may do so all the same. */
  readonly subscription?: boolean | undefined;
}

/** Whom to refer to: a URI, or the peer of another dialog of ours, whose place the new one takes (attended transfer, RFC 5589 §7). */
export type ReferTarget = string | UaDialog;

/** Statuses that wait for a reader; each is a complete statement, so that the oldest may go. */
const MOST_WAITING = 32;
const LONGEST_SUBSCRIPTION = 86_400;
const SIPFRAG = 'message/sipfrag';

/**
 * A REFER of ours with its implicit subscription (RFC 3515). Iterate over it for each status the peer reports; the iteration ends with the
 * subscription, whatever came of it. One reader.
 */
export class Referral implements DialogUsage, AsyncIterable<ReferStatus> {
  /** The 2xx. Rejects with SIP_REJECTED (`responseOf` gives the response), SIP_TIMEOUT, SIP_TRANSPORT, SIP_ABORTED. */
  readonly accepted: Promise<SipResponse>;
  readonly #core: UaCore;
  #state: ReferralState = referralTable.initial.next;
  #dialog: UaDialog | undefined;
  #cseq: number | undefined;
  /** The id that the peer gave the subscription (RFC 3515 §2.4.6). */
  #id: number | undefined;
  #waiting: ReferStatus[] = [];
  #wake: (() => void) | undefined;
  #timer: Timer | undefined;
  #last: ReferStatus | undefined;
  #close: () => void = () => {};

  /** For the user agent: `send` sends the REFER. In `dialog`, or its NOTIFY makes the dialog. */
  constructor(core: UaCore, dialog: UaDialog | undefined, send: (referral: Referral) => Promise<SipResponse>) {
    this.#core = core;
    this.#dialog = dialog;
    dialog?.attach(this);
    this.accepted = send(this).then((response) => this.#answered(response), (error: unknown) => {
      this.#receive('refused');
      throw error;
    });
    // Whoever only iterates sees the end.
    this.accepted.catch(() => undefined);
    this.#cseq = dialog?.dialog.localSeq;
  }

  get state(): ReferralState {
    return this.#state;
  }

  /** What was reported last. */
  get status(): ReferStatus | undefined {
    return this.#last;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ReferStatus, void, undefined> {
    for (;;) {
      const next = this.#waiting.shift();
      if (next !== undefined) yield next;
      else if (this.#state === 'terminated') return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** Wants no more reports (RFC 3515 §2.4.4): what was asked for goes on. Rejects as a request in the dialog does. */
  async unsubscribe(): Promise<void> {
    if (this.#state !== 'active' && this.#state !== 'accepted') return;
    const event = this.#id === undefined ? 'refer' : `refer;id=${this.#id}`;
    const response = await this.#dialog?.request('SUBSCRIBE', { usage: this, headers: [['Event', event], ['Expires', '0']] });
    if (response !== undefined && response.status >= 300) this.#receive('expired');
  }

  owns(request: SipRequest): boolean {
    if (request.method !== 'NOTIFY') return false;
    const id = referEventId(request);
    return id === null || (id !== undefined && (this.#cseq === undefined || id === this.#cseq));
  }

  /** Throws SIP_BAD_SIPFRAG, SIP_BAD_HEADER, SIP_MISSING_HEADER (400). */
  receive(incoming: UaRequest): void {
    const report = readReport(incoming);
    if (report !== undefined) this.#take(incoming, report);
  }

  retried(request: SipRequest, cseq: number): void {
    if (request.method === 'REFER') this.#cseq = cseq;
  }

  ended(): void {
    this.#dialog = undefined;
    this.#receive('dialog over');
  }

  /** For the user agent: a NOTIFY that belongs to no dialog; `close` lets no further one make any. */
  receiveFirst(notify: UaRequest, close: () => void): void {
    if (!this.owns(notify.request) || this.#state === 'terminated') {
      notify.respond(this.#state === 'terminated' ? 481 : 489);
      return;
    }
    const report = readReport(notify);
    if (report === undefined) return;
    this.#dialog = notify.establish(this);
    close();
    this.#take(notify, report);
  }

  /** For the user agent: what to call when it is over and no NOTIFY has made a dialog. */
  set opening(close: () => void) {
    this.#close = close;
  }

  #take(notify: UaRequest, { status, over, expires }: Report): void {
    this.#id = referEventId(notify.request) ?? undefined;
    notify.respond(200);
    this.#last = status;
    this.#receive(over ? 'last NOTIFY' : 'NOTIFY', expires);
  }

  #answered(response: SipResponse): SipResponse {
    const { status, reason } = response;
    if (status >= 300) {
      this.#receive('refused');
      throw sipError('SIP_REJECTED', { status, detail: `${status} ${reason}`, cause: response });
    }
    const without = response.headers.get('Refer-Sub')?.split(';', 1)[0]?.trim().toLowerCase() === 'false';
    this.#receive(without ? 'no subscription' : '2xx');
    return response;
  }

  #receive(input: ReferralInput, expires?: number): void {
    const row = referralTable.states[this.#state]?.[input];
    if (row === undefined) return;
    this.#state = row.next;
    for (const action of row.actions) this.#act(action, expires);
    this.#wake?.();
    this.#wake = undefined;
  }

  #act(action: ReferralAction, expires: number | undefined): void {
    if (action === 'start timer N') {
      this.#expireIn(64 * this.#core.endpoint.timers.T1);
    } else if (action === 'start expiry') {
      this.#expireIn(Math.min(expires ?? LONGEST_SUBSCRIPTION, LONGEST_SUBSCRIPTION) * 1000);
    } else if (action === 'tell') {
      if (this.#last !== undefined) this.#waiting = [...this.#waiting, this.#last].slice(-MOST_WAITING);
    } else {
      this.#timer?.cancel();
      this.#close();
      this.#dialog?.detach(this);
    }
  }

  #expireIn(delay: number): void {
    this.#timer?.cancel();
    this.#timer = this.#core.endpoint.clock.setTimer(delay, () => this.#receive('expired'));
  }
}

interface Report {
  readonly status: ReferStatus;
  readonly over: boolean;
  readonly expires: number | undefined;
}

/** What a NOTIFY says; undefined for one that was answered 415. */
function readReport(notify: UaRequest): Report | undefined {
  const { request } = notify;
  if (request.contentType?.type === SIPFRAG) return { status: readSipfrag(request.body), ...readReferState(request) };
  notify.respond(415, { headers: [['Accept', SIPFRAG]] });
  return undefined;
}

/** The fields of a REFER. Throws GRAMMAR_UNENCODABLE, SIP_UNSAFE_FIELD. */
export function referFields(core: UaCore, target: ReferTarget, options: ReferOptions): [name: string, value: string][] {
  const { method, referredBy = core.options.aor, subscription = true } = options;
  const uri = typeof target === 'string' ? target : target.dialog.remoteTarget;
  const replaces = options.replaces ?? (typeof target === 'string' ? undefined : replacing(target.dialog));
  const fields: [string, string][] = [['Refer-To', formatReferTo(uri, { method, replaces })]];
  if (referredBy !== false) fields.push(['Referred-By', `<${referredBy}>`]);
  if (!subscription) fields.push(['Refer-Sub', 'false'], ['Supported', [...(core.options.supported ?? []), 'norefersub'].join(', ')]);
  return [...fields, ...[...(options.headers ?? [])].map(([name, value]): [string, string] => [name, value])];
}

/*
 * The leg towards the callee: the IM server is the inviting side (RFC 3261 §13.2), with an INVITE of its own.
 */
import { formatNameAddr } from '@simple-im/grammar';
import { buildRequest, Dialog, newTag, type BodyOptions, type SipRequest, type SipResponse } from '@simple-im/sip';
import type { Random } from '@simple-im/transport';
import type { Im2Core, Im2Outgoing } from '../reference-points.js';
import { ALLOW } from './invited-leg.js';
import type { LegRefresh } from './leg-refresh.js';

/** The body of the INVITE. */
type InvitationOptions = Required<Pick<BodyOptions, 'contentType' | 'body'>>;

export interface InvitingHandlers {
  readonly refresh: LegRefresh;
  progress(status: number, reason: string): void;
  /** The first 2xx; it has been acknowledged. */
  accepted(response: SipResponse): void;
  refused(status: number, reason: string, headers: readonly (readonly [string, string])[]): void;
  failed(status: number): void;
}

/** What the callee should see of the caller's INVITE; the rest belongs to the caller's leg (RFC 7092 §3.1.2). */
const PASSED_ON = [
  'Subject', 'Accept-Contact', 'Reject-Contact', 'Request-Disposition', 'Privacy', 'P-Asserted-Identity', 'P-Asserted-Service',
  'P-Preferred-Service', 'History-Info',
  'Referred-By', 'P-Served-User', 'Priority', 'Date', 'Expires',
  'Accept-Language', 'User-Agent', 'Conversation-ID', 'Contribution-ID', 'InReplyTo-Contribution-ID',
];

/** What the caller learns of a refusal besides its status; Contact is where a redirection leads. */
const PASSED_BACK = ['Retry-After', 'Warning', 'Reason', 'Contact', 'Error-Info'];

/** INVITEs at most, each for a longer session timer than the one before. */
const MOST_ATTEMPTS = 4;

export class InvitingLeg {
  readonly #core: Im2Core;
  readonly #handlers: InvitingHandlers;
  #originalDialog: string | undefined;
  #invite: SipRequest;
  #attempts = 1;
  #cancelled = false;
  #outgoing: Im2Outgoing | undefined;
  #dialog: Dialog | undefined;
  #ack: SipRequest | undefined;

  constructor(core: Im2Core, original: SipRequest, contact: string, body: InvitationOptions, random: Random, handlers: InvitingHandlers) {
    this.#core = core;
    this.#handlers = handlers;
    this.#invite = inviteFrom(original, contact, body, random);
    this.#setTimerFields();
  }

  get dialog(): Dialog | undefined {
    return this.#dialog;
  }

  start(originalDialog: string | undefined): void {
    this.#originalDialog = originalDialog;
    this.#send();
  }

  cancel(): void {
    this.#cancelled = true;
    this.#outgoing?.cancel();
  }

  #send(): void {
    this.#outgoing = this.#core.request(this.#invite.clone(), this.#originalDialog, {
      response: (response) => this.#onResponse(response),
      failed: (error) => this.#handlers.failed(error.status ?? 500),
    });
  }

  #refused(response: SipResponse): void {
    if (this.#asksAgain(response)) return;
    const headers = PASSED_BACK.flatMap((name) => response.headers.all(name).map((value) => [name, value] as const));
    this.#handlers.refused(response.status, response.reason, headers);
  }

  #setTimerFields(): void {
    for (const [name, value] of this.#handlers.refresh.requestFields()) this.#invite.headers.set(name, value);
  }

  /** RFC 4028 §7.3: once more, with the interval that a 422 asks for. False where that is no use. */
  #asksAgain(response: SipResponse): boolean {
    if (this.#cancelled || this.#attempts >= MOST_ATTEMPTS || !this.#handlers.refresh.refused(response)) return false;
    this.#attempts += 1;
    this.#invite = this.#invite.clone();
    this.#invite.headers.set('CSeq', `${this.#attempts} INVITE`);
    this.#setTimerFields();
    this.#send();
    return true;
  }

  #onResponse(response: SipResponse): void {
    if (response.status === 100) return;
    if (response.status < 200) return this.#handlers.progress(response.status, response.reason);
    if (response.status >= 300) return this.#refused(response);
    if (this.#dialog === undefined) return this.#establish(response);
    // Sent again: our ACK was lost. Of another branch: one session is enough (§13.2.2.4).
    if (response.toTag === this.#dialog.remoteTag) this.#core.ack((this.#ack as SipRequest).clone());
    else this.#refuseFork(response);
  }

  #establish(response: SipResponse): void {
    this.#dialog = Dialog.uac(this.#invite, response);
    this.#ack = this.#dialog.ack(this.#invite);
    this.#core.ack(this.#ack.clone());
    if (!this.#cancelled) this.#handlers.refresh.answered(this.#invite, response);
    this.#handlers.accepted(response);
  }

  #refuseFork(response: SipResponse): void {
    const fork = Dialog.uac(this.#invite, response);
    this.#core.ack(fork.ack(this.#invite));
    this.#core.request(fork.request('BYE'), undefined, { response: () => {}, failed: () => {} });
  }
}

function inviteFrom(original: SipRequest, contact: string, body: InvitationOptions, random: Random): SipRequest {
  const headers: [string, string][] = [['Contact', `<${contact}>;+g.oma.sip-im`], ['Allow', ALLOW]];
  for (const name of PASSED_ON) for (const value of original.headers.all(name)) headers.push([name, value]);
  const { from, to } = original;
  return buildRequest({
    method: 'INVITE',
    uri: original.uri,
    // Without their parameters: the tags are those of the other dialog.
    from: `${formatNameAddr({ displayName: from?.displayName, uri: from?.uriText })};tag=${newTag(random)}`,
    to: formatNameAddr({ displayName: to?.displayName, uri: to?.uriText }),
    callId: newTag(random) + newTag(random),
    cseq: 1,
    // A loop through us must end like any other (RFC 7332 §3).
    maxForwards: original.maxForwards,
    headers,
    ...body,
  });
}

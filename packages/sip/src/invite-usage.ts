import { glareDelay, retryLater } from './ua-refusal.js';
import type { Refusal } from './ua-refusal.js';
import { AcknowledgedProvisionals } from './acknowledged-provisionals.js';
import type { BodyOptions } from './build.js';
import { sipError } from './errors.js';
import type { SipMessage, SipRequest, SipResponse } from './message.js';
import { hasSession, OfferAnswer } from './offer-answer.js';
import { SessionRefresh } from './session-refresh.js';
import type { SessionTimerSettings } from './session-refresh.js';
import { readMinSe } from './session-expires.js';
import type { SessionTimer } from './session-timer.js';
import type { UaCore } from './ua-core.js';
import type { UaDialog } from './ua-dialog.js';
import type { UaInvite } from './ua-invite.js';
import type { UaRequest, UaRequestHandler } from './ua-request.js';

/** The methods that belong to a session and refresh it (RFC 4028 §7.4). */
const REFRESHING = new Set(['INVITE', 'UPDATE']);

/**
 * The session that an INVITE made in a dialog (RFC 5057 §3.2): which INVITEs, UPDATEs and offers are under way in it, and its
 * session timer. For the user agent; applications use {@link UaDialog}.
 */
export class InviteUsage {
  readonly offers = new OfferAnswer();
  /** While an INVITE of ours has no final response: cancels it (RFC 3891 §3). */
  giveUp: (() => void) | undefined;
  readonly #core: UaCore;
  readonly #dialog: UaDialog;
  /** §14: the INVITE under way in each direction. */
  #outgoing = false;
  #incoming: UaInvite | undefined;
  /** RFC 3311 §5.2: an UPDATE of the peer has no final response yet. */
  #updating = false;
  #peerAllows: ReadonlySet<string> | undefined;
  #refresh: SessionRefresh | undefined;
  #afterAck: (() => void)[] | undefined;
  /** The last INVITE of the peer: a PRACK for it may come after its ACK (RFC 3262 §3). */
  #last: UaInvite | undefined;

  constructor(core: UaCore, dialog: UaDialog) {
    this.#core = core;
    this.#dialog = dialog;
  }

  /** The session timer, once one was asked for. */
  get timer(): SessionTimer | undefined {
    return this.#refresh?.timer;
  }

  /** Takes up a session timer: `timer` is the one that our INVITE was sent with. */
  startTimer(settings: SessionTimerSettings, timer?: SessionTimer): void {
    const { endpoint } = this.#core;
    this.#refresh = new SessionRefresh({
      clock: endpoint.clock,
      peerAllows: (method) => this.#peerAllows?.has(method) === true,
      request: (method, options) => this.#dialog.request(method, options),
      glareDelay: () => glareDelay(this.#dialog.dialog.isUac, endpoint.random),
      expired: () => this.#dialog.loseSession('expired'),
      problem: (error) => endpoint.report(error),
    }, settings, timer);
  }

  /**
   * What to answer an INVITE or UPDATE of the peer with instead of handing it on (§14.2, RFC 3311 §5.2, RFC 4028 §9). Throws
   * SIP_BAD_HEADER, SIP_OUT_OF_RANGE (400).
   */
  refusalOf(request: SipRequest): Refusal | undefined {
    const { random } = this.#core.endpoint;
    if (request.method === 'INVITE') {
      if (this.#outgoing || this.offers.state === 'we offered') return { status: 491 };
      if (this.#incoming !== undefined || this.offers.state === 'peer offered') return retryLater(random);
    } else {
      if (this.#updating) return retryLater(random);
      if (hasSession(request) && this.offers.state === 'we offered') return { status: 491 };
      if (hasSession(request) && this.offers.state === 'peer offered') return retryLater(random);
    }
    if (this.timer !== undefined) readMinSe(request.headers);
    const tooShort = this.timer?.tooShort(request);
    return tooShort === undefined ? undefined : { status: 422, headers: tooShort.map(([name, value]) => [name, value]) };
  }

  /** An INVITE of the peer is under way; it passed `refusalOf`, or made the dialog. */
  inviteCame(invite: UaInvite): void {
    this.#incoming = invite;
    this.#last = invite;
    this.offers.request('peer', invite.request);
    this.heard(invite.request);
  }

  /** An INVITE of the peer was refused. */
  inviteRefused(invite: UaInvite): void {
    if (this.#incoming === invite) this.#incoming = undefined;
    this.offers.failed('INVITE');
    this.#settle();
  }

  /** The 2xx to an INVITE of the peer was not acknowledged, so the session ends with BYE. */
  noAck(invite: UaInvite): void {
    this.inviteRefused(invite);
    this.#dialog.loseSession('no ack');
  }

  receiveAck(ack: SipRequest): void {
    const invite = this.#incoming;
    if (invite === undefined || !invite.awaitsAck || invite.request.cseq?.number !== ack.cseq?.number) return;
    this.#incoming = undefined;
    this.offers.request('peer', ack);
    invite.acknowledge(ack);
    this.#settle();
  }

  /** RFC 3311 §5.2. Without a handler one without a session description, a refresh, is answered 200. */
  receiveUpdate(incoming: UaRequest, handler: UaRequestHandler | undefined): void {
    const { request } = incoming;
    const refusal = this.refusalOf(request);
    if (refusal !== undefined) {
      incoming.refuse(refusal);
      return;
    }
    this.#updating = true;
    this.offers.request('peer', request);
    this.heard(request);
    if (handler !== undefined) this.#core.run(handler, incoming);
    else incoming.respond(hasSession(request) ? 488 : 200);
  }

  /** RFC 3262 §3 */
  receivePrack(incoming: UaRequest): void {
    const invite = this.#last;
    if (invite?.expectsPrack(incoming.request) !== true) {
      incoming.respond(481);
      return;
    }
    this.offers.request('peer', incoming.request);
    this.#core.run(() => invite.receivePrack(incoming), incoming);
  }

  /** A response of ours to a request in the session, before it is given: gets the fields of the session timer. */
  answering(request: SipRequest, response: SipResponse): void {
    const { method } = request;
    const { status } = response;
    if (method !== 'PRACK' && !REFRESHING.has(method)) return;
    if (status >= 200 && status < 300 && REFRESHING.has(method)) this.#refresh?.answer(request, response);
    this.offers.response('us', response, request);
    if (method === 'UPDATE' && status >= 200) this.#updating = false;
  }

  /**
   * Whether a request of ours may be sent now, and what it carries for the session timer. Throws SIP_GLARE while another INVITE
   * is under way (§14.1), or an offer for one with a session description (RFC 3311 §5.1).
   */
  sending(request: SipRequest): void {
    const { method, headers } = request;
    const offers = method === 'INVITE' || (method === 'UPDATE' && hasSession(request));
    // The callee's own answer counts once it is acknowledged (RFC 3311 §5.1).
    if (offers && (this.offers.state !== 'stable' || this.#incoming?.awaitsPrack === true)) throw sipError('SIP_GLARE');
    if (method === 'INVITE' && (this.#outgoing || this.#incoming !== undefined)) throw sipError('SIP_GLARE');
    if (method === 'INVITE') this.#outgoing = true;
    if (method === 'INVITE' || method === 'UPDATE' || method === 'PRACK') this.offers.request('us', request);
    if (this.#refresh === undefined || !REFRESHING.has(method)) return;
    for (const [name, value] of this.#refresh.timer.requestFields()) headers.add(name, value);
    this.#core.support(headers, 'timer');
  }

  /** The final response to a request of ours that went through `sending`. */
  answered(sent: SipRequest, response: SipResponse): void {
    this.#over(sent.method);
    this.offers.response('peer', response, sent);
    this.heard(response);
    if (!REFRESHING.has(sent.method)) return;
    if (response.status < 300) this.#refresh?.answered(sent, response);
    else this.timer?.refused(response);
  }

  /** A request of ours that went through `sending` has no final response. */
  failed(method: string): void {
    this.#over(method);
    this.offers.failed(method);
  }

  /** For the provisional responses to an INVITE of ours in the dialog (RFC 3262 §4). */
  provisionals(): AcknowledgedProvisionals {
    const prack = (options: BodyOptions): Promise<SipResponse> => this.#dialog.request('PRACK', options);
    return new AcknowledgedProvisionals(prack, (error) => this.#core.endpoint.report(error));
  }

  /** Allow of the peer, from what it sent last. */
  heard(message: SipMessage): void {
    if (message.headers.has('Allow')) this.#peerAllows = new Set(message.allow());
  }

  /** Resolves when the ACK has come; undefined when none is to come (§15). */
  settled(): Promise<void> | undefined {
    return this.#incoming?.awaitsAck === true ? new Promise((resolve) => (this.#afterAck ??= []).push(resolve)) : undefined;
  }

  /** The session is over. */
  ended(): void {
    this.#refresh?.stop();
    this.#refresh = undefined;
    const invite = this.#incoming;
    this.#incoming = undefined;
    invite?.abandon(sipError('SIP_DIALOG_ENDED'));
    this.#settle();
  }

  #over(method: string): void {
    if (method === 'INVITE') this.#outgoing = false;
  }

  #settle(): void {
    for (const resolve of this.#afterAck?.splice(0) ?? []) resolve();
  }
}

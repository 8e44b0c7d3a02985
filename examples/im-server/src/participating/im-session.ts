/*
 * A session between two users: a back-to-back user agent (RFC 7092 §3.1.2) on the media path, a dialog and an MSRP session
 * of its own towards either user.
 */
import { ProtocolError } from '@simple-im/grammar';
import { connectionRole, negotiateSetup, parseMsrpSdp, type MsrpMedia } from '@simple-im/msrp/sdp';
import { respondTo, type Dialog, type SipRequest, type SipResponse } from '@simple-im/sip';
import type { Clock, Random, Timer } from '@simple-im/transport';
import { serverError } from '../errors.js';
import type { Media, MediaTransport } from '../media/media.js';
import type { Log, Metrics } from '../observe/ports.js';
import type { Im2Core, Im2Request } from '../reference-points.js';
import { RepeatedAnswer } from './answer.js';
import { ALLOW, InvitedLeg } from './invited-leg.js';
import { InvitingLeg } from './inviting-leg.js';
import { canBeCalled, offeredTransport, tlsTowards, transportOf } from './leg-transport.js';
import { OwnDescription } from './own-description.js';
import { RelayLeg } from './relay-leg.js';

export interface ImSessionOptions {
  readonly core: Im2Core;
  readonly media: Media;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** One text for each side: names of the legs in our Contact URIs, or addresses-of-record. */
export interface Sides {
  readonly caller: string;
  readonly callee: string;
}

/** Whom a session is between, and how the callee registered (`TLS`, `WSS` ...). */
export interface Users extends Sides {
  readonly calleeTransport: string | undefined;
}

export type Side = keyof Sides;

/** What the caller learns of a refusal besides its status; Contact is where a redirection leads. */
const PASSED_BACK = ['Retry-After', 'Warning', 'Reason', 'Contact', 'Error-Info'];

/** Milliseconds after which a session is over that a user agreed to and never connected for. */
const BIND_WAIT = 60_000;

export class ImSession {
  readonly #options: ImSessionOptions;
  readonly #exchange: Im2Request;
  readonly #offer: MsrpMedia;
  #answer: MsrpMedia | undefined;
  readonly #onEnd: () => void;
  readonly #invited: InvitedLeg;
  readonly #inviting: InvitingLeg;
  readonly #media: Readonly<Record<Side, RelayLeg>>;
  readonly #transports: Readonly<Record<Side, MediaTransport>>;
  readonly #descriptions: Readonly<Record<Side, OwnDescription>>;
  readonly #contacts: Sides;
  /** The 200 to a re-INVITE that awaits its ACK. */
  readonly #refreshed: Partial<Record<Side, RepeatedAnswer>> = {};
  readonly #goodbyes: Promise<void>[] = [];
  #bindTimer: Timer | undefined;
  #ended = false;

  /** Throws the errors of `parseMsrpSdp` and IM_MEDIA_TRANSPORT, which carry 488, for an offer without a usable `m=message`. */
  constructor(exchange: Im2Request, users: Users, legs: Sides, options: ImSessionOptions, onEnd: () => void) {
    const { core, media, clock, random } = options;
    this.#options = options;
    this.#exchange = exchange;
    this.#onEnd = onEnd;
    this.#offer = parseMsrpSdp(exchange.request.body);
    const theirs = transportOf(this.#offer, media);
    refuseUnlessReachable(theirs, negotiateSetup(this.#offer.setup, 'passive').weConnect);
    this.#transports = { caller: theirs, callee: offeredTransport(users.calleeTransport, media) };
    this.#media = { caller: this.#leg('caller', users.caller, this.#offer.path), callee: this.#leg('callee', users.callee, undefined) };
    this.#media.caller.deliverTo(this.#media.callee.writer);
    this.#media.callee.deliverTo(this.#media.caller.writer);
    const describe = ({ session }: RelayLeg): OwnDescription => new OwnDescription(session.uri, random, media.fingerprint);
    this.#descriptions = { caller: describe(this.#media.caller), callee: describe(this.#media.callee) };
    this.#contacts = { caller: core.contactUri(legs.caller), callee: core.contactUri(legs.callee) };
    this.#invited = new InvitedLeg(exchange, this.#contacts.caller, clock, random);
    try {
      const offer = this.#descriptions.callee.offer(this.#offer);
      this.#inviting = new InvitingLeg(core, exchange.request, this.#contacts.callee, offer, random, {
        progress: (status, reason) => this.#invited.progress(status, reason),
        accepted: (response) => this.#accepted(response),
        refused: (response) => this.#giveUp(response.status, response.reason, passedBack(response)),
        failed: (status) => this.#giveUp(status),
      });
    } catch (error) {
      // What the caller wrote cannot be written again: nothing of the session may stay.
      this.#release();
      throw error;
    }
  }

  start(): void {
    this.#exchange.onCancelled = () => this.#giveUp(487);
    this.#inviting.start(this.#exchange.originalDialog);
  }

  /** A request inside the dialog with one of the users. Throws SIP_CSEQ_OUT_OF_ORDER, which carries 500. */
  receive(side: Side, exchange: Im2Request): void {
    const { request } = exchange;
    const dialog = side === 'caller' ? this.#invited.dialog : this.#inviting.dialog;
    if (side === 'caller' && request.method === 'BYE' && this.#invited.isEarly(request)) return this.#earlyBye(exchange);
    if (dialog === undefined || dialog.state === 'terminated' || !isWithin(dialog, request)) return respond(exchange, 481);
    dialog.receive(request);
    if (request.method === 'BYE') {
      respond(exchange, 200);
      this.#byeCame(side, dialog);
    } else if (request.method === 'INVITE') {
      this.#reinvited(side, dialog, exchange);
    } else {
      respond(exchange, request.method === 'OPTIONS' ? 200 : 405, [['Allow', ALLOW]]);
    }
  }

  acknowledged(side: Side, ack: SipRequest): void {
    if (side === 'caller') this.#invited.acknowledged(ack);
    this.#refreshed[side]?.acknowledged(ack);
  }

  /** Ends both legs; resolves when both BYEs are answered. */
  async end(): Promise<void> {
    if (this.#invited.answered) this.#end();
    else this.#giveUp(503);
    await Promise.all(this.#goodbyes);
  }

  #leg(side: Side, owner: string, remotePath: readonly string[] | undefined): RelayLeg {
    const { clock, random, metrics, media } = this.#options;
    return new RelayLeg({
      clock, random, metrics,
      ...(remotePath === undefined ? {} : { remotePath }),
      createSession: (sink) => media.createSession(owner, sink, this.#transports[side]),
      lost: () => this.#lost(),
    });
  }

  #accepted(response: SipResponse): void {
    if (this.#ended) return this.#bye(this.#inviting.dialog);
    try {
      const answer = parseMsrpSdp(response.body);
      if (transportOf(answer, this.#options.media) !== this.#transports.callee) {
        throw serverError('IM_MEDIA_TRANSPORT', { detail: 'the answer is for another transport than the offer' });
      }
      const toCaller = negotiateSetup(this.#offer.setup, 'passive').weConnect;
      const toCallee = connectionRole('actpass', answer.setup) === 'active';
      refuseUnlessReachable(this.#transports.callee, toCallee);
      this.#answer = answer;
      this.#descriptions.caller.connects = toCaller;
      this.#descriptions.callee.connects = toCallee;
      this.#invited.accept(this.#descriptions.caller.answer(this.#exchange.request.body, this.#offer, answer), () => this.#end());
      this.#options.metrics.count('im_sessions_total');
      this.#bindTimer = this.#options.clock.setTimer(BIND_WAIT, () => this.#checkBound());
      this.#bind('callee', answer, toCallee);
      this.#bind('caller', this.#offer, toCaller);
    } catch (error) {
      if (!ProtocolError.is(error)) throw error;
      this.#options.log.info({ err: error }, 'the answer of the invited user cannot be used');
      if (this.#invited.answered) this.#end();
      else this.#giveUp(488);
    }
  }

  /** Active legs connect; passive ones wait for the peer's first request. A leg that cannot be bound ends the session. */
  #bind(side: Side, theirs: MsrpMedia, active: boolean): void {
    const tls = this.#transports[side] === 'tls' ? tlsTowards(theirs) : undefined;
    this.#media[side].bind(theirs.path, active, tls === undefined ? {} : { tls }).catch((error: unknown) => {
      if (this.#ended) return;
      this.#options.log.info({ err: error, side }, 'a media connection could not be made');
      this.#end();
    });
  }

  #checkBound(): void {
    if (Object.values(this.#media).every((leg) => leg.session.state === 'bound')) return;
    this.#options.log.info({}, 'nobody connected for a session');
    this.#end();
  }

  /** A media connection is gone, or its peer knows the session no more. */
  #lost(): void {
    if (this.#invited.answered) this.#end();
    else this.#giveUp(480);
  }

  /** The session does not come about: the caller is told why, and the callee bothered no more. */
  #giveUp(status: number, reason?: string, headers?: readonly (readonly [string, string])[]): void {
    if (this.#ended) return;
    this.#invited.refuse(status, reason, headers);
    this.#inviting.cancel();
    this.#bye(this.#inviting.dialog);
    this.#release();
    this.#onEnd();
  }

  /** RFC 3261 §15.1.2: the BYE is answered, and so is the INVITE. */
  #earlyBye(exchange: Im2Request): void {
    respond(exchange, 200);
    this.#giveUp(487);
  }

  #byeCame(side: Side, dialog: Dialog): void {
    if (side === 'caller') this.#invited.ended();
    else dialog.bye();
    this.#end();
  }

  /** An offer that changes nothing is a refresh (RFC 3261 §14.2); moving a session's media is not supported. */
  #reinvited(side: Side, dialog: Dialog, exchange: Im2Request): void {
    const { request } = exchange;
    const awaitsAck = this.#refreshed[side]?.awaitsAck === true || (side === 'caller' && this.#invited.awaitsAck);
    if (awaitsAck) return respond(exchange, 500, [['Retry-After', '1']]);
    const sdp = this.#refresh(side, request);
    if (sdp === undefined) return respond(exchange, 488);
    dialog.refresh(request);
    const headers = [['Contact', `<${this.#contacts[side]}>;+g.oma.sip-im`], ['Allow', ALLOW]] as const;
    const response = respondTo(request, 200, { headers, contentType: 'application/sdp', body: sdp });
    this.#refreshed[side] = new RepeatedAnswer(this.#options.clock, (again) => exchange.respond(again), response, () => this.#end());
  }

  /** What to say to a re-INVITE; undefined if it asks for another session. Without a body the user wants our offer. */
  #refresh(side: Side, request: SipRequest): Uint8Array | undefined {
    const theirs = side === 'caller' ? this.#answer : this.#offer;
    if (theirs === undefined) return undefined;
    if (request.body.length === 0) return this.#descriptions[side].offer(theirs);
    try {
      const offered = parseMsrpSdp(request.body);
      const same = offered.path.join(' ') === this.#media[side].remotePath?.join(' ');
      return same ? this.#descriptions[side].answer(request.body, offered, theirs) : undefined;
    } catch (error) {
      if (!ProtocolError.is(error)) throw error;
      return undefined;
    }
  }

  /** Whoever has not said BYE gets one, and the media is freed. */
  #end(): void {
    if (this.#ended) return;
    this.#release();
    this.#bye(this.#inviting.dialog);
    this.#goodbyes.push(new Promise((resolve) => {
      this.#invited.whenSettled(() => {
        this.#bye(this.#invited.dialog, resolve);
        this.#onEnd();
      });
    }));
  }

  #bye(dialog: Dialog | undefined, done?: () => void): void {
    if (dialog === undefined || dialog.state === 'terminated') return done?.();
    const bye = dialog.request('BYE');
    dialog.bye();
    this.#goodbyes.push(new Promise((resolve) => {
      const over = (): void => {
        resolve();
        done?.();
      };
      this.#options.core.request(bye, undefined, { response: (response) => { if (response.status >= 200) over(); }, failed: over });
    }));
  }

  #release(): void {
    this.#ended = true;
    this.#bindTimer?.cancel();
    for (const answer of Object.values(this.#refreshed)) answer.stop();
    for (const { session } of Object.values(this.#media)) this.#options.media.release(session);
  }
}

function refuseUnlessReachable(transport: MediaTransport, weConnect: boolean): void {
  if (weConnect && !canBeCalled(transport)) throw serverError('IM_MEDIA_TRANSPORT', { detail: 'who speaks MSRP over WebSocket connects' });
}

function isWithin(dialog: Dialog, request: SipRequest): boolean {
  return request.callId === dialog.callId && request.toTag === dialog.localTag && (request.fromTag ?? '') === dialog.remoteTag;
}

function respond(exchange: Im2Request, status: number, headers: readonly (readonly [string, string])[] = []): void {
  exchange.respond(respondTo(exchange.request, status, { headers }));
}

function passedBack(response: SipResponse): [string, string][] {
  return PASSED_BACK.flatMap((name) => response.headers.all(name).map((value): [string, string] => [name, value]));
}

/*
 * A session between two users: a back-to-back user agent (RFC 7092 §3.1.2) on the media path, a dialog and an MSRP session
 * of its own towards either user.
 */
import { ProtocolError, utf8 } from '@simple-im/grammar';
import { connectionRole, formatMsrpAnswer, formatMsrpOffer, negotiateSetup, parseMsrpSdp, type MsrpMedia } from '@simple-im/msrp/sdp';
import { parseMsrpUri } from '@simple-im/msrp';
import { respondTo, type SipRequest, type SipResponse } from '@simple-im/sip';
import type { Clock, Random } from '@simple-im/transport';
import type { Media } from '../media/media.js';
import type { Log, Metrics } from '../observe/ports.js';
import type { Im2Core, Im2Request } from '../reference-points.js';
import { RepeatedAnswer } from './answer.js';
import { ALLOW, answerWithin, InvitedLeg } from './invited-leg.js';
import { InvitingLeg } from './inviting-leg.js';
import { RelayLeg } from './relay-leg.js';

export interface ImSessionOptions {
  readonly core: Im2Core;
  readonly media: Media;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Names of a session's legs in our Contact URIs. */
export interface LegNames {
  readonly caller: string;
  readonly callee: string;
}

export type Side = keyof LegNames;

export class ImSession {
  readonly #options: ImSessionOptions;
  readonly #exchange: Im2Request;
  readonly #offer: MsrpMedia;
  readonly #onEnd: () => void;
  readonly #invited: InvitedLeg;
  readonly #inviting: InvitingLeg;
  readonly #callerMedia: RelayLeg;
  readonly #calleeMedia: RelayLeg;
  /** The SDP of each leg as we last sent it. */
  readonly #sdp: Record<Side, Uint8Array | undefined>;
  readonly #contacts: LegNames;
  /** The 200 to a re-INVITE that awaits its ACK. */
  readonly #refreshed: Partial<Record<Side, RepeatedAnswer>> = {};
  readonly #goodbyes: Promise<void>[] = [];
  #ended = false;

  /** Throws the errors of `parseMsrpSdp`, which carry 488, for an offer without a usable `m=message`. */
  constructor(exchange: Im2Request, users: LegNames, legs: LegNames, options: ImSessionOptions, onEnd: () => void) {
    const { core, media, clock, random } = options;
    this.#options = options;
    this.#exchange = exchange;
    this.#onEnd = onEnd;
    this.#offer = parseMsrpSdp(exchange.request.body);
    this.#callerMedia = this.#leg(media, users.caller);
    this.#calleeMedia = this.#leg(media, users.callee);
    this.#callerMedia.deliverTo(this.#calleeMedia.writer);
    this.#calleeMedia.deliverTo(this.#callerMedia.writer);
    const offer = utf8(formatMsrpOffer({ ...this.#ownMedia(this.#offer, this.#calleeMedia), setup: 'actpass' }, { sessionId: 1, version: 1 }));
    this.#sdp = { caller: undefined, callee: offer };
    this.#contacts = { caller: core.contactUri(legs.caller), callee: core.contactUri(legs.callee) };
    this.#invited = new InvitedLeg(exchange, this.#contacts.caller, clock, random);
    this.#inviting = new InvitingLeg(core, exchange.request, this.#contacts.callee, offer, random, {
      progress: (status) => this.#invited.progress(status),
      accepted: (response) => this.#accepted(response),
      refused: (response) => this.#refused(response),
      failed: (status) => this.#fail(status === 408 ? 480 : status),
    });
  }

  start(): void {
    this.#exchange.onCancelled = () => this.#cancelled();
    this.#inviting.start(this.#exchange.originalDialog);
  }

  /** A request inside the dialog with one of the users. */
  receive(side: Side, exchange: Im2Request): void {
    const dialog = side === 'caller' ? this.#invited.dialog : this.#inviting.dialog;
    if (dialog === undefined || this.#ended) return answerWithin(exchange, 481);
    dialog.receive(exchange.request);
    if (exchange.request.method === 'BYE') {
      answerWithin(exchange, 200);
      dialog.bye();
      this.#end(side);
    } else if (exchange.request.method === 'INVITE') {
      this.#reinvited(side, exchange);
    } else {
      answerWithin(exchange, exchange.request.method === 'OPTIONS' ? 200 : 405, [['Allow', ALLOW]]);
    }
  }

  acknowledged(side: Side): void {
    if (side === 'caller') this.#invited.acknowledged();
    this.#refreshed[side]?.stop();
  }

  /** Ends both legs; resolves when both BYEs are answered. */
  async end(): Promise<void> {
    this.#end(undefined);
    await Promise.all(this.#goodbyes);
  }

  #leg(media: Media, owner: string): RelayLeg {
    const { clock, random, metrics } = this.#options;
    return new RelayLeg({ clock, random, metrics, createSession: (sink) => media.createSession(owner, sink), lost: () => this.#end(undefined) });
  }

  /** What one user offered or answered, with our own path in place of theirs. */
  #ownMedia(theirs: MsrpMedia, leg: RelayLeg): Omit<MsrpMedia, 'setup'> {
    const { host, port = 2855 } = parseMsrpUri(leg.session.uri);
    const { setup: _theirs, ...media } = theirs;
    return { ...media, address: { host: host.replace(/^\[|\]$/g, ''), port }, path: [leg.session.uri] };
  }

  #accepted(response: SipResponse): void {
    if (this.#ended) return this.#bye(this.#inviting);
    try {
      const answer = parseMsrpSdp(response.body);
      const caller = negotiateSetup(this.#offer.setup, 'passive');
      this.#bind(this.#calleeMedia, answer.path, connectionRole('actpass', answer.setup) === 'active');
      this.#bind(this.#callerMedia, this.#offer.path, caller.weConnect);
      const media = { ...this.#ownMedia(answer, this.#callerMedia), setup: caller.answer };
      this.#sdp.caller = utf8(formatMsrpAnswer(this.#exchange.request.body, media, { sessionId: 1, version: 1 }));
      this.#invited.accept(this.#sdp.caller, () => this.#end(undefined));
      this.#options.metrics.count('im_sessions_total');
    } catch (error) {
      if (!ProtocolError.is(error)) throw error;
      this.#options.log.info({ err: error }, 'the answer of the invited user cannot be used');
      this.#fail(488);
    }
  }

  /** Active legs connect; passive ones wait for the peer's first request. A leg that cannot be bound ends the session. */
  #bind(leg: RelayLeg, path: readonly string[], active: boolean): void {
    if (!active) return void leg.session.accept(path);
    leg.session.connect(path).catch((error: unknown) => {
      this.#options.log.info({ err: error }, 'a media connection could not be made');
      this.#end(undefined);
    });
  }

  #refused(response: SipResponse): void {
    const headers = ['Retry-After', 'Warning', 'Reason'].flatMap((name) => response.headers.all(name).map((value): [string, string] => [name, value]));
    this.#invited.refuse(response.status, response.reason, headers);
    this.#release();
  }

  #fail(status: number): void {
    if (this.#invited.answered) return this.#end(undefined);
    this.#invited.refuse(status);
    if (this.#inviting.dialog !== undefined) this.#bye(this.#inviting);
    this.#release();
  }

  #cancelled(): void {
    this.#inviting.cancel();
    this.#invited.refuse(487);
    this.#release();
  }

  /** An offer that changes nothing is a refresh (RFC 3261 §14.2); moving a session's media is not supported. */
  #reinvited(side: Side, exchange: Im2Request): void {
    const sdp = this.#sdp[side];
    const path = side === 'caller' ? this.#callerMedia.session.entry.remotePath : this.#calleeMedia.session.entry.remotePath;
    if (sdp === undefined || !offersSamePath(exchange.request, path)) return answerWithin(exchange, 488);
    const leg = side === 'caller' ? this.#invited : this.#inviting;
    leg.dialog?.refresh(exchange.request);
    this.#refreshed[side]?.stop();
    const response = respondTo(exchange.request, 200, { headers: [['Contact', `<${this.#contacts[side]}>`]], contentType: 'application/sdp', body: sdp });
    this.#refreshed[side] = new RepeatedAnswer(this.#options.clock, (again) => exchange.respond(again), response, () => this.#end(undefined));
  }

  /** `by` has said BYE; the others get one. */
  #end(by: Side | undefined): void {
    if (this.#ended) return;
    if (by !== 'caller') this.#bye(this.#invited);
    if (by !== 'callee') this.#bye(this.#inviting);
    this.#invited.ended();
    for (const answer of Object.values(this.#refreshed)) answer.stop();
    this.#release();
  }

  #bye(leg: InvitedLeg | InvitingLeg): void {
    const { dialog } = leg;
    if (dialog === undefined || dialog.state === 'terminated') return;
    const bye = dialog.request('BYE');
    dialog.bye();
    this.#goodbyes.push(new Promise((resolve) => {
      this.#options.core.request(bye, undefined, { response: (response) => { if (response.status >= 200) resolve(); }, failed: () => resolve() });
    }));
  }

  #release(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#options.media.release(this.#callerMedia.session);
    this.#options.media.release(this.#calleeMedia.session);
    this.#onEnd();
  }
}

/** Without a body the other side wants our offer, which is the one it knows. */
function offersSamePath(request: SipRequest, path: readonly string[] | undefined): boolean {
  if (request.body.length === 0) return true;
  try {
    return path !== undefined && parseMsrpSdp(request.body).path.join(' ') === path.join(' ');
  } catch (error) {
    if (!ProtocolError.is(error)) throw error;
    return false;
  }
}

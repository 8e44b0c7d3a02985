/*
 * A session between two users: a back-to-back user agent (RFC 7092 §3.1.2) on the media path, a dialog and an MSRP session
 * of its own towards either user.
 */
import { ProtocolError } from '@simple-im/grammar';
import { negotiateSetup, parseMsrpSdp, type MsrpMedia } from '@simple-im/msrp/sdp';
import type { Dialog, SipRequest, SipResponse } from '@simple-im/sip';
import type { Clock, Random, Timer } from '@simple-im/transport';
import type { Media, MediaTransport } from '../media/media.js';
import type { Log, Metrics } from '../observe/ports.js';
import type { Im2Core, Im2Request } from '../reference-points.js';
import type { ArrivingMessage } from '../session-ports.js';
import { Drain } from './drain.js';
import { Goodbyes } from './goodbyes.js';
import { receiveInDialog, respond, type RoutedSession } from './in-dialog.js';
import { CPIM, InvitationBody } from './invitation-body.js';
import { InvitedLeg } from './invited-leg.js';
import { InvitingLeg } from './inviting-leg.js';
import { KeptMessages } from './kept-messages.js';
import { LegRefresh } from './leg-refresh.js';
import { answeredMedia, offeredTransport, refuseUnlessReachable, tlsTowards, transportOf } from './leg-transport.js';
import { OwnDescription } from './own-description.js';
import { RelayLeg } from './relay-leg.js';
import type { SessionRecording } from './session-recording.js';
import { otherOf, type Side, type Sides, type Users } from './sides.js';

export interface ImSessionOptions {
  readonly core: Im2Core;
  readonly media: Media;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Octets of a message; undefined: any number. */
  readonly maxMessageSize?: number | undefined;
  /** Where what is said goes into the conversation history. */
  readonly recorded?: SessionRecording | undefined;
}

export interface ImSessionEnds {
  /** The session is over. */
  over(): void;
  /** Instead: the callee is not there, and somebody else may go on with the leg towards the caller. False: nobody does. */
  absent?(status: number, invited: InvitedLeg): boolean;
  /** What a user said, and the other did not take. Resolves when something has been done about it. Without it nothing is kept. */
  undelivered?(by: Side, messages: readonly ArrivingMessage[]): Promise<void>;
}

/** Milliseconds after which a session is over that a user agreed to and never connected for. */
const BIND_WAIT = 60_000;

export class ImSession implements RoutedSession<Side> {
  readonly #options: ImSessionOptions;
  readonly #exchange: Im2Request;
  readonly #body: InvitationBody;
  readonly #offer: MsrpMedia;
  #answer: MsrpMedia | undefined;
  readonly #ends: ImSessionEnds;
  readonly #invited: InvitedLeg;
  readonly #inviting: InvitingLeg;
  readonly #media: Readonly<Record<Side, RelayLeg>>;
  readonly #transports: Readonly<Record<Side, MediaTransport>>;
  readonly #descriptions: Readonly<Record<Side, OwnDescription>>;
  readonly #refreshes: Readonly<Record<Side, LegRefresh>>;
  readonly #goodbyes: Goodbyes;
  /** What each user said that the other has not answered. */
  readonly #kept: Readonly<Record<Side, KeptMessages>> | undefined;
  #bindTimer: Timer | undefined;
  /** Who left, while what they sent still goes to the other. */
  #left: Side | undefined;
  #drain: Drain | undefined;
  #ended = false;

  /**
   * Throws the errors of `InvitationBody`, those of `parseMsrpSdp` and IM_MEDIA_TRANSPORT, which carry 488, for an offer without a
   * usable `m=message`.
   */
  constructor(exchange: Im2Request, users: Users, legs: Sides, options: ImSessionOptions, ends: ImSessionEnds) {
    const { core, media, clock, random } = options;
    this.#options = options;
    this.#goodbyes = new Goodbyes(core);
    this.#exchange = exchange;
    this.#ends = ends;
    this.#body = new InvitationBody(exchange.request);
    this.#offer = parseMsrpSdp(this.#body.sdp);
    const theirs = transportOf(this.#offer, media);
    refuseUnlessReachable(theirs, negotiateSetup(this.#offer.setup, 'passive').weConnect);
    this.#transports = { caller: theirs, callee: offeredTransport(users.calleeTransport, media) };
    this.#media = { caller: this.#leg('caller', users.caller, this.#offer.path), callee: this.#leg('callee', users.callee, undefined) };
    const { recorded } = options;
    this.#kept = ends.undelivered && { caller: new KeptMessages(this.#media.callee.writer), callee: new KeptMessages(this.#media.caller.writer) };
    for (const side of ['caller', 'callee'] as const) {
      const sink = this.#kept?.[side] ?? this.#media[otherOf(side)].writer;
      this.#media[side].deliverTo(recorded?.tee(side, sink) ?? sink);
    }
    const describe = ({ session }: RelayLeg): OwnDescription => new OwnDescription(session.uri, random, { fingerprint: media.fingerprint, maxSize: options.maxMessageSize });
    this.#descriptions = { caller: describe(this.#media.caller), callee: describe(this.#media.callee) };
    const contacts = { caller: core.contactUri(legs.caller), callee: core.contactUri(legs.callee) };
    this.#refreshes = { caller: this.#refresh('caller', contacts.caller), callee: this.#refresh('callee', contacts.callee) };
    this.#invited = new InvitedLeg(exchange, contacts.caller, clock, random);
    try {
      const offer = this.#body.with(this.#descriptions.callee.offer(this.#offer), random);
      this.#inviting = new InvitingLeg(core, exchange.request, contacts.callee, offer, random, {
        refresh: this.#refreshes.callee,
        progress: (status, reason) => this.#invited.progress(status, reason),
        accepted: (response) => this.#accepted(response),
        refused: (status, reason, headers) => this.#refused(status, reason, headers),
        failed: (status) => this.#refused(status),
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
    if (side === 'caller' && request.method === 'BYE' && this.#invited.isEarly(request)) return this.#earlyBye(exchange);
    const ended = (dialog: Dialog): void => this.#byeCame(side, dialog);
    receiveInDialog(exchange, { dialog: this.#dialogOf(side), refresh: this.#refreshes[side], ended });
  }

  acknowledged(side: Side, ack: SipRequest): void {
    if (side === 'caller') this.#invited.acknowledged(ack);
    this.#refreshes[side].acknowledged(ack);
  }

  /** Ends both legs; resolves when both BYEs are answered. */
  async end(): Promise<void> {
    if (this.#invited.answered) this.#end();
    else this.#giveUp(503);
    await this.#goodbyes.answered();
  }

  #leg(side: Side, owner: string, remotePath: readonly string[] | undefined): RelayLeg {
    const { clock, random, metrics, media, maxMessageSize } = this.#options;
    return new RelayLeg({
      clock, random, metrics, maxSize: maxMessageSize,
      ...(remotePath === undefined ? {} : { remotePath }),
      createSession: (sink) => media.createSession(owner, sink, this.#transports[side]),
      lost: () => this.#lost(side),
    });
  }

  #refresh(side: Side, contact: string): LegRefresh {
    const { core, clock, random, log } = this.#options;
    return new LegRefresh({
      core, clock, random, contact,
      description: this.#descriptions[side],
      dialog: () => this.#dialogOf(side),
      others: () => (side === 'caller' ? this.#answer : this.#offer),
      path: () => this.#media[side].remotePath,
      isInviting: () => side === 'caller' && this.#invited.awaitsAck,
      over: () => this.#end(),
      problem: (error) => log.info({ err: error, side }, 'a session could not be refreshed'),
    });
  }

  #dialogOf(side: Side): Dialog | undefined {
    return side === 'caller' ? this.#invited.dialog : this.#inviting.dialog;
  }

  #accepted(response: SipResponse): void {
    if (this.#ended) return this.#goodbyes.say(this.#inviting.dialog);
    try {
      const toCaller = negotiateSetup(this.#offer.setup, 'passive').weConnect;
      const { answer, weConnect: toCallee } = answeredMedia(response.body, this.#transports.callee, this.#options.media);
      this.#answer = answer;
      this.#descriptions.caller.connects = toCaller;
      this.#descriptions.callee.connects = toCallee;
      const sdp = this.#descriptions.caller.answer(this.#body.sdp, this.#offer, answer);
      this.#invited.accept(sdp, this.#refreshes.caller, () => this.#end());
      this.#options.metrics.count('im_sessions_total');
      for (const message of this.#body.messages) void this.#options.recorded?.whole('caller', CPIM, message);
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
    if (Object.values(this.#media).some(({ session }) => session.state !== 'bound')) this.#end();
  }

  /** A media connection is gone, or its peer knows the session no more. */
  #lost(side: Side): void {
    if (this.#invited.answered) this.#leave(side);
    else this.#giveUp(480);
  }

  /** One of the two is gone. What was taken from them goes on to the other, who hears of the end after it. */
  #leave(side: Side): void {
    if (this.#ended || this.#left === side) return;
    if (this.#left !== undefined) return this.#end();
    this.#left = side;
    this.#bindTimer?.cancel();
    this.#options.media.release(this.#media[side].session);
    const { writer } = this.#media[otherOf(side)];
    writer.lost();
    this.#drain = new Drain(this.#options.clock, () => writer.outstanding, () => this.#end());
    this.#drain.start();
  }

  #refused(...refusal: Parameters<InvitedLeg['refuse']>): void {
    const isGivenUp = this.#ended || this.#invited.answered;
    if (isGivenUp || this.#ends.absent?.(refusal[0], this.#invited) !== true) return this.#giveUp(...refusal);
    this.#release();
    this.#ends.over();
  }

  /** The session does not come about: the caller is told why, and the callee bothered no more. */
  #giveUp(status: number, reason?: string, headers?: readonly (readonly [string, string])[]): void {
    if (this.#ended) return;
    this.#invited.refuse(status, reason, headers);
    this.#inviting.cancel();
    this.#goodbyes.say(this.#inviting.dialog);
    this.#release();
    this.#ends.over();
  }

  /** RFC 3261 §15.1.2: the BYE is answered, and so is the INVITE. */
  #earlyBye(exchange: Im2Request): void {
    respond(exchange, 200);
    this.#giveUp(487);
  }

  #byeCame(side: Side, dialog: Dialog): void {
    if (side === 'caller') this.#invited.ended();
    else dialog.bye();
    this.#leave(side);
  }

  /** Whoever has not said BYE gets one, and the media is freed. */
  #end(): void {
    if (this.#ended) return;
    if (this.#left !== undefined) this.#countLost(this.#left);
    this.#release();
    for (const side of ['caller', 'callee'] as const) this.#storeKept(side);
    this.#goodbyes.say(this.#inviting.dialog);
    this.#goodbyes.later((done) => {
      this.#invited.whenSettled(() => {
        this.#goodbyes.say(this.#invited.dialog, done);
        this.#ends.over();
      });
    });
  }

  #storeKept(side: Side): void {
    const messages = this.#kept?.[side].take() ?? [];
    const stored = messages.length === 0 ? undefined : this.#ends.undelivered?.(side, messages);
    if (stored !== undefined) this.#goodbyes.later((done) => void stored.then(done));
  }

  /** Nobody is there to be told of it by a REPORT. */
  #countLost(by: Side): void {
    const octets = this.#media[otherOf(by)].session.pending - (this.#kept?.[by].octets ?? 0);
    if (octets <= 0) return;
    this.#options.metrics.count('msrp_octets_lost_total', {}, octets);
    this.#options.log.warn({ octets, by }, 'a user did not take what the other had sent before leaving');
  }

  #release(): void {
    this.#ended = true;
    this.#options.recorded?.close();
    this.#bindTimer?.cancel();
    this.#drain?.stop();
    for (const refresh of Object.values(this.#refreshes)) refresh.stop();
    for (const { session } of Object.values(this.#media)) this.#options.media.release(session);
  }
}

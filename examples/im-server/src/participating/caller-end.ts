/*
 * The IM server as the end point of a session that a user began (004, 5.3.2.3.2): the dialog and the MSRP session with the caller, whose
 * chunks become messages.
 */
import { negotiateSetup, parseMsrpSdp, type MsrpMedia } from '@simple-im/msrp/sdp';
import type { SipRequest } from '@simple-im/sip';
import type { Timer } from '@simple-im/transport';
import { serverError } from '../errors.js';
import type { ArrivingMessage } from '../session-ports.js';
import type { Im2Request } from '../reference-points.js';
import { Goodbyes } from './goodbyes.js';
import type { ImSessionOptions } from './im-session.js';
import { receiveInDialog } from './in-dialog.js';
import { InvitationBody } from './invitation-body.js';
import { InvitedLeg } from './invited-leg.js';
import { LegRefresh } from './leg-refresh.js';
import { refuseUnlessReachable, tlsTowards, transportOf } from './leg-transport.js';
import { MessageEnd } from './message-end.js';
import { OwnDescription } from './own-description.js';
import { RelayLeg } from './relay-leg.js';

export interface CallerEndOptions extends ImSessionOptions {
  readonly exchange: Im2Request;
  /** Address-of-record of the caller. */
  readonly caller: string;
  /** The leg's name in our Contact URI. */
  readonly name: string;
  /** The leg towards the caller, where it has rung for somebody already. */
  readonly invited?: InvitedLeg | undefined;
  /** What we say that we take. */
  readonly takes: MsrpMedia;
  /** Resolves when a message needs the caller no more. Rejects with why it is not taken. */
  take(message: ArrivingMessage): Promise<void>;
  /** No message is arriving or being taken. */
  idle(): void;
  /** The caller said BYE, or its connection is lost; `end` is to be called. */
  left(): void;
  /** It has ended: nothing more comes or goes. */
  ended(): void;
  /** The caller knows. */
  over(): void;
}

/** Milliseconds after which a session is over that the caller never connected for. */
const BIND_WAIT = 60_000;

export class CallerEnd {
  /** What the INVITE brought along. */
  readonly body: InvitationBody;
  /** What the caller described. */
  readonly offer: MsrpMedia;
  readonly media: RelayLeg;
  /** Takes what the caller says; `media` may be told to deliver it elsewhere. */
  readonly messages: MessageEnd;
  readonly #options: CallerEndOptions;
  readonly #description: OwnDescription;
  readonly #refresh: LegRefresh;
  readonly #invited: InvitedLeg;
  readonly #goodbyes: Goodbyes;
  readonly #weConnect: boolean;
  #bindTimer: Timer | undefined;
  #ended = false;

  /** Throws the errors of `parseMsrpSdp` and IM_MEDIA_TRANSPORT, which carry 488, for an offer without a usable `m=message`. */
  constructor(options: CallerEndOptions) {
    const { exchange, core, media, clock, random, metrics, log, caller, name, takes, maxMessageSize: maxSize } = options;
    this.#options = options;
    this.#goodbyes = new Goodbyes(core);
    this.body = new InvitationBody(exchange.request);
    this.offer = parseMsrpSdp(this.body.sdp);
    const transport = transportOf(this.offer, media);
    this.#weConnect = negotiateSetup(this.offer.setup, 'passive').weConnect;
    refuseUnlessReachable(transport, this.#weConnect);
    this.media = new RelayLeg({
      clock, random, metrics, maxSize,
      remotePath: this.offer.path,
      createSession: (sink) => media.createSession(caller, sink, transport),
      lost: () => options.left(),
    });
    const { session } = this.media;
    this.messages = new MessageEnd({
      session, random, maxSize,
      acceptTypes: takes.acceptTypes,
      take: (message) => options.take(message),
      idle: () => options.idle(),
    });
    this.media.deliverTo(this.messages);
    this.#description = new OwnDescription(session.uri, random, { fingerprint: media.fingerprint, maxSize });
    const contact = core.contactUri(name);
    this.#invited = options.invited ?? new InvitedLeg(exchange, contact, clock, random);
    this.#refresh = new LegRefresh({
      core, clock, random, contact,
      description: this.#description,
      dialog: () => this.#invited.dialog,
      others: () => takes,
      path: () => this.media.remotePath,
      isInviting: () => this.#invited.awaitsAck,
      over: () => this.end(),
      problem: (error) => log.info({ err: error }, 'a session could not be refreshed'),
    });
  }

  get isOver(): boolean {
    return this.#ended;
  }

  /** 200, and the connection. */
  accept(): void {
    const { clock, metrics, log, takes } = this.#options;
    this.#description.connects = this.#weConnect;
    this.#invited.accept(this.#description.answer(this.body.sdp, this.offer, takes), this.#refresh, () => this.end());
    metrics.count('im_sessions_total');
    this.#bindTimer = clock.setTimer(BIND_WAIT, () => {
      if (this.media.session.state !== 'bound') this.end();
    });
    const tls = this.offer.secure ? tlsTowards(this.offer) : undefined;
    this.media.bind(this.offer.path, this.#weConnect, tls === undefined ? {} : { tls }).catch((error: unknown) => {
      if (this.#ended) return;
      log.info({ err: error }, 'a media connection could not be made');
      this.end();
    });
  }

  receive(exchange: Im2Request): void {
    receiveInDialog(exchange, {
      dialog: this.#invited.dialog,
      refresh: this.#refresh,
      ended: () => {
        this.#invited.ended();
        this.#options.left();
      },
    });
  }

  acknowledged(ack: SipRequest): void {
    this.#invited.acknowledged(ack);
    this.#refresh.acknowledged(ack);
  }

  /** Instead; harmless once it is answered. */
  refuse(status: number): void {
    if (this.#ended || this.#invited.answered) return;
    this.#invited.refuse(status);
    this.end();
  }

  /** BYE, unless the caller has said it. Harmless a second time. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#bindTimer?.cancel();
    this.#refresh.stop();
    this.messages.close(serverError('IM_SESSION_GONE'));
    this.#options.media.release(this.media.session);
    this.#options.ended();
    this.#goodbyes.later((done) => {
      this.#invited.whenSettled(() => {
        this.#goodbyes.say(this.#invited.dialog, done);
        this.#options.over();
      });
    });
  }

  /** Ends it, before its answer by 503; resolves when the caller knows. */
  async close(): Promise<void> {
    this.refuse(503);
    this.end();
    await this.#goodbyes.answered();
  }
}

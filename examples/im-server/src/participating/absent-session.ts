/*
 * A session with a user who is not there: the IM server answers for them and stores what is said (004, 5.3.2.3.2: it is "always the end
 * point of the transport path"). When the user comes, what was stored is delivered in a session with them; once nothing of it is left,
 * the two sessions are joined between two messages, and the sender notices nothing.
 */
import { ProtocolError } from '@simple-im/grammar';
import { negotiateSetup, parseMsrpSdp, type MsrpMedia } from '@simple-im/msrp/sdp';
import type { SipRequest } from '@simple-im/sip';
import type { Timer } from '@simple-im/transport';
import { serverError } from '../errors.js';
import type { StoredMessage } from '../internal-ports.js';
import type { Im2Request } from '../reference-points.js';
import type { ArrivingMessage, DeliverySession, SessionDeferral, SessionInvitation, SessionParties } from '../session-ports.js';
import { Drain } from './drain.js';
import { Goodbyes } from './goodbyes.js';
import type { ImSessionOptions } from './im-session.js';
import { receiveInDialog, type RoutedSession } from './in-dialog.js';
import { CPIM, InvitationBody } from './invitation-body.js';
import { InvitedLeg } from './invited-leg.js';
import { KeptMessages } from './kept-messages.js';
import { LegRefresh } from './leg-refresh.js';
import { refuseUnlessReachable, tlsTowards, transportOf } from './leg-transport.js';
import { MessageEnd } from './message-end.js';
import { MessageWriter } from './message-writer.js';
import { OwnDescription } from './own-description.js';
import { ANYTHING, type PushedSession } from './pushed-session.js';
import { RelayLeg } from './relay-leg.js';

export interface AbsentSessionOptions extends ImSessionOptions {
  readonly exchange: Im2Request;
  readonly parties: SessionParties;
  /** Address-of-record of the caller. */
  readonly caller: string;
  /** The leg's name in our Contact URI. */
  readonly name: string;
  /** The leg towards the caller, where it has rung for the user already. */
  readonly invited?: InvitedLeg;
  readonly deferral: SessionDeferral;
  over(): void;
}

const BIND_WAIT = 60_000;
/** Milliseconds that the caller may have to wait while the last that was stored is being delivered. */
const JOIN_WAIT = 5_000;

export class AbsentSession implements RoutedSession {
  readonly #options: AbsentSessionOptions;
  readonly #media: RelayLeg;
  readonly #store: MessageEnd;
  readonly #description: OwnDescription;
  readonly #refresh: LegRefresh;
  readonly #invited: InvitedLeg;
  readonly #goodbyes: Goodbyes;
  readonly #weConnect: boolean;
  readonly #body: InvitationBody;
  /** What the caller described. */
  readonly offer: MsrpMedia;
  #bindTimer: Timer | undefined;
  /** Stored and, as far as is known, not delivered. */
  #waiting: readonly StoredMessage[] = [];
  /** The session with the user, who is there. */
  #pushed: PushedSession | undefined;
  /** The user was there, once. */
  #hasCome = false;
  #joined = false;
  /** What the caller has said to the user since, and the user has not answered. */
  #kept: KeptMessages | undefined;
  #joining: Timer | undefined;
  #drain: Drain | undefined;
  #ended = false;

  /** Throws the errors of `parseMsrpSdp` and IM_MEDIA_TRANSPORT, which carry 488, for an offer without a usable `m=message`. */
  constructor(options: AbsentSessionOptions) {
    const { exchange, core, media, clock, random, metrics, log, caller, name, maxMessageSize: maxSize } = options;
    this.#options = options;
    this.#goodbyes = new Goodbyes(core);
    this.#body = new InvitationBody(exchange.request);
    this.offer = parseMsrpSdp(this.#body.sdp);
    const transport = transportOf(this.offer, media);
    this.#weConnect = negotiateSetup(this.offer.setup, 'passive').weConnect;
    refuseUnlessReachable(transport, this.#weConnect);
    this.#media = new RelayLeg({
      clock, random, metrics, maxSize,
      remotePath: this.offer.path,
      createSession: (sink) => media.createSession(caller, sink, transport),
      lost: () => this.#leave(),
    });
    const { session } = this.#media;
    this.#store = new MessageEnd({ session, random, maxSize, take: (message) => this.#take(message), idle: () => this.#becameIdle() });
    this.#media.deliverTo(this.#store);
    this.#description = new OwnDescription(session.uri, random, { fingerprint: media.fingerprint, maxSize });
    const contact = core.contactUri(name);
    this.#invited = options.invited ?? new InvitedLeg(exchange, contact, clock, random);
    this.#refresh = new LegRefresh({
      core, clock, random, contact,
      description: this.#description,
      dialog: () => this.#invited.dialog,
      others: () => ANYTHING,
      path: () => this.#media.remotePath,
      isInviting: () => this.#invited.awaitsAck,
      over: () => this.#end(),
      problem: (error) => log.info({ err: error }, 'a session could not be refreshed'),
    });
  }

  /** What came with the INVITE is in custody before that is answered. */
  async start(): Promise<void> {
    try {
      for (const message of this.#body.messages) await this.#take(arriving(message));
      if (!this.#ended) this.#accept();
    } catch (error) {
      if (!ProtocolError.is(error)) this.#options.log.error({ err: error }, 'a session with somebody who is away failed');
      this.#giveUp(ProtocolError.is(error) ? error.status ?? 400 : 500);
    }
  }

  /** The caller wants no answer any more. */
  cancelled(): void {
    if (!this.#invited.answered) this.#giveUp(487);
  }

  #accept(): void {
    const { clock, metrics, log } = this.#options;
    this.#description.connects = this.#weConnect;
    this.#invited.accept(this.#description.answer(this.#body.sdp, this.offer, ANYTHING), this.#refresh, () => this.#end());
    metrics.count('im_sessions_total');
    this.#bindTimer = clock.setTimer(BIND_WAIT, () => {
      if (this.#media.session.state !== 'bound') this.#end();
    });
    const tls = this.offer.secure ? tlsTowards(this.offer) : undefined;
    this.#media.bind(this.offer.path, this.#weConnect, tls === undefined ? {} : { tls }).catch((error: unknown) => {
      if (this.#ended) return;
      log.info({ err: error }, 'a media connection could not be made');
      this.#end();
    });
  }

  receive(_side: string, exchange: Im2Request): void {
    receiveInDialog(exchange, { dialog: this.#invited.dialog, refresh: this.#refresh, ended: () => this.#byeCame() });
  }

  acknowledged(_side: string, ack: SipRequest): void {
    this.#invited.acknowledged(ack);
    this.#refresh.acknowledged(ack);
  }

  async end(): Promise<void> {
    if (this.#invited.answered) this.#end();
    else this.#giveUp(503);
    await this.#goodbyes.answered();
  }

  /** Whether what was stored of this sender is to be delivered in this session: they are in it, and alone. */
  isFor({ recipient, sender, purpose }: SessionInvitation): boolean {
    const { parties } = this.#options;
    const isOpen = !this.#joined && !this.#ended && parties.mode === 'session' && purpose === 'message';
    return isOpen && parties.sender === sender && parties.recipient === recipient;
  }

  /** A way to the caller for notifications about what they said to this user. */
  toCaller(recipient: string, about: string): DeliverySession | undefined {
    const { parties: { sender, recipient: absent }, random } = this.#options;
    if (this.#media.session.state !== 'bound' || sender !== recipient || absent !== about) return undefined;
    return { send: (content) => new MessageWriter(content, random).insert(this.#media.writer), finish: async () => {} };
  }

  /** A session with the user that has come about to deliver what was stored, or undefined. */
  get delivering(): DeliverySession | undefined {
    const pushed = this.#pushed;
    return pushed === undefined ? undefined : { send: (content) => pushed.send(content), finish: () => this.#delivered() };
  }

  /** The user is there. What they say goes to the caller from now on. */
  attach(pushed: PushedSession): void {
    this.#pushed = pushed;
    this.#hasCome = true;
    pushed.deliverTo(this.#media.writer);
  }

  /** The session with the user is over. */
  detach(pushed: PushedSession, left: boolean): void {
    if (this.#pushed !== pushed) return;
    this.#pushed = undefined;
    this.#stopJoining();
    void this.#storeKept();
    // Whoever leaves a conversation ends it; one whose connection is lost is away again.
    if (left) return this.#afterDrain(this.#media, () => this.#end());
    this.#joined = false;
    this.#media.deliverTo(this.#store);
  }

  async #take(message: ArrivingMessage): Promise<void> {
    const { deferral, parties, log } = this.#options;
    try {
      const taken = await deferral.take({ ...parties, attempted: parties.attempted && !this.#hasCome }, message);
      if (taken !== undefined) this.#waiting = [...this.#waiting, taken];
    } catch (error) {
      log.info({ err: error }, 'a message of a session was not stored');
      throw error;
    }
  }

  /** What the user did not take after all; what cannot be stored either is lost, which `take` has logged. */
  async #storeKept(): Promise<void> {
    const messages = this.#kept?.take() ?? [];
    for (const message of messages) {
      await this.#take(message).catch(() => this.#options.metrics.count('msrp_octets_lost_total', {}, message.size));
    }
  }

  /** What was known to wait has been delivered. If nothing came since, and nothing comes now, both users are joined. */
  async #delivered(): Promise<void> {
    if (this.#ended) return this.#pushed?.finish();
    if (this.#joined) return;
    this.#store.hold(true);
    this.#joining ??= this.#options.clock.setTimer(JOIN_WAIT, () => this.#stopJoining());
    if (!this.#store.busy) await this.#join();
  }

  #becameIdle(): void {
    if (this.#joining !== undefined) void this.#join();
  }

  async #join(): Promise<void> {
    const { deferral, log } = this.#options;
    try {
      this.#waiting = await deferral.waiting(this.#waiting);
    } catch (error) {
      log.error({ err: error }, 'it is not known what waits for a user');
      return this.#stopJoining();
    }
    // Meanwhile anything may have happened; what still waits is delivered first, and then we are asked again.
    if (this.#joining === undefined || this.#pushed === undefined || this.#waiting.length > 0 || this.#store.busy) return;
    this.#joined = true;
    this.#kept = new KeptMessages(this.#pushed.writer);
    this.#media.deliverTo(this.#kept);
    this.#stopJoining();
  }

  #stopJoining(): void {
    this.#joining?.cancel();
    this.#joining = undefined;
    this.#store.hold(false);
  }

  /** Before the answer to the INVITE. */
  #giveUp(status: number): void {
    if (this.#ended) return;
    this.#invited.refuse(status);
    this.#end();
  }

  #byeCame(): void {
    this.#invited.ended();
    this.#leave();
  }

  /** The caller is gone. What they said to the user goes on to them first. */
  #leave(): void {
    if (this.#ended) return;
    const pushed = this.#pushed;
    this.#end();
    if (pushed === undefined) return;
    pushed.deliverTo(undefined);
    if (this.#joined) void pushed.finish();
  }

  #afterDrain({ writer }: RelayLeg, then: () => void): void {
    this.#drain = new Drain(this.#options.clock, () => writer.outstanding, then);
    this.#drain.start();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#bindTimer?.cancel();
    this.#drain?.stop();
    this.#stopJoining();
    this.#refresh.stop();
    this.#store.close(serverError('IM_SESSION_GONE'));
    this.#options.media.release(this.#media.session);
    this.#goodbyes.later((done) => {
      this.#invited.whenSettled(() => {
        this.#goodbyes.say(this.#invited.dialog, done);
        this.#options.over();
      });
    });
  }
}

function arriving(bytes: Uint8Array): ArrivingMessage {
  return { contentType: CPIM, contentDisposition: undefined, size: bytes.length, body: (async function* body() { yield bytes; })() };
}

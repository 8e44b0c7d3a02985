/*
 * A session with a user who is not there: the IM server answers for them and stores what is said (004, 5.3.2.3.2: it is "always the end
 * point of the transport path"). When the user comes, what was stored is delivered in a session with them; once nothing of it is left,
 * the two sessions are joined between two messages, and the sender notices nothing.
 */
import { ProtocolError } from '@simple-im/grammar';
import type { MsrpMedia } from '@simple-im/msrp/sdp';
import type { SipRequest } from '@simple-im/sip';
import type { Timer } from '@simple-im/transport';
import type { StoredMessage } from '../internal-ports.js';
import type { Im2Request } from '../reference-points.js';
import type { ArrivingMessage, DeliverySession, SessionDeferral, SessionInvitation, SessionParties } from '../session-ports.js';
import { CallerEnd } from './caller-end.js';
import { Drain } from './drain.js';
import type { ImSessionOptions } from './im-session.js';
import type { RoutedSession } from './in-dialog.js';
import { CPIM } from './invitation-body.js';
import type { InvitedLeg } from './invited-leg.js';
import { KeptMessages } from './kept-messages.js';
import { MessageWriter } from './message-writer.js';
import { ANYTHING, type PushedSession } from './pushed-session.js';
import type { RelayLeg } from './relay-leg.js';

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

/** Milliseconds that the caller may have to wait while the last that was stored is being delivered. */
const JOIN_WAIT = 5_000;

export class AbsentSession implements RoutedSession {
  readonly #options: AbsentSessionOptions;
  readonly #caller: CallerEnd;
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

  /** Throws the errors of `parseMsrpSdp` and IM_MEDIA_TRANSPORT, which carry 488, for an offer without a usable `m=message`. */
  constructor(options: AbsentSessionOptions) {
    this.#options = options;
    this.#caller = new CallerEnd({
      ...options,
      takes: ANYTHING,
      take: (message) => this.#take(message),
      idle: () => this.#becameIdle(),
      left: () => this.#leave(),
      ended: () => {
        this.#drain?.stop();
        this.#stopJoining();
        options.recorded?.close();
      },
    });
  }

  /** What the caller described. */
  get offer(): MsrpMedia {
    return this.#caller.offer;
  }

  /** What came with the INVITE is in custody before that is answered. */
  async start(): Promise<void> {
    try {
      for (const message of this.#caller.body.messages) await this.#take(arriving(message));
      if (!this.#caller.isOver) this.#caller.accept();
    } catch (error) {
      if (!ProtocolError.is(error)) this.#options.log.error({ err: error }, 'a session with somebody who is away failed');
      this.#caller.refuse(ProtocolError.is(error) ? error.status ?? 400 : 500);
    }
  }

  /** The caller wants no answer any more. */
  cancelled(): void {
    this.#caller.refuse(487);
  }

  receive(_side: string, exchange: Im2Request): void {
    this.#caller.receive(exchange);
  }

  acknowledged(_side: string, ack: SipRequest): void {
    this.#caller.acknowledged(ack);
  }

  async end(): Promise<void> {
    await this.#caller.close();
  }

  /** Whether what was stored of this sender is to be delivered in this session: they are in it, and alone. */
  isFor({ recipient, sender, purpose }: SessionInvitation): boolean {
    const { parties } = this.#options;
    const isOpen = !this.#joined && !this.#caller.isOver && parties.mode === 'session' && purpose === 'message';
    return isOpen && parties.sender === sender && parties.recipient === recipient;
  }

  /** A way to the caller for notifications about what they said to this user. */
  toCaller(recipient: string, about: string): DeliverySession | undefined {
    const { parties: { sender, recipient: absent }, random } = this.#options;
    if (this.#caller.media.session.state !== 'bound' || sender !== recipient || absent !== about) return undefined;
    return { send: (content) => new MessageWriter(content, random).insert(this.#caller.media.writer), finish: async () => {} };
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
    const { writer } = this.#caller.media;
    pushed.deliverTo(this.#options.recorded?.tee('callee', writer) ?? writer);
  }

  /** The session with the user is over. */
  detach(pushed: PushedSession, left: boolean): void {
    if (this.#pushed !== pushed) return;
    this.#pushed = undefined;
    this.#stopJoining();
    void this.#storeKept();
    // Whoever leaves a conversation ends it; one whose connection is lost is away again.
    if (left) return this.#afterDrain(this.#caller.media, () => this.#caller.end());
    this.#joined = false;
    this.#caller.media.deliverTo(this.#caller.messages);
  }

  async #take(given: ArrivingMessage): Promise<void> {
    const { recorded } = this.#options;
    await (recorded === undefined ? this.#store(given) : recorded.taking('caller', given, (message) => this.#store(message)));
  }

  async #store(message: ArrivingMessage): Promise<void> {
    const { deferral, parties, log } = this.#options;
    try {
      const taken = await deferral.take({ ...parties, attempted: parties.attempted && !this.#hasCome }, message);
      if (taken !== undefined) this.#waiting = [...this.#waiting, taken];
    } catch (error) {
      log.info({ err: error }, 'a message of a session was not stored');
      throw error;
    }
  }

  /** What the user did not take after all; what cannot be stored either is lost, which the log says. It is recorded already. */
  async #storeKept(): Promise<void> {
    const messages = this.#kept?.take() ?? [];
    for (const message of messages) {
      await this.#store(message).catch(() => this.#options.metrics.count('msrp_octets_lost_total', {}, message.size));
    }
  }

  /** What was known to wait has been delivered. If nothing came since, and nothing comes now, both users are joined. */
  async #delivered(): Promise<void> {
    if (this.#caller.isOver) return this.#pushed?.finish();
    if (this.#joined) return;
    this.#caller.messages.hold(true);
    this.#joining ??= this.#options.clock.setTimer(JOIN_WAIT, () => this.#stopJoining());
    if (!this.#caller.messages.busy) await this.#join();
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
    if (this.#joining === undefined || this.#pushed === undefined || this.#waiting.length > 0 || this.#caller.messages.busy) return;
    this.#joined = true;
    this.#kept = new KeptMessages(this.#pushed.writer);
    this.#caller.media.deliverTo(this.#options.recorded?.tee('caller', this.#kept) ?? this.#kept);
    this.#stopJoining();
  }

  #stopJoining(): void {
    this.#joining?.cancel();
    this.#joining = undefined;
    this.#caller.messages.hold(false);
  }

  /** The caller is gone. What they said to the user goes on to them first. */
  #leave(): void {
    if (this.#caller.isOver) return;
    const pushed = this.#pushed;
    this.#caller.end();
    if (pushed === undefined) return;
    pushed.deliverTo(undefined);
    if (this.#joined) void pushed.finish();
  }

  #afterDrain({ writer }: RelayLeg, then: () => void): void {
    this.#drain = new Drain(this.#options.clock, () => writer.outstanding, then);
    this.#drain.start();
  }
}

function arriving(bytes: Uint8Array): ArrivingMessage {
  return { contentType: CPIM, contentDisposition: undefined, size: bytes.length, body: (async function* body() { yield bytes; })() };
}

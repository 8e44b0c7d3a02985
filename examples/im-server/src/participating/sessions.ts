/*
 * The sessions of the Participating Function, by the names of their legs, which are in our Contact URIs: between two users, with one
 * who is away, and those by which what was stored is delivered.
 */
import { aorOf, isSipUri } from '@simple-im/grammar';
import { newTag, type SipRequest } from '@simple-im/sip';
import { serverError } from '../errors.js';
import type { ArrivingMessage, DeliverySession, Recording, RetrievalService, SessionDeferral, SessionInvitation, SessionInviter, SessionParties } from '../session-ports.js';
import type { Im2Request } from '../reference-points.js';
import { isUndelivered } from '../undelivered.js';
import { AbsentSession } from './absent-session.js';
import type { RegistrationAvailability } from './availability.js';
import { ImSession, type ImSessionOptions } from './im-session.js';
import type { RoutedSession } from './in-dialog.js';
import type { InvitedLeg } from './invited-leg.js';
import { assertedIdentity } from './policy.js';
import { PushedSession } from './pushed-session.js';
import { ServiceSession } from './service-session.js';
import { recordedParties, sessionParties } from './session-parties.js';
import { SessionRecording, type RecordedParties } from './session-recording.js';
import type { Side } from './sides.js';

export interface SessionsOptions extends ImSessionOptions {
  readonly domain: string;
  readonly availability: RegistrationAvailability;
  /** Undefined without a Deferred Messaging Function. */
  readonly sessionDeferral?: SessionDeferral | undefined;
  readonly recording?: Recording | undefined;
}

/** At most this many at once. */
const MAX_SESSIONS = 20_000;

/** A leg by its name; which of the session's legs it is. */
interface Leg {
  readonly session: RoutedSession;
  readonly side: string;
}

export class Sessions implements SessionInviter {
  readonly #options: SessionsOptions;
  readonly #legs = new Map<string, Leg>();
  readonly #sessions = new Set<RoutedSession>();
  readonly #absent = new Set<AbsentSession>();

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  get isFull(): boolean {
    return this.#sessions.size >= MAX_SESSIONS;
  }

  /** The leg whose name is in the Request-URI: `sip:im-server.NAME@...`. */
  legOf(request: SipRequest): Leg | undefined {
    const uri = request.parsedUri;
    const name = isSipUri(uri) ? uri.user?.split('.')[1] : undefined;
    return name === undefined ? undefined : this.#legs.get(name);
  }

  /** Resolves when every BYE has its answer. */
  async close(): Promise<void> {
    await Promise.all([...this.#sessions].map((session) => session.end()));
  }

  /** A session with a user who is there, or may be. */
  begin(exchange: Im2Request): void {
    const { random, availability, sessionDeferral } = this.#options;
    const { request, sessionCase, servedUser } = exchange;
    const names = { caller: newTag(random), callee: newTag(random) };
    const callee = sessionCase === 'terminating' ? servedUser : undefined;
    const users = {
      caller: callerOf(request),
      callee: callee ?? aorOf(request.parsedUri),
      calleeTransport: callee === undefined ? undefined : availability.transportOf(callee),
    };
    const isStored = (status: number): boolean => isUndelivered(status) && this.storesFor(exchange) && sessionDeferral !== undefined;
    let invited: InvitedLeg | undefined;
    const session: ImSession = new ImSession(exchange, users, names, { ...this.#options, recorded: this.#recorded(recordedParties(exchange, names.caller)) }, {
      over: () => {
        this.#forget(session, names.caller, names.callee);
        if (invited !== undefined) this.#beginAbsent(exchange, names.caller, invited);
      },
      absent: (status, leg) => {
        if (isStored(status)) invited = leg;
        return invited !== undefined;
      },
      ...(sessionDeferral === undefined ? {} : { undelivered: (by, messages) => this.#undelivered(exchange, by, messages) }),
    });
    this.#add(session, [names.caller, 'caller'], [names.callee, 'callee']);
    session.start();
  }

  /** Whether we are to answer for the callee of an INVITE, if that is away. */
  storesFor(exchange: Im2Request): boolean {
    const { sessionDeferral } = this.#options;
    const parties = sessionParties(exchange, false);
    return parties !== undefined && sessionDeferral?.isFor(parties.recipient, parties.mode) === true;
  }

  /** A session with a user who is not there. Throws as AbsentSession does. */
  beginAbsent(exchange: Im2Request): void {
    this.#beginAbsent(exchange, newTag(this.#options.random));
  }

  /** A session of a user with one of our own services. Throws as ServiceSession does. */
  beginService(exchange: Im2Request, user: string, service: RetrievalService): void {
    const name = newTag(this.#options.random);
    const session: ServiceSession = new ServiceSession({ ...this.#options, exchange, user, name, service, over: () => this.#forget(session, name) });
    this.#add(session, [name, 'caller']);
    session.start();
  }

  #beginAbsent(exchange: Im2Request, name: string, invited?: InvitedLeg): void {
    const deferral = this.#options.sessionDeferral as SessionDeferral;
    const parties = sessionParties(exchange, invited !== undefined) as SessionParties;
    const session: AbsentSession = new AbsentSession({
      ...this.#options, exchange, deferral, name, parties,
      recorded: this.#recorded(recordedParties(exchange, name)),
      caller: callerOf(exchange.request),
      ...(invited === undefined ? {} : { invited }),
      over: () => {
        this.#absent.delete(session);
        this.#forget(session, name);
      },
    });
    this.#absent.add(session);
    this.#add(session, [name, 'caller']);
    exchange.onCancelled = () => session.cancelled();
    void session.start();
  }

  live(recipient: string, about: string): DeliverySession | undefined {
    for (const session of this.#absent) {
      const found = session.toCaller(recipient, about);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  async invite(invitation: SessionInvitation): Promise<DeliverySession> {
    const { random, availability } = this.#options;
    const absent = [...this.#absent].find((session) => session.isFor(invitation));
    if (absent?.delivering !== undefined) return absent.delivering;
    const name = newTag(random);
    const { recipient, sender, from, to, headers } = invitation;
    const recorded = this.#recorded({ mode: 'session', recipient, sender, isAnonymous: sender === undefined, from, to, headers, session: name });
    const pushed: PushedSession = new PushedSession({
      ...this.#options, invitation, name,
      ...(absent === undefined ? {} : { offer: absent.offer }),
      calleeTransport: availability.transportOf(invitation.recipient),
      take: (given) => {
        const reply = (message: ArrivingMessage): Promise<void> => this.#reply(invitation, message);
        return recorded === undefined ? reply(given) : recorded.taking('callee', given, reply);
      },
      over: (left) => {
        this.#forget(pushed, name);
        absent?.detach(pushed, left);
      },
    });
    this.#add(pushed, [name, 'callee']);
    await pushed.start();
    if (absent?.isFor(invitation) !== true) return pushed;
    absent.attach(pushed);
    return absent.delivering ?? pushed;
  }

  /** What a user says to messages of somebody who is not in the session. */
  async #reply({ recipient, sender, from, to, headers }: SessionInvitation, message: ArrivingMessage): Promise<void> {
    const { sessionDeferral } = this.#options;
    if (sender === undefined || sessionDeferral === undefined) throw serverError('IM_SESSION_GONE');
    const back = { mode: 'session', recipient: sender, sender: recipient, from: to, to: from, headers, attempted: false, admitted: false } as const;
    await sessionDeferral.take(back, message);
  }

  #recorded(parties: RecordedParties | undefined): SessionRecording | undefined {
    const { recording } = this.#options;
    return recording === undefined || parties === undefined ? undefined : new SessionRecording(recording, parties);
  }

  /** Whoever stores for the one stores what the other has said to them, as far as we do. */
  async #undelivered(exchange: Im2Request, by: Side, messages: readonly ArrivingMessage[]): Promise<void> {
    const { sessionDeferral, log, metrics } = this.#options;
    const there = sessionParties(exchange, true);
    const parties = there === undefined || by === 'caller' ? there : reversed(there);
    for (const message of messages) {
      try {
        if (parties === undefined || sessionDeferral?.isFor(parties.recipient, parties.mode) !== true) throw serverError('IM_SESSION_GONE');
        await sessionDeferral.take(parties, message);
      } catch (error) {
        metrics.count('msrp_octets_lost_total', {}, message.size);
        log.warn({ err: error, octets: message.size }, 'a message that was acknowledged was neither delivered nor stored');
      }
    }
  }

  #add(session: RoutedSession, ...legs: readonly (readonly [name: string, side: string])[]): void {
    this.#sessions.add(session);
    for (const [name, side] of legs) this.#legs.set(name, { session, side });
    this.#count();
  }

  #forget(session: RoutedSession, ...names: readonly string[]): void {
    this.#sessions.delete(session);
    for (const name of names) this.#legs.delete(name);
    this.#count();
  }

  #count(): void {
    this.#options.metrics.gauge('im_sessions_active', this.#sessions.size);
  }
}

/** What the callee says to the caller; undefined if nobody knows who that is. */
function reversed({ recipient, sender, from, to, ...parties }: SessionParties): SessionParties | undefined {
  return sender === undefined ? undefined : { ...parties, recipient: sender, sender: recipient, from: to, to: from };
}

/** Whose MSRP session the leg towards the caller is. */
function callerOf(request: SipRequest): string {
  return assertedIdentity(request) ?? (request.from === undefined ? '' : aorOf(request.from.uri));
}

import { ProtocolError } from '@simple-im/grammar';
import type { Clock, Timer } from '@simple-im/transport';
import type { BodyOptions } from './build.js';
import type { SipRequest, SipResponse } from './message.js';
import { SessionTimer } from './session-timer.js';
import type { SessionTimerOptions } from './session-timer.js';

/** What a user agent wants of the session timer of one session (RFC 4028), in seconds. */
export interface SessionTimerSettings extends SessionTimerOptions {
  /**
   * Our session description as it is now, for a refresh by re-INVITE: to a peer that does not allow UPDATE. Without it, and to
   * others, refreshes are UPDATEs without a body (§7.4).
   */
  readonly description?: (() => BodyOptions) | undefined;
}

/** The session that is refreshed. */
export interface RefreshedSession {
  readonly clock: Clock;
  peerAllows(method: string): boolean;
  /** Sends a refresh in the dialog; its final response comes back through `answered` too. */
  request(method: 'UPDATE' | 'INVITE', options: BodyOptions): Promise<SipResponse>;
  /** Milliseconds to wait after a glare. */
  glareDelay(): number;
  /** Nobody refreshed in time (§10). */
  expired(): void;
  problem(error: Error): void;
}

/** Refreshes against a Min-SE that grows; one more would be a peer that plays with us. */
const MOST_ATTEMPTS = 4;
/** The longest a timer of the host runs, in milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Drives the {@link SessionTimer} of a session: puts its fields into messages, refreshes, and ends the session. */
export class SessionRefresh {
  readonly timer: SessionTimer;
  readonly #settings: SessionTimerSettings;
  readonly #session: RefreshedSession;
  #alarm: Timer | undefined;

  /** `timer` goes on from the INVITE that it was made for. */
  constructor(session: RefreshedSession, settings: SessionTimerSettings, timer = new SessionTimer(settings)) {
    this.#session = session;
    this.#settings = settings;
    this.timer = timer;
  }

  /** A 2xx to an INVITE or UPDATE of ours. */
  answered(sent: SipRequest, response: SipResponse): void {
    this.timer.answered(sent, response, this.#session.clock.now());
    this.#arm();
  }

  /** Our 2xx to an INVITE or UPDATE: gets its fields. */
  answer(request: SipRequest, response: SipResponse): void {
    this.timer.requested(request);
    for (const [name, value] of this.timer.answer(request, this.#session.clock.now())) response.headers.add(name, value);
    this.#arm();
  }

  stop(): void {
    this.timer.stop();
    this.#alarm?.cancel();
  }

  #arm(): void {
    this.#alarm?.cancel();
    const { deadline } = this.timer;
    if (deadline === undefined) return;
    const { clock } = this.#session;
    const delay = Math.min(Math.max(0, deadline - clock.now()), LONGEST_TIMER);
    this.#alarm = clock.setTimer(delay, () => this.#wake());
  }

  #wake(): void {
    const event = this.timer.wake(this.#session.clock.now());
    this.#arm();
    if (event === 'send BYE') this.#session.expired();
    else if (event === 'send refresh') this.#refresh(1);
  }

  #refresh(attempt: number): void {
    const { description } = this.#settings;
    const update = description === undefined || this.#session.peerAllows('UPDATE');
    this.#session.request(update ? 'UPDATE' : 'INVITE', update ? {} : description()).then(
      (response) => this.#followResponse(response, attempt),
      (error: unknown) => this.#followFailure(error, attempt),
    ).catch((error: unknown) => this.#session.problem(error as Error));
  }

  #followResponse(response: SipResponse, attempt: number): void {
    const { status } = response;
    // What is over needs no refresh; a 2xx was followed through `answered`.
    if (status < 300 || this.timer.state !== 'refreshing') return;
    if (status === 491) this.#later(attempt);
    // §7.3: the timer keeps the Min-SE of every 422, so that the next request asks for more.
    else if (status === 422 && attempt < MOST_ATTEMPTS) this.#refresh(attempt + 1);
    else this.timer.failed();
  }

  #followFailure(error: unknown, attempt: number): void {
    if (ProtocolError.is(error) && error.code === 'SIP_GLARE') this.#later(attempt);
    else this.timer.failed();
  }

  #later(attempt: number): void {
    if (attempt >= MOST_ATTEMPTS) this.timer.failed();
    else this.#session.clock.setTimer(this.#session.glareDelay(), () => {
      if (this.timer.state === 'refreshing') this.#refresh(attempt + 1);
    });
  }
}

/*
 * What the IM server is told of registrations: third-party REGISTERs (3GPP TS 24.229 §5.4.1.7) that arrive in the end, also when the
 * IM server was away or has forgotten everything since.
 */
import { aorOf, ProtocolError } from '@simple-im/grammar';
import { buildRequest, newTag, type SipEndpoint, type SipRequest, type Target } from '@simple-im/sip';
import type { Clock, Random, Timer } from '@simple-im/transport';
import type { Log } from '../observe/ports.js';

export interface ToldRegistrationsOptions {
  readonly endpoint: SipEndpoint;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Of the IM server, and where it leads. */
  readonly uri: string;
  readonly target: Target;
  /** URI by which the IM server reaches users with requests of its own. */
  readonly contact: string;
}

/** What is known of one user. */
interface Told {
  /** Milliseconds of the clock; 0 when nobody is registered any more. */
  until: number;
  /** As the core made it, with the client's REGISTER inside; kept until it has been told. */
  request: SipRequest | undefined;
  state: 'told' | 'waiting' | 'under way';
}

/** REGISTERs under way at once, so that thousands of users do not fill the connection before the next message. */
const WINDOW = 64;
/** Milliseconds until the next try: the first, and the longest. */
const RETRY = 500;
const LONGEST_RETRY = 30_000;

export class ToldRegistrations {
  readonly #options: ToldRegistrationsOptions;
  readonly #users = new Map<string, Told>();
  /** Users to be told of, in order. */
  readonly #waiting = new Set<string>();
  #underWay = 0;
  #retry = RETRY;
  #timer: Timer | undefined;
  #closed = false;
  /** Users there may be before those are looked for whose registration has run out. */
  #most = 1000;

  constructor(options: ToldRegistrationsOptions) {
    this.#options = options;
  }

  /** Takes a third-party REGISTER: To is the user, Expires how long somebody will be registered. */
  tell(request: SipRequest): void {
    const { clock } = this.#options;
    const aor = request.to === undefined ? undefined : aorOf(request.to.uri);
    if (aor === undefined) return;
    const expires = request.expires ?? 0;
    this.#forgetExpired();
    const told = this.#users.get(aor);
    const until = expires === 0 ? 0 : clock.now() + expires * 1000;
    // One under way is followed by this one.
    if (told !== undefined) Object.assign(told, { until, request });
    else this.#users.set(aor, { until, request, state: 'waiting' });
    this.#want(aor);
  }

  /** The IM server may have forgotten everything. */
  tellAgain(): void {
    for (const aor of this.#users.keys()) this.#want(aor);
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #want(aor: string): void {
    this.#waiting.add(aor);
    this.#send();
  }

  /** Nothing while a retry is due: an IM server that is away is not asked by every client that registers. */
  #send(): void {
    for (const aor of this.#waiting) {
      // One that fails at once is waiting again.
      if (this.#timer !== undefined || this.#closed || this.#underWay >= WINDOW) return;
      const told = this.#users.get(aor);
      // Comes again when it has its answer.
      if (told?.state === 'under way') continue;
      this.#waiting.delete(aor);
      if (told !== undefined) this.#register(aor, told);
    }
  }

  #register(aor: string, told: Told): void {
    const { endpoint, target } = this.#options;
    const request = this.#requestFor(aor, told);
    told.request = undefined;
    told.state = 'under way';
    this.#underWay++;
    const ended = (error: unknown): void => this.#ended(aor, told, error);
    try {
      endpoint.request(request, target, {
        response: ({ status }) => { if (status >= 200) ended(status < 300 ? undefined : status); },
        failed: ended,
      });
    } catch (error) {
      if (!ProtocolError.is(error)) throw error;
      ended(error);
    }
  }

  #ended(aor: string, told: Told, error: unknown): void {
    this.#underWay--;
    told.state = 'told';
    if (error !== undefined) {
      this.#waiting.add(aor);
      return this.#tryLater(error);
    }
    this.#retry = RETRY;
    const isOver = told.until <= this.#options.clock.now();
    if (isOver && !this.#waiting.has(aor)) this.#users.delete(aor);
    this.#send();
  }

  #tryLater(error: unknown): void {
    const reason = ProtocolError.is(error) ? error.code : error;
    if (reason === 'SIP_ENDPOINT_CLOSED') this.#closed = true;
    if (this.#timer !== undefined || this.#closed) return;
    const { clock, log } = this.#options;
    log.warn({ reason, waiting: this.#waiting.size }, 'the IM server could not be told of registrations');
    this.#timer = clock.setTimer(this.#retry, () => {
      this.#timer = undefined;
      this.#send();
    });
    this.#retry = Math.min(2 * this.#retry, LONGEST_RETRY);
  }

  #requestFor(aor: string, { until, request }: Told): SipRequest {
    const { clock, random, uri, contact } = this.#options;
    const expires = String(Math.max(0, Math.ceil((until - clock.now()) / 1000)));
    if (request !== undefined) {
      const copy = request.clone();
      copy.uri = uri;
      copy.headers.set('Expires', expires);
      copy.headers.set('Contact', `<${contact}>`);
      return copy;
    }
    return buildRequest({
      method: 'REGISTER', uri, cseq: 1, callId: newTag(random) + newTag(random),
      from: `<${uri}>;tag=${newTag(random)}`, to: `<${aor}>`, headers: [['Contact', `<${contact}>`], ['Expires', expires]],
    });
  }

  #forgetExpired(): void {
    if (this.#users.size < this.#most) return;
    const now = this.#options.clock.now();
    for (const [aor, { until, state }] of this.#users) {
      if (until <= now && state === 'told' && !this.#waiting.has(aor)) this.#users.delete(aor);
    }
    this.#most = Math.max(1000, 2 * this.#users.size);
  }
}

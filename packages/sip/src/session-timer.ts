import type { SipRequest, SipResponse } from './message.js';
import { formatSessionExpires, readMinSe, readSessionExpires, type Refresher, type SessionExpires } from './session-expires.js';
import { sessionTimerTable, type SessionTimerAction, type SessionTimerInput, type SessionTimerState } from './session-timer-table.js';

/** The least interval that may be asked for, in seconds (RFC 4028 §4). */
const LEAST_INTERVAL = 90;

/** What a user agent wants of session timers, in seconds. */
export interface SessionTimerOptions {
  /** The interval to ask for; RFC 4028 §4 recommends 1800. `undefined` asks for none and takes what the peer wants. */
  readonly interval?: number | undefined;
  /** Requests with a shorter interval are answered 422. At least 90, the default. */
  readonly minimum?: number | undefined;
  /** Who refreshes when we are asked and the peer leaves it to us. Default: the peer. */
  readonly prefer?: 'local' | 'remote' | undefined;
}

/** What the owner of a session has to do. */
export type SessionTimerEvent = 'send refresh' | 'send BYE';

type Field = readonly [name: string, value: string];

/**
 * The session timer of one dialog (RFC 4028), without a clock: `deadline` says when to call `wake`. Times are milliseconds on any
 * scale that does not go back, the fields seconds.
 */
export class SessionTimer {
  readonly #options: SessionTimerOptions;
  #state: SessionTimerState = sessionTimerTable.initial.next;
  /** Seconds; of the latest 2xx. */
  #interval: number | undefined;
  /** The largest Min-SE of a 422 or a request in this dialog (§7.4). */
  #minSe: number | undefined;
  #agreedAt = 0;
  #due: { readonly at: number; readonly input: 'half' | 'end' } | undefined;

  constructor(options: SessionTimerOptions = {}) {
    this.#options = options;
  }

  get state(): SessionTimerState {
    return this.#state;
  }

  /** Seconds, while there is a timer. */
  get interval(): number | undefined {
    return this.#interval;
  }

  /** When to call `wake`; `undefined`: not at all. */
  get deadline(): number | undefined {
    return this.#due?.at;
  }

  /** The fields of a session refresh request of ours, an INVITE or UPDATE (§7.1, §7.4); `Supported: timer` is the caller's. */
  requestFields(): readonly Field[] {
    const fields: Field[] = this.#minSe === undefined ? [] : [['Min-SE', String(this.#minSe)]];
    const wanted = this.#interval ?? this.#options.interval;
    if (wanted === undefined) return fields;
    const interval = Math.max(wanted, this.#minSe ?? LEAST_INTERVAL);
    fields.push(['Session-Expires', formatSessionExpires({ interval, refresher: this.#roleToKeep() })]);
    return fields;
  }

  /** The role of refresher does not change by a refresh (§7.4); it is open before the first. */
  #roleToKeep(): Refresher | undefined {
    if (this.#interval === undefined) return undefined;
    return this.#state === 'watching' ? 'uas' : 'uac';
  }

  /**
   * A 422 to our request (§7.3): remembers its Min-SE. True: worth trying once more with `requestFields`. False: it asks for
   * nothing new.
   */
  refused(response: SipResponse): boolean {
    const least = readMinSe(response.headers);
    if (response.status !== 422 || least === undefined || least <= (this.#minSe ?? 0)) return false;
    this.#minSe = least;
    return true;
  }

  /** A 2xx to our session refresh request (§7.2). */
  answered(request: SipRequest, response: SipResponse, now: number): void {
    const agreed = readSessionExpires(response.headers);
    // Only we support the timer: we go on with it alone, and so refresh (§7.2).
    const own = agreed ?? withRefresher(readSessionExpires(request.headers), 'uac');
    this.#agree(own, own?.refresher !== 'uas', now);
  }

  /** A session refresh request came; the fields and status of the answer are `answer`'s. */
  requested(request: SipRequest): void {
    const least = readMinSe(request.headers);
    if (least !== undefined) this.#minSe = Math.max(least, this.#minSe ?? 0);
  }

  /** What to answer 422 with, if the interval asked for is too short for us and the peer can do something about it (§9). */
  tooShort(request: SipRequest): readonly Field[] | undefined {
    const asked = readSessionExpires(request.headers)?.interval;
    const least = this.#least;
    if (asked === undefined || asked >= least || !supportsTimer(request)) return undefined;
    return [['Min-SE', String(least)]];
  }

  /**
   * The fields of our 2xx to a session refresh request (§9, table 2), and what they say is agreed on from now on. A peer
   * without the extension gets a timer only if it, or a proxy for it, asked for one.
   */
  answer(request: SipRequest, now: number): readonly Field[] {
    const supported = supportsTimer(request);
    const asked = readSessionExpires(request.headers);
    const interval = asked?.interval ?? (supported ? this.#ownInterval(request) : undefined);
    if (interval === undefined) {
      this.#agree(undefined, false, now);
      return [];
    }
    const refresher = !supported ? 'uas' : asked?.refresher ?? (this.#options.prefer === 'local' ? 'uas' : 'uac');
    this.#agree({ interval, refresher }, refresher === 'uas', now);
    const fields: Field[] = [['Session-Expires', formatSessionExpires({ interval, refresher })]];
    return supported ? [...fields, ['Require', 'timer']] : fields;
  }

  /** Our refresh came to nothing, but the dialog lives (§10). */
  failed(): void {
    this.#step('failed', 0);
  }

  /** It is `deadline`, or later. */
  wake(now: number): SessionTimerEvent | undefined {
    const due = this.#due;
    if (due === undefined || now < due.at) return undefined;
    this.#due = undefined;
    return this.#step(due.input, now);
  }

  /** The session is over. */
  stop(): void {
    this.#state = 'off';
    this.#due = undefined;
  }

  get #least(): number {
    return Math.max(LEAST_INTERVAL, this.#options.minimum ?? LEAST_INTERVAL);
  }

  #ownInterval(request: SipRequest): number | undefined {
    const { interval } = this.#options;
    return interval === undefined ? undefined : Math.max(interval, readMinSe(request.headers) ?? LEAST_INTERVAL);
  }

  #agree(agreed: SessionExpires | undefined, weRefresh: boolean, now: number): void {
    // Nobody may agree on less (§4); who does must not make us refresh without a pause.
    this.#interval = agreed === undefined ? undefined : Math.max(agreed.interval, LEAST_INTERVAL);
    this.#agreedAt = now;
    this.#step(agreed === undefined ? 'no timer' : weRefresh ? 'we refresh' : 'peer refreshes', now);
  }

  #step(input: SessionTimerInput, now: number): SessionTimerEvent | undefined {
    const transition = sessionTimerTable.states[this.#state]?.[input];
    if (transition === undefined) return undefined;
    this.#state = transition.next;
    let event: SessionTimerEvent | undefined;
    for (const action of transition.actions) event = this.#act(action, now) ?? event;
    return event;
  }

  #act(action: SessionTimerAction, now: number): SessionTimerEvent | undefined {
    const interval = (this.#interval ?? 0) * 1000;
    if (action === 'start half') this.#due = { at: now + interval / 2, input: 'half' };
    // §10: slightly before the session expires, so that the BYE still gets through firewalls that forget it then.
    else if (action === 'start end') this.#due = { at: this.#agreedAt + interval - Math.min(32_000, interval / 3), input: 'end' };
    else if (action === 'stop') this.#due = undefined;
    else return action;
    return undefined;
  }
}

function withRefresher(value: SessionExpires | undefined, refresher: Refresher): SessionExpires | undefined {
  return value === undefined ? undefined : { interval: value.interval, refresher };
}

function supportsTimer(request: SipRequest): boolean {
  return request.supported().some((option) => option.toLowerCase() === 'timer');
}

import { retryDelay } from './retry-rules.js';
import type { EndCause } from './retry-rules.js';
import { subscriptionTable } from './subscription-table.js';
import type { SubscriptionAction, SubscriptionInput, SubscriptionState } from './subscription-table.js';

export interface SubscriptionMachineOptions {
  /** Milliseconds. */
  readonly T1: number;
  /** Seconds to ask for; 0 fetches once. */
  readonly expires: number;
  /** Whether to subscribe anew when what ended a subscription allows it. */
  readonly retry: boolean;
  /** A number from 0 to 1, another each time: spreads refreshes. */
  fraction(): number;
}

/** What came with an event. */
export interface SubscriptionFacts {
  /** Seconds, of the 2xx or of Subscription-State; with `423` those of Min-Expires. */
  readonly expires?: number | undefined;
  readonly cause?: EndCause | undefined;
}

/** `kind` of a SUBSCRIBE: outside of the subscription's dialog (none exists yet), or within. */
export type SubscriptionCommand =
  | { readonly type: 'SUBSCRIBE'; readonly kind: 'initial' | 'refresh' | 'unsubscribe'; readonly expires: number }
  | { readonly type: 'notification' }
  | { readonly type: 'drop condition' }
  /** `retryIn`: milliseconds until it subscribes anew; undefined: it is over for good. */
  | { readonly type: 'end'; readonly cause: EndCause; readonly retryIn: number | undefined };

/** Milliseconds after which a subscription was not in vain. */
const LASTED = 60_000;

type TimerName = 'N' | 'refresh' | 'expiry' | 'retry';

/**
 * The subscriber's machine (RFC 6665 §4.1.2), without SIP or clock: events and time in with `receive` and `wake`, what is to be
 * done out with `next`. `now` in milliseconds, never going back.
 */
export class SubscriptionMachine {
  state: SubscriptionState = subscriptionTable.initial.next;
  readonly #options: SubscriptionMachineOptions;
  readonly #timers: Partial<Record<TimerName, number>> = {};
  readonly #commands: SubscriptionCommand[] = [];
  #expires: number;
  #granted: number | undefined;
  /** Attempts since the last subscription that lasted. */
  #failed = 0;
  #since: number | undefined;
  #unsubscribeHeld = false;
  #over = false;

  constructor(options: SubscriptionMachineOptions) {
    this.#options = options;
    this.#expires = options.expires;
  }

  /** When the subscription ends unless it is refreshed. */
  get expiry(): number | undefined {
    return this.#timers.expiry;
  }

  /** Whether it is over for good. */
  get over(): boolean {
    return this.#over;
  }

  start(now: number): void {
    this.#run(subscriptionTable.initial.actions, now, {});
  }

  receive(input: SubscriptionInput, now: number, facts: SubscriptionFacts = {}): void {
    const row = subscriptionTable.states[this.state]?.[input];
    if (row === undefined || this.#over) return;
    if (input === '2xx') this.#granted = facts.expires ?? this.#granted;
    this.state = row.next;
    if (row.next === 'active' || row.next === 'pending') this.#since ??= now;
    this.#run(row.actions, now, facts);
  }

  /** Nothing more is to be done: whoever drives it has given it up. */
  abandon(): void {
    this.#over = true;
    this.state = 'terminated';
    this.#commands.length = 0;
    this.#act('stop all', 0, {});
  }

  /** The next thing to do. */
  next(): SubscriptionCommand | undefined {
    return this.#commands.shift();
  }

  /** When `wake` is to be called. */
  deadline(): number | undefined {
    const due = Math.min(...Object.values(this.#timers));
    return due === Infinity ? undefined : due;
  }

  wake(now: number): void {
    for (const name of ['N', 'refresh', 'expiry', 'retry'] as const) {
      const due = this.#timers[name];
      if (due === undefined || due > now) continue;
      delete this.#timers[name];
      this.receive(`timer ${name}`, now, { cause: { lost: name === 'N' ? 'timer N' : 'expiry' } });
    }
  }

  #run(actions: readonly SubscriptionAction[], now: number, facts: SubscriptionFacts): void {
    for (const action of actions) this.#act(action, now, facts);
  }

  #act(action: SubscriptionAction, now: number, facts: SubscriptionFacts): void {
    switch (action) {
      case 'send SUBSCRIBE':
        this.#granted = undefined;
        this.#commands.push({ type: 'SUBSCRIBE', kind: 'initial', expires: this.#expires });
        return;
      case 'send refresh':
        this.#commands.push({ type: 'SUBSCRIBE', kind: 'refresh', expires: this.#expires });
        return;
      case 'send unsubscribe':
        this.#commands.push({ type: 'SUBSCRIBE', kind: 'unsubscribe', expires: 0 });
        return;
      case 'tell notification':
        this.#commands.push({ type: 'notification' });
        return;
      case 'drop condition':
        this.#commands.push({ type: 'drop condition' });
        return;
      case 'tell end':
        this.#end(now, facts.cause ?? {});
        return;
      case 'start N':
        this.#timers.N = now + 64 * this.#options.T1;
        return;
      case 'take expiry':
        this.#takeExpiry(now, facts.expires);
        return;
      case 'raise expiry':
        this.#expires = facts.expires ?? this.#expires;
        return;
      case 'postpone refresh':
        this.#postponeRefresh(now, facts.cause?.retryAfter);
        return;
      case 'hold unsubscribe':
        this.#unsubscribeHeld = true;
        return;
      case 'release unsubscribe':
        if (this.#unsubscribeHeld) this.receive('unsubscribe', now);
        return;
      case 'start retry':
        this.#startRetry(now, facts.cause ?? {});
        return;
      case 'stop N':
        delete this.#timers.N;
        return;
      case 'stop refresh':
        delete this.#timers.refresh;
        return;
      case 'stop retry':
        delete this.#timers.retry;
        return;
      case 'stop all':
        for (const name of Object.keys(this.#timers) as TimerName[]) delete this.#timers[name];
    }
  }

  /** RFC 6665 §4.1.3: what the NOTIFY says is the authority; one that says nothing leaves what the 2xx said. */
  #takeExpiry(now: number, expires: number | undefined): void {
    const known = this.#timers.expiry;
    if (expires === undefined && known !== undefined) return;
    const seconds = expires ?? this.#granted ?? this.#expires;
    const expiry = now + seconds * 1000;
    // Each NOTIFY repeats the time that is left, rounded: no reason to throw the dice again.
    if (known !== undefined && Math.abs(known - expiry) < 2000 && this.#timers.refresh !== undefined) return;
    this.#timers.expiry = expiry;
    const latest = Math.max(seconds * 500, seconds * 1000 - 64 * this.#options.T1);
    this.#timers.refresh = now + latest * (0.8 + 0.2 * this.#options.fraction());
  }

  /** §4.1.2.2: the subscription is valid until it expires, so there is time to try again. */
  #postponeRefresh(now: number, retryAfter: number | undefined): void {
    const left = (this.#timers.expiry ?? now) - now;
    const pause = retryAfter === undefined ? Math.max(left / 2, 5000) : retryAfter * 1000;
    this.#timers.refresh = now + pause;
  }

  #startRetry(now: number, cause: EndCause): void {
    const since = this.#since;
    this.#since = undefined;
    if (since !== undefined && now - since >= LASTED) this.#failed = 0;
    const failed = since === undefined ? this.#failed + 1 : this.#failed;
    const delay = this.#options.retry && !this.#unsubscribeHeld ? retryDelay(cause, failed) : undefined;
    this.#failed += 1;
    if (delay !== undefined) this.#timers.retry = now + delay;
  }

  #end(now: number, cause: EndCause): void {
    const { retry } = this.#timers;
    this.#over = retry === undefined;
    this.#commands.push({ type: 'end', cause, retryIn: retry === undefined ? undefined : retry - now });
  }
}

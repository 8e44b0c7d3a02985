import { formatAddress } from '@simple-im/transport';
import type { SipResponse } from './message.js';
import type { Target } from './resolve.js';

export interface FailedTargetsOptions {
  /** Places remembered; the one that failed longest ago is forgotten first. Default 1,000. */
  readonly max?: number;
  /** Milliseconds a place that did not answer is passed over. Default 60,000. */
  readonly time?: number;
  /** Milliseconds that a Retry-After counts at most: nobody shuts a server out for a week. Default 600,000. */
  readonly maxTime?: number;
}

/**
 * Places that failed a while ago and are tried only when no other is left. Not even a Retry-After shuts the last one out
 * (RFC 3261 §21.5.4 has a SHOULD NOT there): a single forged 503 would cut us off.
 */
export class FailedTargets {
  readonly #max: number;
  readonly #time: number;
  readonly #maxTime: number;
  /** Until when, by place, in the order they failed. */
  readonly #until = new Map<string, number>();

  constructor({ max = 1_000, time = 60_000, maxTime = 600_000 }: FailedTargetsOptions = {}) {
    this.#max = max;
    this.#time = time;
    this.#maxTime = maxTime;
  }

  get size(): number {
    return this.#until.size;
  }

  /** It failed at `now` (milliseconds): for `time`, or for the default time. */
  add(target: Target, now: number, time = this.#time): void {
    const key = keyOf(target);
    this.#until.delete(key);
    const [oldest] = this.#until.keys();
    if (oldest !== undefined && this.#until.size >= this.#max) this.#until.delete(oldest);
    this.#until.set(key, now + Math.min(time, this.#maxTime));
  }

  /** It answered. */
  delete(target: Target): void {
    if (this.#until.size > 0) this.#until.delete(keyOf(target));
  }

  has(target: Target, now: number): boolean {
    if (this.#until.size === 0) return false;
    const key = keyOf(target);
    const until = this.#until.get(key);
    if (until === undefined) return false;
    if (until > now) return true;
    this.#until.delete(key);
    return false;
  }

  /** What a response says of its place: a 503 with Retry-After that it is to be left alone, anything else that it is there. */
  learn(target: Target, response: SipResponse, now: number): void {
    const seconds = response.status === 503 ? retryAfter(response) : undefined;
    if (seconds === undefined) this.delete(target);
    else this.add(target, now, seconds * 1_000);
  }
}

/** §20.33: the seconds in front of comment and parameters. */
function retryAfter(response: SipResponse): number | undefined {
  const seconds = /^[ \t]*(\d{1,10})(?!\d)/.exec(response.headers.get('Retry-After') ?? '')?.[1];
  return seconds === undefined ? undefined : Number(seconds);
}

function keyOf({ transport, address, url }: Target): string {
  return `${transport} ${formatAddress(address).toLowerCase()} ${url ?? ''}`;
}

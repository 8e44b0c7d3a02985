/*
 * What was taken from a user who has left, and acknowledged (RFC 4975 §7.2), still goes to the other one. BYE overtakes MSRP, so it
 * waits: until everything has been written and answered, or nothing moves any more.
 */
import type { Clock, Timer } from '@simple-im/transport';

/** Milliseconds without progress after which what is left is given up. */
export const DRAIN_PATIENCE = 5_000;
const LOOK_EVERY = 50;

export class Drain {
  readonly #clock: Clock;
  readonly #outstanding: () => number;
  readonly #done: () => void;
  #least = Infinity;
  #since: number;
  #timer: Timer | undefined;

  /** `outstanding` counts what has not arrived, in whatever unit; `done` is called once, at the earliest by `start`. */
  constructor(clock: Clock, outstanding: () => number, done: () => void) {
    this.#clock = clock;
    this.#outstanding = outstanding;
    this.#done = done;
    this.#since = clock.now();
  }

  start(): void {
    const left = this.#outstanding();
    const now = this.#clock.now();
    if (left < this.#least) {
      this.#least = left;
      this.#since = now;
    }
    if (left === 0 || now - this.#since >= DRAIN_PATIENCE) return this.#done();
    this.#timer = this.#clock.setTimer(LOOK_EVERY, () => this.start());
  }

  stop(): void {
    this.#timer?.cancel();
  }
}

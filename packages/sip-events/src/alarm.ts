import type { Clock, Timer } from '@simple-im/transport';

/** One timer of the clock, moved to an earlier time when asked; a later one waits until it has rung. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #timer: Timer | undefined;
  #due = Infinity;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Rings at `due` at the latest, milliseconds of the clock. */
  set(due: number | undefined): void {
    if (due === undefined || due >= this.#due) return;
    this.#timer?.cancel();
    this.#due = due;
    // The longest delay a timer takes everywhere; what is later is looked at again then.
    const delay = Math.min(Math.max(0, due - this.#clock.now()), 2 ** 31 - 1);
    this.#timer = this.#clock.setTimer(delay, () => {
      this.#due = Infinity;
      this.#timer = undefined;
      this.#ring();
    });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#due = Infinity;
  }
}

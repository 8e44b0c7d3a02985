import type { Clock, Timer } from './ports.js';

/** One timer of a clock for many deadlines: set to the earliest, never late. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #set: { readonly due: number; readonly timer: Timer } | undefined;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /**
   * Rings at `due` at the latest, in milliseconds of `clock.now()`; `undefined` asks for nothing. An earlier alarm stays: whoever
   * hears it sets the next.
   */
  set(due: number | undefined): void {
    if (due === undefined || (this.#set !== undefined && this.#set.due <= due)) return;
    this.#set?.timer.cancel();
    const timer = this.#clock.setTimer(Math.max(0, due - this.#clock.now()), () => {
      this.#set = undefined;
      this.#ring();
    });
    this.#set = { due, timer };
  }

  cancel(): void {
    this.#set?.timer.cancel();
    this.#set = undefined;
  }
}

import type { Clock, Timer } from '../ports.js';

export interface FakeClockOptions {
  /** What `date` says while `now` is 0; by default 2026-01-01T00:00:00Z. */
  readonly date?: Date;
}

interface FakeTimer extends Timer {
  readonly due: number;
  readonly fire: () => void;
}

/** A clock that stands still until it is told to advance; `now` starts at 0. */
export class FakeClock implements Clock {
  readonly #start: number;
  readonly #timers = new Set<FakeTimer>();
  #now = 0;

  constructor(options: FakeClockOptions = {}) {
    this.#start = (options.date ?? new Date('2026-01-01T00:00:00Z')).getTime();
  }

  /** How many timers are waiting; 0 when whatever was tested has cleaned up. */
  get timers(): number {
    return this.#timers.size;
  }

  /** Milliseconds until the next timer is due, or `undefined` when none waits. */
  get untilNext(): number | undefined {
    const first = this.#first();
    return first === undefined ? undefined : first.due - this.#now;
  }

  now(): number {
    return this.#now;
  }

  date(): Date {
    return new Date(this.#start + this.#now);
  }

  setTimer(delay: number, fire: () => void): Timer {
    const timer: FakeTimer = { due: this.#now + Math.max(0, delay), fire, cancel: () => { this.#timers.delete(timer); } };
    this.#timers.add(timer);
    return timer;
  }

  /** Moves on by `milliseconds`; timers that become due fire in the order of their times, also those set meanwhile. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    while (this.#fireNext(end));
    this.#now = end;
  }

  /** As `advance`, but lets promises and the fake network settle before, between and after the timers. */
  async elapse(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    do await this.settle(); while (this.#fireNext(end));
    this.#now = end;
  }

  /**
   * Resolves when every promise and fake delivery that can go on without time has gone on. What waits for something
   * outside the process (a real socket, a file, WebCrypto) is not waited for.
   */
  settle(): Promise<void> {
    // A message is a task of its own, which the event loop takes only when no microtask is left.
    const { port1, port2 } = new MessageChannel();
    return new Promise((resolve) => {
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(undefined);
    });
  }

  #fireNext(end: number): boolean {
    const timer = this.#first();
    if (timer === undefined || timer.due > end) return false;
    this.#timers.delete(timer);
    this.#now = Math.max(this.#now, timer.due);
    timer.fire();
    return true;
  }

  /** The earliest; of several due together the one set first, since a Set keeps that order. */
  #first(): FakeTimer | undefined {
    let first: FakeTimer | undefined;
    for (const timer of this.#timers) if (first === undefined || timer.due < first.due) first = timer;
    return first;
  }
}

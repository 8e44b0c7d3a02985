/** One running timer; `stop` with the queue that started it. */
export class QueuedTimer<T> {
  readonly owner: T;
  readonly duration: number;
  readonly due: number;
  previous: QueuedTimer<T> | undefined;
  next: QueuedTimer<T> | undefined;
  running = true;

  constructor(owner: T, duration: number, due: number) {
    this.owner = owner;
    this.duration = duration;
    this.due = due;
  }
}

interface Row<T> {
  first: QueuedTimer<T> | undefined;
  last: QueuedTimer<T> | undefined;
}

/**
 * Many timers of few durations. Time never goes back, so timers of one duration end in the order they started: a list
 * for each duration is always sorted, and starting and stopping cost the same for one timer or a million. A stopped
 * timer leaves nothing behind.
 */
export class TimerQueue<T> {
  readonly #rows = new Map<number, Row<T>>();
  /** The same rows; empty ones stay, since durations are few. */
  readonly #list: Row<T>[] = [];
  #size = 0;

  /** How many timers run. */
  get size(): number {
    return this.#size;
  }

  /** Starts a timer of `duration` milliseconds at `now`, which must not be before an earlier `now`. */
  start(owner: T, duration: number, now: number): QueuedTimer<T> {
    let row = this.#rows.get(duration);
    if (row === undefined) {
      row = { first: undefined, last: undefined };
      this.#rows.set(duration, row);
      this.#list.push(row);
    }
    const timer = new QueuedTimer(owner, duration, now + duration);
    timer.previous = row.last;
    if (row.last === undefined) row.first = timer;
    else row.last.next = timer;
    row.last = timer;
    this.#size += 1;
    return timer;
  }

  /** Harmless when the timer has fired or was stopped before. */
  stop(timer: QueuedTimer<T>): void {
    if (!timer.running) return;
    timer.running = false;
    const row = this.#rows.get(timer.duration) as Row<T>;
    if (timer.previous === undefined) row.first = timer.next;
    else timer.previous.next = timer.next;
    if (timer.next === undefined) row.last = timer.previous;
    else timer.next.previous = timer.previous;
    timer.previous = undefined;
    timer.next = undefined;
    this.#size -= 1;
  }

  /** When the next timer is due. */
  deadline(): number | undefined {
    return this.#earliest()?.due;
  }

  /** Takes out the earliest timer that is due at `now`. */
  take(now: number): QueuedTimer<T> | undefined {
    const timer = this.#earliest();
    if (timer === undefined || timer.due > now) return undefined;
    this.stop(timer);
    return timer;
  }

  #earliest(): QueuedTimer<T> | undefined {
    let earliest: QueuedTimer<T> | undefined;
    for (let at = 0; at < this.#list.length; at++) {
      const first = this.#list[at]?.first;
      if (first !== undefined && (earliest === undefined || first.due < earliest.due)) earliest = first;
    }
    return earliest;
  }
}

/** One timer: started and stopped with a queue, and started again as often as wanted. */
export class QueuedTimer<T, N> {
  readonly owner: T;
  readonly name: N;
  due = 0;
  duration = 0;
  running = false;
  /** For the queue. */
  previous: QueuedTimer<T, N> | undefined;
  next: QueuedTimer<T, N> | undefined;
  /** For the owner, which may list its timers by it. */
  sibling: QueuedTimer<T, N> | undefined;

  constructor(owner: T, name: N, sibling: QueuedTimer<T, N> | undefined) {
    this.owner = owner;
    this.name = name;
    this.sibling = sibling;
  }
}

interface Row<T, N> {
  readonly duration: number;
  first: QueuedTimer<T, N> | undefined;
  last: QueuedTimer<T, N> | undefined;
}

/**
 * Many timers of few durations. Time never goes back, so timers of one duration end in the order they started: a list
 * for each duration is always sorted, and starting and stopping cost the same for one timer or a million. A stopped
 * timer leaves nothing behind.
 */
export class TimerQueue<T, N> {
  /** One for each duration there was: a dozen, since T1, T2 and T4 give them all. */
  readonly #rows: Row<T, N>[] = [];
  #size = 0;

  /** How many timers run. */
  get size(): number {
    return this.#size;
  }

  /** Starts a timer that does not run, for `duration` milliseconds from `now`, which must not be before an earlier `now`. */
  start(timer: QueuedTimer<T, N>, duration: number, now: number): void {
    const row = this.#row(duration);
    timer.due = now + duration;
    timer.duration = duration;
    timer.running = true;
    timer.previous = row.last;
    if (row.last === undefined) row.first = timer;
    else row.last.next = timer;
    row.last = timer;
    this.#size += 1;
  }

  /** Harmless when the timer does not run. */
  stop(timer: QueuedTimer<T, N>): void {
    if (!timer.running) return;
    timer.running = false;
    const row = this.#row(timer.duration);
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
  take(now: number): QueuedTimer<T, N> | undefined {
    const timer = this.#earliest();
    if (timer === undefined || timer.due > now) return undefined;
    this.stop(timer);
    return timer;
  }

  #row(duration: number): Row<T, N> {
    for (const row of this.#rows) if (row.duration === duration) return row;
    const row = { duration, first: undefined, last: undefined };
    this.#rows.push(row);
    return row;
  }

  #earliest(): QueuedTimer<T, N> | undefined {
    let earliest: QueuedTimer<T, N> | undefined;
    for (const { first } of this.#rows) {
      if (first !== undefined && (earliest === undefined || first.due < earliest.due)) earliest = first;
    }
    return earliest;
  }
}

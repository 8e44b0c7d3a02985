/*
 * Notices that bindings expire: one queue of addresses-of-record by the time their first binding does, one timer for its head. The store
 * decides who tells of an expiry: whoever takes the expired binding out of it (its versions allow that once).
 */
import type { Clock, Timer } from '@simple-im/transport';
import type { Log } from '../observe/ports.js';
import { changesOf, type ContactListener } from './contact-events.js';
import type { Binding, LocationStore } from './location.js';

export interface BindingExpiryOptions {
  readonly location: LocationStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly onChanges: ContactListener;
}

interface Due {
  readonly at: number;
  readonly aor: string;
}

/** Users looked at at once, so that a thousand that expire together do not fill the store's queue. */
const WINDOW = 64;
/** Milliseconds until the next try when the store failed. */
const RETRY = 1000;
/** The longest delay a timer takes. */
const LONGEST = 2 ** 31 - 1;

export class BindingExpiry {
  readonly #options: BindingExpiryOptions;
  /** A heap by `at`, wall clock. An entry counts only if it is what `#due` says of its user. */
  readonly #heap: Due[] = [];
  readonly #due = new Map<string, number>();
  #underWay = 0;
  #timer: Timer | undefined;
  #timerAt = Infinity;

  constructor(options: BindingExpiryOptions) {
    this.#options = options;
  }

  /** Users with bindings. */
  get size(): number {
    return this.#due.size;
  }

  /** These are the user's bindings now. */
  follow(aor: string, bindings: readonly Binding[]): void {
    this.expect(aor, Math.min(...bindings.map((binding) => binding.expiresAt)));
  }

  /** The user's first binding expires at `at`, milliseconds of the wall clock; Infinity: there is none. */
  expect(aor: string, at: number): void {
    if (this.#due.get(aor) === at) return;
    if (at === Infinity) this.#due.delete(aor);
    else {
      this.#due.set(aor, at);
      this.#push({ at, aor });
    }
    this.#dropStale();
    this.#arm();
  }

  close(): void {
    this.#timer?.cancel();
    this.#heap.length = 0;
    this.#due.clear();
  }

  #arm(): void {
    const head = this.#heap[0];
    if (head === undefined || head.at >= this.#timerAt) return;
    const { clock } = this.#options;
    this.#timer?.cancel();
    this.#timerAt = head.at;
    this.#timer = clock.setTimer(Math.min(Math.max(0, head.at - clock.date().getTime()), LONGEST), () => this.#ring());
  }

  #ring(): void {
    this.#timerAt = Infinity;
    const now = this.#options.clock.date().getTime();
    for (let head = this.#heap[0]; head !== undefined && head.at <= now && this.#underWay < WINDOW; head = this.#heap[0]) {
      this.#pop();
      if (this.#due.get(head.aor) === head.at) this.#start(head.aor);
    }
    if (this.#underWay < WINDOW) this.#arm();
  }

  #start(aor: string): void {
    this.#due.delete(aor);
    this.#underWay += 1;
    this.#expire(aor).catch((error: unknown) => this.#tryLater(aor, error)).finally(() => {
      this.#underWay -= 1;
      if (this.#heap.length > 0) this.#ring();
    });
  }

  async #expire(aor: string): Promise<void> {
    const { location, clock, onChanges } = this.#options;
    for (;;) {
      const { version, bindings } = await location.load(aor);
      const now = clock.date().getTime();
      const active = bindings.filter((binding) => binding.expiresAt > now);
      if (active.length === bindings.length) return this.follow(aor, active);
      // Not saved: a REGISTER came in between, and tells of what had expired.
      if (!(await location.save(aor, version, active))) continue;
      onChanges(aor, changesOf(bindings, active, now), active);
      return this.follow(aor, active);
    }
  }

  #tryLater(aor: string, error: unknown): void {
    const { clock, log } = this.#options;
    log.error({ err: error }, 'expired bindings could not be removed');
    this.expect(aor, clock.date().getTime() + RETRY);
  }

  /** A refresh leaves its user's former entry behind. */
  #dropStale(): void {
    for (let head = this.#heap[0]; head !== undefined && this.#due.get(head.aor) !== head.at; head = this.#heap[0]) this.#pop();
  }

  #push(due: Due): void {
    const heap = this.#heap;
    let place = heap.push(due) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if ((heap[parent] as Due).at <= due.at) break;
      heap[place] = heap[parent] as Due;
      place = parent;
    }
    heap[place] = due;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && (heap[child + 1] as Due).at < (heap[child] as Due).at) child += 1;
      if ((heap[child] as Due).at >= last.at) break;
      heap[place] = heap[child] as Due;
      place = child;
    }
    heap[place] = last;
  }
}

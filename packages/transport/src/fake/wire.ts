import type { Clock } from '../ports.js';

/** What all sockets of one fake network share: the order of events, and which hosts are out of order. */
export class Wire {
  readonly clock: Clock | undefined;
  readonly #events: (() => void)[] = [];
  readonly #silent = new Set<string>();
  readonly #removed = new Set<string>();
  readonly #waiting = new Set<() => void>();
  #running = false;

  constructor(clock: Clock | undefined) {
    this.clock = clock;
  }

  /** Runs events one by one, each in a microtask of its own, as the event loop gives each socket event a turn. */
  post(event: () => void): void {
    this.#events.push(event);
    if (this.#running) return;
    this.#running = true;
    queueMicrotask(() => this.#turn());
  }

  silence(host: string): void {
    this.#silent.add(host);
  }

  remove(host: string): void {
    this.#removed.add(host);
  }

  restore(host: string): void {
    this.#silent.delete(host);
    this.#removed.delete(host);
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resume of waiting) this.post(resume);
  }

  has(host: string): boolean {
    return !this.#removed.has(host);
  }

  /** True when packets between the two get lost. */
  isCutOff(one: string, other: string): boolean {
    return [one, other].some((host) => this.#silent.has(host) || this.#removed.has(host));
  }

  /** Calls `resume` when a host is restored, as TCP sends again what was lost. */
  whenRestored(resume: () => void): void {
    this.#waiting.add(resume);
  }

  #turn(): void {
    const event = this.#events.shift();
    if (event === undefined) {
      this.#running = false;
      return;
    }
    try {
      event();
    } finally {
      // Behind the microtasks of the handler just called; also when it threw, or it would stop the whole network.
      queueMicrotask(() => this.#turn());
    }
  }
}

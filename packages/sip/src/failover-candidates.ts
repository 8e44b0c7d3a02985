import type { FailedTargets } from './failover-list.js';
import type { Target } from './resolve.js';

/** The places for one request, asked for one by one: those that failed lately come when the others are used up. */
export class Candidates {
  readonly #targets: AsyncIterator<Target>;
  readonly #failed: FailedTargets;
  readonly #now: () => number;
  readonly #postponed: Target[] = [];

  constructor(targets: AsyncIterable<Target>, failed: FailedTargets, now: () => number) {
    this.#targets = targets[Symbol.asyncIterator]();
    this.#failed = failed;
    this.#now = now;
  }

  /** Undefined when there is none left. Rejects as {@link locate} does. */
  async next(): Promise<Target | undefined> {
    for (let step = await this.#targets.next(); step.done !== true; step = await this.#targets.next()) {
      if (!this.#failed.has(step.value, this.#now())) return step.value;
      this.#postponed.push(step.value);
    }
    return this.#postponed.shift();
  }
}

import type { FailedTargets } from './failover-list.js';
import type { Target } from './resolve.js';

/**
 * The places for one request, asked for one by one: those that failed lately come when the others are used up. Places that are
 * known without asking anybody are given as an array.
 */
export class Candidates {
  readonly #known: readonly Target[] | undefined;
  readonly #targets: AsyncIterator<Target> | undefined;
  readonly #failed: FailedTargets;
  readonly #now: () => number;
  #asked = 0;
  #postponed: Target[] | undefined;

  constructor(targets: AsyncIterable<Target> | readonly Target[], failed: FailedTargets, now: () => number) {
    if (Symbol.asyncIterator in targets) this.#targets = targets[Symbol.asyncIterator]();
    else this.#known = targets;
    this.#failed = failed;
    this.#now = now;
  }

  /** The next one if it can be had at once. */
  nextKnown(): Target | undefined {
    while (this.#known !== undefined && this.#asked < this.#known.length) {
      const target = this.#known[this.#asked] as Target;
      this.#asked += 1;
      if (this.#isUsable(target)) return target;
    }
    return this.#postponed?.shift();
  }

  /** Undefined when there is none left. Rejects as {@link locate} does. */
  async next(): Promise<Target | undefined> {
    if (this.#targets === undefined) return this.nextKnown();
    for (let step = await this.#targets.next(); step.done !== true; step = await this.#targets.next()) {
      if (this.#isUsable(step.value)) return step.value;
    }
    return this.#postponed?.shift();
  }

  #isUsable(target: Target): boolean {
    if (this.#failed.size === 0 || !this.#failed.has(target, this.#now())) return true;
    (this.#postponed ??= []).push(target);
    return false;
  }
}

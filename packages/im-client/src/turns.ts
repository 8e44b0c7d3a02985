import { imError } from './errors.js';

/** Lets one task run at a time for each key; the others wait in order. */
export class Turns {
  readonly #most: number;
  readonly #waiting = new Map<string, (() => void)[]>();

  /** `most` tasks may wait for one key. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Rejects with IM_QUEUE_FULL, or as the task. */
  async take<T>(key: string, task: () => Promise<T>): Promise<T> {
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) this.#waiting.set(key, []);
    else if (waiting.length >= this.#most) throw imError('IM_QUEUE_FULL');
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await task();
    } finally {
      this.#next(key);
    }
  }

  #next(key: string): void {
    const next = this.#waiting.get(key)?.shift();
    if (next === undefined) this.#waiting.delete(key);
    else next();
  }
}

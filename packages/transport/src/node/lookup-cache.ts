interface Entry<T> {
  readonly due: number;
  readonly value: Promise<T>;
}

/** What an answer is and for how many milliseconds it holds. */
export interface Answer<T> {
  readonly value: T;
  readonly lifetime: number;
}

/**
 * Answers by name, each until its time is over, at most `max`: the one asked first goes first. Whoever asks while a question
 * is under way waits for the same answer. A question that failed is asked again.
 */
export class LookupCache<T> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #max: number;
  readonly #now: () => number;

  constructor(max: number, now: () => number) {
    this.#max = max;
    this.#now = now;
  }

  get(name: string, ask: () => Promise<Answer<T>>): Promise<T> {
    const known = this.#entries.get(name);
    if (known !== undefined && known.due > this.#now()) return known.value;
    this.#entries.delete(name);
    const value = this.#asked(name, ask);
    this.#put(name, { due: Infinity, value });
    return value;
  }

  async #asked(name: string, ask: () => Promise<Answer<T>>): Promise<T> {
    try {
      const { value, lifetime } = await ask();
      this.#entries.delete(name);
      if (lifetime > 0) this.#put(name, { due: this.#now() + lifetime, value: Promise.resolve(value) });
      return value;
    } catch (error) {
      this.#entries.delete(name);
      throw error;
    }
  }

  #put(name: string, entry: Entry<T>): void {
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined && this.#entries.size >= this.#max) this.#entries.delete(oldest);
    this.#entries.set(name, entry);
  }
}

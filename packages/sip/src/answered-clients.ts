interface Batch {
  readonly due: number;
  readonly keys: string[];
  next: Batch | undefined;
}

/**
 * Client transactions that only wait for Timer K (§17.1.2.2), to absorb what a server sends again over UDP: of each there is its key and its
 * method, and those of one millisecond end together. A server that sends many requests has more of these than of any others.
 */
export class AnsweredClients {
  readonly #methods = new Map<string, string>();
  /** Timer K is the same for all, so that they end in the order they came. */
  #first: Batch | undefined;
  #last: Batch | undefined;

  get size(): number {
    return this.#methods.size;
  }

  /** Takes one in, until `due` in milliseconds: never less than any before. */
  add(key: string, method: string, due: number): void {
    this.#methods.set(key, method);
    const whole = Math.ceil(due);
    if (this.#last?.due === whole) this.#last.keys.push(key);
    else this.#append({ due: whole, keys: [key], next: undefined });
  }

  /** Whether there is one of that key and method. */
  has(key: string, method: string | undefined): boolean {
    return method !== undefined && this.#methods.get(key) === method;
  }

  /** When the next of them end. */
  deadline(): number | undefined {
    return this.#first?.due;
  }

  /** Takes out the keys of those that end together; undefined when none is due at `now`. */
  take(now: number): readonly string[] | undefined {
    const batch = this.#first;
    if (batch === undefined || batch.due > now) return undefined;
    this.#first = batch.next;
    if (batch.next === undefined) this.#last = undefined;
    for (const key of batch.keys) this.#methods.delete(key);
    return batch.keys;
  }

  #append(batch: Batch): void {
    if (this.#last === undefined) this.#first = batch;
    else this.#last.next = batch;
    this.#last = batch;
  }
}

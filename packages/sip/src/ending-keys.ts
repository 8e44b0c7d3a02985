interface Batch {
  readonly due: number;
  readonly keys: string[];
  next: Batch | undefined;
}

/** Keys of what ends later, each as long after it was added as any other, so that they end in order: those of one millisecond together. */
export class EndingKeys {
  #first: Batch | undefined;
  #last: Batch | undefined;

  /** `due` in milliseconds is never less than any before. */
  add(key: string, due: number): void {
    const whole = Math.ceil(due);
    if (this.#last?.due === whole) this.#last.keys.push(key);
    else this.#append({ due: whole, keys: [key], next: undefined });
  }

  /** When the next of them end. */
  deadline(): number | undefined {
    return this.#first?.due;
  }

  /** Takes out the keys that end together; undefined when none is due at `now`. */
  take(now: number): readonly string[] | undefined {
    const batch = this.#first;
    if (batch === undefined || batch.due > now) return undefined;
    this.#first = batch.next;
    if (batch.next === undefined) this.#last = undefined;
    return batch.keys;
  }

  #append(batch: Batch): void {
    if (this.#last === undefined) this.#first = batch;
    else this.#last.next = batch;
    this.#last = batch;
  }
}

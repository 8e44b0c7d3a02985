/** An array that was this long once is not kept when it is empty. */
const LONGEST_KEPT = 1024;

/** First in, first out, without moving what waits. */
export class Fifo<T> {
  #items: (T | undefined)[] = [];
  #head = 0;
  #tail = 0;

  get size(): number {
    return this.#tail - this.#head;
  }

  push(item: T): void {
    this.#items[this.#tail] = item;
    this.#tail += 1;
  }

  shift(): T | undefined {
    if (this.#head === this.#tail) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head += 1;
    if (this.#head === this.#tail) {
      if (this.#tail > LONGEST_KEPT) this.#items = [];
      this.#head = 0;
      this.#tail = 0;
    }
    return item;
  }
}

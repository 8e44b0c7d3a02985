export interface AsyncQueueOptions<T> {
  /** Items that may wait. */
  readonly maxItems: number;
  /** Octets that waiting items may have together. */
  readonly maxOctets?: number;
  readonly octetsOf?: (item: T) => number;
}

/**
 * What comes before anybody asks waits, up to a bound. Every `for await` takes from the same queue: of several loops each
 * item goes to one, and a loop that ends early leaves the rest for the next.
 */
export class AsyncQueue<T> implements AsyncIterable<T> {
  readonly #options: AsyncQueueOptions<T>;
  readonly #items: T[] = [];
  readonly #loops: Loop<T>[] = [];
  #octets = 0;
  #ended = false;

  constructor(options: AsyncQueueOptions<T>) {
    this.#options = options;
  }

  /** How many wait. */
  get size(): number {
    return this.#items.length;
  }

  /** Hands the item to the loop that has waited longest, else keeps it. False: it does not fit, or the queue has ended. */
  push(item: T): boolean {
    if (this.#ended) return false;
    const loop = this.#loops.shift();
    if (loop !== undefined) {
      loop.take(item);
      return true;
    }
    const { maxItems, maxOctets = Infinity } = this.#options;
    const octets = this.#octetsOf(item);
    if (this.#items.length >= maxItems || this.#octets + octets > maxOctets) return false;
    this.#items.push(item);
    this.#octets += octets;
    return true;
  }

  /** As `push`, of all or none. */
  pushAll(items: readonly T[]): boolean {
    if (items.length > this.#options.maxItems - this.#items.length + this.#loops.length) return false;
    return items.every((item) => this.push(item));
  }

  /** Takes back an item that nobody has taken. */
  remove(item: T): void {
    const at = this.#items.indexOf(item);
    if (at >= 0) this.#octets -= this.#octetsOf(this.#items.splice(at, 1)[0] as T);
  }

  /** Nothing more comes; what waits can still be taken. */
  end(): void {
    this.#ended = true;
    for (const loop of this.#loops.splice(0)) loop.finish();
  }

  [Symbol.asyncIterator](): AsyncIterator<T> {
    const waiting = new Set<Loop<T>>();
    let left = false;
    return {
      next: () => {
        if (left) return Promise.resolve({ done: true, value: undefined });
        const item = this.#shift();
        if (item !== undefined) return Promise.resolve({ done: false, value: item.value });
        if (this.#ended) return Promise.resolve({ done: true, value: undefined });
        return new Promise((resolve) => {
          const loop: Loop<T> = {
            take(value) {
              waiting.delete(loop);
              resolve({ done: false, value });
            },
            finish() {
              waiting.delete(loop);
              resolve({ done: true, value: undefined });
            },
          };
          waiting.add(loop);
          this.#loops.push(loop);
        });
      },
      return: () => {
        left = true;
        for (const loop of waiting) {
          this.#loops.splice(this.#loops.indexOf(loop), 1);
          loop.finish();
        }
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  #shift(): { readonly value: T } | undefined {
    if (this.#items.length === 0) return undefined;
    const value = this.#items.shift() as T;
    this.#octets -= this.#octetsOf(value);
    return { value };
  }

  #octetsOf(item: T): number {
    return this.#options.octetsOf?.(item) ?? 0;
  }
}

/** A `next()` that waits. */
interface Loop<T> {
  take(item: T): void;
  finish(): void;
}

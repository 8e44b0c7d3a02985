import { ConnectionEnded, NothingCame } from './expectation.js';

interface Waiter<T> {
  readonly resolve: (item: T) => void;
  readonly reject: (error: Error) => void;
}

/** What has come from the target and was not looked at yet. Every wait has an end. */
export class Inbox<T> {
  readonly #items: T[] = [];
  readonly #waiters: Waiter<T>[] = [];
  #ended: string | undefined;

  push(item: T): void {
    const waiter = this.#waiters.shift();
    if (waiter === undefined) this.#items.push(item);
    else waiter.resolve(item);
  }

  /** Nothing more will come, and why. What is there can still be taken. */
  end(reason: string): void {
    this.#ended ??= reason;
    for (const waiter of this.#waiters.splice(0)) waiter.reject(new ConnectionEnded(this.#ended));
  }

  get ended(): boolean {
    return this.#ended !== undefined;
  }

  /** The next item; fails after `timeout` milliseconds, saying what was expected. */
  next(timeout: number, expected: string): Promise<T> {
    const item = this.#items.shift();
    if (item !== undefined) return Promise.resolve(item);
    if (this.#ended !== undefined) return Promise.reject(new ConnectionEnded(`${this.#ended}; expected ${expected}`));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        reject(new NothingCame(`nothing came in time; expected ${expected}`));
      }, Math.max(timeout, 0));
      const waiter: Waiter<T> = {
        resolve: (value) => { clearTimeout(timer); resolve(value); },
        reject: (error) => { clearTimeout(timer); reject(new ConnectionEnded(`${error.message}; expected ${expected}`)); },
      };
      this.#waiters.push(waiter);
    });
  }
}

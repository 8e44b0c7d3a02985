/*
 * What waits for one recipient, in order, read page by page: a hundred thousand items take no more memory than a hundred.
 */
import type { Clock } from '@simple-im/transport';
import type { DeferredItem, DeferredStore } from './store.js';

const PAGE = 50;

export class WaitingItems {
  readonly #recipient: string;
  readonly #store: DeferredStore;
  readonly #clock: Clock;
  #page: DeferredItem[] = [];
  #after = 0;

  constructor(recipient: string, store: DeferredStore, clock: Clock) {
    this.#recipient = recipient;
    this.#store = store;
    this.#clock = clock;
  }

  /** The next one, which stays the next; undefined when there is none at this moment. */
  async peek(): Promise<DeferredItem | undefined> {
    if (this.#page.length === 0) {
      const page = { after: this.#after, limit: PAGE };
      this.#page = [...await this.#store.waiting(this.#recipient, page, this.#clock.date().getTime())];
    }
    return this.#page[0];
  }

  /** Goes on behind the one that `peek` gave. */
  advance(): void {
    const item = this.#page.shift();
    if (item !== undefined) this.#after = item.sequence;
  }

  /** Goes back, so that `item` is the next, if it is still there. */
  returnTo(item: DeferredItem): void {
    this.#after = item.sequence - 1;
    this.#page = [];
  }
}

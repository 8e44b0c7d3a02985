/** Something with one deadline, for an {@link Agenda}; both fields are the agenda's. */
export interface Dated {
  due: number;
  /** Where it stands; -1: not at all. */
  place: number;
}

/**
 * Deadlines of many things, the earliest first: a heap whose members know their places, so that a deadline can be moved in
 * logarithmic time and costs nothing but the two numbers. One timer of the system serves all.
 */
export class Agenda<T extends Dated> {
  readonly #heap: T[] = [];

  get size(): number {
    return this.#heap.length;
  }

  /** When the earliest is due. */
  deadline(): number | undefined {
    return this.#heap[0]?.due;
  }

  /** Enters, moves or, with `undefined`, strikes out an item. */
  set(item: T, due: number | undefined): void {
    if (due === undefined) this.#remove(item);
    else if (item.place < 0) {
      item.due = due;
      item.place = this.#heap.push(item) - 1;
      this.#rise(item);
    } else if (due !== item.due) {
      item.due = due;
      this.#rise(item);
      this.#sink(item);
    }
  }

  /** Takes out the earliest item that is due at `now`. */
  take(now: number): T | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.due > now) return undefined;
    this.#remove(first);
    return first;
  }

  #remove(item: T): void {
    const { place } = item;
    if (place < 0) return;
    item.place = -1;
    const last = this.#heap.pop() as T;
    if (last === item) return;
    this.#put(last, place);
    this.#rise(last);
    this.#sink(last);
  }

  #rise(item: T): void {
    while (item.place > 0) {
      const parent = this.#heap[(item.place - 1) >> 1] as T;
      if (parent.due <= item.due) return;
      this.#swap(parent, item);
    }
  }

  #sink(item: T): void {
    for (;;) {
      const left = this.#heap[2 * item.place + 1];
      const right = this.#heap[2 * item.place + 2];
      const child = right !== undefined && left !== undefined && right.due < left.due ? right : left;
      if (child === undefined || child.due >= item.due) return;
      this.#swap(item, child);
    }
  }

  /** Exchanges an item with one below it. */
  #swap(upper: T, lower: T): void {
    const { place } = upper;
    this.#put(upper, lower.place);
    this.#put(lower, place);
  }

  #put(item: T, place: number): void {
    this.#heap[place] = item;
    item.place = place;
  }
}

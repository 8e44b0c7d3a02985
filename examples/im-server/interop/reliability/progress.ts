/* What happened so far, counted; whoever has to wait waits for more of it, never for a time. */

export class Progress {
  #count = 0;
  readonly #waiting = new Set<{ readonly at: number; readonly resolve: () => void }>();

  get count(): number {
    return this.#count;
  }

  step(): void {
    this.#count += 1;
    for (const waiter of this.#waiting) {
      if (waiter.at > this.#count) continue;
      this.#waiting.delete(waiter);
      waiter.resolve();
    }
  }

  /** Resolves when it has happened so many times more. */
  more(times: number): Promise<void> {
    return new Promise((resolve) => void this.#waiting.add({ at: this.#count + times, resolve }));
  }
}

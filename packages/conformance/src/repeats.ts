/** Sends something again after 500 ms, then after twice as long each time (RFC 3261 §17.1.2.2), until stopped. */
export class Repeats {
  #timer: NodeJS.Timeout;

  constructor(send: () => void, interval = 500) {
    const again = (after: number): NodeJS.Timeout => setTimeout(() => {
      send();
      this.#timer = again(Math.min(after * 2, 4000));
    }, after);
    this.#timer = again(interval);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

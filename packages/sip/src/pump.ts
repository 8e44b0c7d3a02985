export interface PumpOptions {
  send(): void;
  /** Returns whether there was something to tell. */
  tell(): boolean;
  /** Nothing is left. */
  done(): void;
}

/** Sends and tells in turn until nothing is left: what is told may lead to more that is to be sent, and told. */
export class Pump {
  readonly #options: PumpOptions;
  #running = false;
  #comes = false;
  #again = false;

  constructor(options: PumpOptions) {
    this.#options = options;
  }

  /** From within a handler: the outer call goes on. */
  run(): void {
    this.#again = true;
    if (this.#running) return;
    this.#comes = false;
    this.#running = true;
    while (this.#again) {
      this.#again = false;
      this.#options.send();
      if (this.#options.tell()) this.#again = true;
    }
    this.#running = false;
    this.#options.done();
  }

  /** Once the call that is under way has returned. */
  soon(): void {
    this.#again = true;
    if (this.#running || this.#comes) return;
    this.#comes = true;
    void Promise.resolve().then(() => this.run());
  }
}

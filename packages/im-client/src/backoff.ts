import type { Random } from '@simple-im/transport';

/**
 * How long to wait before the next attempt: doubling times up to a bound, of which between one half and all is waited, so
 * that the clients of a server that restarts do not come back all at once (as RFC 5626 §4.5).
 */
export class Backoff {
  readonly #random: Random;
  readonly #base: number;
  readonly #most: number;
  #failures = 0;

  /** `base`: the first wait; `most`: the longest; in milliseconds. */
  constructor(random: Random, { base = 5000, most = 1_800_000 }: { readonly base?: number; readonly most?: number } = {}) {
    this.#random = random;
    this.#base = base;
    this.#most = most;
  }

  /** Milliseconds, at least `least` if that is within the bound. */
  next(least = 0): number {
    const upper = Math.min(this.#most, this.#base * 2 ** this.#failures);
    this.#failures += 1;
    const [high = 0, low = 0] = this.#random.bytes(2);
    const fraction = (high * 256 + low) / 65_536;
    return Math.max(Math.min(least, this.#most), upper * (0.5 + fraction / 2));
  }

  reset(): void {
    this.#failures = 0;
  }
}

import type { Random } from '../ports.js';

/** Octets that look random and are the same in every run with the same seed (mulberry32). Never use it for secrets. */
export class FakeRandom implements Random {
  #state: number;

  /** `seed` is any 32-bit integer. */
  constructor(seed = 1) {
    this.#state = seed | 0;
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at += 4) {
      const word = this.#word();
      for (let i = 0; i < 4 && at + i < length; i++) bytes[at + i] = word >>> (8 * i);
    }
    return bytes;
  }

  /** An integer from 0 to before `below` (at most 2^32). */
  int(below: number): number {
    return Math.floor((this.#word() / 0x1_0000_0000) * below);
  }

  #word(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let word = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return (word ^ (word >>> 14)) >>> 0;
  }
}

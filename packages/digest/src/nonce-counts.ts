interface Seen {
  readonly time: number;
  highest: number;
  /** Bit i is set when the count `highest - i` was seen. */
  window: number;
}

const WINDOW = 32;

/**
 * Which counts were seen of which nonce, so that a request cannot be replayed (RFC 7616 §3.4 `nc`). Counts may arrive out of
 * order within 32. The table is bounded: the nonce entered first gives way, and from then on no nonce as old is taken that the
 * table does not know.
 */
export class NonceCounts {
  readonly #max: number;
  readonly #nonces = new Map<string, Seen>();
  #floor = -Infinity;

  constructor(max: number) {
    this.#max = max;
  }

  /** Notes a count; false when it was seen before, or can no longer be told. */
  take(nonce: string, time: number, count: number): boolean {
    const seen = this.#nonces.get(nonce);
    if (seen !== undefined) return advance(seen, count);
    if (time <= this.#floor) return false;
    if (this.#nonces.size >= this.#max) this.#dropFirst();
    this.#nonces.set(nonce, { time, highest: count, window: 1 });
    return true;
  }

  /** Forgets nonces made before a time; they are refused by their age. */
  forgetBefore(time: number): void {
    for (const [nonce, seen] of this.#nonces) {
      if (seen.time >= time) break;
      this.#nonces.delete(nonce);
    }
  }

  get size(): number {
    return this.#nonces.size;
  }

  #dropFirst(): void {
    for (const [nonce, seen] of this.#nonces) {
      this.#floor = Math.max(this.#floor, seen.time);
      this.#nonces.delete(nonce);
      return;
    }
  }
}

function advance(seen: Seen, count: number): boolean {
  const ahead = count - seen.highest;
  if (ahead > 0) {
    seen.window = ahead >= WINDOW ? 1 : (seen.window << ahead) | 1;
    seen.highest = count;
    return true;
  }
  const bit = 1 << -ahead;
  if (-ahead >= WINDOW || (seen.window & bit) !== 0) return false;
  seen.window |= bit;
  return true;
}

/** Octets in order, held in the arrays they came in. */
export class OctetQueue {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#parts.push(bytes);
    this.#length += bytes.length;
  }

  /** A copy of the first octets, at most `limit`, which leave the queue. */
  take(limit: number): Uint8Array {
    const taken = new Uint8Array(Math.min(limit, this.#length));
    let at = 0;
    while (at < taken.length) {
      const part = this.#parts[0] as Uint8Array;
      const used = Math.min(part.length, taken.length - at);
      taken.set(part.subarray(0, used), at);
      at += used;
      if (used === part.length) this.#parts.shift();
      else this.#parts[0] = part.subarray(used);
    }
    this.#length -= taken.length;
    return taken;
  }

  clear(): void {
    this.#parts.length = 0;
    this.#length = 0;
  }
}

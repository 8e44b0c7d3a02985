import type { ProtocolError } from '@simple-im/grammar';

/** The octets of a message between who receives and who reads it. One reader; what it has not taken is counted. */
export class BodyQueue implements AsyncIterator<Uint8Array> {
  readonly #taken: (octets: number) => void;
  readonly #abandoned: () => void;
  readonly #pieces: Uint8Array[] = [];
  readonly #waiting: { resolve(result: IteratorResult<Uint8Array>): void; reject(error: ProtocolError): void }[] = [];
  #finished = false;
  #error: ProtocolError | undefined;

  /** `taken`: so many octets that waited were read or dropped. `abandoned`: the reader stops before the end. */
  constructor(taken: (octets: number) => void, abandoned: () => void) {
    this.#taken = taken;
    this.#abandoned = abandoned;
  }

  /** Takes octets that nobody else will change. Returns how many of them wait for the reader now: all or none. */
  push(bytes: Uint8Array): number {
    if (this.#finished || this.#error !== undefined || bytes.length === 0) return 0;
    const reader = this.#waiting.shift();
    if (reader !== undefined) {
      reader.resolve({ done: false, value: bytes });
      return 0;
    }
    this.#pieces.push(bytes);
    return bytes.length;
  }

  finish(): void {
    if (this.#error !== undefined) return;
    this.#finished = true;
    for (const reader of this.#waiting.splice(0)) reader.resolve({ done: true, value: undefined });
  }

  /** The rest will not come. What arrived can still be read, then comes the error. */
  fail(error: ProtocolError): void {
    if (this.#finished || this.#error !== undefined) return;
    this.#error = error;
    for (const reader of this.#waiting.splice(0)) reader.reject(error);
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    const piece = this.#pieces.shift();
    if (piece !== undefined) {
      this.#taken(piece.length);
      return Promise.resolve({ done: false, value: piece });
    }
    if (this.#error !== undefined) return Promise.reject(this.#error);
    if (this.#finished) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** The reader wants no more (`break` in a `for await`). */
  return(): Promise<IteratorResult<Uint8Array>> {
    const early = !this.#finished && this.#error === undefined;
    this.#finished = true;
    this.#taken(this.#pieces.splice(0).reduce((octets, piece) => octets + piece.length, 0));
    if (early) this.#abandoned();
    return Promise.resolve({ done: true, value: undefined });
  }
}

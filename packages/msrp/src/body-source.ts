import { concatBytes } from '@simple-im/grammar';
import { msrpError } from './errors.js';

const EMPTY = new Uint8Array(0);

/** What a message is made of: octets in memory, or pieces as they come. The pieces are not copied: do not change them. */
export type Body = Uint8Array | AsyncIterable<Uint8Array>;

/** Reads a body piece by piece, at most one piece ahead of what is written. */
export class BodySource {
  readonly size: number | undefined;
  readonly #iterator: AsyncIterator<Uint8Array> | undefined;
  readonly #changed: () => void;
  #piece: Uint8Array | undefined;
  #taken = 0;
  #arrived = 0;
  #ended: boolean;
  #asked = false;
  #failure: unknown;

  /** `size` is the octets the pieces will have, if known. `changed`: `available`, `ended` or `failure` may differ now. */
  constructor(body: Body, size: number | undefined, changed: () => void) {
    this.#changed = changed;
    if (!(Symbol.asyncIterator in body)) {
      this.size = body.length;
      this.#piece = body;
      this.#ended = true;
      this.#arrived = body.length;
      return;
    }
    this.size = size;
    this.#ended = false;
    this.#iterator = body[Symbol.asyncIterator]();
  }

  /** Octets that can be taken at once. */
  get available(): number {
    return (this.#piece?.length ?? 0) - this.#taken;
  }

  /** Nothing follows the available octets. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Why the body cannot be completed. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Up to `most` octets; asks for the next piece when this one is used up. */
  take(most: number): Uint8Array {
    const piece = this.#piece;
    if (piece === undefined) return EMPTY;
    const part = piece.subarray(this.#taken, Math.min(piece.length, this.#taken + most));
    this.#taken += part.length;
    this.has(1);
    return part;
  }

  /** Whether so many octets are there, or the rest of the body. If not, they are asked for. */
  has(octets: number): boolean {
    if (this.available >= octets || this.#ended || this.#failure !== undefined) return true;
    if (this.#asked) return false;
    this.#asked = true;
    const iterator = this.#iterator as AsyncIterator<Uint8Array>;
    iterator.next().then((result) => this.#arrive(result), (error: unknown) => this.#fail(error));
    return false;
  }

  /** The message was given up: the source may release what it holds. */
  cancel(): void {
    if (this.#ended || this.#failure !== undefined) return;
    this.#failure = msrpError('MSRP_SEND_ABORTED');
    this.#piece = undefined;
    this.#taken = 0;
    // The source's own trouble while it is being released concerns nobody any more.
    this.#iterator?.return?.().then(undefined, () => undefined);
  }

  #arrive(result: IteratorResult<Uint8Array>): void {
    this.#asked = false;
    if (this.#failure !== undefined) return;
    if (result.done === true) this.#ended = true;
    else {
      const rest = this.#piece?.subarray(this.#taken) ?? EMPTY;
      this.#piece = rest.length === 0 ? result.value : concatBytes([rest, result.value]);
      this.#taken = 0;
      this.#arrived += result.value.length;
    }
    if (this.size !== undefined && (this.#arrived > this.size || (this.#ended && this.#arrived < this.size))) {
      this.#fail(msrpError('MSRP_BODY_FAILED', { detail: `${this.#arrived} octets instead of ${this.size}` }));
      return;
    }
    this.#changed();
  }

  #fail(error: unknown): void {
    this.#asked = false;
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#piece = undefined;
    this.#taken = 0;
    this.#changed();
  }
}

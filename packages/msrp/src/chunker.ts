import { msrpError } from './errors.js';
import type { Continuation } from './frame.js';
import type { ByteRange } from './grammar.js';

/** A chunk with more octets must be interruptible, and none but the last should have fewer (RFC 4975 §7.1.1). */
export const MIN_CHUNK = 2048;

export interface ChunkerOptions {
  /** Octets of the whole message; `undefined` when nobody knows yet. */
  readonly size: number | undefined;
  /**
   * Octets of one chunk at most. Without it a message is one chunk, unless something interrupts it: what RFC 4975 §7.1.1
   * recommends. Up to 2048 a chunk announces its exact end and cannot be interrupted.
   */
  readonly chunkSize?: number;
}

/**
 * Cuts one message into chunks (RFC 4975 §7.1.1): `open` a chunk, write at most `room` octets and tell `wrote`, `close` it,
 * until `done`. Every chunk needs a transaction id of its own. Misuse throws `MSRP_CHUNK_MISUSED`.
 */
export class Chunker {
  readonly #chunkSize: number;
  #size: number | undefined;
  #position = 0;
  #chunkStart = 0;
  #chunkEnd = 0;
  #open = false;
  #exact = false;
  #done = false;

  constructor({ size, chunkSize = Infinity }: ChunkerOptions) {
    if (size !== undefined && !(Number.isSafeInteger(size) && size >= 0)) throw msrpError('MSRP_CHUNK_MISUSED', { detail: 'size' });
    if (!(chunkSize >= 1)) throw msrpError('MSRP_CHUNK_MISUSED', { detail: 'chunkSize' });
    this.#size = size;
    this.#chunkSize = chunkSize;
  }

  /** Octets written so far: where the source of the message must go on. */
  get position(): number {
    return this.#position;
  }

  /** True after the chunk that ends or aborts the message was closed. */
  get done(): boolean {
    return this.#done;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Octets that may still be written into the open chunk; `Infinity` when only an interruption ends it. */
  get room(): number {
    return this.#open ? this.#chunkEnd - this.#position : 0;
  }

  /** True when the open chunk may end here for other traffic: it announced no end and has its 2048 octets. */
  get interruptible(): boolean {
    return this.#open && !this.#exact && this.#position - this.#chunkStart >= MIN_CHUNK;
  }

  /** Starts the next chunk at the octet after the last one written and returns its Byte-Range. */
  open(): ByteRange {
    if (this.#open || this.#done) throw msrpError('MSRP_CHUNK_MISUSED', { detail: this.#done ? 'the message is done' : 'a chunk is open' });
    const left = this.#size === undefined ? Infinity : this.#size - this.#position;
    const length = Math.min(left, this.#chunkSize);
    this.#open = true;
    // Without a known size even a short chunk may have to end early.
    this.#exact = this.#size !== undefined && length <= MIN_CHUNK;
    this.#chunkStart = this.#position;
    this.#chunkEnd = this.#position + length;
    return { start: this.#position + 1, end: this.#exact ? this.#chunkEnd : undefined, total: this.#size };
  }

  wrote(octets: number): void {
    if (!(octets >= 0 && octets <= this.room)) throw msrpError('MSRP_CHUNK_MISUSED', { detail: 'more octets than the chunk has room for' });
    this.#position += octets;
  }

  /** For a message of unknown size: the octets written so far are all. */
  finish(): void {
    const unwritten = this.#size === undefined ? 0 : this.#size - this.#position;
    if (unwritten > 0) throw msrpError('MSRP_CHUNK_MISUSED', { detail: 'the message is not written out' });
    this.#size = this.#position;
  }

  /** Ends the open chunk, and returns the flag for its end-line: `$` when the message is complete, `+` when it goes on. */
  close(): Continuation {
    if (!this.#open) throw msrpError('MSRP_CHUNK_MISUSED', { detail: 'no chunk is open' });
    if (this.#exact && this.room > 0) throw msrpError('MSRP_CHUNK_MISUSED', { detail: 'the chunk announced more octets' });
    this.#open = false;
    this.#done = this.#position === this.#size;
    return this.#done ? '$' : '+';
  }

  /** Gives the message up in its open chunk, and returns the flag for that chunk's end-line. */
  abort(): Continuation {
    if (!this.#open) throw msrpError('MSRP_CHUNK_MISUSED', { detail: 'no chunk is open' });
    this.#open = false;
    this.#done = true;
    return '#';
  }
}

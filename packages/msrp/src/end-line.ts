import { msrpError } from './errors.js';
import type { Continuation } from './frame.js';

const CR = 13;
const LF = 10;
const HYPHEN = 45;
/** Octets before the transaction id: CRLF and seven hyphens. */
const PREFIX = 9;
/** From this many octets on, looking for the transaction id too is faster than making it something to look for costs. */
const LONG = 4096;
/** A transaction id longer than this cannot be framed; a valid one has 32 characters at most. */
const MAX_TRANSACTION_ID = 64;

/**
 * The end of one frame: CRLF, seven hyphens, the transaction id, the flag, CRLF (RFC 4975 §7.1). Whatever stops short of that
 * is body. A carriage return stands only at its start and before its last octet, so a failed match never hides another.
 */
export class EndLine {
  /** Octets of the whole, both CRLFs included. */
  length = 0;
  /** The flag of the last complete match. */
  flag: Continuation = '$';
  readonly #pattern = new Uint8Array(PREFIX + MAX_TRANSACTION_ID + 3);
  #flagAt = 0;
  readonly #prefix: Uint8Array;
  #withId: Uint8Array | undefined;

  constructor() {
    this.#pattern.fill(HYPHEN, 0, PREFIX);
    this.#pattern[0] = CR;
    this.#pattern[1] = LF;
    this.#prefix = this.#pattern.slice(0, PREFIX);
  }

  /** Sets the transaction id, which stands in `bytes` from `from` to before `to`. */
  expect(bytes: Uint8Array, from: number, to: number): void {
    const size = to - from;
    if (size < 1 || size > MAX_TRANSACTION_ID) throw msrpError('MSRP_NOT_MSRP', { detail: 'no transaction id' });
    const pattern = this.#pattern;
    for (let i = 0; i < size; i++) {
      const octet = bytes[from + i];
      if (octet <= 0x20 || octet >= 0x7f) throw msrpError('MSRP_NOT_MSRP', { detail: 'no transaction id' });
      pattern[PREFIX + i] = octet;
    }
    this.#flagAt = PREFIX + size;
    pattern[this.#flagAt + 1] = CR;
    pattern[this.#flagAt + 2] = LF;
    this.length = this.#flagAt + 3;
    this.#withId = undefined;
  }

  /** What to look for in `octets` octets of body: every end-line starts with it. The longer it is, the faster the search. */
  needle(octets: number): Uint8Array {
    if (octets < LONG) return this.#prefix;
    return (this.#withId ??= this.#pattern.slice(0, this.#flagAt));
  }

  /**
   * Goes on with a match of which `matched` octets stand before `at`. Returns how many are matched then: `length` when it is
   * whole, fewer when the octets ended first, -1 when they do not fit.
   */
  match(bytes: Uint8Array, at: number, matched: number): number {
    const pattern = this.#pattern;
    const flagAt = this.#flagAt;
    const count = Math.min(this.length, matched + bytes.length - at);
    for (let i = matched; i < count; i++) {
      const octet = bytes[at + i - matched];
      if (i === flagAt ? octet !== 36 && octet !== 43 && octet !== 35 : octet !== pattern[i]) return -1;
      if (i === flagAt) pattern[i] = octet;
    }
    if (count === this.length) this.flag = pattern[flagAt] === 36 ? '$' : pattern[flagAt] === 43 ? '+' : '#';
    return count;
  }

  /** The octets `from` to before `to` of the match just made, for when they turn out to be body. */
  octets(from: number, to: number): Uint8Array {
    return this.#pattern.slice(from, to);
  }
}

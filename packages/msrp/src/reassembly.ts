import { msrpError } from './errors.js';
import type { Continuation } from './frame.js';

export interface ReassemblyLimits {
  /** Octets of memory for what arrived before the octets it follows, counted in pages of 4096. Beyond: `MSRP_GAP_TOO_LARGE`. */
  readonly maxGapBytes: number;
  /** Separate pieces of a message waiting at a time. Beyond: `MSRP_TOO_MANY_INTERVALS`. */
  readonly maxIntervals: number;
  /** Octets of the whole message. Beyond: `MSRP_MESSAGE_TOO_LARGE`. */
  readonly maxSize: number;
}

export const defaultReassemblyLimits: ReassemblyLimits = { maxGapBytes: 1_048_576, maxIntervals: 64, maxSize: 67_108_864 };

/** The next octets of a message in their order; `offset` counts from its first octet, 0. */
export interface Piece {
  readonly offset: number;
  /** A view on what was received, or memory of its own where it had to wait. */
  readonly bytes: Uint8Array;
}

const PAGE = 4096;

/**
 * One message from its chunks, in whatever order and overlap they arrive (RFC 4975 §7.3.1): a set of intervals. What follows
 * the octets known so far is handed on at once; what came early waits, the last chunk written over those before.
 */
export class Reassembly {
  readonly #limits: ReassemblyLimits;
  /** Octets handed on: the known beginning of the message. */
  #handedOn = 0;
  /** What waits: sorted, apart from each other, all behind `#handedOn`. Their octets are in `#pages`. */
  #waiting: { from: number; to: number }[] = [];
  readonly #pages = new Map<number, Uint8Array>();
  #total: number | undefined;

  constructor(limits: Partial<ReassemblyLimits> = {}) {
    this.#limits = { ...defaultReassemblyLimits, ...limits };
  }

  /** Octets handed on so far. */
  get received(): number {
    return this.#handedOn;
  }

  /** Octets of the whole message, once the chunk that ends it has arrived. */
  get total(): number | undefined {
    return this.#total;
  }

  /** True when every octet has been handed on and the last chunk has ended. */
  get complete(): boolean {
    return this.#handedOn === this.#total;
  }

  /** The octets still missing before `total` or before the last that arrived, as positions counted from 1. */
  get missing(): readonly { readonly start: number; readonly end: number }[] {
    const gaps: { start: number; end: number }[] = [];
    let known = this.#handedOn;
    for (const { from, to } of this.#waiting) {
      gaps.push({ start: known + 1, end: from });
      known = to;
    }
    if (this.#total !== undefined && known < this.#total) gaps.push({ start: known + 1, end: this.#total });
    return gaps;
  }

  /**
   * Takes octets of the message, the first of them at `position` (from 1, as in Byte-Range: its range-start plus the octets of
   * the chunk before these). Returns what can be handed on now, in order. Throws `MSRP_MESSAGE_TOO_LARGE`,
   * `MSRP_GAP_TOO_LARGE`, `MSRP_TOO_MANY_INTERVALS`, `MSRP_BEYOND_TOTAL`; the message is then lost.
   */
  receive(position: number, bytes: Uint8Array): readonly Piece[] {
    const from = position - 1;
    const to = from + bytes.length;
    if (from < 0) throw msrpError('MSRP_BEYOND_TOTAL', { detail: 'a range starts at 1' });
    if (this.#total !== undefined && to > this.#total) throw msrpError('MSRP_BEYOND_TOTAL');
    if (to > this.#limits.maxSize) throw msrpError('MSRP_MESSAGE_TOO_LARGE', { detail: `more than ${this.#limits.maxSize} octets` });
    if (to <= this.#handedOn || bytes.length === 0) return [];
    if (from > this.#handedOn) {
      this.#keep(from, to, bytes);
      return [];
    }
    const pieces: Piece[] = [{ offset: this.#handedOn, bytes: bytes.subarray(this.#handedOn - from) }];
    this.#handedOn = to;
    this.#handOnWaiting(pieces);
    return pieces;
  }

  /**
   * A chunk has ended; `position` is where its next octet would be, from 1. `$` fixes the total; `#` throws
   * `MSRP_MESSAGE_ABORTED`. Throws `MSRP_BEYOND_TOTAL` when octets or another end are known behind this one.
   */
  end(position: number, flag: Continuation): void {
    if (flag === '#') throw msrpError('MSRP_MESSAGE_ABORTED');
    if (flag === '+') return;
    const total = position - 1;
    const last = this.#waiting.at(-1)?.to ?? this.#handedOn;
    if (last > total || (this.#total !== undefined && this.#total !== total)) throw msrpError('MSRP_BEYOND_TOTAL');
    this.#total = total;
  }

  #keep(from: number, to: number, bytes: Uint8Array): void {
    this.#addInterval(from, to);
    for (let at = from; at < to; ) {
      const index = Math.floor(at / PAGE);
      const until = Math.min(to, (index + 1) * PAGE);
      this.#page(index).set(bytes.subarray(at - from, until - from), at - index * PAGE);
      at = until;
    }
  }

  #page(index: number): Uint8Array {
    let page = this.#pages.get(index);
    if (page === undefined) {
      const { maxGapBytes } = this.#limits;
      const needed = (this.#pages.size + 1) * PAGE;
      if (needed > maxGapBytes) throw msrpError('MSRP_GAP_TOO_LARGE', { detail: `more than ${maxGapBytes} octets wait` });
      page = new Uint8Array(PAGE);
      this.#pages.set(index, page);
    }
    return page;
  }

  // Neighbours that touch become one, so the set is as small as the message is whole.
  #addInterval(from: number, to: number): void {
    const before = this.#waiting.filter((each) => each.to < from);
    const after = this.#waiting.filter((each) => each.from > to);
    const touched = this.#waiting.slice(before.length, this.#waiting.length - after.length);
    const joined = { from: Math.min(from, touched[0]?.from ?? from), to: Math.max(to, touched.at(-1)?.to ?? to) };
    this.#waiting = [...before, joined, ...after];
    const { maxIntervals } = this.#limits;
    if (this.#waiting.length > maxIntervals) throw msrpError('MSRP_TOO_MANY_INTERVALS', { detail: `more than ${maxIntervals}` });
  }

  #handOnWaiting(pieces: Piece[]): void {
    while (this.#waiting.length > 0 && this.#waiting[0].from <= this.#handedOn) {
      const { to } = this.#waiting.shift() as { to: number };
      this.#handOnPages(to, pieces);
    }
    this.#dropPages();
  }

  #handOnPages(to: number, pieces: Piece[]): void {
    while (this.#handedOn < to) {
      const index = Math.floor(this.#handedOn / PAGE);
      const until = Math.min(to, (index + 1) * PAGE);
      const page = this.#pages.get(index) as Uint8Array;
      pieces.push({ offset: this.#handedOn, bytes: page.subarray(this.#handedOn - index * PAGE, until - index * PAGE) });
      this.#handedOn = until;
    }
  }

  // A page that still holds octets of a later interval stays; what was handed on of it is never written again.
  #dropPages(): void {
    if (this.#pages.size === 0) return;
    const keepFrom = Math.floor(this.#handedOn / PAGE);
    const first = this.#waiting[0];
    for (const index of this.#pages.keys()) {
      if (index < keepFrom || first === undefined) this.#pages.delete(index);
    }
  }
}

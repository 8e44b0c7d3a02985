import { kept } from './kept.js';
import { encodeEnd } from './encoder.js';
import { msrpError } from './errors.js';
import { mustYield, type Demand, type FrameSource } from './frame-sink.js';
import type { Continuation } from './frame.js';

/** A chunk that is forwarded while it arrives. */
export interface FrameStart {
  readonly transactionId: string;
  /** Start line and headers, with the blank line when a body follows. */
  readonly head: Uint8Array;
  /** False for a frame without blank line. Default true. */
  readonly hasBody?: boolean;
  /**
   * Given, the chunk may be interrupted for others: it ends with `+` after `sent` octets of its body, and goes on in a
   * chunk with this new transaction. Absent, others wait for its end.
   */
  readonly resume?: (sent: number) => Omit<FrameStart, 'resume'>;
}

type Item = { readonly kind: 'start'; readonly frame: FrameStart } | { readonly kind: 'body'; readonly bytes: Uint8Array } | { readonly kind: 'end'; readonly flag: Continuation };

/** A session's way out for whoever makes frames: a queue of pieces that tells when it is full. */
export class RawLane implements FrameSource {
  readonly #highWater: number;
  readonly #ready: () => void;
  readonly #drained: () => void;
  readonly #items: Item[] = [];
  #octets = 0;
  #full = false;
  // What the caller is in, and what the wire is in.
  #writing = false;
  #start: FrameStart | undefined;
  #transactionId = '';
  #suspended = false;
  /** Octets of the chunk's body that have left, and how many of them in earlier pieces. */
  #sent = 0;
  #before = 0;
  open = false;

  /** `highWater`: octets that may wait before `write` returns false. */
  constructor(highWater: number, ready: () => void, drained: () => void) {
    this.#highWater = highWater;
    this.#ready = ready;
    this.#drained = drained;
  }

  get waiting(): Demand {
    return this.#items.length === 0 ? 'none' : 'share';
  }

  /** Octets that wait to be written. */
  get pending(): number {
    return this.#octets;
  }

  /** Begins a frame; `writeBody` and `end` belong to it. False: stop until drained. */
  start(frame: FrameStart): boolean {
    if (this.#writing) throw msrpError('MSRP_CHUNK_MISUSED', { detail: 'the frame before has no end' });
    this.#writing = true;
    return this.#push({ kind: 'start', frame }, frame.head.length);
  }

  /** Takes the octets as they are: they must not change before they have left. */
  body(bytes: Uint8Array): boolean {
    if (!this.#writing) throw msrpError('MSRP_CHUNK_MISUSED', { detail: 'no frame was begun' });
    return bytes.length === 0 ? !this.#full : this.#push({ kind: 'body', bytes: kept(bytes) }, bytes.length);
  }

  end(flag: Continuation): boolean {
    if (!this.#writing) throw msrpError('MSRP_CHUNK_MISUSED', { detail: 'no frame was begun' });
    this.#writing = false;
    return this.#push({ kind: 'end', flag }, 0);
  }

  pull(_now: number, demand: Demand): Uint8Array | undefined {
    const resume = this.#start?.resume;
    const sent = this.#sent - this.#before;
    if (this.open && resume !== undefined && (mustYield(sent, demand) || (demand !== 'none' && this.#items.length === 0 && sent > 0))) {
      this.open = false;
      this.#suspended = true;
      this.#before = this.#sent;
      return encodeEnd(this.#transactionId, '+', true);
    }
    const item = this.#items[0];
    if (item === undefined) return undefined;
    if (this.#suspended && resume !== undefined) {
      this.#suspended = false;
      return this.#open(resume(this.#sent));
    }
    this.#items.shift();
    if (item.kind === 'start') {
      this.#start = item.frame;
      this.#sent = 0;
      this.#before = 0;
      this.#release(item.frame.head.length);
      return this.#open(item.frame);
    }
    if (item.kind === 'end') {
      const hasBody = this.#start?.hasBody ?? true;
      this.open = false;
      this.#start = undefined;
      return encodeEnd(this.#transactionId, item.flag, hasBody);
    }
    this.#sent += item.bytes.length;
    this.#release(item.bytes.length);
    return item.bytes;
  }

  abandon(): Uint8Array {
    this.open = false;
    this.#items.length = 0;
    return encodeEnd(this.#transactionId, '#', this.#start?.hasBody ?? true);
  }

  deadline(): undefined {
    return undefined;
  }

  wake(): void {
    // Nothing here waits for a time: who made the frames waits for their responses.
  }

  #open(frame: Omit<FrameStart, 'resume'>): Uint8Array {
    this.open = true;
    this.#transactionId = frame.transactionId;
    return frame.head;
  }

  #push(item: Item, octets: number): boolean {
    this.#items.push(item);
    this.#octets += octets;
    if (this.#octets >= this.#highWater) this.#full = true;
    this.#ready();
    return !this.#full;
  }

  #release(octets: number): void {
    this.#octets -= octets;
    if (!this.#full || this.#octets > this.#highWater / 2) return;
    this.#full = false;
    this.#drained();
  }
}

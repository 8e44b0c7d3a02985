import type { FrameSource, Demand } from './frame-sink.js';
import { moreUrgent } from './frame-sink.js';

/**
 * Whose turn it is to write on a connection. Whole short frames (responses, REPORTs) come first; long chunks of several
 * sessions take turns, and make way for whatever is short (RFC 4975 §7.1.1).
 */
export class Outbound {
  readonly #frames: Uint8Array[] = [];
  /** Sources with something to write; the order is the order of turns. */
  readonly #ready = new Set<FrameSource>();
  #current: FrameSource | undefined;
  #frameOctets = 0;
  readonly #least: Demand;

  /** `wholeFrames`: each frame leaves in one piece, so that long chunks are cut short even where nobody else waits. */
  constructor(wholeFrames = false) {
    this.#least = wholeFrames ? 'share' : 'none';
  }

  /** A frame has begun and not ended. */
  get midFrame(): boolean {
    return this.#current?.open === true;
  }

  /** Octets of whole frames that wait. */
  get waitingOctets(): number {
    return this.#frameOctets;
  }

  get idle(): boolean {
    return this.#frames.length === 0 && this.#ready.size === 0 && this.#current?.open !== true;
  }

  pushFrame(frame: Uint8Array): void {
    this.#frames.push(frame);
    this.#frameOctets += frame.length;
  }

  ready(source: FrameSource): void {
    this.#ready.add(source);
  }

  /** The source leaves; a frame it has open is ended, since whatever followed would be read as its body. */
  remove(source: FrameSource): void {
    this.#ready.delete(source);
    if (this.#current !== source) return;
    this.#current = undefined;
    if (!source.open) return;
    const end = source.abandon();
    this.#frames.unshift(end);
    this.#frameOctets += end.length;
  }

  next(now: number): Uint8Array | undefined {
    const current = this.#current;
    if (current?.open === true) {
      const bytes = current.pull(now, this.#demand(current));
      if (bytes !== undefined || current.open) return bytes;
    }
    this.#current = undefined;
    const frame = this.#frames.shift();
    if (frame !== undefined) {
      this.#frameOctets -= frame.length;
      return frame;
    }
    for (const source of this.#ready) {
      // To the end of the line before its turn, so that a source that keeps having work waits for the others.
      this.#ready.delete(source);
      const bytes = source.pull(now, this.#demand(source));
      if (bytes === undefined) continue;
      if (source.open || source.waiting !== 'none') this.#ready.add(source);
      this.#current = source;
      return bytes;
    }
    return undefined;
  }

  #demand(except: FrameSource): Demand {
    if (this.#frames.length > 0) return 'urgent';
    let demand = this.#least;
    for (const source of this.#ready) if (source !== except) demand = moreUrgent(demand, source.waiting);
    return demand;
  }
}

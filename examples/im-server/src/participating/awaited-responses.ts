/*
 * Chunks passed on whose response is still awaited, by transaction id; one table a session, so the key is session and id.
 */
import { RESPONSE_WAIT, type MsrpHead } from '@simple-im/msrp';
import type { Clock, Timer } from '@simple-im/transport';
import type { ChunkOrigin } from './chunk-sink.js';

/** One chunk as it went to the peer, with what a REPORT about it needs. */
export interface PassedChunk {
  /** As the sender wrote it. */
  readonly head: MsrpHead;
  readonly origin: ChunkOrigin;
  /** First octet, counted from 1. */
  readonly start: number;
  /** Octets passed on; final once the chunk has ended. */
  length: number;
  /** Milliseconds of the clock when the response is overdue; undefined while the chunk is on its way. */
  due: number | undefined;
}

/** Chunks that may await a response at once; a peer that answers none of them must not fill our memory. */
const MAX_AWAITED = 4096;

export class AwaitedResponses {
  readonly #clock: Clock;
  readonly #silent: (chunk: PassedChunk) => void;
  readonly #chunks = new Map<string, PassedChunk>();
  #timer: Timer | undefined;

  /** `silent` is told of a chunk that nobody answered for 30 seconds after its end (RFC 4975 §7.1.1). */
  constructor(clock: Clock, silent: (chunk: PassedChunk) => void) {
    this.#clock = clock;
    this.#silent = silent;
  }

  get isFull(): boolean {
    return this.#chunks.size >= MAX_AWAITED;
  }

  has(transactionId: string): boolean {
    return this.#chunks.has(transactionId);
  }

  begin(transactionId: string, chunk: PassedChunk): void {
    this.#chunks.set(transactionId, chunk);
  }

  /** The chunk has ended after `length` octets: from now on its response is due. */
  ended(transactionId: string, length: number): void {
    const chunk = this.#chunks.get(transactionId);
    if (chunk === undefined) return;
    chunk.length = length;
    chunk.due = this.#clock.now() + RESPONSE_WAIT;
    // To the end, so that the map stays in the order of the deadlines.
    this.#chunks.delete(transactionId);
    this.#chunks.set(transactionId, chunk);
    this.#arm();
  }

  /** The response came. */
  take(transactionId: string): PassedChunk | undefined {
    const chunk = this.#chunks.get(transactionId);
    this.#chunks.delete(transactionId);
    return chunk;
  }

  clear(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#chunks.clear();
  }

  /** One timer for all, set for the oldest; it may find that chunk answered, and then goes on to the next. */
  #arm(): void {
    if (this.#timer !== undefined) return;
    const first = this.#firstDue();
    if (first !== undefined) this.#timer = this.#clock.setTimer(Math.max(0, first - this.#clock.now()), () => this.#expire());
  }

  #firstDue(): number | undefined {
    for (const chunk of this.#chunks.values()) if (chunk.due !== undefined) return chunk.due;
    return undefined;
  }

  #expire(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    for (const [transactionId, chunk] of this.#chunks) {
      if (chunk.due === undefined) continue;
      if (chunk.due > now) break;
      this.#chunks.delete(transactionId);
      this.#silent(chunk);
    }
    this.#arm();
  }
}

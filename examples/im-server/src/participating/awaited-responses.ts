/*
 * Pieces passed on whose response is still awaited, by transaction id; one table a session, so the key is session and id.
 */
import { RESPONSE_WAIT } from '@simple-im/msrp';
import type { Clock, Timer } from '@simple-im/transport';
import type { PassedPiece } from './passed-chunk.js';

/**
 * Pieces of each kind that may await a response at once; a peer that answers none of them must not fill our memory. Of more
 * the oldest is forgotten: to wait instead would be to stop reading the one user for responses of the other, and both could
 * wait so for each other.
 */
export const MAX_AWAITED = 2048;

export interface AwaitedHandlers {
  /** Whether the peer could have answered a piece with this mark: it has left, and the connection is read (RFC 4975 §7.1.1). */
  readonly couldAnswer: (mark: number) => boolean;
  /** Nobody answered for 30 seconds; it is forgotten. */
  readonly silent: (piece: PassedPiece) => void;
}

export class AwaitedResponses {
  readonly #clock: Clock;
  readonly #handlers: AwaitedHandlers;
  /** Failure-Report yes: each is answered, or silence is a failure. Those that have ended are in the order of their deadlines. */
  readonly #answered = new Map<string, PassedPiece>();
  /** Failure-Report partial: only failures are answered, so silence says nothing. */
  readonly #partial = new Map<string, PassedPiece>();
  #timer: Timer | undefined;

  constructor(clock: Clock, handlers: AwaitedHandlers) {
    this.#clock = clock;
    this.#handlers = handlers;
  }

  get size(): number {
    return this.#answered.size + this.#partial.size;
  }

  /** Those that will be answered, if the peer is there. */
  get expected(): number {
    return this.#answered.size;
  }

  has(transactionId: string): boolean {
    return this.#answered.has(transactionId) || this.#partial.has(transactionId);
  }

  begin(transactionId: string, piece: PassedPiece): void {
    const { failureReport } = piece.chunk.head;
    if (failureReport === 'no') return;
    const pieces = failureReport === 'partial' ? this.#partial : this.#answered;
    pieces.set(transactionId, piece);
    if (pieces.size > MAX_AWAITED) pieces.delete(pieces.keys().next().value as string);
  }

  /** The piece has ended after `length` octets: from now on its response is due. */
  ended(transactionId: string, length: number, mark: number): void {
    const piece = this.#answered.get(transactionId) ?? this.#partial.get(transactionId);
    if (piece === undefined) return;
    piece.length = length;
    piece.mark = mark;
    if (!this.#answered.has(transactionId)) return;
    this.#await(transactionId, piece);
    this.#arm();
  }

  /** The response came. */
  take(transactionId: string): PassedPiece | undefined {
    const piece = this.#answered.get(transactionId) ?? this.#partial.get(transactionId);
    this.#answered.delete(transactionId);
    this.#partial.delete(transactionId);
    return piece;
  }

  clear(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#answered.clear();
    this.#partial.clear();
  }

  /** To the end, so that the map stays in the order of the deadlines. */
  #await(transactionId: string, piece: PassedPiece): void {
    piece.due = this.#clock.now() + RESPONSE_WAIT;
    this.#answered.delete(transactionId);
    this.#answered.set(transactionId, piece);
  }

  /** One timer for all, set for the oldest; it may find that one answered, and then goes on to the next. */
  #arm(): void {
    if (this.#timer !== undefined) return;
    for (const { mark, due } of this.#answered.values()) {
      if (mark === undefined) continue;
      this.#timer = this.#clock.setTimer(Math.max(0, due - this.#clock.now()), () => this.#expire());
      return;
    }
  }

  #expire(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    for (const [transactionId, piece] of [...this.#answered]) {
      if (piece.mark === undefined) continue;
      if (piece.due > now) break;
      if (this.#handlers.couldAnswer(piece.mark)) {
        this.#answered.delete(transactionId);
        this.#handlers.silent(piece);
      } else {
        this.#await(transactionId, piece);
      }
    }
    this.#arm();
  }
}

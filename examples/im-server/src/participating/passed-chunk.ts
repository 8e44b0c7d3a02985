import type { ProtocolError } from '@simple-im/grammar';
import type { MsrpHead } from '@simple-im/msrp';
import type { ChunkOrigin } from './chunk-sink.js';

/** A chunk on its way from one leg to the other. */
export interface PassedChunk {
  /** As the sender wrote it. */
  readonly head: MsrpHead;
  readonly origin: ChunkOrigin;
  /** Of the piece that is leaving; undefined before the first octet of the body. */
  transactionId: string | undefined;
  /** Octets in earlier pieces. */
  before: number;
  /** Octets taken from the sender. */
  passed: number;
  ended: boolean;
  /** Pieces that the peer has not answered. */
  unanswered: number;
  /** The peer refused it, or a piece of it, while it was leaving: no more of it (RFC 4975 §10.5). */
  refusal: ProtocolError | undefined;
}

/** What went to the peer under one transaction id: a whole chunk, or a part of one that made way for others. */
export interface PassedPiece {
  readonly chunk: PassedChunk;
  /** First octet, counted from 1. */
  readonly start: number;
  /** Octets; final once the piece has ended. */
  length: number;
  /** What had been written on the leg at its end, in octets since the beginning; undefined while it is leaving. */
  mark: number | undefined;
  /** Milliseconds of the clock when the response is overdue. */
  due: number;
}

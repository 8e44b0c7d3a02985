import type { Continuation, MsrpHead } from '@simple-im/msrp';

/** Octets of a message a REPORT is about, counted from 1 (RFC 4975 §7.1.2). */
export interface ReportedRange {
  readonly start: number;
  readonly end: number;
  readonly total: number | undefined;
}

/** Who a chunk came from, as whoever takes it sees it. */
export interface ChunkOrigin {
  /** The sink can take more again. */
  resume(): void;
  /** Tells the sender what became of its chunk after the chunk was answered (RFC 4975 §7.1.4). */
  reportFailure(head: MsrpHead, range: ReportedRange, status: number, comment: string | undefined): void;
  /** The peer answered all of the chunk with 200 (RFC 4975 §7.2). */
  taken?(head: MsrpHead): void;
  /** Of a message between the chunks of somebody else: the session is over, and nobody has answered. */
  gone?(): void;
}

/**
 * Where the chunks that arrive on a leg go: the other leg, or whoever takes its place while the session lives, beginning with
 * a chunk's start. `begin`, `body` and `end` may throw a ProtocolError with the status to answer the sender with; the chunk is
 * over then.
 */
export interface ChunkSink {
  /** It answers the chunks itself; otherwise they are answered as soon as they have arrived. */
  readonly answers?: boolean;
  begin(head: MsrpHead, origin: ChunkOrigin): void;
  /** False: give no more until `origin.resume()`. */
  body(bytes: Uint8Array): boolean;
  /** `#`: the sender gave the message up. */
  end(flag: Continuation): void;
  /** The chunk that began will not end: its sender is gone. */
  lost(): void;
  /** A REPORT of the peer about what it received. False: as for `body`. */
  report(head: MsrpHead, origin: ChunkOrigin): boolean;
}

/*
 * Messages on their way from one user to the other, until the other has answered them: what was acknowledged to the sender hop by hop
 * (RFC 4975 §7.2) can so be stored when the recipient never takes it. Of long messages, and of those whose recipient is not to answer,
 * nothing is kept.
 */
import { concatBytes } from '@simple-im/grammar';
import type { Continuation, MsrpHead } from '@simple-im/msrp';
import type { ArrivingMessage } from '../session-ports.js';
import type { ChunkOrigin, ChunkSink, ReportedRange } from './chunk-sink.js';

/** Octets of a message, and of all messages of a direction, at most. */
const LONGEST = 65_536;
const MOST = 1_048_576;

/** Stands between the leg of who sends and the writer towards who receives. */
export class KeptMessages implements ChunkSink, ChunkOrigin {
  readonly #writer: ChunkSink;
  readonly #kept = new Map<MsrpHead, readonly Uint8Array[]>();
  #octets = 0;
  #origin: ChunkOrigin | undefined;
  /** The message that is arriving, if it is to be kept. */
  #arriving: { readonly head: MsrpHead; readonly pieces: Uint8Array[]; length: number } | undefined;

  constructor(writer: ChunkSink) {
    this.#writer = writer;
  }

  /** Of what is kept. */
  get octets(): number {
    return this.#octets;
  }

  /** What was not answered, in order; nothing is kept of it any more. */
  take(): readonly ArrivingMessage[] {
    const messages = [...this.#kept].map(([head, pieces]) => arriving(head, pieces));
    this.#kept.clear();
    this.#octets = 0;
    return messages;
  }

  begin(head: MsrpHead, origin: ChunkOrigin): void {
    this.#origin = origin;
    const isWhole = (head.byteRange?.start ?? 1) === 1 && (head.byteRange?.total ?? 0) <= LONGEST;
    this.#arriving = isWhole && head.failureReport === 'yes' && head.contentType !== undefined ? { head, pieces: [], length: 0 } : undefined;
    this.#writer.begin(head, this);
  }

  body(bytes: Uint8Array): boolean {
    const message = this.#arriving;
    if (message !== undefined) {
      message.length += bytes.length;
      // A copy: the view would keep all that arrived with it.
      if (message.length <= LONGEST) message.pieces.push(new Uint8Array(bytes));
      else this.#arriving = undefined;
    }
    return this.#writer.body(bytes);
  }

  end(flag: Continuation): void {
    const message = this.#arriving;
    this.#arriving = undefined;
    if (message !== undefined && flag === '$') this.#keep(message.head, message.pieces, message.length);
    this.#writer.end(flag);
  }

  lost(): void {
    this.#arriving = undefined;
    this.#writer.lost();
  }

  report(head: MsrpHead, origin: ChunkOrigin): boolean {
    return this.#writer.report(head, origin);
  }

  resume(): void {
    this.#origin?.resume();
  }

  taken(head: MsrpHead): void {
    this.#forget(head);
  }

  /** The sender learns of it, and does what it likes. */
  reportFailure(head: MsrpHead, range: ReportedRange, status: number, comment: string | undefined): void {
    this.#forget(head);
    this.#origin?.reportFailure(head, range, status, comment);
  }

  #keep(head: MsrpHead, pieces: readonly Uint8Array[], length: number): void {
    this.#kept.set(head, pieces);
    this.#octets += length;
    for (const [oldest] of this.#kept) if (this.#octets > MOST) this.#forget(oldest);
  }

  #forget(head: MsrpHead): void {
    const pieces = this.#kept.get(head);
    if (pieces === undefined) return;
    this.#kept.delete(head);
    this.#octets -= lengthOf(pieces);
  }
}

function arriving(head: MsrpHead, pieces: readonly Uint8Array[]): ArrivingMessage {
  return {
    contentType: head.contentType ?? '',
    contentDisposition: head.header('Content-Disposition'),
    size: lengthOf(pieces),
    body: (async function* body() { yield concatBytes(pieces); })(),
  };
}

function lengthOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((octets, piece) => octets + piece.length, 0);
}

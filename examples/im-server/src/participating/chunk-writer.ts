/*
 * What leaves on a leg: the chunks of the other one, with the transaction id they came with, so that the end-line cannot occur
 * in the body (their sender made sure, RFC 4975 §7.1), and what becomes of them at the peer.
 */
import { concatBytes } from '@simple-im/grammar';
import { consequence, encodeEnd, randomIdent, rewriteHead } from '@simple-im/msrp';
import type { Continuation, FrameSession, FrameStart, MsrpHead } from '@simple-im/msrp';
import type { Clock, Random } from '@simple-im/transport';
import { serverError } from '../errors.js';
import { AwaitedResponses } from './awaited-responses.js';
import type { ChunkOrigin, ChunkSink } from './chunk-sink.js';
import type { PassedChunk, PassedPiece } from './passed-chunk.js';

export interface ChunkWriterOptions {
  readonly session: FrameSession;
  /** Where the peer is; undefined while that is not known. */
  readonly remotePath: () => readonly string[] | undefined;
  readonly clock: Clock;
  readonly random: Random;
  /** The peer answered that it knows the session no more. */
  readonly sessionGone: () => void;
}

/** Long enough that nobody can guess the end-line of a piece we made and put it into a body. */
const OWN_ID_LENGTH = 32;

export class ChunkWriter implements ChunkSink {
  readonly #options: ChunkWriterOptions;
  readonly #session: FrameSession;
  readonly #awaited: AwaitedResponses;
  /** The chunk that is leaving, until its sender has ended it. */
  #chunk: PassedChunk | undefined;
  /** Octets written to the session since the beginning, heads included. */
  #written = 0;
  #full = false;
  /** Whole messages that wait for the end of the chunk that is leaving, and those that were not answered. */
  readonly #waiting: (() => void)[] = [];
  readonly #inserted = new Set<PassedChunk>();
  /** Who was told to wait. */
  readonly #stalled = new Set<ChunkOrigin>();

  constructor(options: ChunkWriterOptions) {
    this.#options = options;
    this.#session = options.session;
    this.#awaited = new AwaitedResponses(options.clock, {
      couldAnswer: (mark) => this.#written - this.#session.pending >= mark && this.#session.entry.connection?.reading === true,
      silent: (piece) => reportFailure(piece, 408, 'No response'),
    });
  }

  /** Pieces that await a response of the peer. */
  get awaited(): number {
    return this.#awaited.size;
  }

  /** Zero when the peer has answered what it has to answer and nothing waits to leave; goes down as octets leave and answers come. */
  get outstanding(): number {
    if (this.#session.state === 'closed') return 0;
    return this.#session.pending + this.#awaited.expected + (this.#session.idle ? 0 : 1);
  }

  /** Nothing leaves yet: a frame begun for a sender that stalls here would keep its connection from everybody else. */
  begin(head: MsrpHead, origin: ChunkOrigin): void {
    this.lost();
    if (this.#session.state === 'closed' || this.#options.remotePath() === undefined) throw serverError('IM_SESSION_GONE');
    this.#chunk = passedChunk(head, origin);
  }

  body(bytes: Uint8Array): boolean {
    const chunk = this.#current();
    if (chunk.transactionId === undefined) this.#start(chunk);
    chunk.passed += bytes.length;
    this.#written += bytes.length;
    if (!this.#session.writeBody(bytes)) this.#full = true;
    return this.#goesOn(chunk.origin);
  }

  end(flag: Continuation): void {
    const chunk = this.#current();
    this.#chunk = undefined;
    this.#finish(chunk, flag);
    for (const insert of this.#waiting.splice(0)) insert();
  }

  /** A whole message of somebody who is not in the session, as soon as no chunk is on its way. */
  insert(head: MsrpHead, body: Uint8Array, origin: ChunkOrigin): void {
    if (this.#session.state === 'closed') return origin.gone?.();
    if (this.#chunk?.transactionId !== undefined) return void this.#waiting.push(() => this.insert(head, body, origin));
    const chunk = passedChunk(head, origin);
    this.#inserted.add(chunk);
    this.#start(chunk);
    chunk.passed = body.length;
    this.#written += body.length;
    if (!this.#session.writeBody(body)) this.#full = true;
    this.#finish(chunk, '$');
  }

  /** The peer must not wait for the rest: the message is discarded there (RFC 4975 §7.1). */
  lost(): void {
    const chunk = this.#chunk;
    this.#chunk = undefined;
    if (chunk?.transactionId !== undefined && !chunk.ended) this.#finish(chunk, '#');
  }

  /** In its turn, so that a peer that does not read holds up who reports; only inside a chunk of somebody else it overtakes. */
  report(head: MsrpHead, origin: ChunkOrigin): boolean {
    const toPath = this.#options.remotePath();
    if (toPath === undefined || this.#session.state !== 'bound') return true;
    const transactionId = randomIdent(this.#options.random);
    const rewritten = rewriteHead(head, { transactionId, toPath, fromPath: [this.#session.uri] });
    if (this.#chunk?.transactionId === undefined) {
      this.#write({ transactionId, head: rewritten, hasBody: head.hasBody });
      this.#session.endFrame('$');
    } else {
      this.#session.writeFrame(concatBytes([rewritten, encodeEnd(transactionId, '$', head.hasBody)]));
    }
    return this.#goesOn(origin);
  }

  /** The peer's answer to a piece. */
  response(head: MsrpHead): void {
    const status = head.status ?? 0;
    const piece = this.#awaited.take(head.transactionId);
    if (status < 300) return piece === undefined ? undefined : this.#answered(piece.chunk, 1);
    if (piece !== undefined) this.#refused(piece, status, head.comment);
    if (consequence(status, 'response') === 'session') this.#options.sessionGone();
  }

  /** The session has room again. */
  drained(): void {
    this.#full = false;
    for (const sender of this.#stalled) sender.resume();
    this.#stalled.clear();
  }

  close(): void {
    this.#chunk = undefined;
    this.#awaited.clear();
    for (const { origin } of this.#inserted) origin.gone?.();
    this.#inserted.clear();
    for (const insert of this.#waiting.splice(0)) insert();
    this.drained();
  }

  /** The chunk whose octets come, or why no more of them are wanted. */
  #current(): PassedChunk {
    const chunk = this.#chunk;
    if (chunk === undefined) throw serverError('IM_SESSION_GONE');
    if (chunk.refusal === undefined) return chunk;
    this.#chunk = undefined;
    throw chunk.refusal;
  }

  #start(chunk: PassedChunk): void {
    const { head } = chunk;
    // Two chunks of one sender, or a piece we named, may have the same id under way; only then a new one is needed.
    chunk.transactionId = this.#awaited.has(head.transactionId) ? this.#newId() : head.transactionId;
    this.#write({ ...this.#frame(chunk, chunk.transactionId), resume: (sent) => this.#resume(chunk, sent) });
  }

  #write(frame: FrameStart): void {
    this.#written += frame.head.length;
    if (!this.#session.startFrame(frame)) this.#full = true;
  }

  #finish(chunk: PassedChunk, flag: Continuation): void {
    if (chunk.transactionId === undefined) this.#start(chunk);
    chunk.ended = true;
    this.#session.endFrame(flag);
    this.#ended(chunk, chunk.passed);
    // Some peers answer before they have seen the end.
    if (chunk.unanswered === 0) this.#answered(chunk, 0);
  }

  /** The piece of `chunk` that is leaving goes up to `passed`. */
  #ended({ transactionId, before }: PassedChunk, passed: number): void {
    if (transactionId !== undefined) this.#awaited.ended(transactionId, passed - before, this.#written);
  }

  /** The chunk made way for others after `sent` octets; the rest goes on as a chunk of its own (RFC 4975 §7.1.1). */
  #resume(chunk: PassedChunk, sent: number): Omit<FrameStart, 'resume'> {
    this.#ended(chunk, sent);
    const transactionId = this.#newId();
    chunk.transactionId = transactionId;
    chunk.before = sent;
    const frame = this.#frame(chunk, transactionId);
    if (chunk.ended) this.#ended(chunk, chunk.passed);
    return frame;
  }

  #frame(chunk: PassedChunk, transactionId: string): Omit<FrameStart, 'resume'> {
    const { head, before } = chunk;
    const start = (head.byteRange?.start ?? 1) + before;
    chunk.unanswered += 1;
    this.#awaited.begin(transactionId, { chunk, start, length: 0, mark: undefined, due: 0 });
    const rewrite = { transactionId, toPath: this.#options.remotePath() ?? [], fromPath: [this.#session.uri] };
    // The rest may be interrupted again, so its end is open (RFC 4975 §7.1.1).
    const byteRange = { start, end: undefined, total: head.byteRange?.total };
    return { transactionId, head: rewriteHead(head, before === 0 ? rewrite : { ...rewrite, byteRange }), hasBody: head.hasBody };
  }

  #newId(): string {
    return randomIdent(this.#options.random, OWN_ID_LENGTH);
  }

  #answered(chunk: PassedChunk, pieces: 0 | 1): void {
    chunk.unanswered -= pieces;
    if (!chunk.ended || chunk.unanswered > 0 || chunk.refusal !== undefined) return;
    this.#inserted.delete(chunk);
    chunk.origin.taken?.(chunk.head);
  }

  /** While the chunk is still leaving its sender is answered so; afterwards it gets a REPORT. */
  #refused(piece: PassedPiece, status: number, comment: string | undefined): void {
    const { chunk } = piece;
    if (chunk !== this.#chunk) return reportFailure(piece, status, comment);
    if (chunk.ended) return;
    chunk.refusal = serverError('IM_DOWNSTREAM_REFUSED', { status, ...(comment === undefined ? {} : { detail: comment }) });
    this.#finish(chunk, '#');
    this.drained();
  }

  /** Whether more may come; if not, `origin` is told when. */
  #goesOn(origin: ChunkOrigin): boolean {
    if (!this.#full) return true;
    this.#stalled.add(origin);
    return false;
  }
}

function passedChunk(head: MsrpHead, origin: ChunkOrigin): PassedChunk {
  return { head, origin, transactionId: undefined, before: 0, passed: 0, ended: false, unanswered: 0, refusal: undefined };
}

/** A REPORT to the sender about a piece, unless it was answered with the failure already (RFC 4975 §7.1.4). */
function reportFailure({ chunk, start, length }: PassedPiece, status: number, comment: string | undefined): void {
  const { head, origin, refusal } = chunk;
  if (head.messageId === undefined || refusal !== undefined) return;
  origin.reportFailure(head, { start, end: start + length - 1, total: head.byteRange?.total }, status, comment);
}

/*
 * What leaves on a leg: the chunks of the other one, with the transaction id they came with, so that the end-line cannot occur
 * in the body (their sender made sure, RFC 4975 §7.1), and what becomes of them at the peer.
 */
import type { ProtocolError } from '@simple-im/grammar';
import { consequence, encodeEnd, randomIdent, rewriteHead, type Continuation, type FrameSession, type FrameStart, type MsrpHead } from '@simple-im/msrp';
import { concatBytes } from '@simple-im/grammar';
import type { Clock, Random } from '@simple-im/transport';
import { serverError } from '../errors.js';
import { AwaitedResponses, type PassedChunk } from './awaited-responses.js';
import type { ChunkOrigin, ChunkSink } from './chunk-sink.js';

/** A chunk on its way out; on a shared connection it may go in several pieces, each a chunk of its own to the peer. */
interface Leaving {
  readonly head: MsrpHead;
  readonly origin: ChunkOrigin;
  transactionId: string;
  /** Octets before the piece that `transactionId` names. */
  before: number;
  /** Octets taken from the sender. */
  passed: number;
  ended: boolean;
}

/** Long enough that nobody can guess the end-line of a piece we made and put it into a body. */
const OWN_ID_LENGTH = 32;

export class ChunkWriter implements ChunkSink {
  readonly #session: FrameSession;
  readonly #random: Random;
  readonly #sessionGone: () => void;
  readonly #awaited: AwaitedResponses;
  #leaving: Leaving | undefined;
  /** The peer refused the chunk while it was leaving: no more of it (RFC 4975 §10.5). */
  #refusal: ProtocolError | undefined;
  #stalled: ChunkOrigin | undefined;

  /** `sessionGone`: the peer answered that it knows the session no more. */
  constructor(session: FrameSession, clock: Clock, random: Random, sessionGone: () => void) {
    this.#session = session;
    this.#random = random;
    this.#sessionGone = sessionGone;
    this.#awaited = new AwaitedResponses(clock, (chunk) => reportFailure(chunk, 408, 'No response'));
  }

  begin(head: MsrpHead, origin: ChunkOrigin): void {
    if (this.#session.state === 'closed') throw serverError('IM_SESSION_GONE');
    if (this.#awaited.isFull) throw serverError('IM_DOWNSTREAM_REFUSED', { status: 408, detail: 'too many chunks await a response' });
    // Two chunks of one sender, or a piece we named, may have the same id under way; only then a new one is needed.
    const transactionId = this.#awaited.has(head.transactionId) ? randomIdent(this.#random, OWN_ID_LENGTH) : head.transactionId;
    const leaving: Leaving = { head, origin, transactionId, before: 0, passed: 0, ended: false };
    this.#leaving = leaving;
    this.#refusal = undefined;
    this.#await(leaving);
    this.#session.startFrame({ ...this.#frame(leaving), resume: (sent) => this.#resume(leaving, sent) });
  }

  body(bytes: Uint8Array): boolean {
    if (this.#refusal !== undefined) throw this.#refusal;
    const leaving = this.#leaving;
    if (leaving === undefined) throw serverError('IM_SESSION_GONE');
    leaving.passed += bytes.length;
    const more = this.#session.writeBody(bytes);
    if (!more) this.#stalled = leaving.origin;
    return more;
  }

  end(flag: Continuation): void {
    const leaving = this.#leaving;
    if (leaving === undefined) return;
    this.#leaving = undefined;
    leaving.ended = true;
    this.#session.endFrame(flag);
    this.#awaited.ended(leaving.transactionId, leaving.passed - leaving.before);
  }

  report(head: MsrpHead): void {
    const { remotePath } = this.#session.entry;
    if (remotePath === undefined || this.#session.state !== 'bound') return;
    const transactionId = randomIdent(this.#random);
    const rewritten = rewriteHead(head, { transactionId, toPath: remotePath, fromPath: [this.#session.uri] });
    this.#session.writeFrame(concatBytes([rewritten, encodeEnd(transactionId, '$', head.hasBody)]));
  }

  /** The peer's answer to a chunk. */
  response(head: MsrpHead): void {
    const status = head.status ?? 0;
    const chunk = this.#awaited.take(head.transactionId);
    if (status < 300) return;
    if (chunk !== undefined) this.#refused(chunk, head.transactionId, status, head.comment);
    if (consequence(status, 'response') === 'session') this.#sessionGone();
  }

  drained(): void {
    this.#stalled?.resume();
    this.#stalled = undefined;
  }

  close(): void {
    this.#leaving = undefined;
    this.#awaited.clear();
    this.drained();
  }

  /** While the chunk is still leaving its sender is answered so; afterwards it gets a REPORT. */
  #refused(chunk: PassedChunk, transactionId: string, status: number, comment: string | undefined): void {
    if (this.#leaving?.transactionId !== transactionId) return reportFailure(chunk, status, comment);
    this.#refusal = serverError('IM_DOWNSTREAM_REFUSED', { status, ...(comment === undefined ? {} : { detail: comment }) });
    this.#leaving.ended = true;
    this.#leaving = undefined;
    this.#session.endFrame('#');
    this.drained();
  }

  /** The chunk made way for others after `sent` octets; the rest goes on as a chunk of its own (RFC 4975 §7.1.1). */
  #resume(leaving: Leaving, sent: number): Omit<FrameStart, 'resume'> {
    this.#awaited.ended(leaving.transactionId, sent - leaving.before);
    leaving.transactionId = randomIdent(this.#random, OWN_ID_LENGTH);
    leaving.before = sent;
    this.#await(leaving);
    if (leaving.ended) this.#awaited.ended(leaving.transactionId, leaving.passed - sent);
    return this.#frame(leaving);
  }

  #await(leaving: Leaving): void {
    const { head, origin, transactionId } = leaving;
    if (head.failureReport !== 'no') this.#awaited.begin(transactionId, { head, origin, start: firstOctet(leaving), length: 0, due: undefined });
  }

  #frame(leaving: Leaving): Omit<FrameStart, 'resume'> {
    const { head, transactionId, before } = leaving;
    const { byteRange } = head;
    const paths = { transactionId, toPath: this.#session.entry.remotePath ?? [], fromPath: [this.#session.uri] };
    if (before === 0) return { transactionId, head: rewriteHead(head, paths) };
    return { transactionId, head: rewriteHead(head, { ...paths, byteRange: { start: firstOctet(leaving), end: byteRange?.end, total: byteRange?.total } }) };
  }
}

function firstOctet({ head, before }: Leaving): number {
  return (head.byteRange?.start ?? 1) + before;
}

/** A REPORT to the sender, if it asked for failures; under `partial`, silence is none (RFC 4975 §7.1.4). */
function reportFailure({ head, origin, start, length }: PassedChunk, status: number, comment: string | undefined): void {
  if (head.messageId === undefined || (status === 408 && head.failureReport === 'partial')) return;
  origin.reportFailure(head, { start, end: start + Math.max(length, 1) - 1, total: head.byteRange?.total }, status, comment);
}

import { concatBytes, type ProtocolError } from '@simple-im/grammar';
import { BodySource, type Body } from './body-source.js';
import { Chunker, MIN_CHUNK } from './chunker.js';
import { encodeEnd, encodeHead, formatByteRange } from './encoder.js';
import { msrpError } from './errors.js';
import { mustYield, type Demand } from './frame-sink.js';
import type { Field } from './frame.js';
import type { ByteRange, FailureReport } from './grammar.js';
import { reportRules, type ReportRules } from './reports.js';

/** A message for the peer. */
export interface MessageToSend {
  /** Such as `text/plain`. */
  readonly contentType: string;
  /** Read as fast as the connection takes it. Do not change the octets before `accepted` settles. */
  readonly body: Body;
  /** Octets of an iterable body, when known: the peer is told, and a body of another length fails. */
  readonly size?: number;
  /** Chosen at random when absent. The same again only to resend after a broken session (RFC 4975 §5.4). */
  readonly messageId?: string;
  /** Default false. */
  readonly successReport?: boolean;
  /** Default `yes`. */
  readonly failureReport?: FailureReport;
  /** Octets of one chunk at most; absent, one chunk that others may interrupt. */
  readonly chunkSize?: number;
  /** Further fields such as Content-Disposition, before Content-Type. */
  readonly fields?: readonly Field[];
  /** Gives the message up: its chunk ends with `#`. */
  readonly signal?: AbortSignal;
}

/** What became of a message. Neither promise has to be observed. */
export interface SentMessage {
  readonly messageId: string;
  /**
   * The next hop took all of it: with Failure-Report `yes` each chunk was answered with 200, else the last octet has
   * left. Rejects with `MSRP_REFUSED_BY_PEER` (status), `MSRP_RESPONSE_TIMEOUT`, `MSRP_SEND_ABORTED`,
   * `MSRP_BODY_FAILED`, `MSRP_CONNECTION_LOST`, `MSRP_SESSION_CLOSED`.
   */
  readonly accepted: Promise<void>;
  /**
   * Success REPORTs have covered every octet: the far end has it. Rejects as `accepted`; with `MSRP_SESSION_MISUSED` when
   * none was asked for; with `MSRP_REPORT_MISSING` when too many other messages were sent meanwhile.
   */
  readonly reported: Promise<void>;
  /** Gives the message up. */
  abort(): void;
}

/** Octets handed to the connection at a time. */
const PIECE = 65_536;
/** While others wait, so that an interruption comes soon. */
const SHARED_PIECE = 8192;

/** One message on its way out: which octets come next, and what became of it. */
export class OutgoingMessage implements SentMessage {
  readonly messageId: string;
  readonly contentType: string;
  readonly rules: ReportRules;
  readonly accepted: Promise<void>;
  readonly reported: Promise<void>;
  readonly #message: MessageToSend;
  readonly #source: BodySource;
  readonly #chunker: Chunker;
  readonly #changed: (message: OutgoingMessage) => void;
  readonly #acceptance = new Settlement();
  readonly #report = new Settlement();
  readonly #covered: { from: number; to: number }[] = [];
  #unanswered = 0;
  #chunkStart = 0;
  #failure: ProtocolError | undefined;
  /** Of the open chunk or the last one. */
  transactionId = '';

  /** `changed`: it may have something to write now, or nothing any more. */
  constructor(message: MessageToSend, messageId: string, changed: (message: OutgoingMessage) => void) {
    this.#message = message;
    this.messageId = messageId;
    this.contentType = message.contentType;
    this.rules = reportRules({ successReport: message.successReport ?? false, failureReport: message.failureReport ?? 'yes' });
    this.#changed = changed;
    this.#source = new BodySource(message.body, message.size, () => this.#bodyChanged());
    this.#chunker = new Chunker({ size: this.#source.size, ...(message.chunkSize === undefined ? {} : { chunkSize: message.chunkSize }) });
    this.accepted = this.#acceptance.promise;
    this.reported = this.#report.promise;
    if (!this.rules.reportsSuccess) this.#report.reject(msrpError('MSRP_SESSION_MISUSED', { detail: 'no success report was asked for' }));
    const { signal } = message;
    if (signal?.aborted === true) this.abort();
    else signal?.addEventListener('abort', () => this.abort(), { once: true });
  }

  /** A chunk is on the wire and not ended. */
  get open(): boolean {
    return this.#chunker.isOpen;
  }

  /** Nothing will be written any more. */
  get done(): boolean {
    return this.#chunker.done || (this.#failure !== undefined && this.#chunker.position === 0 && !this.open);
  }

  get failure(): ProtocolError | undefined {
    return this.#failure;
  }

  /** What the next chunk needs of the connection; `none` while the body is awaited. */
  get waiting(): Demand {
    if (this.done || this.open) return 'none';
    if (this.#failure !== undefined) return 'urgent';
    if (!this.#source.has(MIN_CHUNK)) return 'none';
    return this.#source.size !== undefined && this.#source.size <= MIN_CHUNK ? 'urgent' : 'share';
  }

  abort(): void {
    this.giveUp(msrpError('MSRP_SEND_ABORTED'));
  }

  /** Writes no more of it; an open chunk, or one in its place, ends with `#` (RFC 4975 §7.1). */
  giveUp(error: ProtocolError): void {
    if (this.#failure !== undefined) return;
    this.#acceptance.reject(error);
    this.#report.reject(error);
    if (this.#chunker.done) return;
    this.#failure = error;
    this.#source.cancel();
    this.#changed(this);
  }

  /** The next octets of the open chunk, or the first ones of the next: `transactionId` is its name. */
  pull(demand: Demand, transactionId: () => string, toPath: readonly string[], fromPath: readonly string[]): Uint8Array | undefined {
    if (this.open) return this.#continue(demand);
    this.transactionId = transactionId();
    const head = this.#head(this.#chunker.open(), toPath, fromPath);
    if (this.#failure !== undefined) return concatBytes([head, this.abandon()]);
    const { room } = this.#chunker;
    if (room > MIN_CHUNK || this.#source.available < room) return head;
    return concatBytes([head, this.#take(room), this.#close()]);
  }

  /** What ends the open chunk at once. */
  abandon(): Uint8Array {
    return encodeEnd(this.transactionId, this.#chunker.abort(), true);
  }

  /** A chunk has left and will be answered. */
  expectAnswer(): void {
    this.#unanswered++;
  }

  /** A chunk was answered with 200. */
  answered(): void {
    this.#unanswered--;
    this.settle();
  }

  /** Accepted once all has left and nothing is to be answered any more. */
  settle(): void {
    if (!this.#chunker.done) return;
    if (this.#unanswered === 0) this.#acceptance.resolve();
    this.#settleReport();
  }

  /** No REPORT will be looked at any more. */
  forget(): void {
    this.#report.reject(msrpError('MSRP_REPORT_MISSING'));
  }

  /** A success REPORT covers these octets; without a range, all of them (RFC 4975 §7.1.3). */
  cover(range: ByteRange | undefined): void {
    let from = range === undefined ? 0 : range.start - 1;
    let to = range?.end ?? range?.total ?? this.#chunker.position;
    // Ranges that touch become one, so that many small reports need no more memory than a few.
    for (let i = this.#covered.length - 1; i >= 0; i--) {
      const each = this.#covered[i] as { from: number; to: number };
      if (each.from > to || each.to < from) continue;
      from = Math.min(from, each.from);
      to = Math.max(to, each.to);
      this.#covered.splice(i, 1);
    }
    this.#covered.push({ from, to });
    this.#settleReport();
  }

  // The receiver may report in pieces, and on pieces while later ones are still being written.
  #settleReport(): void {
    const size = this.#chunker.position;
    if (this.#chunker.done && this.#covered.some(({ from, to }) => from <= 0 && to >= size)) this.#report.resolve();
  }

  #continue(demand: Demand): Uint8Array | undefined {
    if (this.#failure !== undefined) return this.abandon();
    const { room } = this.#chunker;
    const { available, ended } = this.#source;
    if (room === 0 || (available === 0 && ended)) return this.#close();
    if (this.#chunker.interruptible && (mustYield(this.#chunker.position - this.#chunkStart, demand) || (available === 0 && demand !== 'none'))) return this.#close();
    if (!this.#source.has(1)) return undefined;
    return this.#take(Math.min(room, demand === 'none' ? PIECE : SHARED_PIECE));
  }

  #take(most: number): Uint8Array {
    const part = this.#source.take(most);
    this.#chunker.wrote(part.length);
    return part;
  }

  #close(): Uint8Array {
    if (this.#source.size === undefined && this.#source.ended && this.#source.available === 0) this.#chunker.finish();
    return encodeEnd(this.transactionId, this.#chunker.close(), true);
  }

  #head(range: ByteRange, toPath: readonly string[], fromPath: readonly string[]): Uint8Array {
    this.#chunkStart = this.#chunker.position;
    const { successReport, failureReport, fields = [] } = this.#message;
    return encodeHead({
      transactionId: this.transactionId,
      method: 'SEND',
      toPath,
      fromPath,
      fields: [
        ['Message-ID', this.messageId],
        ['Byte-Range', formatByteRange(range)],
        ...(successReport === true ? [['Success-Report', 'yes'] as const] : []),
        ...(failureReport === undefined || failureReport === 'yes' ? [] : [['Failure-Report', failureReport] as const]),
        ...fields,
        ['Content-Type', this.contentType],
      ],
      body: true,
    });
  }

  #bodyChanged(): void {
    const { failure } = this.#source;
    if (failure === undefined) this.#changed(this);
    else this.giveUp(msrpError('MSRP_BODY_FAILED', { cause: failure, ...(failure instanceof Error ? { detail: failure.message } : {}) }));
  }
}

/** A promise that is settled once, from outside. */
class Settlement {
  readonly promise: Promise<void>;
  resolve!: () => void;
  reject!: (error: ProtocolError) => void;

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // A caller who does not look at it has decided so: that must not end the process as an unhandled rejection.
    this.promise.catch(() => undefined);
  }
}

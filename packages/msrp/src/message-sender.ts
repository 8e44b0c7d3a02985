import type { ProtocolError } from '@simple-im/grammar';
import { msrpError } from './errors.js';
import { moreUrgent, type Demand, type FrameSource } from './frame-sink.js';
import type { MsrpHead } from './frame.js';
import type { OutgoingMessage } from './outgoing-message.js';
import { consequence, RESPONSE_WAIT } from './reports.js';

interface Unanswered { readonly message: OutgoingMessage; readonly due: number }

export interface MessageSenderOptions {
  readonly localUri: string;
  /** Where messages go; undefined while nothing may be sent. */
  readonly remotePath: () => readonly string[] | undefined;
  readonly newTransactionId: () => string;
  /** False while the connection is not read on our side: then no response can come. */
  readonly reading: () => boolean;
  readonly ready: () => void;
  /** Messages that are remembered for late REPORTs. */
  readonly maxRemembered: number;
}

/** The messages of one session on their way out, and the responses and REPORTs they wait for. */
export class MessageSender implements FrameSource {
  readonly #options: MessageSenderOptions;
  /** With a chunk to write; the order is the order of turns. */
  readonly #short = new Set<OutgoingMessage>();
  readonly #long = new Set<OutgoingMessage>();
  readonly #waitingForBody = new Set<OutgoingMessage>();
  readonly #sent = new Map<string, OutgoingMessage>();
  /** By transaction id, the earliest due first. */
  readonly #unanswered = new Map<string, Unanswered>();
  #current: OutgoingMessage | undefined;
  #answeredEarly = false;

  constructor(options: MessageSenderOptions) {
    this.#options = options;
  }

  get open(): boolean {
    return this.#current?.open ?? false;
  }

  get waiting(): Demand {
    if (this.#options.remotePath() === undefined) return 'none';
    return this.#short.size > 0 ? 'urgent' : this.#long.size > 0 ? 'share' : 'none';
  }

  /** Transactions that wait for a response. */
  get unanswered(): number {
    return this.#unanswered.size;
  }

  add(message: OutgoingMessage): void {
    this.#remember(message);
    this.changed(message);
  }

  /** Sorts a message in where it belongs now, and tells when there is something to write. */
  changed(message: OutgoingMessage): void {
    this.#short.delete(message);
    this.#long.delete(message);
    this.#waitingForBody.delete(message);
    const { waiting } = message;
    if (waiting === 'urgent') this.#short.add(message);
    else if (waiting === 'share') this.#long.add(message);
    else if (!message.done) this.#waitingForBody.add(message);
    if (waiting !== 'none' || message.open) this.#options.ready();
  }

  pull(now: number, demand: Demand): Uint8Array | undefined {
    const current = this.#current;
    if (current?.open === true) {
      const bytes = this.#pull(current, now, moreUrgent(demand, this.waiting));
      if (bytes !== undefined || current.open) return bytes;
    }
    const next = first(this.#short) ?? first(this.#long);
    if (next === undefined || this.waiting === 'none') return undefined;
    this.#short.delete(next);
    this.#long.delete(next);
    this.#current = next;
    return this.#pull(next, now, demand);
  }

  abandon(): Uint8Array {
    return (this.#current as OutgoingMessage).abandon();
  }

  deadline(): number | undefined {
    return first(this.#unanswered.values())?.due;
  }

  wake(now: number): void {
    for (const [transactionId, { message, due }] of this.#unanswered) {
      if (due > now) return;
      this.#unanswered.delete(transactionId);
      // What was not read cannot have been missed: the wait starts again.
      if (!this.#options.reading()) this.#unanswered.set(transactionId, { message, due: now + RESPONSE_WAIT });
      else if (message.rules.timesOut) message.giveUp(msrpError('MSRP_RESPONSE_TIMEOUT'));
    }
  }

  /** The Content-Type of the message a transaction belongs to. */
  typeOf(transactionId: string): string | undefined {
    return this.#ofTransaction(transactionId)?.contentType;
  }

  /** Returns why the session is over, if it is. */
  response(head: MsrpHead): ProtocolError | undefined {
    const status = head.status as number;
    const message = this.#ofTransaction(head.transactionId);
    if (message === undefined) return undefined;
    const chunkHasLeft = this.#unanswered.delete(head.transactionId);
    if (consequence(status, 'response') !== 'none') return this.#failed(message, status, head.comment, 'response');
    if (!chunkHasLeft) this.#answeredEarly = true;
    else if (message.rules.answers200) message.answered();
    return undefined;
  }

  /** A REPORT; one for a message nobody knows is ignored (RFC 4975 §7.1.2). Returns why the session is over, if it is. */
  report(head: MsrpHead): ProtocolError | undefined {
    const message = this.#sent.get(head.messageId ?? '');
    const status = head.statusHeader;
    if (message === undefined || status === undefined || status.namespace !== '000') return undefined;
    if (consequence(status.code, 'report') !== 'none') return this.#failed(message, status.code, status.comment, 'report');
    message.cover(head.byteRange);
    return undefined;
  }

  /** The session is over. */
  close(error: ProtocolError): void {
    this.#unanswered.clear();
    for (const message of [...this.#sent.values(), ...this.#short, ...this.#long, ...this.#waitingForBody]) message.giveUp(error);
    this.#sent.clear();
  }

  /** The message of a chunk that waits for its response, or is being written. */
  #ofTransaction(transactionId: string): OutgoingMessage | undefined {
    const open = this.#current?.open === true && this.#current.transactionId === transactionId ? this.#current : undefined;
    return this.#unanswered.get(transactionId)?.message ?? open;
  }

  #pull(message: OutgoingMessage, now: number, demand: Demand): Uint8Array | undefined {
    const { localUri, newTransactionId, remotePath } = this.#options;
    if (!message.open) this.#answeredEarly = false;
    const bytes = message.pull(demand, newTransactionId, remotePath() as readonly string[], [localUri]);
    if (bytes !== undefined && !message.open) this.#chunkEnded(message, now);
    return bytes;
  }

  #chunkEnded(message: OutgoingMessage, now: number): void {
    if (message.rules.answersFailure && !this.#answeredEarly && message.failure === undefined) {
      this.#unanswered.set(message.transactionId, { message, due: now + RESPONSE_WAIT });
      if (message.rules.answers200) message.expectAnswer();
    }
    if (message.done) message.settle();
    else this.changed(message);
  }

  #failed(message: OutgoingMessage, status: number, comment: string | undefined, from: 'response' | 'report'): ProtocolError | undefined {
    const detail = comment === undefined ? String(status) : `${status} ${comment}`;
    const error = status === 408 ? msrpError('MSRP_RESPONSE_TIMEOUT', { detail: 'a relay waited in vain' }) : msrpError('MSRP_REFUSED_BY_PEER', { status, detail });
    message.giveUp(error);
    return consequence(status, from) === 'session' ? error : undefined;
  }

  /** Messages wait for REPORTs without limit of time, so their number has one. */
  #remember(message: OutgoingMessage): void {
    this.#sent.delete(message.messageId);
    this.#sent.set(message.messageId, message);
    if (this.#sent.size <= this.#options.maxRemembered) return;
    for (const [id, each] of this.#sent) {
      if (!each.done) continue;
      this.#sent.delete(id);
      each.forget();
      return;
    }
  }
}

function first<T>(values: Iterable<T>): T | undefined {
  for (const value of values) return value;
  return undefined;
}

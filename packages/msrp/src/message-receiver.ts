import { ProtocolError } from '@simple-im/grammar';
import { acceptsType } from './accept-types.js';
import { BodyQueue } from './body-queue.js';
import { kept } from './kept.js';
import { msrpError } from './errors.js';
import type { Continuation, MsrpHead } from './frame.js';
import { IncomingMessage } from './incoming-message.js';
import { Reassembly, type ReassemblyLimits } from './reassembly.js';

export interface ReceiverLimits extends ReassemblyLimits {
  /** Messages that are incomplete at a time; one more is answered with 413. Default 32. With so many to be accepted nothing more is read. */
  readonly maxMessages: number;
  /** Octets that may wait for the reader before the connection is no longer read. Default 262,144. */
  readonly maxUnread: number;
}

export interface MessageReceiverOptions {
  /** Media types of a root body; others are answered with 415. */
  readonly acceptTypes: readonly string[];
  readonly limits: ReceiverLimits;
  /** A completed message is answered and reported when it has arrived, or when the reader accepts it. */
  readonly acknowledge: 'arrived' | 'accepted';
  /** Success REPORTs for each message, or for each chunk too. */
  readonly reportOn: 'message' | 'chunk';
  readonly message: (message: IncomingMessage) => void;
  readonly respond: (head: MsrpHead, status: number) => void;
  readonly reportSuccess: (head: MsrpHead, range: { readonly start: number; readonly end: number; readonly total?: number | undefined }) => void;
  /** Whether more can be taken. */
  readonly flow: (open: boolean) => void;
}

interface Arriving {
  readonly queue: BodyQueue;
  readonly reassembly: Reassembly;
  /** What its further chunks are answered with. */
  refused: number | undefined;
  accepted: boolean;
  /** The heads of the chunk that made it complete, and of any that came again since, while their answers wait for the reader. */
  readonly held: MsrpHead[];
}

/** Finished Message-IDs that are remembered, so that a message sent again is not shown again (RFC 4975 §5.4). */
const REMEMBERED = 1000;

/** The messages of one session on their way in. */
export class MessageReceiver {
  readonly #options: MessageReceiverOptions;
  readonly #arriving = new Map<string, Arriving>();
  /** Complete, and not accepted or refused. */
  readonly #undecided = new Map<string, Arriving>();
  /** How a finished message ended: the status further chunks of it are answered with. */
  readonly #finished = new Map<string, number>();
  #unread = 0;
  /** Chunks whose answers wait for the reader. */
  #unanswered = 0;
  #held = false;
  // The chunk that is arriving: no `message` for one without body or of a message seen before.
  #head: MsrpHead | undefined;
  #message: Arriving | undefined;
  #length = 0;

  constructor(options: MessageReceiverOptions) {
    this.#options = options;
  }

  /** Octets that wait for readers. */
  get unread(): number {
    return this.#unread;
  }

  head(head: MsrpHead): void {
    this.#head = head;
    this.#message = undefined;
    this.#length = 0;
    // Bodiless: traffic that binds a session or keeps a NAT open (RFC 4975 §7.1).
    if (!head.hasBody) return;
    const { messageId } = head;
    if (messageId === undefined) throw msrpError('MSRP_NO_MESSAGE_ID');
    const before = this.#finished.get(messageId);
    if (before !== undefined && before >= 300) throw msrpError('MSRP_MESSAGE_UNWANTED', { status: before });
    if (before === undefined && !this.#undecided.has(messageId)) this.#message = this.#arriving.get(messageId) ?? this.#begin(head, messageId);
  }

  body(bytes: Uint8Array, offset: number): void {
    this.#length = offset + bytes.length;
    const message = this.#message;
    if (message === undefined) return;
    if (message.refused !== undefined) throw msrpError('MSRP_MESSAGE_UNWANTED', { status: message.refused });
    this.#orFail(message, () => {
      for (const piece of message.reassembly.receive(this.#start() + offset, bytes)) this.#unread += message.queue.push(kept(piece.bytes));
    });
    this.#updateFlow();
  }

  end(flag: Continuation): void {
    const head = this.#head as MsrpHead;
    const message = this.#message;
    this.#head = undefined;
    this.#message = undefined;
    if (message?.refused !== undefined) throw msrpError('MSRP_MESSAGE_UNWANTED', { status: message.refused });
    const undecided = head.hasBody ? this.#undecided.get(head.messageId as string) : undefined;
    if (undecided !== undefined) {
      this.#hold(undecided, head);
    } else if (message === undefined) {
      this.#options.respond(head, 200);
      // Acknowledgements are due for a duplicate too (RFC 4975 §5.4).
      if (head.hasBody && flag !== '#') this.#reportChunk(head);
    } else if (flag === '#') {
      this.#fail(head.messageId as string, message, 200, msrpError('MSRP_MESSAGE_ABORTED'));
      this.#options.respond(head, 200);
    } else {
      this.#orFail(message, () => message.reassembly.end(this.#start(head) + this.#length, flag), head);
      if (message.reassembly.complete) this.#complete(head, message);
      else {
        this.#options.respond(head, 200);
        if (this.#options.reportOn === 'chunk') this.#reportChunk(head);
      }
    }
  }

  /** The chunk will not end. */
  lost(): void {
    this.#head = undefined;
    this.#message = undefined;
  }

  /** The session is over: what is incomplete stays so. */
  close(error: ProtocolError): void {
    for (const { queue } of this.#arriving.values()) queue.fail(error);
    this.#arriving.clear();
  }

  #begin(head: MsrpHead, messageId: string): Arriving {
    const { acceptTypes, limits } = this.#options;
    if (head.contentType === undefined) throw msrpError('MSRP_BAD_HEADER', { header: 'Content-Type', detail: 'a body without type' });
    if (!acceptsType(acceptTypes, undefined, head.contentType)) throw msrpError('MSRP_UNACCEPTABLE_TYPE', { detail: head.contentType });
    if (this.#arriving.size >= limits.maxMessages) throw msrpError('MSRP_TOO_MANY_MESSAGES');
    const total = head.byteRange?.total;
    if (total !== undefined && total > limits.maxSize) {
      this.#finish(messageId, 413);
      throw msrpError('MSRP_MESSAGE_TOO_LARGE', { detail: `${total} octets` });
    }
    const queue = new BodyQueue((octets) => this.#taken(octets), () => this.#refuse(messageId, message, 413));
    const message: Arriving = { queue, reassembly: new Reassembly(limits), refused: undefined, accepted: false, held: [] };
    this.#arriving.set(messageId, message);
    this.#options.message(new IncomingMessage(head, queue, {
      accept: () => this.#accept(messageId, message),
      refuse: (status) => this.#refuse(messageId, message, status),
    }));
    return message;
  }

  #complete(head: MsrpHead, message: Arriving): void {
    const messageId = head.messageId as string;
    this.#arriving.delete(messageId);
    this.#undecided.set(messageId, message);
    this.#hold(message, head);
    message.queue.finish();
    if (this.#options.acknowledge === 'arrived' || message.accepted) this.#acknowledge(messageId, message);
  }

  /** The answer to the chunk that completed the message, and the REPORT on the whole (RFC 4975 §7.1.3). */
  #acknowledge(messageId: string, message: Arriving): void {
    if (!this.#undecided.delete(messageId)) return;
    this.#finish(messageId, 200);
    const size = message.reassembly.received;
    for (const head of this.#release(message)) {
      this.#options.respond(head, 200);
      if (this.#options.reportOn === 'chunk') this.#reportChunk(head);
      else if (head.successReport) this.#options.reportSuccess(head, { start: 1, end: size, total: size });
    }
  }

  #hold(message: Arriving, head: MsrpHead): void {
    message.held.push(head);
    this.#unanswered += 1;
    this.#updateFlow();
  }

  #release(message: Arriving): MsrpHead[] {
    this.#unanswered -= message.held.length;
    this.#updateFlow();
    return message.held.splice(0);
  }

  #accept(messageId: string, message: Arriving): void {
    message.accepted = true;
    this.#acknowledge(messageId, message);
  }

  #refuse(messageId: string, message: Arriving, status: number): void {
    if (this.#undecided.delete(messageId)) {
      this.#finish(messageId, status);
      for (const head of this.#release(message)) this.#options.respond(head, status);
    }
    if (message.refused !== undefined || message.reassembly.complete) return;
    message.refused = status;
    this.#fail(messageId, message, status, msrpError('MSRP_MESSAGE_UNWANTED', { status }));
  }

  /** An error of the reassembly is the end of the message, and the answer to its chunk. */
  #orFail(message: Arriving, step: () => void, head = this.#head as MsrpHead): void {
    try {
      step();
    } catch (error) {
      if (!ProtocolError.is(error)) throw error;
      this.#fail(head.messageId as string, message, error.status ?? 400, error);
      throw error;
    }
  }

  #fail(messageId: string, message: Arriving, status: number, error: ProtocolError): void {
    this.#arriving.delete(messageId);
    this.#finish(messageId, status);
    message.queue.fail(error);
  }

  #finish(messageId: string, status: number): void {
    this.#finished.set(messageId, status);
    if (this.#finished.size > REMEMBERED) this.#finished.delete(this.#finished.keys().next().value as string);
  }

  /** The exact range of one chunk, whatever its header said (RFC 4975 §7.1.4). */
  #reportChunk(head: MsrpHead): void {
    if (!head.successReport) return;
    const start = this.#start(head);
    this.#options.reportSuccess(head, { start, end: start + this.#length - 1, total: head.byteRange?.total });
  }

  #start(head = this.#head as MsrpHead): number {
    return head.byteRange?.start ?? 1;
  }

  #taken(octets: number): void {
    this.#unread -= octets;
    this.#updateFlow();
  }

  /** Stops at the bound, goes on at half of it, so that a slow reader does not toggle the socket with each piece. */
  #updateFlow(): void {
    const { maxUnread, maxMessages } = this.#options.limits;
    const isMore = (part: number): boolean => this.#unread > maxUnread * part || this.#unanswered >= maxMessages * part;
    if (isMore(this.#held ? 0.5 : 1) === this.#held) return;
    this.#held = !this.#held;
    this.#options.flow(!this.#held);
  }
}

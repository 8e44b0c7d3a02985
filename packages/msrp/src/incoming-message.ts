import { concatBytes } from '@simple-im/grammar';
import type { BodyQueue } from './body-queue.js';
import { msrpError } from './errors.js';
import type { MsrpHead } from './frame.js';

/** What the session does when the reader decides about a message. */
export interface MessageDecisions {
  accept(): void;
  refuse(status: number): void;
}

/**
 * A message that is arriving. Read it once, with `for await` or `bytes`; while it is not read the connection is slowed
 * down. Reading throws `MSRP_MESSAGE_ABORTED` when the sender gave it up, `MSRP_CONNECTION_LOST` when the rest was lost.
 */
export class IncomingMessage implements AsyncIterable<Uint8Array> {
  /** Of the first chunk that arrived: Content-Type, Content-Disposition and the like. */
  readonly head: MsrpHead;
  readonly messageId: string;
  readonly contentType: string;
  readonly #queue: BodyQueue;
  readonly #decisions: MessageDecisions;

  /** For the session, which fills the queue. */
  constructor(head: MsrpHead, queue: BodyQueue, decisions: MessageDecisions) {
    this.head = head;
    this.messageId = head.messageId as string;
    this.contentType = head.contentType as string;
    this.#decisions = decisions;
    this.#queue = queue;
  }

  /** Octets of the whole message, where the sender announced it. */
  get size(): number | undefined {
    return this.head.byteRange?.total;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return this.#queue;
  }

  /** The whole body. `MSRP_MESSAGE_TOO_LARGE` and a 413 to the sender beyond `limit` octets (default 1 MiB). */
  async bytes(limit = 1_048_576): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    let length = 0;
    for await (const piece of this) {
      length += piece.length;
      if (length > limit) throw msrpError('MSRP_MESSAGE_TOO_LARGE', { detail: `more than ${limit} octets` });
      pieces.push(piece);
    }
    return concatBytes(pieces);
  }

  /**
   * Takes the message over, for a session that acknowledges by hand: the 200 of the last chunk and the success REPORT
   * leave now. Elsewhere it changes nothing.
   */
  accept(): void {
    this.#decisions.accept();
  }

  /** Wants no more of it: what still comes is answered with `status`, 413 by default (RFC 4975 §10.5). */
  refuse(status = 413): void {
    this.#decisions.refuse(status);
  }
}

/*
 * The far end of a leg whose other user is not there: chunks become messages again (RFC 4975 §7.3.1), and the last chunk of each is
 * answered when somebody has taken the message over for good.
 */
import { ProtocolError } from '@simple-im/grammar';
import { defaultSessionLimits, encodeReport, MessageReceiver, randomIdent } from '@simple-im/msrp';
import type { Continuation, FrameSession, IncomingMessage, MsrpHead } from '@simple-im/msrp';
import type { Random } from '@simple-im/transport';
import type { ArrivingMessage } from '../session-ports.js';
import type { ChunkSink } from './chunk-sink.js';
import { tooLarge } from './relay-leg.js';

export interface MessageEndOptions {
  /** Of the leg. */
  readonly session: FrameSession;
  readonly random: Random;
  /** Octets of a message; undefined: any number. */
  readonly maxSize: number | undefined;
  /** Media types that are taken; by default any. Others are answered with 415. */
  readonly acceptTypes?: readonly string[];
  /** Resolves when the message is in custody. Rejects with why it is not. */
  take(message: ArrivingMessage): Promise<void>;
  /** No message is arriving or being taken over. */
  idle(): void;
}

export class MessageEnd implements ChunkSink {
  readonly answers = true;
  readonly #options: MessageEndOptions;
  readonly #receiver: MessageReceiver;
  /** Messages that began to arrive and were neither accepted nor refused. */
  #messages = 0;
  /** Those of them whose end was not read. */
  #incomplete = 0;
  /** The chunk that is arriving: its octets so far, and whether its rest is skipped. */
  #head: MsrpHead | undefined;
  #octets = 0;
  #skipping = false;
  /** Why the last message that was not taken was not. */
  #reason = NOT_TAKEN;
  #full = false;
  #held = false;

  constructor(options: MessageEndOptions) {
    const { session, maxSize = Number.MAX_SAFE_INTEGER, acceptTypes = ['*'] } = options;
    this.#options = options;
    this.#receiver = new MessageReceiver({
      acceptTypes,
      limits: { ...defaultSessionLimits, maxSize },
      acknowledge: 'accepted',
      reportOn: 'message',
      message: (message) => this.#begun(message),
      respond: (head, status) => session.respond(head, status, status < 300 ? undefined : this.#reason),
      reportSuccess: (head, range) => this.#reportSuccess(head, range),
      flow: (open) => {
        this.#full = !open;
        this.#updateFlow();
      },
    });
  }

  /** A message is arriving or being taken over. */
  get busy(): boolean {
    return this.#messages > 0;
  }

  /** Takes nothing more for now: the sender waits, once what has begun is complete. */
  hold(held: boolean): void {
    this.#held = held;
    this.#updateFlow();
  }

  begin(head: MsrpHead): void {
    this.#head = head;
    this.#octets = 0;
    this.#skipping = false;
    this.#step(() => this.#receiver.head(head));
  }

  body(bytes: Uint8Array): boolean {
    const offset = this.#octets;
    this.#octets += bytes.length;
    this.#step(() => this.#receiver.body(bytes, offset));
    return true;
  }

  end(flag: Continuation): void {
    this.#step(() => this.#receiver.end(flag));
    this.#head = undefined;
  }

  lost(): void {
    this.#head = undefined;
    this.#receiver.lost();
  }

  /** About what was sent to this user, which the responses have settled. */
  report(): boolean {
    return true;
  }

  /** The leg is over: messages that are incomplete stay so. */
  close(error: ProtocolError): void {
    this.#receiver.close(error);
  }

  /** A message that is too large is answered so that its sender learns the maximum; other errors go to the connection. */
  #step(step: () => void): void {
    if (this.#skipping) return;
    try {
      step();
    } catch (error) {
      if (!ProtocolError.is(error) || error.status !== 413 || this.#head === undefined) throw error;
      this.#skipping = true;
      const isTooLarge = error.code === 'MSRP_MESSAGE_TOO_LARGE';
      this.#options.session.respond(this.#head, 413, isTooLarge ? tooLarge(this.#options.maxSize) : this.#reason);
    }
  }

  #begun(message: IncomingMessage): void {
    const body = message[Symbol.asyncIterator]();
    let complete = false;
    const completed = (): void => {
      if (complete) return;
      complete = true;
      this.#incomplete -= 1;
      this.#updateFlow();
    };
    const read: AsyncIterator<Uint8Array> = {
      next: async () => {
        const piece = await body.next();
        if (piece.done === true) completed();
        return piece;
      },
    };
    this.#messages += 1;
    this.#incomplete += 1;
    this.#updateFlow();
    const over = (): void => {
      completed();
      this.#messages -= 1;
      if (this.#messages === 0) this.#options.idle();
    };
    const { contentType, size } = message;
    const taken = this.#options.take({ contentType, size, contentDisposition: message.head.header('Content-Disposition'), body: read });
    taken.then(() => message.accept(), (error: unknown) => {
      this.#reason = REASONS[ProtocolError.is(error) ? error.code : ''] ?? NOT_TAKEN;
      message.refuse(ProtocolError.is(error) && error.code === 'IM_NOT_ADMITTED' ? 403 : 413);
      // What waits to be read is nobody's any more, and must not keep the connection from being read.
      void body.return?.();
    }).finally(over);
  }

  #reportSuccess(head: MsrpHead, range: { readonly start: number; readonly end: number; readonly total?: number | undefined }): void {
    const { session, random } = this.#options;
    session.writeFrame(encodeReport({
      transactionId: randomIdent(random), toPath: head.fromPath, localUri: session.uri, messageId: head.messageId as string, range,
      status: 200, comment: 'OK',
    }));
  }

  #updateFlow(): void {
    const { session } = this.#options;
    if (this.#full || (this.#held && this.#incomplete === 0)) session.pause();
    else session.resume();
  }
}

/** The comment of a 413 for a message that could not be stored, which MSRP has no status of its own for. */
const NOT_TAKEN = 'The message could not be stored';
const REASONS: Readonly<Record<string, string>> = {
  IM_QUOTA: 'No more is stored for the recipient', IM_STORE_FULL: 'No more is stored', IM_NOT_ADMITTED: 'Not for this recipient',
  IM_TOO_MANY_REQUESTS: 'Too many requests wait',
};

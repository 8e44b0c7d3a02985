/*
 * A chunk sink in front of another: chunks go on as they come, and become whole messages on the side (RFC 4975 §7.3.1), for the
 * conversation history. Where the disk is slower than the user who reads, the user who sends waits for it.
 */
import { ProtocolError } from '@simple-im/grammar';
import { defaultSessionLimits, MessageReceiver, type Continuation, type IncomingMessage, type MsrpHead } from '@simple-im/msrp';
import { serverError } from '../errors.js';
import type { MessageRecorder } from '../session-ports.js';
import type { ChunkOrigin, ChunkSink } from './chunk-sink.js';

export interface RecordingSinkOptions {
  /** Whether anything may be recorded at this moment; asked when a message begins. */
  isWanted(): boolean;
  /** Undefined: this message is not recorded. Never rejects. */
  begin(contentType: string): Promise<MessageRecorder | undefined>;
}

export class RecordingSink implements ChunkSink {
  readonly #to: ChunkSink;
  readonly #options: RecordingSinkOptions;
  readonly #receiver: MessageReceiver;
  /** Messages that are being recorded, by Message-ID. */
  readonly #recorded = new Set<string>();
  /** The chunk that is arriving is one of them; its octets so far. */
  #recording = false;
  #octets = 0;
  #origin: ChunkOrigin | undefined;
  /** The disk has no room for more at the moment, and who was told to wait for that. */
  #full = false;
  #waiting = false;

  constructor(to: ChunkSink, options: RecordingSinkOptions) {
    this.#to = to;
    this.#options = options;
    this.#receiver = new MessageReceiver({
      acceptTypes: ['*'],
      limits: { ...defaultSessionLimits, maxSize: Number.MAX_SAFE_INTEGER },
      acknowledge: 'arrived',
      reportOn: 'message',
      message: (message) => void this.#record(message),
      // Whoever the chunks go on to answers them.
      respond: () => {},
      reportSuccess: () => {},
      flow: (open) => this.#flow(open),
    });
  }

  get answers(): boolean {
    return this.#to.answers === true;
  }

  begin(head: MsrpHead, origin: ChunkOrigin): void {
    const { messageId = '', byteRange } = head;
    const isFirst = (byteRange?.start ?? 1) === 1;
    const isRecorded = this.#recorded.has(messageId) || (isFirst && this.#options.isWanted());
    this.#recording = false;
    this.#origin = origin;
    this.#to.begin(head, isRecorded ? this.#behind(origin) : origin);
    this.#recording = isRecorded;
    if (!isRecorded) return;
    this.#octets = 0;
    this.#step(() => this.#receiver.head(head));
  }

  body(bytes: Uint8Array): boolean {
    const isOpen = this.#to.body(bytes);
    const offset = this.#octets;
    this.#octets += bytes.length;
    this.#step(() => this.#receiver.body(bytes, offset));
    if (this.#full) this.#waiting = true;
    return isOpen && !this.#full;
  }

  end(flag: Continuation): void {
    this.#to.end(flag);
    this.#step(() => this.#receiver.end(flag));
    this.#recording = false;
  }

  lost(): void {
    this.#to.lost();
    this.#step(() => this.#receiver.lost());
    this.#recording = false;
  }

  report(head: MsrpHead, origin: ChunkOrigin): boolean {
    return this.#to.report(head, origin);
  }

  /** Messages that are incomplete stay so. */
  close(): void {
    this.#receiver.close(serverError('IM_SESSION_GONE'));
  }

  /** What cannot be put together is not recorded, and goes on all the same. */
  #step(step: () => void): void {
    if (!this.#recording) return;
    try {
      step();
    } catch (error) {
      if (!ProtocolError.is(error)) throw error;
      this.#recording = false;
    }
  }

  async #record(message: IncomingMessage): Promise<void> {
    this.#recorded.add(message.messageId);
    const recorder = await this.#options.begin(message.contentType);
    try {
      for await (const piece of message) await recorder?.write(piece);
      await recorder?.commit();
    } catch {
      // The message was given up, or its sender is gone.
      await recorder?.abort();
    } finally {
      this.#recorded.delete(message.messageId);
    }
  }

  /** Who goes on only when the disk has room too. */
  #behind(origin: ChunkOrigin): ChunkOrigin {
    return {
      resume: () => {
        if (this.#full) this.#waiting = true;
        else origin.resume();
      },
      reportFailure: (...failure) => origin.reportFailure(...failure),
      taken: (head) => origin.taken?.(head),
    };
  }

  #flow(open: boolean): void {
    this.#full = !open;
    if (!open || !this.#waiting) return;
    this.#waiting = false;
    this.#origin?.resume();
  }
}

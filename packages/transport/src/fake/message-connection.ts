import { closeError } from '../close-code.js';
import { formatAddress } from '../address.js';
import { transportError } from '../errors.js';
import type { Address, ByteConnection, MessageConnection, MessageHandlers } from '../ports.js';
import { OctetQueue } from './octet-queue.js';

// A frame here: its kind, its length in four octets, its content.
const HEAD = 5;
const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;

export interface FakeMessageOptions {
  readonly protocol: string;
  readonly maxMessage: number;
  /** Called once, before the handlers are. */
  readonly closed?: () => void;
}

/** Messages over a connection of the fake network. */
export class FakeMessageConnection implements MessageConnection {
  readonly protocol: string;
  readonly #below: ByteConnection;
  readonly #maxMessage: number;
  readonly #closed: (() => void) | undefined;
  readonly #arrived = new OctetQueue();
  readonly #waiting: Uint8Array[] = [];
  #handlers: MessageHandlers | undefined;
  #head: DataView | undefined;
  #held = false;
  #ending = false;
  #destroyed = false;
  #gone = false;
  #told = false;
  #closeCode = 1006;
  #error: Error | undefined;

  /** `below` is paused. */
  constructor(below: ByteConnection, options: FakeMessageOptions) {
    this.#below = below;
    this.protocol = options.protocol;
    this.#maxMessage = options.maxMessage;
    this.#closed = options.closed;
    below.pause();
    below.attach({
      data: (bytes) => {
        this.#arrived.push(bytes);
        while (this.#takeFrame());
      },
      drain: () => this.#handlers?.drain?.(),
      closed: (error) => this.#close(error),
    });
  }

  get local(): Address {
    return this.#below.local;
  }

  get remote(): Address {
    return this.#below.remote;
  }

  get secure(): boolean {
    return this.#below.secure;
  }

  get pending(): number {
    return this.#below.pending;
  }

  attach(handlers: MessageHandlers): void {
    this.#handlers = handlers;
    queueMicrotask(() => this.#flow());
  }

  write(bytes: Uint8Array, options: { readonly text?: boolean } = {}): boolean {
    if (this.#ending || this.#destroyed || this.#gone) return false;
    return this.#writeFrame(options.text === true ? TEXT : BINARY, bytes);
  }

  pause(): void {
    this.#held = true;
    this.#below.pause();
  }

  resume(): void {
    this.#held = false;
    queueMicrotask(() => this.#flow());
  }

  end(): void {
    if (this.#ending || this.#destroyed || this.#gone) return;
    this.#endWith(1000);
  }

  destroy(): void {
    this.#destroyed = true;
    this.#waiting.length = 0;
    this.#below.destroy();
  }

  #writeFrame(kind: number, content: Uint8Array): boolean {
    const head = new DataView(new ArrayBuffer(HEAD));
    head.setUint8(0, kind);
    head.setUint32(1, content.length);
    this.#below.cork();
    this.#below.write(new Uint8Array(head.buffer));
    const more = this.#below.write(content);
    this.#below.uncork();
    return more;
  }

  #endWith(code: number): void {
    this.#ending = true;
    this.#writeFrame(CLOSE, Uint8Array.of(code >> 8, code & 0xff));
    this.#below.end();
  }

  /** False when there is none complete. */
  #takeFrame(): boolean {
    if (this.#error !== undefined) return false;
    if (this.#head === undefined) {
      if (this.#arrived.length < HEAD) return false;
      this.#head = new DataView(this.#arrived.take(HEAD).buffer);
    }
    const [kind, length] = [this.#head.getUint8(0), this.#head.getUint32(1)];
    if (length > this.#maxMessage) {
      this.#error = transportError('TRANSPORT_MESSAGE_TOO_LARGE', { detail: `${formatAddress(this.remote)}, ${length} octets` });
      this.#endWith(1009);
      return false;
    }
    if (this.#arrived.length < length) return false;
    this.#head = undefined;
    const content = this.#arrived.take(length);
    if (kind === CLOSE) this.#closeCode = new DataView(content.buffer).getUint16(0);
    else if (this.#held || this.#waiting.length > 0) this.#waiting.push(content);
    else if (!this.#destroyed) this.#handlers?.message(content);
    return true;
  }

  #flow(): void {
    while (!this.#held && !this.#destroyed && this.#waiting.length > 0) this.#handlers?.message(this.#waiting.shift() as Uint8Array);
    if (this.#handlers === undefined) return;
    if (this.#gone) this.#tellClosed();
    else if (!this.#held) this.#below.resume();
  }

  #close(error: Error | undefined): void {
    this.#gone = true;
    this.#closed?.();
    if (error !== undefined) this.#error ??= error;
    else if (!this.#ending && !this.#destroyed) this.#error ??= closeError(this.#closeCode, formatAddress(this.remote));
    this.#tellClosed();
  }

  #tellClosed(): void {
    if (this.#told || this.#handlers === undefined) return;
    this.#told = true;
    if (this.#error === undefined) this.#handlers.closed();
    else this.#handlers.closed(this.#error);
  }
}

import { closeError } from '../close-code.js';
import { HIGH_WATER_MARK, LINGER } from '../defaults.js';
import { transportError } from '../errors.js';
import type { MessageConnection, MessageHandlers } from '../ports.js';

// A browser has no event for it.
const DRAIN_POLL = 20;

// Those of the standard are forbidden to scripts; 4000 to 4999 are for whoever agrees on them (RFC 6455 §7.4.2).
const TOO_LARGE = 4009;

/** An open WebSocket of a browser. */
export class WebMessageConnection implements MessageConnection {
  readonly local = undefined;
  readonly remote = undefined;
  readonly secure: boolean;
  readonly protocol: string;
  readonly #socket: WebSocket;
  readonly #where: string;
  readonly #maxMessage: number;
  readonly #utf8 = new TextEncoder();
  #handlers: MessageHandlers | undefined;
  #early: Uint8Array[] = [];
  #flowing = false;
  #ending = false;
  #gone = false;
  #destroyed = false;
  #told = false;
  #error: Error | undefined;
  #poll: ReturnType<typeof setTimeout> | undefined;
  #linger: ReturnType<typeof setTimeout> | undefined;

  constructor(socket: WebSocket, options: { readonly secure: boolean; readonly where: string; readonly maxMessage: number }) {
    this.#socket = socket;
    this.secure = options.secure;
    this.protocol = socket.protocol;
    this.#where = options.where;
    this.#maxMessage = options.maxMessage;
    socket.onmessage = ({ data }) => this.#message(data as ArrayBuffer | string);
    socket.onclose = ({ code }) => {
      // 1006 after our own end: the peer hung up first.
      this.#close(this.#ending && code === 1006 ? undefined : closeError(code, this.#where));
    };
  }

  get pending(): number {
    return this.#gone ? 0 : this.#socket.bufferedAmount;
  }

  attach(handlers: MessageHandlers): void {
    this.#handlers = handlers;
    queueMicrotask(() => this.#flow());
  }

  write(bytes: Uint8Array, options: { readonly text?: boolean } = {}): boolean {
    if (this.#ending || this.#gone || this.#socket.readyState !== this.#socket.OPEN) return false;
    const text = options.text === true ? utf8Text(bytes) : undefined;
    this.#socket.send(text ?? (bytes as Uint8Array<ArrayBuffer>));
    if (this.pending < HIGH_WATER_MARK) return true;
    this.#poll ??= setTimeout(() => this.#pollDrain(), DRAIN_POLL);
    return false;
  }

  pause(): void {}

  resume(): void {}

  end(): void {
    if (this.#ending || this.#gone) return;
    this.#ending = true;
    this.#socket.close(1000);
    this.#waitForProgress(this.pending);
  }

  /** A script cannot break a connection: the browser closes it behind our back. */
  destroy(): void {
    if (this.#gone) return;
    this.#destroyed = true;
    this.#early = [];
    this.#socket.close();
    this.#close(undefined);
  }

  #flow(): void {
    const early = this.#early;
    this.#early = [];
    this.#flowing = true;
    for (const bytes of early) if (!this.#destroyed) this.#handlers?.message(bytes);
    if (this.#gone) this.#tellClosed();
  }

  #message(data: ArrayBuffer | string): void {
    if (this.#gone) return;
    const bytes = typeof data === 'string' ? this.#utf8.encode(data) : new Uint8Array(data);
    if (bytes.length > this.#maxMessage) {
      this.#socket.close(TOO_LARGE);
      this.#close(transportError('TRANSPORT_MESSAGE_TOO_LARGE', { detail: `${this.#where}, ${bytes.length} octets` }));
    } else if (this.#flowing) this.#handlers?.message(bytes);
    else this.#early.push(bytes);
  }

  #pollDrain(): void {
    this.#poll = undefined;
    if (this.#gone || this.#ending) return;
    if (this.pending === 0) this.#handlers?.drain?.();
    else this.#poll = setTimeout(() => this.#pollDrain(), DRAIN_POLL);
  }

  #waitForProgress(pending: number): void {
    this.#linger = setTimeout(() => {
      if (this.pending === 0) this.#close(undefined);
      else if (this.pending < pending) this.#waitForProgress(this.pending);
      else this.#close(transportError('TRANSPORT_TIMEOUT', { detail: `${this.#where} does not take what is pending` }));
    }, LINGER);
  }

  #close(error: Error | undefined): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#error = error;
    this.#socket.onmessage = null;
    this.#socket.onclose = null;
    clearTimeout(this.#poll);
    clearTimeout(this.#linger);
    if (this.#handlers !== undefined) queueMicrotask(() => this.#flow());
  }

  #tellClosed(): void {
    if (this.#told || this.#handlers === undefined) return;
    this.#told = true;
    if (this.#error === undefined) this.#handlers.closed();
    else this.#handlers.closed(this.#error);
  }
}

/** Undefined when it is not UTF-8: a text message could not hold it (RFC 6455 §8.1). */
function utf8Text(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

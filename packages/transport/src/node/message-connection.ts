import { isUtf8 } from 'node:buffer';
import { setTimeout, clearTimeout } from 'node:timers';
import type { WebSocket } from 'ws';
import { closeError } from '../close-code.js';
import { HIGH_WATER_MARK } from '../defaults.js';
import { transportError, type transportErrors } from '../errors.js';
import type { Address, MessageConnection, MessageHandlers } from '../ports.js';
import { systemError } from './system-error.js';

export interface MessageConnectionOptions {
  readonly local: Address | undefined;
  readonly remote: Address | undefined;
  readonly secure: boolean;
  /** For messages: the address or the URL. */
  readonly where: string;
  /** Milliseconds an ended connection waits while it sends what is pending, without progress, and then for the peer's close. */
  readonly linger: number;
  /** Milliseconds between pings; a peer that has answered none when the next is due is given up. */
  readonly keepAlive: number | undefined;
}

/** An open socket of `ws`, taken over within its `open` event. */
export class NodeMessageConnection implements MessageConnection {
  readonly local: Address | undefined;
  readonly remote: Address | undefined;
  readonly secure: boolean;
  readonly protocol: string;
  readonly #socket: WebSocket;
  readonly #where: string;
  readonly #linger: number;
  #handlers: MessageHandlers | undefined;
  /** `ws` goes on with the octets it has already read when it is paused: what they held waits here. */
  readonly #waiting: Uint8Array[] = [];
  #held = false;
  #needsDrain = false;
  #ending = false;
  #destroyed = false;
  #closed = false;
  #told = false;
  #error: Error | undefined;
  #timer: NodeJS.Timeout | undefined;
  #keepAlive: NodeJS.Timeout | undefined;

  constructor(socket: WebSocket, options: MessageConnectionOptions) {
    this.#socket = socket;
    this.local = options.local;
    this.remote = options.remote;
    this.secure = options.secure;
    this.protocol = socket.protocol;
    this.#where = options.where;
    this.#linger = options.linger;
    socket.pause();
    socket.on('message', (data) => this.#message(data as Buffer));
    socket.on('error', (error) => { this.#error ??= frameError(error, options.where); });
    socket.on('close', (code) => this.#close(code));
    if (options.keepAlive !== undefined) this.#startKeepAlive(options.keepAlive);
  }

  get pending(): number {
    return this.#closed ? 0 : this.#socket.bufferedAmount;
  }

  attach(handlers: MessageHandlers): void {
    this.#handlers = handlers;
    queueMicrotask(() => this.#flow());
  }

  write(bytes: Uint8Array, options: { readonly text?: boolean } = {}): boolean {
    if (this.#ending || this.#destroyed || this.#socket.readyState !== this.#socket.OPEN) return false;
    // Text that is not UTF-8 would end the connection (RFC 6455 §8.1).
    const text = options.text === true && isUtf8(bytes);
    this.#socket.send(bytes, { binary: !text }, () => this.#written());
    if (this.pending < HIGH_WATER_MARK) return true;
    this.#needsDrain = true;
    return false;
  }

  pause(): void {
    this.#held = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#held = false;
    queueMicrotask(() => this.#flow());
  }

  end(): void {
    if (this.#ending || this.#destroyed) return;
    this.#ending = true;
    this.#socket.close(1000);
    // With nobody to hold them for, messages are dropped, so that the peer's close is read at once.
    if (this.#handlers === undefined) this.#socket.resume();
    this.#waitForProgress(this.pending);
  }

  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    this.#waiting.length = 0;
    this.#error = undefined;
    this.#socket.terminate();
  }

  /** Tells what waits, then lets more come. */
  #flow(): void {
    if (this.#handlers === undefined) return;
    while (!this.#held && !this.#destroyed && this.#waiting.length > 0) this.#handlers.message(this.#waiting.shift() as Uint8Array);
    if (this.#held && !this.#isOver()) return;
    if (this.#closed) this.#tellClosed();
    else this.#socket.resume();
  }

  /** What the peer has sent before it closed in order waits for `resume`; nothing else makes `closed` wait. */
  #isOver(): boolean {
    return this.#closed && (this.#destroyed || this.#ending || this.#error !== undefined);
  }

  #message(data: Buffer): void {
    if (this.#destroyed || (this.#ending && this.#handlers === undefined)) return;
    if (this.#handlers === undefined || this.#held || this.#waiting.length > 0) this.#waiting.push(data);
    else this.#handlers.message(data);
  }

  #written(): void {
    if (!this.#needsDrain || this.#ending || this.#destroyed || this.#closed || this.pending > 0) return;
    this.#needsDrain = false;
    this.#handlers?.drain?.();
  }

  /** A peer that takes nothing for the time of `linger` is not waited for; `ws` itself bounds the wait for its close. */
  #waitForProgress(pending: number): void {
    this.#timer = setTimeout(() => {
      if (this.pending === 0) return this.#socket.terminate();
      if (this.pending < pending) return this.#waitForProgress(this.pending);
      this.#fail('TRANSPORT_TIMEOUT', 'does not take what is pending');
    }, this.#linger).unref();
  }

  #startKeepAlive(interval: number): void {
    let answered = true;
    this.#socket.on('pong', () => { answered = true; });
    this.#keepAlive = setInterval(() => {
      // An answer cannot be heard while nothing is read.
      if (!answered && !this.#socket.isPaused) return this.#fail('TRANSPORT_TIMEOUT', 'answers no ping');
      answered = false;
      if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
    }, interval).unref();
  }

  #fail(code: keyof typeof transportErrors, detail: string): void {
    this.#error ??= transportError(code, { detail: `${this.#where} ${detail}` });
    this.#socket.terminate();
  }

  #close(code: number): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearInterval(this.#keepAlive);
    // 1006 after our own end: the peer took all and did not answer in time, or hung up first.
    if (!this.#destroyed && !(this.#ending && code === 1006)) this.#error ??= closeError(code, this.#where);
    this.#flow();
  }

  #tellClosed(): void {
    if (this.#told) return;
    this.#told = true;
    if (this.#error === undefined) this.#handlers?.closed();
    else this.#handlers?.closed(this.#error);
  }
}

/** What `ws` or the system reports on an open connection. */
function frameError(error: Error, where: string): Error {
  const { code } = error as { readonly code?: unknown };
  if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') return transportError('TRANSPORT_MESSAGE_TOO_LARGE', { detail: where, cause: error });
  if (typeof code !== 'string' || !code.startsWith('WS_ERR_')) return systemError(error, where);
  return transportError('TRANSPORT_WEBSOCKET_FRAME', { detail: `${where} (${code})`, cause: error });
}

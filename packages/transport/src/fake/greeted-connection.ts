import type { Address, ByteConnection, ConnectionHandlers, PeerCertificate } from '../ports.js';

/** A connection after a fake handshake: the one below, and the octets that came right behind the handshake. */
export class GreetedConnection implements ByteConnection {
  readonly secure: boolean;
  peerCertificate: PeerCertificate | undefined;
  readonly #below: ByteConnection;
  #early: Uint8Array;
  #handlers: ConnectionHandlers | undefined;
  #held = false;
  #gone = false;
  #destroyed = false;
  #error: Error | undefined;

  /** `below` is paused. */
  constructor(below: ByteConnection, early: Uint8Array, secure: boolean) {
    this.#below = below;
    this.#early = early;
    this.secure = secure;
    below.attach({
      data: (bytes) => this.#handlers?.data(bytes),
      drain: () => this.#handlers?.drain?.(),
      closed: (error) => {
        this.#gone = true;
        this.#error = error;
        this.#tellClosed();
      },
    });
  }

  get local(): Address {
    return this.#below.local;
  }

  get remote(): Address {
    return this.#below.remote;
  }

  get pending(): number {
    return this.#below.pending;
  }

  attach(handlers: ConnectionHandlers): void {
    const first = this.#handlers === undefined;
    this.#handlers = handlers;
    if (first) queueMicrotask(() => (this.#gone ? this.#tellClosed() : this.#flow()));
  }

  write(bytes: Uint8Array): boolean {
    return this.#below.write(bytes);
  }

  cork(): void {
    this.#below.cork();
  }

  uncork(): void {
    this.#below.uncork();
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
    this.#below.end();
  }

  destroy(): void {
    this.#destroyed = true;
    this.#below.destroy();
  }

  #flow(): void {
    if (this.#handlers === undefined || this.#held || this.#destroyed) return;
    const early = this.#early;
    this.#early = new Uint8Array(0);
    if (early.length > 0) this.#handlers.data(early);
    if (!this.#held) this.#below.resume();
  }

  #tellClosed(): void {
    const handlers = this.#handlers;
    if (handlers === undefined || !this.#gone) return;
    this.#gone = false;
    if (this.#error === undefined) handlers.closed();
    else handlers.closed(this.#error);
  }
}

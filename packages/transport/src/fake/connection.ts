import { formatAddress } from '../address.js';
import { LINGER } from '../defaults.js';
import { transportError } from '../errors.js';
import type { Address, ByteConnection, ConnectionHandlers, Timer } from '../ports.js';
import { OctetQueue } from './octet-queue.js';
import type { FakeNetworkOptions } from './options.js';
import type { Wire } from './wire.js';

const WINDOW = 65_536;
const HIGH_WATER_MARK = 16_384;

/** Two ends of one connection; `gone` is called once for each. */
export function connectionPair(
  wire: Wire,
  options: FakeNetworkOptions,
  local: Address,
  remote: Address,
  gone: (end: FakeConnection) => void,
): readonly [FakeConnection, FakeConnection] {
  const one = new FakeConnection(wire, options, local, remote, gone);
  const other = new FakeConnection(wire, options, remote, local, gone);
  one.peer = other;
  other.peer = one;
  return [one, other];
}

/**
 * One end. Octets wait at the writer (`pending`), move to the reader's system while its window has room, and are told
 * in pieces. An end closes when its own end of stream has left and that of the peer has been read, as TCP does.
 */
export class FakeConnection implements ByteConnection {
  peer!: FakeConnection;
  readonly local: Address;
  readonly remote: Address;
  readonly secure = false;
  readonly #wire: Wire;
  readonly #pieceSize: number;
  readonly #highWaterMark: number;
  readonly #window: number;
  readonly #onGone: (end: FakeConnection) => void;
  readonly #leaving = new OctetQueue();
  readonly #arrived = new OctetQueue();
  #handlers: ConnectionHandlers | undefined;
  #corks = 0;
  #held = false;
  #needsDrain = false;
  #ending = false;
  #endSent = false;
  #endArrived = false;
  #endRead = false;
  #gone = false;
  #told = false;
  #error: Error | undefined;
  #linger: Timer | undefined;

  constructor(wire: Wire, options: FakeNetworkOptions, local: Address, remote: Address, onGone: (end: FakeConnection) => void) {
    this.#wire = wire;
    this.#pieceSize = options.pieceSize ?? WINDOW;
    this.#highWaterMark = options.highWaterMark ?? HIGH_WATER_MARK;
    this.#window = options.window ?? WINDOW;
    this.local = local;
    this.remote = remote;
    this.#onGone = onGone;
  }

  get pending(): number {
    return this.#leaving.length;
  }

  attach(handlers: ConnectionHandlers): void {
    this.#handlers = handlers;
    if (this.#gone) this.#wire.post(() => this.#tellClosed());
    else this.#wire.post(() => this.#deliver());
  }

  write(bytes: Uint8Array): boolean {
    if (this.#ending || this.#gone) return false;
    this.#leaving.push(bytes);
    if (this.#corks === 0) this.#wire.post(() => this.#transfer());
    if (this.pending < this.#highWaterMark) return true;
    this.#needsDrain = true;
    return false;
  }

  cork(): void {
    this.#corks++;
  }

  uncork(): void {
    if (this.#corks === 0) return;
    this.#corks--;
    if (this.#corks === 0) this.#wire.post(() => this.#transfer());
  }

  pause(): void {
    this.#held = true;
  }

  resume(): void {
    this.#held = false;
    this.#wire.post(() => this.#deliver());
  }

  end(): void {
    if (this.#ending || this.#gone) return;
    this.#ending = true;
    this.#corks = 0;
    this.#waitForProgress();
    this.#wire.post(() => this.#transfer());
  }

  destroy(): void {
    if (!this.#gone) this.#close(undefined);
  }

  /** The connection breaks at this end: what is under way is lost. */
  fail(error: Error): void {
    if (this.#gone) return;
    this.#leaving.clear();
    this.#arrived.clear();
    this.#close(error);
  }

  /** Moves what is pending to the reader's system, then the end of the stream. */
  #transfer(): void {
    if (this.#gone || this.#corks > 0) return;
    if (this.#wire.isCutOff(this.local.host, this.remote.host)) {
      this.#wire.whenRestored(() => this.#transfer());
      return;
    }
    if (this.pending > 0) {
      if (this.peer.#gone) return this.#reset();
      const moved = this.#leaving.take(this.#window - this.peer.#arrived.length);
      if (moved.length > 0 && this.#ending) this.#waitForProgress();
      this.peer.#arrived.push(moved);
      this.#wire.post(() => this.peer.#deliver());
    }
    if (this.pending > 0) return;
    if (this.#ending) this.#sendEnd();
    else if (this.#needsDrain) {
      this.#needsDrain = false;
      this.#handlers?.drain?.();
    }
  }

  #sendEnd(): void {
    if (this.#endSent) return;
    this.#endSent = true;
    this.peer.#arriveEnd();
    this.#linger?.cancel();
    this.#linger = this.#wire.clock?.setTimer(LINGER, () => this.destroy());
    this.#closeWhenBothEnded();
  }

  #arriveEnd(): void {
    this.#endArrived = true;
    this.#wire.post(() => this.#deliver());
  }

  /** Tells one piece, or the end of the stream when all has been told. */
  #deliver(): void {
    if (this.#gone || this.#held || this.#handlers === undefined) return;
    if (this.#arrived.length > 0) this.#deliverPiece(this.#handlers);
    else if (this.#endArrived && !this.#endRead) {
      this.#endRead = true;
      this.end();
      this.#closeWhenBothEnded();
    }
  }

  #deliverPiece(handlers: ConnectionHandlers): void {
    const piece = this.#arrived.take(this.#pieceSize);
    this.#wire.post(() => this.peer.#transfer());
    this.#wire.post(() => this.#deliver());
    handlers.data(piece);
  }

  #waitForProgress(): void {
    this.#linger?.cancel();
    this.#linger = this.#wire.clock?.setTimer(LINGER, () => {
      this.fail(transportError('TRANSPORT_TIMEOUT', { detail: `${formatAddress(this.remote)} does not take what is pending` }));
    });
  }

  #closeWhenBothEnded(): void {
    if (this.#endSent && this.#endRead && !this.#gone) this.#close(undefined);
  }

  #close(error: Error | undefined): void {
    const reset = error !== undefined || this.#arrived.length > 0;
    this.#gone = true;
    this.#error = error;
    this.#leaving.clear();
    this.#linger?.cancel();
    this.#onGone(this);
    this.#wire.post(() => this.#tellClosed());
    this.#tellPeer(reset);
  }

  #reset(): void {
    this.fail(transportError('TRANSPORT_CLOSED', { detail: `${formatAddress(this.remote)} has reset it` }));
  }

  /** A closing system sends the end of the stream, or a reset when its reader has left octets unread (RFC 9293 §3.6.1). */
  #tellPeer(reset: boolean): void {
    if (this.#wire.isCutOff(this.local.host, this.remote.host)) this.#wire.whenRestored(() => this.#tellPeer(reset));
    else if (reset) this.#wire.post(() => this.peer.#reset());
    else this.#wire.post(() => this.peer.#arriveEnd());
  }

  #tellClosed(): void {
    if (this.#told || this.#handlers === undefined) return;
    this.#told = true;
    if (this.#error === undefined) this.#handlers.closed();
    else this.#handlers.closed(this.#error);
  }
}

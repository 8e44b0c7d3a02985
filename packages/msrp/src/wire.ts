import { concatBytes } from '@simple-im/grammar';
import type { Address, ByteConnection, ConnectionHandlers, MessageConnection } from '@simple-im/transport';

/** Where a browser does not tell: nowhere. */
const UNKNOWN: Address = { host: '0.0.0.0', port: 0 };

/** What MSRP runs on: a stream of octets, or a WebSocket, whose messages each hold one chunk (RFC 7977 §5.1). */
export interface Wire {
  readonly local: Address;
  readonly remote: Address;
  readonly secure: boolean;
  /** Frames arrive and leave whole: a chunk may not wait for more of its body. */
  readonly wholeFrames: boolean;
  attach(handlers: ConnectionHandlers): void;
  /** `frameEnds`: the octets are the last ones of a frame. */
  write(bytes: Uint8Array, frameEnds: boolean): boolean;
  cork(): void;
  uncork(): void;
  pause(): void;
  resume(): void;
  end(): void;
  destroy(): void;
}

export function wireOf(connection: ByteConnection | MessageConnection): Wire {
  return 'protocol' in connection ? new MessageWire(connection) : new ByteWire(connection);
}

class ByteWire implements Wire {
  readonly wholeFrames = false;
  readonly #connection: ByteConnection;

  constructor(connection: ByteConnection) {
    this.#connection = connection;
  }

  // Asked each time: the addresses of a connection that is still being opened are not known yet.
  get local(): Address {
    return this.#connection.local;
  }

  get remote(): Address {
    return this.#connection.remote;
  }

  get secure(): boolean {
    return this.#connection.secure;
  }

  attach(handlers: ConnectionHandlers): void {
    this.#connection.attach(handlers);
  }

  write(bytes: Uint8Array): boolean {
    return this.#connection.write(bytes);
  }

  cork(): void {
    this.#connection.cork();
  }

  uncork(): void {
    this.#connection.uncork();
  }

  pause(): void {
    this.#connection.pause();
  }

  resume(): void {
    this.#connection.resume();
  }

  end(): void {
    this.#connection.end();
  }

  destroy(): void {
    this.#connection.destroy();
  }
}

class MessageWire implements Wire {
  readonly wholeFrames = true;
  readonly #connection: MessageConnection;
  /** Of the frame that has not ended yet; the other side of `wholeFrames` keeps it short. */
  #pieces: Uint8Array[] = [];

  constructor(connection: MessageConnection) {
    this.#connection = connection;
  }

  get local(): Address {
    return this.#connection.local ?? UNKNOWN;
  }

  get remote(): Address {
    return this.#connection.remote ?? UNKNOWN;
  }

  get secure(): boolean {
    return this.#connection.secure;
  }

  attach({ data, drain, closed }: ConnectionHandlers): void {
    this.#connection.attach({ message: data, closed, ...(drain === undefined ? {} : { drain }) });
  }

  write(bytes: Uint8Array, frameEnds: boolean): boolean {
    this.#pieces.push(bytes);
    if (!frameEnds) return true;
    const [first] = this.#pieces;
    const frame = this.#pieces.length === 1 && first !== undefined ? first : concatBytes(this.#pieces);
    this.#pieces = [];
    return this.#connection.write(frame);
  }

  cork(): void {
    // A message leaves by itself; there is nothing to hold back.
  }

  uncork(): void {
    // As above.
  }

  pause(): void {
    this.#connection.pause();
  }

  resume(): void {
    this.#connection.resume();
  }

  end(): void {
    this.#connection.end();
  }

  destroy(): void {
    this.#connection.destroy();
  }
}

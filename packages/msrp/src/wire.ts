import { concatBytes } from '@simple-im/grammar';
import type { Address, ByteConnection, ConnectionHandlers, MessageConnection } from '@simple-im/transport';

/** Where a browser does not tell: nowhere. */
const UNKNOWN: Address = { host: '0.0.0.0', port: 0 };

/** What MSRP runs on: a stream of octets, or a WebSocket, whose messages each hold one chunk (RFC 7977 §5.1). */
export interface Wire extends Omit<ByteConnection, 'write' | 'pending' | 'peerCertificate'> {
  /** `frameEnds`: the octets are the last ones of a frame; it matters only where messages have bounds. */
  write(bytes: Uint8Array, frameEnds: boolean): boolean;
}

export function wireOf(connection: ByteConnection | MessageConnection): Wire {
  return isMessageConnection(connection) ? new MessageWire(connection) : connection;
}

/** Frames arrive and leave whole there: a chunk may not wait for more of its body. */
export function isMessageConnection(connection: ByteConnection | MessageConnection): connection is MessageConnection {
  return 'protocol' in connection;
}

class MessageWire implements Wire {
  readonly #connection: MessageConnection;
  /** Of the frame that has not ended yet; who writes keeps it short. */
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

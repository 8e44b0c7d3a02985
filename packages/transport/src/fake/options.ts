import type { Address, Clock, Resolver } from '../ports.js';

/** A datagram on its way. */
export interface Datagram {
  /** Counts all datagrams of the network, from 0. */
  readonly index: number;
  readonly bytes: Uint8Array;
  readonly from: Address;
  readonly to: Address;
}

/** `late`: behind the next datagram of the network that is delivered, or at `releaseLate`. */
export type DatagramFate = 'deliver' | 'drop' | 'duplicate' | 'late';

export interface FakeNetworkOptions {
  /** For the times a connection attempt and an ended connection may take; without a clock they never run out. */
  readonly clock?: Clock;
  /** Names; by default a FakeResolver that knows `localhost` only. */
  readonly resolver?: Resolver;
  /** What happens to a datagram; by default all are delivered. */
  readonly fate?: (datagram: Datagram) => DatagramFate;
  /** Octets in one `data` call at most; by default whatever has arrived, up to 65,536. */
  readonly pieceSize?: number;
  /** `write` returns false from so many pending octets on; by default 16,384. */
  readonly highWaterMark?: number;
  /** Octets the two systems hold for a reader that does not read; by default 65,536. */
  readonly window?: number;
}

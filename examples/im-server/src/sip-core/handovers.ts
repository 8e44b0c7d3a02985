/*
 * Requests that stand at the IM server: where the core goes on when one comes back (the original dialog identifier of ISC).
 */
import type { Random } from '@simple-im/transport';
import type { SessionCase } from '../reference-points.js';
import type { Exchange } from './exchange.js';

/** What the core remembers of a request while the IM server has it. */
export interface Handover {
  readonly sessionCase: SessionCase;
  readonly servedUser: string;
  readonly exchange: Exchange;
  /** Tells a request that was handed back from one the IM server made in its place. */
  readonly callId: string | undefined;
}

/** At most this many requests stand at the IM server at once; the next is answered 503. */
const MAX_HANDOVERS = 50_000;

export class Handovers {
  /** Emptied when a request leaves: what stands in the tables a Map has outgrown lives until the old objects are collected. */
  readonly #open = new Map<string, { handover: Handover | undefined }>();
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  get isFull(): boolean {
    return this.#open.size >= MAX_HANDOVERS;
  }

  get size(): number {
    return this.#open.size;
  }

  add(handover: Handover): string {
    const identifier = Buffer.from(this.#random.bytes(12)).toString('base64url');
    this.#open.set(identifier, { handover });
    return identifier;
  }

  find(identifier: string): Handover | undefined {
    return this.#open.get(identifier)?.handover;
  }

  /** The request was answered for good. */
  remove(identifier: string): void {
    const slot = this.#open.get(identifier);
    if (slot === undefined) return;
    slot.handover = undefined;
    this.#open.delete(identifier);
  }
}

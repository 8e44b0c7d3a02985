/*
 * Requests that stand at the IM server: where the core goes on when one comes back (the original dialog identifier of ISC).
 */
import { newTag } from '@simple-im/sip';
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
  readonly #open = new Map<string, Handover>();
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
    const identifier = newTag(this.#random) + newTag(this.#random);
    this.#open.set(identifier, handover);
    return identifier;
  }

  find(identifier: string): Handover | undefined {
    return this.#open.get(identifier);
  }

  /** The request was answered for good. */
  remove(identifier: string): void {
    this.#open.delete(identifier);
  }
}

import type { Clock, Random, Timer } from '@simple-im/transport';
import type { SipRequest, SipResponse } from './message.js';
import { hasSession } from './offer-answer.js';
import { readRack } from './rack.js';
import { reliableTable, type ReliableAction, type ReliableInput, type ReliableState } from './reliable-table.js';
import type { Timers } from './timers.js';

export interface ReliableProvisionalsParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly timers: Timers;
  /** Gives a response to the transaction. `first`: it is no repetition. */
  send(response: SipResponse, first: boolean): void;
  /** No PRACK came in 64*T1. */
  gaveUp(): void;
}

/** The reliable provisional responses we give to one INVITE (RFC 3262 §3), in order and one at a time. */
export class ReliableProvisionals {
  readonly #parts: ReliableProvisionalsParts;
  #state: ReliableState = reliableTable.initial.next;
  #rseq: number;
  /** The one that is not acknowledged. */
  #current: SipResponse | undefined;
  readonly #queue: SipResponse[] = [];
  #interval = 0;
  #retransmission: Timer | undefined;
  #expiry: Timer | undefined;
  #settled: (() => void) | undefined;

  constructor(parts: ReliableProvisionalsParts) {
    this.#parts = parts;
    // §3: chosen uniformly from 1 to 2^31-1; far from where it would wrap around.
    this.#rseq = parts.random.bytes(4).reduce((number, octet) => number * 256 + octet, 0) % (2 ** 31 - 1);
  }

  /** A response is not acknowledged, before or after the final one. */
  get outstanding(): boolean {
    return this.#current !== undefined;
  }

  /** §5: one that is not acknowledged, sent or waiting, has a session description, so that no 2xx may be given. */
  get withholds2xx(): boolean {
    return [this.#current, ...this.#queue].some((one) => one !== undefined && hasSession(one));
  }

  /** Gives a response, now or when those before it are acknowledged. */
  give(response: SipResponse): void {
    response.headers.add('Require', '100rel');
    this.#receive('provisional', response);
  }

  /** Whether a PRACK acknowledges the one that waits for it. */
  matches(prack: SipRequest): boolean {
    const rack = readRack(prack.headers);
    const cseq = this.#current?.cseq;
    return rack !== undefined && cseq !== undefined && rack.rseq === this.#rseq && rack.cseq === cseq.number && rack.method === cseq.method;
  }

  /** A PRACK that `matches` came. */
  acknowledged(): void {
    this.#current = undefined;
    this.#receive('PRACK', undefined);
    if (!this.withholds2xx) this.#tell();
  }

  /** Calls back once no response with a session description is unacknowledged any more; not after `finish`. */
  whenAcknowledged(callback: () => void): void {
    this.#settled = callback;
  }

  /** The INVITE has its final response: no more are sent, but a late PRACK still matches. */
  finish(): void {
    this.#settled = undefined;
    this.#receive('final', undefined);
  }

  #tell(): void {
    const settled = this.#settled;
    this.#settled = undefined;
    settled?.();
  }

  #receive(input: ReliableInput, response: SipResponse | undefined): void {
    const row = reliableTable.states[this.#state]?.[input];
    if (row === undefined) return;
    this.#state = row.next;
    for (const action of row.actions) this.#act(action, response);
  }

  #act(action: ReliableAction, response: SipResponse | undefined): void {
    const { clock, timers } = this.#parts;
    if (action === 'send') {
      this.#send(response);
    } else if (action === 'queue' && response !== undefined) {
      this.#queue.push(response);
    } else if (action === 'start timers') {
      this.#interval = timers.T1;
      this.#retransmission = clock.setTimer(this.#interval, () => this.#receive('retransmit', undefined));
      this.#expiry = clock.setTimer(64 * timers.T1, () => this.#receive('expired', undefined));
    } else if (action === 'double interval') {
      // §3: without the cap at T2 that a 2xx has, since PRACKs repeat themselves.
      this.#interval *= 2;
      this.#retransmission = clock.setTimer(this.#interval, () => this.#receive('retransmit', undefined));
    } else if (action === 'stop timers') {
      this.#retransmission?.cancel();
      this.#expiry?.cancel();
    } else if (action === 'send next') {
      const next = this.#queue.shift();
      if (next !== undefined) this.#receive('provisional', next);
    } else if (action === 'forget queue') {
      this.#queue.length = 0;
    } else if (action === 'give up') {
      this.#parts.gaveUp();
    }
  }

  /** A new one with the next number, or without argument the last once more. */
  #send(fresh: SipResponse | undefined): void {
    if (fresh !== undefined) {
      this.#rseq += 1;
      fresh.headers.set('RSeq', String(this.#rseq));
      this.#current = fresh;
    }
    if (this.#current !== undefined) this.#parts.send(this.#current, fresh !== undefined);
  }
}

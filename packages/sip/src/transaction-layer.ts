import { copied } from '@simple-im/grammar';
import type { Random } from '@simple-im/transport';
import { respondTo } from './build.js';
import { ClientTransactions } from './client-transactions.js';
import { encode } from './encoder.js';
import type { SendOptions } from './endpoint-types.js';
import { sipError } from './errors.js';
import { Fifo } from './fifo.js';
import { newBranch, newTag, viaFor } from './flow.js';
import type { Flow } from './flow.js';
import { SipRequest } from './message.js';
import type { SipMessage, SipResponse } from './message.js';
import { stampSource } from './response-routing.js';
import { TimerQueue } from './timer-queue.js';
import { resolveTimers } from './timers.js';
import type { TimerName, Timers } from './timers.js';
import { eventOf } from './transaction-event.js';
import type { TransactionEvent, Transmission } from './transaction-event.js';
import { ackAlias, clientKey, clientKeyOf, isOurs, serverKeyOf } from './transaction-key.js';
import { ackForFailure, busyFor, cancelFor, encoded, tryingFor } from './transaction-messages.js';
import type { TransactionInput } from './transaction-table.js';
import { Transaction } from './transaction.js';
import type { EncodedMessage, TransactionHost, TransactionSide } from './transaction.js';

export interface TransactionLayerOptions {
  readonly random: Random;
  /** Milliseconds; what is left out follows RFC 3261 Table 4. */
  readonly timers?: Partial<Timers>;
  /** Transactions of both sides together that may be under way at once. Default 100,000. */
  readonly maxTransactions?: number;
  /** Those besides that have had their answer and only wait for repeated messages; they keep little more than it. Default 400,000. */
  readonly maxAnswered?: number;
}

/** A request that is ready to go over a flow: with our Via, encoded. */
export interface PreparedRequest extends EncodedMessage<SipRequest> {
  readonly flow: Flow;
  readonly branch: string;
}

/**
 * The transaction layer of RFC 3261 §17 with RFC 6026 and RFC 4320, without sockets or clock: feed messages, requests,
 * responses and time in; take events with `next` and messages for the transport with `transmit`. `now` is in
 * milliseconds and never goes back. Messages fed in have passed `validate`.
 */
export class TransactionLayer {
  /** The values in use. */
  readonly timers: Timers;
  readonly #random: Random;
  readonly #maxTransactions: number;
  readonly #maxAnswered: number;
  #answered = 0;
  readonly #queue = new TimerQueue<Transaction, TimerName>();
  readonly #clients = new ClientTransactions();
  readonly #servers = new Map<string, Transaction>();
  readonly #events = new Fifo<TransactionEvent>();
  readonly #transmissions = new Fifo<Transmission>();
  readonly #host: TransactionHost;

  constructor(options: TransactionLayerOptions) {
    this.#random = options.random;
    this.timers = resolveTimers(options.timers);
    this.#maxTransactions = options.maxTransactions ?? 100_000;
    this.#maxAnswered = options.maxAnswered ?? 400_000;
    this.#host = this.#makeHost();
  }

  /** Transactions that exist now, of both sides. */
  get size(): number {
    return this.#clients.size + this.#servers.size;
  }

  get #isFull(): boolean {
    const answered = this.#answered + this.#clients.answered;
    return answered >= this.#maxAnswered || this.size - answered >= this.#maxTransactions;
  }

  /** A message from the network. Writes `received` and `rport` into the top Via of a request (§18.2.1, RFC 3581). */
  receive(message: SipMessage, flow: Flow, now: number): void {
    if (!(message instanceof SipRequest)) {
      this.#receiveResponse(message, flow, now);
      return;
    }
    const key = serverKeyOf(message);
    const direct = stampSource(message, flow);
    if (message.method === 'ACK') this.#receiveAck(message, key, flow, now);
    else if (message.method === 'CANCEL') this.#receiveCancel(message, key, flow, now);
    else this.#receiveRequest(message, key, flow, now, direct);
  }

  /** Puts our Via before a copy of `request`, or with `handOver` before the request itself, and encodes it for `flow`. */
  prepare(request: SipRequest, flow: Flow, { branchSuffix = '', handOver = false, keep = false }: SendOptions = {}): PreparedRequest {
    const branch = newBranch(this.#random) + branchSuffix;
    const message = handOver ? request : request.clone();
    message.headers.prepend('Via', viaFor(flow, branch, keep));
    return { message, bytes: encode(message), flow, branch };
  }

  /**
   * Starts the client transaction of a prepared request; returns its key.
   * Throws SIP_TOO_MANY_TRANSACTIONS (503) at the limit.
   */
  start(prepared: PreparedRequest, now: number): string {
    if (this.#isFull) throw sipError('SIP_TOO_MANY_TRANSACTIONS');
    const key = clientKey(prepared.branch, prepared.message.method);
    this.#startClient(new Transaction(this.#host, 'client', key, prepared, prepared.flow, now));
    return key;
  }

  /** `prepare` and `start` in one. Throws SIP_TOO_MANY_TRANSACTIONS (503) at the limit. */
  request(request: SipRequest, flow: Flow, now: number): string {
    return this.start(this.prepare(request, flow), now);
  }

  /**
   * A response of the TU. It is dropped when the transaction is gone (RFC 6026 §8.3) or has had its final response, and
   * to a non-INVITE also when it is a 408, a provisional one other than 100, or a 100 over UDP before Timer E can have
   * reached T2 (RFC 4320 §4). The machine sends the 100 that RFC 4320 asks for by itself.
   */
  respond(key: string, response: SipResponse, now: number): void {
    const transaction = this.#servers.get(key);
    if (transaction === undefined || !transaction.mayRespond(response.status, now)) return;
    const input = inputOf(response.status);
    if (!transaction.accepts(input)) return;
    transaction.response = encoded(response);
    if (response.status >= 300 && transaction.method === 'INVITE') this.#addAlias(transaction, response);
    transaction.receive(input, now, response);
  }

  /**
   * Cancels an INVITE client transaction (§9.1): at once if a provisional response has come, else when one comes; not at
   * all after a final response. `reason` becomes a Reason field (RFC 3326).
   */
  cancel(key: string, now: number, reason?: string): void {
    const transaction = this.#clients.get(key);
    if (transaction === undefined || transaction.cancelled || transaction.method !== 'INVITE') return;
    transaction.cancelled = true;
    transaction.cancelReason = reason;
    transaction.receive('CANCEL', now);
  }

  /** Nothing can be sent or received on this flow any more. */
  flowFailed(flow: Flow, now: number): void {
    for (const transaction of this.#clients.on(flow)) transaction.receive('transport error', now);
  }

  /** A transmission could not be sent, on any flow. */
  sendFailed(side: TransactionSide, key: string, now: number): void {
    (side === 'client' ? this.#clients : this.#servers).get(key)?.receive('transport error', now);
  }

  /** The next event for the TU. */
  next(): TransactionEvent | undefined {
    return this.#events.shift();
  }

  /** The next message for the transport. */
  transmit(): Transmission | undefined {
    return this.#transmissions.shift();
  }

  /** When `wake` is to be called next. */
  deadline(): number | undefined {
    return earlier(this.#queue.deadline(), this.#clients.deadline());
  }

  /** Fires the timers that are due at `now`. */
  wake(now: number): void {
    for (let timer = this.#queue.take(now); timer !== undefined; timer = this.#queue.take(now)) {
      timer.owner.elapsed(timer.name, now);
    }
    for (let keys = this.#clients.take(now); keys !== undefined; keys = this.#clients.take(now)) {
      for (const key of keys) this.#events.push({ type: 'terminated', side: 'client', key });
    }
  }

  #receiveResponse(response: SipResponse, flow: Flow, now: number): void {
    const key = clientKeyOf(response);
    const method = response.cseq?.method;
    const transaction = key === undefined ? undefined : this.#clients.get(key);
    if (transaction === undefined || transaction.method !== method || !isOurs(response, transaction.flow)) {
      if (key === undefined || !this.#clients.absorbs(key, method)) this.#events.push({ type: 'stray', response, flow });
      return;
    }
    transaction.receive(inputOf(response.status), now, response);
    if (transaction.onlyAbsorbs) this.#answered -= 1;
    this.#clients.received(transaction, now + this.timers.T4);
  }

  #receiveRequest(request: SipRequest, sharedKey: string, flow: Flow, now: number, direct: boolean): void {
    const other = this.#servers.get(sharedKey);
    // Rule 3 of §17.2.3: another method is another transaction, even if a peer used a branch twice.
    const key = other === undefined || other.method === request.method ? sharedKey : `${sharedKey} ${request.method}`;
    const known = this.#servers.get(key);
    if (known !== undefined) known.receive('request', now);
    else if (this.#isFull) this.#refuse(request, sharedKey, flow);
    else this.#startServer(request, key, flow, now, false, direct);
  }

  #receiveAck(request: SipRequest, key: string, flow: Flow, now: number): void {
    const transaction = this.#servers.get(key);
    if (transaction?.method === 'INVITE') transaction.receive('ACK', now, request);
    else this.#events.push({ type: 'ack', request, flow });
  }

  /** §9.2: a CANCEL that matches is answered here; one that does not goes to the TU as any request. */
  #receiveCancel(request: SipRequest, sharedKey: string, flow: Flow, now: number): void {
    const key = `${sharedKey} CANCEL`;
    const target = this.#servers.get(sharedKey);
    const known = this.#servers.get(key);
    if (known !== undefined) {
      known.receive('request', now);
      return;
    }
    if (target === undefined) {
      if (this.#isFull) this.#refuse(request, sharedKey, flow);
      else this.#startServer(request, key, flow, now);
      return;
    }
    const cancel = this.#startServer(request, key, flow, now, true);
    this.respond(cancel.key, respondTo(request, 200, { toTag: target.response?.message.toTag ?? newTag(this.#random) }), now);
    target.receive('CANCEL', now, request);
  }

  #startServer(request: SipRequest, key: string, flow: Flow, now: number, silent = false, direct = false): Transaction {
    // The request came as octets already; only its text is ever needed again, and its key stays longer than that.
    const transaction = new Transaction(this.#host, 'server', copied(key), { message: request, bytes: NO_BYTES }, flow, now, silent);
    transaction.direct = direct;
    this.#servers.set(transaction.key, transaction);
    transaction.start(now);
    return transaction;
  }

  #startClient(transaction: Transaction): void {
    this.#clients.add(transaction);
    transaction.start(transaction.started);
  }

  #refuse(request: SipRequest, key: string, flow: Flow): void {
    this.#transmissions.push({ flow, ...encoded(busyFor(request, key)) });
  }

  #addAlias(transaction: Transaction, response: SipResponse): void {
    const alias = transaction.request === undefined ? undefined : ackAlias(transaction.request.message, response);
    if (alias === undefined) return;
    transaction.alias = alias;
    this.#servers.set(alias, transaction);
  }

  #makeHost(): TransactionHost {
    return {
      timers: this.timers,
      queue: this.#queue,
      transmit: (transaction, message) => {
        const { flow, side, key } = transaction;
        this.#transmissions.push({ flow, bytes: message.bytes, message: message.message, side, key, direct: transaction.direct });
      },
      ackFor: (invite, response) => encoded(ackForFailure(invite, response)),
      tryingFor: (request) => encoded(tryingFor(request)),
      sendCancel: (transaction, invite, now) => {
        const cancel = cancelFor(invite, transaction.cancelReason);
        const key = clientKey(invite.via?.branch ?? '', 'CANCEL');
        this.#startClient(new Transaction(this.#host, 'client', key, encoded(cancel), transaction.flow, now, true));
      },
      toUser: (transaction, what, message) => {
        if (!transaction.silent) this.#events.push(eventOf(transaction, what, message));
      },
      answered: () => { this.#answered += 1; },
      terminated: (transaction) => this.#forget(transaction),
    };
  }

  #forget(transaction: Transaction): void {
    if (transaction.answered) this.#answered -= 1;
    if (transaction.side === 'client') {
      this.#clients.delete(transaction);
    } else {
      this.#servers.delete(transaction.key);
      if (transaction.alias !== undefined) this.#servers.delete(transaction.alias);
    }
    if (!transaction.silent) this.#events.push({ type: 'terminated', side: transaction.side, key: transaction.key });
  }
}

const NO_BYTES = new Uint8Array(0);

function inputOf(status: number): TransactionInput {
  return status < 200 ? '1xx' : status < 300 ? '2xx' : '300-699';
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || (b !== undefined && b < a) ? b : a;
}

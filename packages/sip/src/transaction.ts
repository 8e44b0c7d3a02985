import type { Flow } from './flow.js';
import type { SipRequest, SipResponse } from './message.js';
import { SentResponse } from './transaction-messages.js';
import { QueuedTimer } from './timer-queue.js';
import type { TimerQueue } from './timer-queue.js';
import { firstInterval, nextInterval, timeUntilT2 } from './timers.js';
import type { TimerName, Timers } from './timers.js';
import {
  inviteClientTable, inviteServerTable, nonInviteClientTable, nonInviteServerTable, transactionTables,
} from './transaction-table.js';
import type { TransactionAction, TransactionInput, TransactionState, TransactionTable } from './transaction-table.js';

export type TransactionSide = 'client' | 'server';

/** A message with its octets, so that a retransmission costs nothing. */
export interface EncodedMessage<M> {
  readonly message: M;
  readonly bytes: Uint8Array;
}

type TransactionTimer = QueuedTimer<Transaction, TimerName>;

/** What a machine needs from the layer it lives in. */
export interface TransactionHost {
  readonly timers: Timers;
  readonly queue: TimerQueue<Transaction, TimerName>;
  transmit(transaction: Transaction, encoded: EncodedMessage<SipRequest | SipResponse>): void;
  /** The ACK to a non-2xx response, §17.1.1.3. */
  ackFor(invite: SipRequest, response: SipResponse): EncodedMessage<SipRequest>;
  /** The 100 the machine sends by itself. */
  tryingFor(request: SipRequest): EncodedMessage<SipResponse>;
  sendCancel(transaction: Transaction, invite: SipRequest, now: number): void;
  toUser(transaction: Transaction, what: TransactionNotice, message: SipRequest | SipResponse | undefined): void;
  /** It keeps nothing any more but what it may have to send again. */
  answered(transaction: Transaction): void;
  terminated(transaction: Transaction): void;
}

export type TransactionNotice = 'request' | 'response' | 'ACK' | 'CANCEL' | 'timeout' | 'transport error';

const tables: Record<TransactionSide, { invite: TransactionTable; other: TransactionTable }> = {
  client: { invite: inviteClientTable, other: nonInviteClientTable },
  server: { invite: inviteServerTable, other: nonInviteServerTable },
};

/** The timers of the actions `start X` and `stop X`: names are cut out of actions once, not for each transaction. */
const startOf = timersOf('start ');
const stopOf = timersOf('stop ');

function timersOf(verb: string): ReadonlyMap<TransactionAction, TimerName> {
  const rows = transactionTables.flatMap(({ initial, states }) => [initial, ...Object.values(states).flatMap((inputs) => Object.values(inputs))]);
  const actions = rows.flatMap((row) => row.actions).filter((action) => action.startsWith(verb));
  return new Map(actions.map((action) => [action, action.slice(verb.length) as TimerName]));
}

/** What a timer that fired is to the machine. */
const firedInput: Readonly<Record<TimerName, TransactionInput>> = {
  A: 'timer A', B: 'timer B', D: 'timer D', E: 'timer E', F: 'timer F', G: 'timer G', H: 'timer H', I: 'timer I', J: 'timer J',
  K: 'timer K', L: 'timer L', M: 'timer M', trying: 'timer trying', expiry: 'timer expiry', cancel: 'timer cancel',
};

/** One transaction: a state, the messages it may have to send again, and its running timers. */
export class Transaction {
  readonly side: TransactionSide;
  readonly key: string;
  readonly method: string;
  readonly flow: Flow;
  readonly table: TransactionTable;
  state: TransactionState;
  /** The request that created it; let go as soon as the machine cannot need it any more. */
  request: EncodedMessage<SipRequest> | undefined;
  /** Server: the last response sent. */
  response: EncodedMessage<SipResponse> | undefined;
  /** RFC 2543 peers: where else the layer listed this transaction. */
  alias: string | undefined;
  /** It has had its final response and keeps no more than it may have to send again. */
  answered = false;
  /** Server: the Via of the request leads back over `flow`. */
  direct = false;
  /** The TU asked to cancel; `cancelReason` goes along. */
  cancelled = false;
  cancelReason: string | undefined;
  /** When it was created. */
  readonly started: number;
  /** The layer made it (a CANCEL): the TU does not hear of it. */
  readonly silent: boolean;
  /** For the index of flows. */
  olderOnFlow: Transaction | undefined;
  newerOnFlow: Transaction | undefined;
  onFlow = false;
  readonly #host: TransactionHost;
  #ack: EncodedMessage<SipRequest> | undefined;
  #cancelHeld = false;
  /** Running timers, and those that fired and may have to go on from their last interval: the first of a list. */
  #timers: TransactionTimer | undefined;
  #elapsed: TimerName | undefined;

  constructor(
    host: TransactionHost, side: TransactionSide, key: string, request: EncodedMessage<SipRequest>, flow: Flow, now: number, silent = false,
  ) {
    this.#host = host;
    this.started = now;
    this.silent = silent;
    this.side = side;
    this.key = key;
    this.method = request.message.method;
    this.flow = flow;
    this.request = request;
    this.table = tables[side][this.method === 'INVITE' ? 'invite' : 'other'];
    this.state = this.table.initial.next;
  }

  /** Runs the row of the initial state: sends the request, or passes it to the TU. */
  start(now: number): void {
    this.#run(this.table.initial.actions, now, this.request?.message);
  }

  /** Whether the present state has a row for the event. */
  accepts(input: TransactionInput): boolean {
    return this.table.states[this.state]?.[input] !== undefined;
  }

  /** Server: whether the TU may answer so at `now`; RFC 4320 §4 says what not to answer a request that is no INVITE. */
  mayRespond(status: number, now: number): boolean {
    if (this.method === 'INVITE') return true;
    if (status === 408) return false;
    if (status >= 200) return true;
    return status === 100 && (this.flow.reliable || now >= this.started + timeUntilT2(this.#host.timers));
  }

  /** Client: whether all that is left is to absorb repeated responses until Timer K (§17.1.2.2). */
  get onlyAbsorbs(): boolean {
    return this.state === 'Completed' && this.method !== 'INVITE' && !this.silent;
  }

  /** Feeds an event in; one without a row in the present state is ignored. */
  receive(input: TransactionInput, now: number, message?: SipRequest | SipResponse): void {
    const row = this.table.states[this.state]?.[input];
    if (row === undefined) return;
    this.state = row.next;
    this.#run(row.actions, now, message);
    if (row.next === 'Completed' || row.next === 'Accepted') this.#lighten();
    if (row.next === 'Terminated') this.#end();
  }

  /** A timer fired. */
  elapsed(timer: TimerName, now: number): void {
    this.receive(firedInput[timer], now);
  }

  #run(actions: readonly TransactionAction[], now: number, message: SipRequest | SipResponse | undefined): void {
    for (const action of actions) this.#act(action, now, message);
    // A timer of zero length (reliable transports) fires when the row that started it is done.
    const elapsed = this.#elapsed;
    this.#elapsed = undefined;
    if (elapsed !== undefined) this.elapsed(elapsed, now);
  }

  #act(action: TransactionAction, now: number, message: SipRequest | SipResponse | undefined): void {
    switch (action) {
      case 'send request':
        if (this.request !== undefined) this.#host.transmit(this, this.request);
        return;
      case 'send response':
        // Before the TU has answered there is nothing to send again.
        if (this.response !== undefined) this.#host.transmit(this, this.response);
        return;
      case 'send 100':
        if (this.request === undefined) return;
        this.response = this.#host.tryingFor(this.request.message);
        this.#host.transmit(this, this.response);
        return;
      case 'send ACK':
        if (this.request !== undefined) this.#ack ??= this.#host.ackFor(this.request.message, message as SipResponse);
        if (this.#ack !== undefined) this.#host.transmit(this, this.#ack);
        return;
      case 'send CANCEL':
        if (this.request !== undefined) this.#host.sendCancel(this, this.request.message, now);
        return;
      case 'hold CANCEL':
        this.#cancelHeld = true;
        return;
      case 'release CANCEL':
        if (this.#cancelHeld) this.receive('CANCEL', now);
        return;
      case 'request to TU':
        this.#host.toUser(this, 'request', message);
        return;
      case 'response to TU':
        this.#host.toUser(this, 'response', message);
        return;
      case 'ACK to TU':
        this.#host.toUser(this, 'ACK', message);
        return;
      case 'CANCEL to TU':
        this.#host.toUser(this, 'CANCEL', message);
        return;
      case 'timeout to TU':
        this.#host.toUser(this, 'timeout', undefined);
        return;
      case 'transport error to TU':
        this.#host.toUser(this, 'transport error', undefined);
        return;
      case 'retransmit A':
      case 'retransmit E':
      case 'retransmit G': {
        const name = action.slice(-1) as TimerName;
        const fired = this.#timer(name) as TransactionTimer;
        this.#startTimer(name, nextInterval(name, fired.duration, this.#host.timers), now);
        return;
      }
      case 'slow down E':
        this.#startTimer('E', this.#host.timers.T2, now);
        return;
      default:
        if (startOf.has(action)) this.#startFirst(startOf.get(action) as TimerName, now);
        else this.#stopTimer(stopOf.get(action) as TimerName);
    }
  }

  #timer(name: TimerName): TransactionTimer | undefined {
    let timer = this.#timers;
    while (timer !== undefined && timer.name !== name) timer = timer.sibling;
    return timer;
  }

  #startFirst(name: TimerName, now: number): void {
    const interval = firstInterval(name, this.#host.timers, this.flow.reliable, this.method === 'INVITE');
    if (interval === 0) this.#elapsed = name;
    else if (interval !== undefined) this.#startTimer(name, interval, now);
  }

  #startTimer(name: TimerName, interval: number, now: number): void {
    const timer = this.#timer(name) ?? (this.#timers = new QueuedTimer(this, name, this.#timers));
    this.#host.queue.start(timer, interval, now);
  }

  #stopTimer(name: TimerName): void {
    let before: TransactionTimer | undefined;
    for (let timer = this.#timers; timer !== undefined; timer = timer.sibling) {
      if (timer.name === name) {
        this.#host.queue.stop(timer);
        if (before === undefined) this.#timers = timer.sibling;
        else before.sibling = timer.sibling;
        return;
      }
      before = timer;
    }
  }

  /** A server keeps its responses for half a minute: of the message only the octets, from which it can be read again. */
  #lighten(): void {
    this.request = undefined;
    if (this.response !== undefined && !(this.response instanceof SentResponse)) this.response = new SentResponse(this.response.bytes);
    // Over a reliable transport it may have ended with the row that brought it here.
    if (this.answered || this.state === 'Terminated') return;
    this.answered = true;
    this.#host.answered(this);
  }

  stopTimers(): void {
    for (let timer = this.#timers; timer !== undefined; timer = timer.sibling) this.#host.queue.stop(timer);
    this.#timers = undefined;
  }

  #end(): void {
    this.stopTimers();
    this.request = undefined;
    this.response = undefined;
    this.#ack = undefined;
    this.#host.terminated(this);
  }
}

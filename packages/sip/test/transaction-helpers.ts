import { FakeRandom } from '@simple-im/transport/fake';
import { SipRequest, TransactionLayer, buildRequest, decodeDatagram, encode, respondTo, transactionTables } from '../src/index.js';
import type { Flow, SipMessage, SipResponse, Timers, TransactionEvent, TransactionTable } from '../src/index.js';
import { Transaction } from '../src/transaction.js';

export function flowOf(transport: 'UDP' | 'TCP', local = '192.0.2.1', remote = '192.0.2.2'): Flow {
  return {
    id: `${transport} ${local} ${remote}`,
    transport,
    reliable: transport === 'TCP',
    local: { host: local, port: 5060 },
    remote: { host: remote, port: 5060 },
    sentBy: `${local}:5060`,
  };
}

export function newRequest(method: string, extra: [string, string][] = []): SipRequest {
  return buildRequest({
    method, uri: 'sip:bob@192.0.2.2', from: '<sip:alice@example.com>;tag=a', to: '<sip:bob@example.com>', callId: 'call', cseq: 7,
    headers: [['Contact', '<sip:alice@192.0.2.1>'], ...extra],
  });
}

/** As the other side gets it. */
export function overWire<M extends SipMessage>(message: M): M {
  return decodeDatagram(encode(message)) as M;
}

/** A layer with a hand on its clock, and everything it said and sent, with times. */
export class Bench {
  readonly layer: TransactionLayer;
  readonly flow: Flow;
  now = 0;
  readonly events: TransactionEvent[] = [];
  readonly sent: { readonly at: number; readonly message: SipMessage }[] = [];

  constructor(transport: 'UDP' | 'TCP' = 'UDP', options: { timers?: Partial<Timers>; maxTransactions?: number; maxAnswered?: number } = {}) {
    this.layer = new TransactionLayer({ random: new FakeRandom(5), ...options });
    this.flow = flowOf(transport);
  }

  /** Takes out what the layer has to say and to send. */
  drain(): this {
    for (let out = this.layer.transmit(); out !== undefined; out = this.layer.transmit()) this.sent.push({ at: this.now, message: out.message });
    for (let event = this.layer.next(); event !== undefined; event = this.layer.next()) this.events.push(event);
    return this;
  }

  /** Lets time pass until `end`, timer by timer. */
  until(end: number): this {
    for (let due = this.layer.deadline(); due !== undefined && due <= end; due = this.layer.deadline()) {
      this.now = due;
      this.layer.wake(due);
      this.drain();
    }
    this.now = end;
    return this;
  }

  request(method: string, extra: [string, string][] = []): string {
    const key = this.layer.request(newRequest(method, extra), this.flow, this.now);
    this.drain();
    return key;
  }

  receive(message: SipMessage): this {
    this.layer.receive(overWire(message), this.flow, this.now);
    return this.drain();
  }

  /** The response of the other side to what was sent last with that method. */
  answer(status: number, method?: string, toTag = 'b'): this {
    const request = this.sent.map(({ message }) => message).filter((one): one is SipRequest => one instanceof SipRequest)
      .findLast((one) => method === undefined || one.method === method) as SipRequest;
    return this.receive(respondTo(overWire(request), status, { toTag }));
  }

  /** A request of the other side; returns the key of its server transaction. */
  incoming(method: string, via = 'SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKpeer'): string {
    const request = newRequest(method);
    request.headers.prepend('Via', via);
    this.receive(request);
    return (this.events.findLast((event) => event.type === 'request') as { key: string }).key;
  }

  respond(key: string, status: number): this {
    const event = this.events.findLast((one) => one.type === 'request' && one.key === key) as { request: SipRequest };
    this.layer.respond(key, respondTo(event.request, status, { toTag: 'ours' }), this.now);
    return this.drain();
  }

  /** When messages of that start (`INVITE`, `200`) were sent. */
  times(start: string): number[] {
    return this.sent.filter(({ message }) => startOf(message) === start).map(({ at }) => at);
  }

  /** `response 200`, `timeout` ..., in order. */
  told(): string[] {
    return this.events.map((event) => {
      if (event.type === 'response') return `response ${event.response.status}`;
      if (event.type === 'request' || event.type === 'ack') return `${event.type} ${event.request.method}`;
      return event.type;
    });
  }
}

export function startOf(message: SipMessage): string {
  return message instanceof SipRequest ? message.method : String((message as SipResponse).status);
}

/** Records which rows of the tables ran. */
export class RowRecorder {
  readonly visited = new Set<string>();
  /** The transaction that was fed last. */
  last: Transaction | undefined;
  readonly #original = Transaction.prototype.receive;

  start(): void {
    const { visited } = this;
    const original = this.#original;
    const remember = (transaction: Transaction): void => {
      this.last = transaction;
    };
    Transaction.prototype.receive = function receive(input, now, message) {
      if (this.accepts(input)) visited.add(`${this.table.name}: ${this.state}, ${input}`);
      remember(this);
      original.call(this, input, now, message);
    };
  }

  stop(): void {
    Transaction.prototype.receive = this.#original;
  }
}

/** Every row there is. */
export function allRows(tables: readonly TransactionTable[] = transactionTables): string[] {
  return tables.flatMap(({ name, states }) =>
    Object.entries(states).flatMap(([state, rows]) => Object.keys(rows ?? {}).map((input) => `${name}: ${state}, ${input}`)));
}

import { ProtocolError } from '@simple-im/grammar';
import type { ClientRequest } from './client-request.js';
import type { IncomingRequest } from './endpoint-types.js';
import { sipError } from './errors.js';
import type { Flow } from './flow.js';
import type { SipRequest, SipResponse } from './message.js';
import { ServerRequest } from './server-request.js';
import type { TransactionEvent } from './transaction-event.js';

/** Whom the endpoint tells: a proxy or a user agent. */
export interface TransactionUser {
  readonly onRequest: (incoming: IncomingRequest) => void;
  readonly onAck: (request: SipRequest, flow: Flow) => void;
  readonly onStrayResponse: (response: SipResponse, flow: Flow) => void;
  refuse(incoming: IncomingRequest, status: number): void;
}

export interface RequestTableOptions {
  readonly user: TransactionUser;
  respond(key: string, response: SipResponse): void;
  handlerFailed(error: unknown, flow: Flow | undefined): void;
}

/** The requests under way in both directions: hands the events of the transaction layer to whoever they are for. */
export class RequestTable {
  readonly #options: RequestTableOptions;
  readonly #incoming = new Map<string, ServerRequest>();
  readonly #outgoing = new Map<string, ClientRequest>();

  constructor(options: RequestTableOptions) {
    this.#options = options;
  }

  add(outgoing: ClientRequest): void {
    this.#outgoing.set(outgoing.key, outgoing);
  }

  remove(outgoing: ClientRequest): void {
    this.#outgoing.delete(outgoing.key);
  }

  outgoingOn(flow: Flow): ClientRequest[] {
    return [...this.#outgoing.values()].filter((outgoing) => outgoing.flow.id === flow.id);
  }

  /** Fails what is under way. */
  close(error: ProtocolError): void {
    const outgoing = [...this.#outgoing.values()];
    this.#outgoing.clear();
    this.#incoming.clear();
    for (const one of outgoing) this.guarded(() => one.fail(error), undefined);
  }

  /** Calls a handler of the user; what it throws is reported and stops nothing else. */
  guarded(call: () => void, flow: Flow | undefined): void {
    try {
      call();
    } catch (error) {
      this.#options.handlerFailed(error, flow);
    }
  }

  dispatch(event: TransactionEvent): void {
    const { user } = this.#options;
    switch (event.type) {
      case 'request':
        this.#request(event.key, event.request, event.flow);
        return;
      case 'ack':
        this.guarded(() => user.onAck(event.request, event.flow), event.flow);
        return;
      case 'stray':
        this.guarded(() => user.onStrayResponse(event.response, event.flow), event.flow);
        return;
      case 'cancelled': {
        const incoming = this.#incoming.get(event.key);
        if (incoming !== undefined && !incoming.answered) this.guarded(() => incoming.onCancelled?.(event.cancel), incoming.flow);
        return;
      }
      case 'response': {
        const outgoing = this.#outgoing.get(event.key);
        if (outgoing === undefined) return;
        this.guarded(() => outgoing.response(event.response), outgoing.flow);
        // What the user keeps of it need not wait for Timer K.
        if (outgoing.isOver) this.#outgoing.delete(event.key);
        return;
      }
      case 'timeout':
        this.#failed(event.side, event.key, event.side === 'client' ? sipError('SIP_TIMEOUT') : sipError('SIP_NO_ACK'));
        return;
      case 'transportError':
        this.#failed(event.side, event.key, sipError('SIP_TRANSPORT'));
        return;
      case 'terminated':
        this.#terminated(event.side, event.key);
    }
  }

  #request(key: string, request: SipRequest, flow: Flow): void {
    const incoming = new ServerRequest(key, request, flow, (to, response) => this.#options.respond(to, response));
    this.#incoming.set(key, incoming);
    try {
      this.#options.user.onRequest(incoming);
    } catch (error) {
      this.#options.handlerFailed(error, flow);
      if (!incoming.answered) this.#options.user.refuse(incoming, ProtocolError.is(error) ? (error.status ?? 500) : 500);
    }
  }

  #failed(side: 'client' | 'server', key: string, error: ProtocolError): void {
    if (side === 'client') {
      const outgoing = this.#outgoing.get(key);
      if (outgoing !== undefined) this.guarded(() => outgoing.fail(error), outgoing.flow);
    } else {
      const incoming = this.#incoming.get(key);
      if (incoming !== undefined) this.guarded(() => incoming.onFailed?.(error), incoming.flow);
    }
  }

  #terminated(side: 'client' | 'server', key: string): void {
    if (side === 'client') {
      const outgoing = this.#outgoing.get(key);
      this.#outgoing.delete(key);
      if (outgoing !== undefined) this.guarded(() => outgoing.terminated(), outgoing.flow);
    } else {
      const incoming = this.#incoming.get(key);
      this.#incoming.delete(key);
      if (incoming !== undefined) this.guarded(() => incoming.onTerminated?.(), incoming.flow);
    }
  }
}

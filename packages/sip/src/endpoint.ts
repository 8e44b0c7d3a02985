import { ProtocolError } from '@simple-im/grammar';
import { formatAddress } from '@simple-im/transport';
import type { Address, Clock, Random, Timer } from '@simple-im/transport';
import { respondTo } from './build.js';
import { ClientRequest } from './client-request.js';
import { encode } from './encoder.js';
import type {
  EndpointLimits, IncomingRequest, ListenOptions, OutgoingRequest, ResponseHandlers, SendOptions, SipEndpointOptions,
} from './endpoint-types.js';
import { sipError } from './errors.js';
import { newBranch, newTag, randomHex } from './flow.js';
import type { Flow } from './flow.js';
import { DEFAULT_LIMITS } from './limits.js';
import { SipRequest } from './message.js';
import type { SipMessage, SipResponse } from './message.js';
import { RequestTable } from './request-table.js';
import { resolveUri } from './resolve.js';
import type { Target } from './resolve.js';
import { stampSource } from './response-routing.js';
import { StreamFlow } from './stream-flow.js';
import type { Timers } from './timers.js';
import type { Transmission } from './transaction-event.js';
import { TransactionLayer } from './transaction-layer.js';
import { TransportLayer } from './transport-layer.js';
import { validate } from './validate.js';
import type { Verdict } from './validate.js';

export const DEFAULT_ENDPOINT_LIMITS: EndpointLimits = {
  ...DEFAULT_LIMITS,
  maxTransactions: 100_000,
  maxConnections: 10_000,
  maxPendingOutput: 1_048_576,
  idleTimeout: 600_000,
  connectTimeout: 10_000,
  maxUdpRequest: 1300,
};

/** Drives the transport and transaction layers: everything a proxy or a user agent needs below itself. */
export class SipEndpoint {
  /** A request no transaction knows yet. Invalid ones were answered or dropped before (§8.2, RFC 4475). */
  onRequest: (incoming: IncomingRequest) => void = (incoming) => this.refuse(incoming, 501);
  /** An ACK to a 2xx. */
  onAck: (request: SipRequest, flow: Flow) => void = () => {};
  /** A response that belongs to no request; it must not be forwarded (RFC 6026 §8.2). */
  onStrayResponse: (response: SipResponse, flow: Flow) => void = () => {};
  /** A connection is gone. */
  onFlowClosed: (flow: Flow) => void = () => {};
  readonly clock: Clock;
  readonly random: Random;
  readonly #options: SipEndpointOptions;
  readonly #limits: EndpointLimits;
  readonly #layer: TransactionLayer;
  readonly #transport: TransportLayer;
  readonly #requests: RequestTable;
  #timer: { readonly due: number; readonly timer: Timer } | undefined;
  #pumping = false;
  #again = false;
  #closed = false;

  constructor(options: SipEndpointOptions) {
    this.#options = options;
    this.clock = options.clock;
    this.random = options.random;
    this.#limits = { ...DEFAULT_ENDPOINT_LIMITS, ...options.limits };
    this.#layer = new TransactionLayer({
      random: options.random,
      timers: options.timers ?? {},
      maxTransactions: this.#limits.maxTransactions,
    });
    this.#requests = new RequestTable({
      user: this,
      respond: (key, response) => {
        this.#layer.respond(key, response, this.clock.now());
        this.#afterCall();
      },
      handlerFailed: (error, flow) => this.#handlerFailed(error, flow),
    });
    this.#transport = new TransportLayer({
      network: options.network,
      clock: options.clock,
      random: options.random,
      limits: this.#limits,
      liberal: options.liberal === true,
      trace: options.trace,
      message: (message, flow) => this.#receive(message, flow),
      lost: (flow, error) => this.#flowLost(flow, error),
      problem: (error, flow) => this.report(error, flow),
      changed: () => this.#arm(),
    });
  }

  /** The timer values in use. */
  get timers(): Timers {
    return this.#layer.timers;
  }

  /** Transactions and connections that exist now. */
  get load(): { readonly transactions: number; readonly connections: number } {
    return { transactions: this.#layer.size, connections: this.#transport.connections };
  }

  /** Binds a UDP socket; resolves with its address. Rejects with TRANSPORT_... */
  listenUdp(address: Address, options: ListenOptions = {}): Promise<Address> {
    return this.#transport.listenUdp(address, options);
  }

  /** Listens for TCP connections; resolves with the address as bound. Rejects with TRANSPORT_... */
  listenTcp(address: Address, options: ListenOptions = {}): Promise<Address> {
    return this.#transport.listenTcp(address, options);
  }

  /**
   * Sends a request in a client transaction of its own: our Via goes on top of a copy, `to` is a target or an open flow.
   * A request too large for UDP goes over TCP, and over UDP after all if TCP does not connect (§18.1.1); not if `to` is
   * a flow. Throws SIP_TOO_MANY_TRANSACTIONS, SIP_TOO_MANY_CONNECTIONS, SIP_NO_SOCKET, SIP_ENDPOINT_CLOSED.
   */
  request(request: SipRequest, to: Target | Flow, handlers: ResponseHandlers, { branchSuffix = '' }: SendOptions = {}): OutgoingRequest {
    let prepared = this.#layer.prepare(request, this.flowTo(to), branchSuffix);
    let fallback: Target | undefined;
    if (!isFlow(to) && to.transport === 'UDP' && prepared.bytes.length > this.#limits.maxUdpRequest) {
      fallback = to;
      prepared = this.#layer.prepare(request, this.flowTo({ transport: 'TCP', address: to.address }), branchSuffix);
    }
    const outgoing = new ClientRequest(request, prepared, handlers, (key, reason) => {
      this.#layer.cancel(key, this.clock.now(), reason);
      this.#afterCall();
    });
    outgoing.fallback = fallback;
    outgoing.branchSuffix = branchSuffix;
    this.#start(outgoing);
    this.#afterCall();
    return outgoing;
  }

  /**
   * Sends a message without a transaction and as it is: the ACK to a 2xx, a response forwarded without state. A request
   * needs its Via: `viaFor(flow, newBranch())`. Throws SIP_TOO_MANY_CONNECTIONS, SIP_NO_SOCKET, SIP_ENDPOINT_CLOSED.
   */
  send(message: SipMessage, to: Target | Flow): void {
    const flow = this.flowTo(to);
    const sent = this.#transport.send(flow, encode(message), message);
    if (!sent) this.report(sipError('SIP_TRANSPORT', { detail: formatAddress(flow.remote) }), flow);
    this.#arm();
  }

  /**
   * The flow for a target: the UDP socket of its address family; an open TCP connection to it, else a new one that may be
   * used at once. Throws SIP_NO_SOCKET, SIP_TOO_MANY_CONNECTIONS, SIP_ENDPOINT_CLOSED.
   */
  flowTo(to: Target | Flow): Flow {
    if (this.#closed) throw sipError('SIP_ENDPOINT_CLOSED');
    return isFlow(to) ? to : this.#transport.flowTo(to);
  }

  /** The open flow with that id. */
  flow(id: string): Flow | undefined {
    return this.#transport.flow(id);
  }

  /** Where a SIP URI leads (RFC 3263). Rejects with SIP_UNRESOLVED, SIP_UNSUPPORTED_TRANSPORT. */
  resolve(uri: string): Promise<Target> {
    return resolveUri(uri, this.#options.resolver);
  }

  /** A tag for From or To that nobody can guess (§19.3). */
  newTag(): string {
    return newTag(this.#options.random);
  }

  /** A branch for the Via of a message that goes through `send`. */
  newBranch(): string {
    return newBranch(this.#options.random);
  }

  /** A Call-ID that nobody can guess (§8.1.1.4). */
  newCallId(): string {
    return randomHex(this.#options.random, 16);
  }

  /** Answers with a status and a To tag, nothing else. */
  refuse(incoming: IncomingRequest, status: number): void {
    incoming.respond(respondTo(incoming.request, status, { toTag: this.newTag() }));
  }

  /** Tells `onError`, for those who build on the endpoint. */
  report(error: Error, flow?: Flow): void {
    this.#options.onError?.(error, flow);
  }

  /** Closes sockets and connections. Requests under way fail with SIP_ENDPOINT_CLOSED. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer?.timer.cancel();
    this.#requests.close(sipError('SIP_ENDPOINT_CLOSED'));
    await this.#transport.close();
  }

  #start(outgoing: ClientRequest): void {
    outgoing.key = this.#layer.start(outgoing.prepared, this.clock.now());
    this.#requests.add(outgoing);
  }

  #receive(message: SipMessage, flow: Flow): void {
    if (this.#closed) return;
    const verdict = validate(message, { liberal: this.#options.liberal === true });
    if (verdict.ok) this.#layer.receive(message, flow, this.clock.now());
    else this.#rejectInvalid(message, flow, verdict);
    this.#pump();
  }

  /** Answers without state (§8.2.7). A top Via that cannot be read leaves nowhere to answer to. */
  #rejectInvalid(message: SipMessage, flow: Flow, verdict: Exclude<Verdict, { ok: true }>): void {
    this.report(verdict.error, flow);
    if (verdict.action === 'drop' || !(message instanceof SipRequest)) return;
    try {
      stampSource(message, flow);
    } catch (error) {
      if (ProtocolError.is(error)) return;
      throw error;
    }
    const { status, reason } = verdict;
    const response = respondTo(message, status, { reason, toTag: this.newTag() });
    this.#transmit({ flow, message: response, bytes: encode(response) });
  }

  #flowLost(flow: Flow, error: Error | undefined): void {
    if (error !== undefined) this.report(error, flow);
    if (this.#closed) return;
    if (flow instanceof StreamFlow && !flow.connected) this.#fallBack(flow);
    this.#layer.flowFailed(flow, this.clock.now());
    if (flow.reliable) this.#requests.guarded(() => this.onFlowClosed(flow), flow);
    this.#pump();
  }

  /** §18.1.1: TCP did not connect, so what was only too large for UDP goes over UDP after all. */
  #fallBack(flow: Flow): void {
    for (const outgoing of this.#requests.outgoingOn(flow)) {
      if (outgoing.fallback === undefined) continue;
      // The old transaction fails later and finds nobody listening under its key.
      this.#requests.remove(outgoing);
      outgoing.prepared = this.#layer.prepare(outgoing.original, this.flowTo(outgoing.fallback), outgoing.branchSuffix);
      outgoing.fallback = undefined;
      this.#start(outgoing);
      if (outgoing.cancelled !== undefined) this.#layer.cancel(outgoing.key, this.clock.now(), outgoing.cancelled.reason);
    }
  }

  /** Sends and tells until nothing is left, then sets the clock. From within a handler: the outer call goes on. */
  #pump(): void {
    this.#again = true;
    if (this.#pumping) return;
    this.#pumping = true;
    while (this.#again) {
      this.#again = false;
      this.#transmitAll();
      for (let event = this.#layer.next(); event !== undefined && !this.#closed; event = this.#layer.next()) {
        this.#requests.dispatch(event);
        this.#again = true;
      }
    }
    this.#pumping = false;
    this.#arm();
  }

  /** After a call of our user: send at once, but tell nothing before the call has returned. */
  #afterCall(): void {
    this.#transmitAll();
    this.#arm();
    if (this.#pumping) this.#again = true;
    else void Promise.resolve().then(() => this.#pump());
  }

  #transmitAll(): void {
    for (let out = this.#layer.transmit(); out !== undefined; out = this.#layer.transmit()) this.#transmit(out);
  }

  #transmit(out: Transmission): void {
    if (this.#closed) return;
    if (this.#sent(out)) return;
    if (out.side !== undefined && out.key !== undefined) this.#layer.sendFailed(out.side, out.key, this.clock.now());
  }

  /** False when there is no way: the flow is gone, or no new one can be opened. */
  #sent(out: Transmission): boolean {
    try {
      const flow = out.message instanceof SipRequest ? out.flow : this.#transport.responseFlow(out.flow, out.message);
      return flow !== undefined && this.#transport.send(flow, out.bytes, out.message);
    } catch (error) {
      this.report(error as Error, out.flow);
      return false;
    }
  }

  #arm(): void {
    if (this.#closed) return;
    const layer = this.#layer.deadline() ?? Infinity;
    const due = Math.min(layer, this.#transport.deadline() ?? Infinity);
    if (due === Infinity || (this.#timer !== undefined && this.#timer.due <= due)) return;
    this.#timer?.timer.cancel();
    this.#timer = { due, timer: this.clock.setTimer(Math.max(0, due - this.clock.now()), () => this.#wake()) };
  }

  #wake(): void {
    this.#timer = undefined;
    const now = this.clock.now();
    this.#layer.wake(now);
    this.#transport.wake(now);
    this.#pump();
  }


  /** A handler of our user threw. Without `onError` nobody would know, so it surfaces as an unhandled rejection. */
  #handlerFailed(error: unknown, flow: Flow | undefined): void {
    if (this.#options.onError === undefined) void Promise.reject(error as Error);
    else this.report(error as Error, flow);
  }
}

function isFlow(to: Target | Flow): to is Flow {
  return 'id' in to;
}

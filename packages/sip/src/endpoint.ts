import { Alarm, formatAddress } from '@simple-im/transport';
import type { Address, Clock, MessageConnection, Random } from '@simple-im/transport';
import { respondTo } from './build.js';
import { encode } from './encoder.js';
import { checkSecurity, isFlow, transportsOf } from './endpoint-checks.js';
import { DEFAULT_ENDPOINT_LIMITS } from './endpoint-types.js';
import type {
  EndpointLimits, IncomingRequest, ListenOptions, ListenTlsOptions, OutgoingRequest, ResponseHandlers, SendOptions, SipEndpointOptions,
  WebSocketOptions,
} from './endpoint-types.js';
import { sipError } from './errors.js';
import { newBranch, newTag, randomHex } from './flow.js';
import type { Flow } from './flow.js';
import type { KeepAliveOptions } from './keep-alive.js';
import { Locator } from './locator.js';
import { SipRequest } from './message.js';
import type { SipMessage, SipResponse } from './message.js';
import { OutgoingRequests } from './outgoing-requests.js';
import { Pump } from './pump.js';
import { refusalOf } from './refusal.js';
import { RequestTable } from './request-table.js';
import type { Target } from './resolve.js';
import { StreamFlow } from './stream-flow.js';
import type { Timers } from './timers.js';
import { TransactionLayer } from './transaction-layer.js';
import { Transmitter } from './transmitter.js';
import { TransportLayer } from './transport-layer.js';
import { validate } from './validate.js';
import type { Verdict } from './validate.js';

/** Drives the transport and transaction layers: everything a proxy or a user agent needs below itself. */
export class SipEndpoint {
  /** A request no transaction knows yet. Invalid ones were answered or dropped before (§8.2, RFC 4475). */
  onRequest: (incoming: IncomingRequest) => void = (incoming) => this.refuse(incoming, 501);
  /** An ACK to a 2xx. */
  onAck: (request: SipRequest, flow: Flow) => void = () => {};
  /** A response that belongs to no request; it must not be forwarded (RFC 6026 §8.2). */
  onStrayResponse: (response: SipResponse, flow: Flow) => void = () => {};
  /** A connection is gone, or a flow kept alive is dead: then `error` says why. Absent when either side ended it in order. */
  onFlowClosed: (flow: Flow, error?: Error) => void = () => {};
  readonly clock: Clock;
  readonly random: Random;
  /** Finds servers, and knows which of them failed lately. */
  readonly locator: Locator;
  readonly #options: SipEndpointOptions;
  readonly #limits: EndpointLimits;
  readonly #layer: TransactionLayer;
  readonly #transport: TransportLayer;
  readonly #requests: RequestTable;
  readonly #outgoing: OutgoingRequests;
  readonly #transmitter: Transmitter;
  readonly #alarm: Alarm;
  readonly #pump: Pump;
  #closed = false;

  constructor(options: SipEndpointOptions) {
    this.#options = options;
    this.clock = options.clock;
    this.random = options.random;
    this.#alarm = new Alarm(options.clock, () => this.#wake());
    this.#pump = new Pump({ send: () => this.#transmitter.sendAll(), tell: () => this.#tell(), done: () => this.#arm() });
    this.locator = new Locator({ resolver: options.resolver, clock: this.clock, random: this.random, transports: transportsOf(options) });
    this.#limits = { ...DEFAULT_ENDPOINT_LIMITS, ...options.limits };
    this.#layer = new TransactionLayer({
      random: options.random,
      timers: options.timers ?? {},
      maxTransactions: this.#limits.maxTransactions,
      maxAnswered: this.#limits.maxAnswered,
    });
    this.#requests = new RequestTable({
      user: this,
      respond: (key, response) => {
        this.#layer.respond(key, response, this.clock.now());
        this.#afterCall();
      },
      handlerFailed: (error, flow) => this.#handlerFailed(error, flow),
    });
    this.#outgoing = new OutgoingRequests({
      layer: this.#layer,
      table: this.#requests,
      maxUdpRequest: this.#limits.maxUdpRequest,
      flowTo: (to) => this.flowTo(to),
      now: () => this.clock.now(),
      called: () => this.#afterCall(),
    });
    this.#transport = new TransportLayer({
      network: options.network,
      tls: options.tls,
      tlsClient: options.tlsClient ?? {},
      webSockets: options.webSockets,
      clock: options.clock,
      random: options.random,
      limits: this.#limits,
      liberal: options.liberal === true,
      trace: options.trace,
      message: (message, flow) => this.#receive(message, flow),
      lost: (flow, error, gone) => this.#flowLost(flow, error, gone),
      problem: (error, flow) => this.report(error, flow),
      changed: () => this.#arm(),
    });
    this.#transmitter = new Transmitter({
      layer: this.#layer,
      transport: this.#transport,
      locator: this.locator,
      clock: this.clock,
      changed: () => this.#afterCall(),
      report: (error, flow) => this.report(error, flow),
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

  /** Binds a UDP socket; resolves with its address. Rejects with TRANSPORT_..., SIP_UNSUPPORTED_TRANSPORT without a network. */
  listenUdp(address: Address, options: ListenOptions = {}): Promise<Address> {
    return this.#transport.listenUdp(address, options);
  }

  /** Listens for TCP connections; resolves with the address as bound. Rejects with TRANSPORT_... */
  listenTcp(address: Address, options: ListenOptions = {}): Promise<Address> {
    return this.#transport.listenTcp(address, options);
  }

  /** Listens for TLS connections (§26.2.1), which want `tls` among the options; resolves and rejects as `listenTcp`. */
  listenTls(address: Address, options: ListenTlsOptions): Promise<Address> {
    return this.#transport.listenTls(address, options);
  }

  /**
   * Takes a WebSocket that an HTTP server of ours accepted (RFC 7118 §4), and returns its flow: the only way to that
   * client. Throws SIP_SUBPROTOCOL, SIP_TOO_MANY_CONNECTIONS; the connection is closed then.
   */
  acceptWebSocket(connection: MessageConnection, options: WebSocketOptions = {}): Flow {
    return this.#transport.acceptWebSocket(connection, options);
  }

  /**
   * Sends keepalives over a flow, as a client does to a server known to support them (RFC 5626 §4.4, RFC 6223). When no
   * answer comes the flow is closed and `onFlowClosed` told SIP_KEEPALIVE_UNANSWERED, or SIP_ADDRESS_CHANGED over UDP.
   * Again for the same flow: the new options hold. Ends with the flow.
   */
  keepAlive(flow: Flow, options: KeepAliveOptions = {}): void {
    if (!this.#closed) this.#transport.keepAlive(flow, options);
  }

  stopKeepAlive(flow: Flow): void {
    this.#transport.stopKeepAlive(flow);
  }

  /**
   * Sends a request in a client transaction of its own: our Via goes on top of a copy, `to` is a target or an open flow.
   * A request too large for UDP goes over TCP, and over UDP after all if TCP does not connect (§18.1.1); not if `to` is
   * a flow. Throws SIP_TOO_MANY_TRANSACTIONS, SIP_TOO_MANY_CONNECTIONS, SIP_NO_SOCKET, SIP_UNSUPPORTED_TRANSPORT,
   * SIP_ENDPOINT_CLOSED, SIP_TLS_REQUIRED for a sips URI that would go without TLS (§26.2.2), SIP_TOO_LARGE_FOR_UDP.
   */
  request(request: SipRequest, to: Target | Flow, handlers: ResponseHandlers, options: SendOptions = {}): OutgoingRequest {
    return this.#outgoing.request(request, to, handlers, options);
  }

  /**
   * Sends a message without a transaction and as it is: the ACK to a 2xx, a response forwarded without state. A request
   * needs its Via: `viaFor(flow, newBranch())`. Throws as `request` does.
   */
  send(message: SipMessage, to: Target | Flow): void {
    if (message instanceof SipRequest) checkSecurity(message, to);
    const flow = this.flowTo(to);
    const sent = this.#transport.send(flow, encode(message), message);
    if (!sent) this.report(sipError('SIP_TRANSPORT', { detail: formatAddress(flow.remote) }), flow);
    this.#arm();
  }

  /**
   * The flow for a target: the UDP socket of its address family; an open connection to it, else a new one that may be
   * used at once. Throws SIP_NO_SOCKET, SIP_TOO_MANY_CONNECTIONS, SIP_UNSUPPORTED_TRANSPORT, SIP_ENDPOINT_CLOSED.
   */
  flowTo(to: Target | Flow): Flow {
    if (this.#closed) throw sipError('SIP_ENDPOINT_CLOSED');
    return isFlow(to) ? to : this.#transport.flowTo(to);
  }

  /** The open flow with that id. */
  flow(id: string): Flow | undefined {
    return this.#transport.flow(id);
  }

  /** Where a SIP URI leads first (RFC 3263); `locator` gives all places. Rejects with SIP_UNRESOLVED, SIP_UNSUPPORTED_TRANSPORT. */
  resolve(uri: string): Promise<Target> {
    return this.locator.resolve(uri);
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
    this.#transmitter.close();
    this.#alarm.cancel();
    this.#requests.close(sipError('SIP_ENDPOINT_CLOSED'));
    await this.#transport.close();
  }

  #receive(message: SipMessage, flow: Flow): void {
    if (this.#closed) return;
    const verdict = validate(message, { liberal: this.#options.liberal === true });
    if (verdict.ok) this.#layer.receive(message, flow, this.clock.now());
    else this.#rejectInvalid(message, flow, verdict);
    this.#pump.run();
  }

  #rejectInvalid(message: SipMessage, flow: Flow, verdict: Exclude<Verdict, { ok: true }>): void {
    this.report(verdict.error, flow);
    const response = refusalOf(message, flow, verdict, this.newTag());
    if (response !== undefined) this.#transmitter.send({ flow, message: response, bytes: encode(response) });
  }

  #flowLost(flow: Flow, error: Error | undefined, gone: boolean): void {
    if (error !== undefined) this.report(error, flow);
    if (this.#closed) return;
    if (flow instanceof StreamFlow && !flow.connected) this.#outgoing.fallBack(flow);
    this.#layer.flowFailed(flow, this.clock.now());
    if (flow instanceof StreamFlow) this.#transmitter.flowLost(flow, error);
    if (gone) this.#requests.guarded(() => this.onFlowClosed(flow, error), flow);
    this.#pump.run();
  }

  /** Whether there was something to tell. */
  #tell(): boolean {
    let told = false;
    for (let event = this.#layer.next(); event !== undefined && !this.#closed; event = this.#layer.next()) {
      this.#requests.dispatch(event);
      told = true;
    }
    return told;
  }

  /** After a call of our user: send at once, but tell nothing before the call has returned. */
  #afterCall(): void {
    this.#transmitter.sendAll();
    this.#arm();
    this.#pump.soon();
  }

  #arm(): void {
    if (this.#closed) return;
    this.#alarm.set(this.#layer.deadline());
    this.#alarm.set(this.#transport.deadline());
  }

  #wake(): void {
    const now = this.clock.now();
    this.#layer.wake(now);
    this.#transport.wake(now);
    this.#pump.run();
  }

  /** A handler of our user threw. Without `onError` nobody would know, so it surfaces as an unhandled rejection. */
  #handlerFailed(error: unknown, flow: Flow | undefined): void {
    if (this.#options.onError === undefined) void Promise.reject(error as Error);
    else this.report(error as Error, flow);
  }
}

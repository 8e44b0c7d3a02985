/*
 * Forwarding (RFC 3261 §16.6): copies of a request on their way to contacts, along a dialog's route set, or out of our domain.
 */
import { canonicalHost, isSipUri, parseNameAddr } from '@simple-im/grammar';
import { newBranch, respondTo, viaFor, type Flow, type SipEndpoint, type SipRequest, type SipResponse, type Target } from '@simple-im/sip';
import type { Clock, Random } from '@simple-im/transport';
import type { Log } from '../observe/ports.js';
import { isPrivate } from './identity.js';
import type { Binding } from './location.js';
import type { OwnAddresses } from './own-addresses.js';
import { ProxyExchange, type Branch } from './proxy.js';
import type { FlowReference, Tokens } from './tokens.js';

export interface ForwarderOptions {
  readonly endpoint: SipEndpoint;
  readonly own: OwnAddresses;
  readonly tokens: Tokens;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Milliseconds; see {@link ProxyExchange}. */
  readonly pagerTimeout: number;
}

/** What is to be forwarded and how to answer it. */
export interface Forwardable {
  readonly request: SipRequest;
  readonly caller: FlowReference | undefined;
  readonly loopMark: string;
  respond(response: SipResponse): void;
  onCancel(cancel: () => void): void;
}

const DEFAULT_MAX_FORWARDS = 70;
/** Requests that make a dialog whose later requests we must see (RFC 3261 §16.6 step 4). */
const DIALOG_FORMING = ['INVITE', 'SUBSCRIBE', 'REFER'];

export class Forwarder {
  readonly #options: ForwarderOptions;

  constructor(options: ForwarderOptions) {
    this.#options = options;
  }

  /** Puts our Record-Route on top, sealed for this dialog; `caller` is the flow the request came over. */
  recordRoute(request: SipRequest, caller: FlowReference | undefined): void {
    if (!DIALOG_FORMING.includes(request.method) || request.toTag !== undefined || this.#ownRecordRoute(request) !== undefined) return;
    request.headers.prepend('Record-Route', this.#recordRouteValue(request, caller, undefined, caller?.transport ?? 'TCP'));
  }

  /** To the bindings of a user: those of equal q at once, the others when these have failed. */
  async forwardToBindings(exchange: Forwardable, bindings: readonly Binding[]): Promise<void> {
    const groups: Branch[][] = [];
    let q: number | undefined;
    for (const binding of bindings) {
      const branch = await this.#branchTo(exchange, binding);
      if (branch === undefined) continue;
      if (binding.q !== q) groups.push([]);
      q = binding.q;
      groups.at(-1)?.push(branch);
    }
    this.#proxy(exchange, groups);
  }

  /** To a recipient in somebody else's domain (IP-1). */
  async forwardOut(exchange: Forwardable): Promise<void> {
    const request = this.#copy(exchange.request);
    // Another domain is outside our trust domain (RFC 3325 §9.3).
    if (isPrivate(request)) request.headers.delete('P-Asserted-Identity');
    const to = await this.#targetOf(request);
    if (to === undefined) return exchange.respond(respondTo(exchange.request, 480));
    this.#nameCallee(request, exchange.caller, undefined, to.transport);
    this.#proxy(exchange, [[{ request, to }]]);
  }

  /** Along the route set of a dialog: over the flow its token names, else by Route and Request-URI. */
  async forwardWithinDialog(exchange: Forwardable, next: FlowReference | undefined): Promise<void> {
    const request = this.#copy(exchange.request);
    const to = await this.#destination(request, next);
    // The flow is gone and nothing else is known to lead there (RFC 5626 §5.3.1).
    if (to === undefined) return exchange.respond(respondTo(exchange.request, next === undefined ? 404 : 430, next === undefined ? {} : { reason: 'Flow Failed' }));
    this.#proxy(exchange, [[{ request, to }]]);
  }

  /** An ACK to a 2xx is forwarded like a request and never answered. */
  async forwardAck(request: SipRequest, next: FlowReference | undefined): Promise<void> {
    if (request.maxForwards === 0) return;
    try {
      const copy = this.#copy(request);
      const to = await this.#destination(copy, next);
      if (to === undefined) return;
      const { endpoint, random } = this.#options;
      const flow = endpoint.flowTo(to);
      copy.headers.prepend('Via', viaFor(flow, newBranch(random)));
      endpoint.send(copy, flow);
    } catch (error) {
      this.#options.log.debug({ err: error }, 'an ACK could not be forwarded');
    }
  }

  #proxy(exchange: Forwardable, groups: readonly (readonly Branch[])[]): void {
    const { endpoint, clock, pagerTimeout } = this.#options;
    const proxied = new ProxyExchange(exchange.request, (response) => exchange.respond(response), groups, { endpoint, clock, pagerTimeout, loopMark: exchange.loopMark });
    exchange.onCancel(() => proxied.cancel());
  }

  /** One copy for one binding; undefined when its flow is gone or its address leads nowhere. */
  async #branchTo(exchange: Forwardable, binding: Binding): Promise<Branch | undefined> {
    const request = this.#copy(exchange.request);
    request.uri = binding.contact;
    const [first, ...routes] = binding.path;
    if (routes.length > 0) request.headers.set('Route', routes);
    const flow = first === undefined ? undefined : this.#flowOfPath(first);
    // RFC 5626 §5.3: a client that asked for flows is reached by nothing else.
    const to = flow !== undefined && binding.regId !== undefined ? this.#reach(flow) : await this.#destination(request, flow);
    if (to === undefined) return undefined;
    this.#nameCallee(request, exchange.caller, flow, to.transport);
    return { request, to };
  }

  #flowOfPath(path: string): FlowReference | undefined {
    const uri = parseNameAddr(path).uri;
    return isSipUri(uri) && uri.user !== undefined && this.#options.own.isOurs(uri) ? this.#options.tokens.readPath(uri.user)?.flow : undefined;
  }

  /**
   * A client that is where its Contact says is reached there, as RFC 3261 §16.6 has it, or over its open connection. One whose
   * Contact names another host than it was seen at (a NAT, a `.invalid` name) is reached over its flow alone.
   */
  async #destination(request: SipRequest, flow: FlowReference | undefined): Promise<Target | Flow | undefined> {
    if (flow === undefined) return this.#targetOf(request);
    const uri = request.parsedUri;
    const isThere = isSipUri(uri) && canonicalHost(uri.host) === canonicalHost(flow.host);
    if (!isThere || request.routes.length > 0) return this.#reach(flow);
    const open = flow.transport === 'UDP' ? undefined : this.#reach(flow);
    return open ?? this.#targetOf(request);
  }

  /** A connection must still be there; a UDP peer is reached by its address. */
  #reach(flow: FlowReference): Target | Flow | undefined {
    const open = this.#options.endpoint.flow(flow.id);
    if (open !== undefined) return open;
    return flow.transport === 'UDP' ? { transport: 'UDP', address: { host: flow.host, port: flow.port } } : undefined;
  }

  /** By the topmost Route, else the Request-URI (RFC 3261 §16.6 step 7). */
  async #targetOf(request: SipRequest): Promise<Target | undefined> {
    try {
      return await this.#options.endpoint.resolve(request.routes[0]?.uriText ?? request.uri);
    } catch (error) {
      this.#options.log.debug({ err: error }, 'a target could not be resolved');
      return undefined;
    }
  }

  #copy(request: SipRequest): SipRequest {
    const copy = request.clone();
    copy.headers.set('Max-Forwards', String((request.maxForwards ?? DEFAULT_MAX_FORWARDS + 1) - 1));
    return copy;
  }

  /** Completes our Record-Route with the callee's side; two values where the transports differ (RFC 5658 §3.2). */
  #nameCallee(request: SipRequest, caller: FlowReference | undefined, callee: FlowReference | undefined, transport: string): void {
    if (this.#ownRecordRoute(request) === undefined) return;
    request.headers.removeFirst('Record-Route');
    if (caller !== undefined && caller.transport !== transport) request.headers.prepend('Record-Route', this.#recordRouteValue(request, caller, callee, caller.transport));
    request.headers.prepend('Record-Route', this.#recordRouteValue(request, caller, callee, transport));
  }

  #recordRouteValue(request: SipRequest, caller: FlowReference | undefined, callee: FlowReference | undefined, transport: string): string {
    const { own, tokens } = this.#options;
    return `<${own.uri(tokens.route(request.callId ?? '', caller, callee), transport, ';lr')}>`;
  }

  /** The topmost Record-Route, if we wrote it for this dialog. */
  #ownRecordRoute(request: SipRequest): string | undefined {
    const uri = request.recordRoutes[0]?.uri;
    if (uri === undefined || !isSipUri(uri) || uri.user === undefined) return undefined;
    return this.#options.tokens.readRoute(request.callId ?? '', uri.user) === undefined ? undefined : uri.text;
  }
}

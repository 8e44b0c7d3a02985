/*
 * Forwarding (RFC 3261 §16.6): copies of a request on their way to contacts, along a dialog's route set, or out of our domain.
 */
import { canonicalHost, isSipUri, parseNameAddr, parseUri } from '@simple-im/grammar';
import { newBranch, respondTo, viaFor, type Flow, type SipEndpoint, type SipRequest, type SipResponse, type Target } from '@simple-im/sip';
import type { Clock, Random } from '@simple-im/transport';
import type { Log } from '../observe/ports.js';
import type { Exchange } from './exchange.js';
import { isPrivate } from './identity.js';
import type { Binding } from './location.js';
import type { OwnAddresses } from './own-addresses.js';
import { ProxyExchange, type Branch, type Device } from './proxy.js';
import { takeNextHop } from './route-processing.js';
import type { DialogName, FlowReference, Tokens } from './tokens.js';

export interface ForwarderOptions {
  readonly endpoint: SipEndpoint;
  readonly own: OwnAddresses;
  readonly tokens: Tokens;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Milliseconds; see {@link ProxyExchange}. */
  readonly pagerTimeout: number;
  /** Where the IM server is, if it is another process. */
  readonly imServer?: Target | undefined;
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
    if (!DIALOG_FORMING.includes(request.method) || request.toTag !== undefined || this.#hasOwnRecordRoute(request)) return;
    request.headers.prepend('Record-Route', this.#recordRouteValue(request, caller, undefined, this.#callerTransport(caller) ?? 'TCP'));
  }

  /** Completes our Record-Route for an IM server in another process, which is the other side until somebody answers. */
  nameImServer(request: SipRequest, caller: FlowReference | undefined): void {
    const { imServer } = this.#options;
    if (imServer !== undefined) this.#nameCallee(request, caller, undefined, imServer.transport);
  }

  /** To the bindings of a user, best q first: devices of equal q at once, the others when these have failed. */
  async forwardToBindings(exchange: Exchange, bindings: readonly Binding[]): Promise<void> {
    const groups: Branch[][][] = [];
    const byInstance = new Map<string, Branch[]>();
    let q: number | undefined;
    for (const binding of bindings) {
      const branch = await this.#branchTo(exchange, binding);
      if (branch === undefined) continue;
      // One device is asked over one flow at a time (RFC 5626 §7).
      const known = byInstance.get(binding.instance ?? '');
      if (known !== undefined) {
        known.push(branch);
        continue;
      }
      const device = [branch];
      if (binding.instance !== undefined) byInstance.set(binding.instance, device);
      if (binding.q !== q) groups.push([]);
      q = binding.q;
      groups.at(-1)?.push(device);
    }
    this.#proxy(exchange, groups);
  }

  /** To a recipient in somebody else's domain (IP-1), or by the Route a user of ours gave. */
  async forwardOut(exchange: Exchange): Promise<void> {
    const request = this.#copy(exchange.request);
    const isRouted = request.routes.length > 0;
    const to = await this.#resolve(takeNextHop(request));
    if (to === undefined) return exchange.respond(respondTo(exchange.request, 480));
    // Only we ourselves say by Route which services apply.
    if (isRouted && this.#isImServer(to)) return exchange.respond(respondTo(exchange.request, 403));
    this.#nameCallee(request, exchange.caller, undefined, to.transport);
    this.#proxy(exchange, [[[{ request, to }]]]);
  }

  /** Along the route set of a dialog: over the flow its token names, else by Route and Request-URI. */
  async forwardWithinDialog(exchange: Exchange, next: FlowReference | undefined): Promise<void> {
    const request = this.#copy(exchange.request);
    const to = await this.#wayTo(request, next);
    if (to === undefined) return exchange.respond(unreachable(exchange.request, next));
    this.#proxy(exchange, [[[{ request, to }]]]);
  }

  /** The value of a Record-Route of ours that names this flow to the caller, for a dialog that a request of the caller makes or is in. */
  routeToCaller(request: SipRequest, caller: FlowReference): string {
    return this.#recordRouteValue(request, caller, undefined, caller.transport);
  }

  /** Where a request of the core's own goes inside a dialog, once our own Routes are taken away; undefined: nowhere any more. */
  async wayWithinDialog(request: SipRequest, next: FlowReference | undefined): Promise<Target | Flow | undefined> {
    return this.#wayTo(request, next);
  }

  /** Over the flow of a binding, by the Path behind ours. */
  wayOverBinding(request: SipRequest, { path: [first, ...routes] }: Binding): Target | Flow | undefined {
    const flow = first === undefined ? undefined : this.#flowOfPath(first);
    if (flow !== undefined && routes.length > 0) request.headers.set('Route', routes);
    return flow === undefined ? undefined : this.#reach(flow);
  }

  /** An ACK to a 2xx is forwarded like a request and never answered. */
  async forwardAck(request: SipRequest, next: FlowReference | undefined): Promise<void> {
    if (request.maxForwards === 0) return;
    try {
      const copy = this.#copy(request);
      const to = await this.#wayTo(copy, next);
      if (to === undefined) return;
      const { endpoint, random } = this.#options;
      const flow = endpoint.flowTo(to);
      copy.headers.prepend('Via', viaFor(flow, newBranch(random)));
      endpoint.send(copy, flow);
    } catch (error) {
      this.#options.log.debug({ err: error }, 'an ACK could not be forwarded');
    }
  }

  #proxy(exchange: Exchange, groups: readonly (readonly Device[])[]): void {
    if (exchange.cancelled) return exchange.respond(respondTo(exchange.request, 487));
    const { endpoint, clock, pagerTimeout } = this.#options;
    const { request, loopMark } = exchange;
    const options = { endpoint, clock, pagerTimeout, loopMark };
    const proxied = new ProxyExchange(request, (response) => exchange.respond(response), groups, options);
    exchange.onCancel(() => proxied.cancel());
  }

  /** One copy for one binding; undefined when its flow is gone or its address leads nowhere. */
  async #branchTo(exchange: Exchange, binding: Binding): Promise<Branch | undefined> {
    const request = this.#copy(exchange.request);
    request.uri = requestUri(binding.contact);
    const [first, ...routes] = binding.path;
    if (routes.length > 0) request.headers.set('Route', routes);
    const flow = first === undefined ? undefined : this.#flowOfPath(first);
    // A client that asked for flows is reached by nothing else (RFC 5626 §7).
    const to = flow !== undefined && binding.regId !== undefined ? this.#reach(flow) : await this.#wayTo(request, flow);
    if (to === undefined) return undefined;
    this.#nameCallee(request, exchange.caller, flow, to.transport);
    return { request, to };
  }

  #flowOfPath(path: string): FlowReference | undefined {
    const uri = parseNameAddr(path).uri;
    const { own, tokens } = this.#options;
    return own.isOurs(uri) && uri.user !== undefined ? tokens.readPath(uri.user)?.flow : undefined;
  }

  /**
   * A peer that is where its URI says is reached there, as RFC 3261 §16.6 has it, or over its open connection. One whose URI
   * names another host than it was seen at (a NAT, a `.invalid` name, an edge proxy) is reached over its flow alone.
   */
  async #wayTo(request: SipRequest, flow: FlowReference | undefined): Promise<Target | Flow | undefined> {
    const hop = takeNextHop(request);
    if (flow === undefined) return this.#resolve(hop);
    if (!isAt(request, flow)) return this.#reach(flow);
    const open = flow.transport === 'UDP' ? undefined : this.#reach(flow);
    return open ?? this.#resolve(hop);
  }

  /** A connection must still be there; a UDP peer is reached by its address. */
  #reach(flow: FlowReference): Target | Flow | undefined {
    const open = this.#options.endpoint.flow(flow.id);
    if (open !== undefined) return open;
    return flow.transport === 'UDP' ? { transport: 'UDP', address: { host: flow.host, port: flow.port } } : undefined;
  }

  /** Where the URI of the next hop leads (RFC 3261 §16.6 step 7). */
  async #resolve(hop: string): Promise<Target | undefined> {
    try {
      return await this.#options.endpoint.resolve(hop);
    } catch (error) {
      this.#options.log.debug({ err: error }, 'a target could not be resolved');
      return undefined;
    }
  }

  #isImServer({ address: { host, port } }: Target): boolean {
    const address = this.#options.imServer?.address;
    return address?.port === port && address.host === host;
  }

  #copy(request: SipRequest): SipRequest {
    const copy = request.clone();
    copy.headers.set('Max-Forwards', String((request.maxForwards ?? DEFAULT_MAX_FORWARDS + 1) - 1));
    // Whoever gets the copy is outside of our trust domain (RFC 3325 §5, §9.3).
    if (isPrivate(request)) copy.headers.delete('P-Asserted-Identity');
    return copy;
  }

  /** Completes our Record-Route with the callee's side; two values where the transports differ (RFC 5658 §3.2). */
  #nameCallee(request: SipRequest, caller: FlowReference | undefined, callee: FlowReference | undefined, transport: string): void {
    if (!this.#hasOwnRecordRoute(request)) return;
    while (this.#hasOwnRecordRoute(request)) request.headers.removeFirst('Record-Route');
    const callers = this.#callerTransport(caller);
    const sides = callers !== undefined && callers !== transport ? [callers, transport] : [transport];
    for (const side of sides) request.headers.prepend('Record-Route', this.#recordRouteValue(request, caller, callee, side));
  }

  #recordRouteValue(request: SipRequest, caller: FlowReference | undefined, callee: FlowReference | undefined, transport: string): string {
    const { own, tokens } = this.#options;
    return `<${own.uri(tokens.route(dialogOf(request), caller, callee), transport, ';lr')}>`;
  }

  /** Without a caller it is the IM server that sends; undefined where that needs no socket. */
  #callerTransport(caller: FlowReference | undefined): string | undefined {
    return caller?.transport ?? this.#options.imServer?.transport;
  }

  /** Whether the topmost Record-Route is ours, of this dialog. */
  #hasOwnRecordRoute(request: SipRequest): boolean {
    const uri = request.recordRoutes[0]?.uri;
    if (uri === undefined || !isSipUri(uri) || uri.user === undefined) return false;
    return this.#options.tokens.readRoute(dialogOf(request), uri.user) !== undefined;
  }
}

/** The flow is gone and nothing else is known to lead there (RFC 5626 §5.3.1), or there never was one. */
function unreachable(request: SipRequest, flow: FlowReference | undefined): SipResponse {
  return flow === undefined ? respondTo(request, 404) : respondTo(request, 430, { reason: 'Flow Failed' });
}

/** Of a request that makes a dialog: its sender is the caller. */
function dialogOf(request: SipRequest): DialogName {
  return { callId: request.callId, callerTag: request.fromTag };
}

function isAt(request: SipRequest, flow: FlowReference): boolean {
  const uri = request.parsedUri;
  return request.routes.length === 0 && isSipUri(uri) && canonicalHost(uri.host) === canonicalHost(flow.host);
}

/** A Contact as a Request-URI, where neither header components nor `method` may stand (RFC 3261 §16.6 step 2, Table 1). */
function requestUri(contact: string): string {
  const uri = parseUri(contact);
  if (!isSipUri(uri) || (uri.headers.length === 0 && !uri.params.has('method'))) return contact;
  const headers = contact.indexOf('?', contact.lastIndexOf('@') + 1);
  return (headers < 0 ? contact : contact.slice(0, headers)).replace(/;method(?:=[^;]*)?/i, '');
}

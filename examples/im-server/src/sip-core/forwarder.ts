/*
 * Forwarding (RFC 3261 §16.6): copies of a request on their way to contacts, along a dialog's route set, or out of our domain.
 */
import { canonicalHost, isSipUri, parseNameAddr, parseUri } from '@simple-im/grammar';
import { newBranch, respondTo, viaFor, type Flow, type SipEndpoint, type SipRequest, type SipResponse, type Target } from '@simple-im/sip';
import type { Clock, Random } from '@simple-im/transport';
import { serverError } from '../errors.js';
import type { Log } from '../observe/ports.js';
import { after, all, type Soon } from '../soon.js';
import type { Exchange } from './exchange.js';
import { removeForOutsiders } from './identity.js';
import { byLatest } from './contact-binding.js';
import type { Binding } from './location.js';
import type { OwnAddresses } from './own-addresses.js';
import { ProxyExchange, type Branch, type Device } from './proxy.js';
import { dispositionOf } from './request-disposition.js';
import { RecordRoutes } from './record-routes.js';
import { takeNextHop } from './route-processing.js';
import { arranged, rankedBindings } from './target-set.js';
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
  /** Milliseconds contacts may take where the IM server answers the sender in time; `pagerTimeout` by default. */
  readonly patience?: number | undefined;
  /** Where the IM server is, if it is another process. */
  readonly imServer?: Target | undefined;
}

/** What of an exchange a copy is made from. */
type Received = Pick<Exchange, 'request'> & Partial<Pick<Exchange, 'caller' | 'vias'>>;

/** A way to a device, and the binding it comes from. */
interface Way {
  readonly binding: Binding;
  readonly branch: Branch;
}

const DEFAULT_MAX_FORWARDS = 70;
const MAX_FLOWS = 1000;

export class Forwarder {
  readonly recordRoutes: RecordRoutes;
  readonly #options: ForwarderOptions;
  /** What Path URIs of bindings say, checked once: a seal costs as much as a whole message. */
  readonly #flows = new Map<string, FlowReference | undefined>();

  constructor(options: ForwarderOptions) {
    this.#options = options;
    this.recordRoutes = new RecordRoutes(options);
  }

  /** To devices of a user by rank: those of equal rank at once, the others when these have failed. */
  forwardToBindings(exchange: Exchange, bindings: readonly Binding[]): Soon<void> {
    const { request } = exchange;
    const disposition = dispositionOf(request);
    const ranked = rankedBindings(request, bindings);
    const [[only, ...others] = [], ...lower] = ranked;
    if (only !== undefined && others.length === 0 && lower.length === 0) {
      return after(this.#branchTo(exchange, only), (branch) => this.#proxy(exchange, branch === undefined ? [] : [[[branch]]]));
    }
    return after(all(ranked.map((group) => this.#branchesTo(exchange, group))), (ways) => {
      const groups = devicesOf(ways).map((group) => group.map((device) => device.sort((a, b) => byLatest(a.binding, b.binding)).map(({ branch }) => branch)));
      this.#proxy(exchange, arranged(groups, disposition), disposition.cancel);
    });
  }

  /** A way over each binding that leads somewhere. */
  #branchesTo(exchange: Exchange, group: readonly Binding[]): Soon<readonly Way[]> {
    const branches = all(group.map((binding) => this.#branchTo(exchange, binding)));
    return after(branches, (found) => group.flatMap((binding, at) => {
      const branch = found[at];
      return branch === undefined ? [] : [{ binding, branch }];
    }));
  }

  /**
   * To a recipient in somebody else's domain (IP-1), or by the Route a user of ours gave: to one server of the next hop after the other
   * (RFC 3263 §4.3), with a Record-Route for the transport to each.
   */
  async forwardOut(exchange: Exchange): Promise<void> {
    const request = this.#copy(exchange.request, exchange.vias);
    const isRouted = request.routes.length > 0;
    const candidates = this.#options.endpoint.locator.candidates(takeNextHop(request));
    const first = await this.#found(() => candidates.next());
    if (first === undefined) return exchange.respond(respondTo(exchange.request, 480));
    // Only we ourselves say by Route which services apply.
    if (isRouted && this.#isImServer(first)) return exchange.respond(respondTo(exchange.request, 403));
    const prepare = (target: Target): SipRequest => {
      if (isRouted && this.#isImServer(target)) throw serverError('IM_ROUTE_REFUSED');
      const copy = request.clone();
      this.recordRoutes.nameCallee(copy, exchange.caller, undefined, target.transport);
      return copy;
    };
    this.#proxy(exchange, [[[{ request, to: first, failover: { first, candidates, prepare } }]]]);
  }

  /** Along the route set of a dialog: over the flow its token names, else by Route and Request-URI. */
  forwardWithinDialog(exchange: Exchange, next: FlowReference | undefined): Soon<void> {
    const request = this.#copy(exchange.request);
    return after(this.#wayTo(request, next), (to) => {
      if (to === undefined) return exchange.respond(unreachable(exchange.request, next));
      this.#proxy(exchange, [[[{ request, to }]]]);
    });
  }

  /** Where a request of the core's own goes inside a dialog, once our own Routes are taken away; undefined: nowhere any more. */
  wayWithinDialog(request: SipRequest, next: FlowReference | undefined): Soon<Target | Flow | undefined> {
    return this.#wayTo(request, next);
  }

  /** Over the flow of a binding, by the Path behind ours. */
  wayOverBinding(request: SipRequest, { path: [first, ...routes] }: Binding): Target | Flow | undefined {
    const flow = first === undefined ? undefined : this.#flowOfPath(first);
    if (flow !== undefined && routes.length > 0) request.headers.set('Route', routes);
    return flow === undefined ? undefined : this.#reach(flow);
  }

  /** An ACK to a 2xx is forwarded like a request and never answered. `binding`: the device whose GRUU it is for. */
  forwardAck(request: SipRequest, next: FlowReference | undefined, binding?: Binding): Soon<void> {
    if (request.maxForwards === 0) return;
    if (binding !== undefined) return after(this.#branchTo({ request }, binding), (branch) => this.#sendAck(branch?.request, branch?.to));
    const copy = this.#copy(request);
    return after(this.#wayTo(copy, next), (to) => this.#sendAck(copy, to));
  }

  #sendAck(copy: SipRequest | undefined, to: Target | Flow | undefined): void {
    if (to === undefined || copy === undefined) return;
    const { endpoint, random } = this.#options;
    const flow = endpoint.flowTo(to);
    copy.headers.prepend('Via', viaFor(flow, newBranch(random)));
    endpoint.send(copy, flow);
  }

  #proxy(exchange: Exchange, groups: readonly (readonly Device[])[], cancelOthers = true): void {
    if (exchange.cancelled) return exchange.respond(respondTo(exchange.request, 487));
    const { endpoint, clock, pagerTimeout } = this.#options;
    const { request, loopMark } = exchange;
    const patience = exchange.isTimed ? this.#options.patience : undefined;
    const options = { endpoint, clock, pagerTimeout, patience, loopMark, cancelOthers };
    const proxied = new ProxyExchange(request, (response) => exchange.respond(response), groups, options);
    exchange.onCancel((reason) => proxied.cancel(reason));
  }

  /** One copy for one binding; undefined when its flow is gone or its address leads nowhere. */
  #branchTo({ request: received, caller, vias }: Received, binding: Binding): Soon<Branch | undefined> {
    const request = this.#copy(received, vias);
    request.uri = requestUri(binding.contact);
    // A request for a GRUU that comes along a dialog has its own way there: the Path is not for it (RFC 5627 §6.1).
    const [first, ...routes] = request.routes.length > 0 ? [] : binding.path;
    if (routes.length > 0) request.headers.set('Route', routes);
    const flow = first === undefined ? undefined : this.#flowOfPath(first);
    // A client that asked for flows is reached by nothing else (RFC 5626 §7).
    return after(flow !== undefined && binding.regId !== undefined ? this.#reach(flow) : this.#wayTo(request, flow), (to) => {
      if (to === undefined) return undefined;
      this.recordRoutes.nameCallee(request, caller, flow, to.transport);
      return { request, to };
    });
  }

  #flowOfPath(path: string): FlowReference | undefined {
    if (this.#flows.has(path)) return this.#flows.get(path);
    const uri = parseNameAddr(path).uri;
    const { own, tokens } = this.#options;
    const flow = own.isOurs(uri) && uri.user !== undefined ? tokens.readPath(uri.user)?.flow : undefined;
    if (this.#flows.size === MAX_FLOWS) this.#flows.clear();
    this.#flows.set(path, flow);
    return flow;
  }

  /**
   * A peer that is where its URI says is reached there, as RFC 3261 §16.6 has it, or over its open connection. One whose URI
   * names another host than it was seen at (a NAT, a `.invalid` name, an edge proxy) is reached over its flow alone.
   */
  #wayTo(request: SipRequest, flow: FlowReference | undefined): Soon<Target | Flow | undefined> {
    const hop = takeNextHop(request);
    if (flow === undefined) return this.#resolve(hop);
    // Nobody can call a WebSocket client (RFC 7118 §5).
    if (isWebSocket(flow) || !isAt(request, flow)) return this.#reach(flow);
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
  #resolve(hop: string): Soon<Target | undefined> {
    const candidates = this.#options.endpoint.locator.candidates(hop);
    return candidates.nextKnown() ?? this.#found(() => candidates.next());
  }

  async #found(search: () => Promise<Target | undefined>): Promise<Target | undefined> {
    try {
      return await search();
    } catch (error) {
      this.#options.log.debug({ err: error }, 'a target could not be resolved');
      return undefined;
    }
  }

  #isImServer({ address: { host, port } }: Target): boolean {
    const address = this.#options.imServer?.address;
    return address?.port === port && address.host === host;
  }

  /** `vias`: those of IM-2 stay between core and IM server; a response gets them back by the request it answers. */
  #copy(request: SipRequest, vias?: readonly string[]): SipRequest {
    const copy = request.clone();
    if (vias !== undefined) copy.headers.set('Via', vias);
    copy.headers.set('Max-Forwards', String((request.maxForwards ?? DEFAULT_MAX_FORWARDS + 1) - 1));
    removeForOutsiders(copy);
    return copy;
  }
}

/** By rank, the devices with all the ways to each: a device is asked over one flow at a time (RFC 5626 §7). */
function devicesOf(ranked: readonly (readonly Way[])[]): readonly Way[][][] {
  const byInstance = new Map<string, Way[]>();
  return ranked.map((group) => group.flatMap((way) => {
    const { instance } = way.binding;
    const known = instance === undefined ? undefined : byInstance.get(instance);
    known?.push(way);
    if (known !== undefined) return [];
    const device = [way];
    if (instance !== undefined) byInstance.set(instance, device);
    return [device];
  }));
}

/** The flow is gone and nothing else is known to lead there (RFC 5626 §5.3.1), or there never was one. */
function unreachable(request: SipRequest, flow: FlowReference | undefined): SipResponse {
  return flow === undefined ? respondTo(request, 404) : respondTo(request, 430, { reason: 'Flow Failed' });
}

function isWebSocket({ transport }: FlowReference): boolean {
  return transport === 'WS' || transport === 'WSS';
}

function isAt(request: SipRequest, flow: FlowReference): boolean {
  const uri = request.parsedUri;
  return request.routes.length === 0 && isSipUri(uri) && (uri.host === flow.host || canonicalHost(uri.host) === canonicalHost(flow.host));
}

/** A Contact as a Request-URI, where neither header components nor `method` may stand (RFC 3261 §16.6 step 2, Table 1). */
function requestUri(contact: string): string {
  // Most contacts have neither, nor an escape that could hide one.
  if (!/[?%]|;method/i.test(contact)) return contact;
  const uri = parseUri(contact);
  if (!isSipUri(uri) || (uri.headers.length === 0 && !uri.params.has('method'))) return contact;
  const headers = contact.indexOf('?', contact.lastIndexOf('@') + 1);
  return (headers < 0 ? contact : contact.slice(0, headers)).replace(/;method(?:=[^;]*)?/i, '');
}

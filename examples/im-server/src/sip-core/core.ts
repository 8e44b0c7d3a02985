/*
 * The SIP/IP core: what happens to a request from the moment it arrives. The order is that of RFC 3261 §16.3 to §16.6, with
 * the IM server asked in between (docs/architecture.md walks one MESSAGE through).
 */
import { aorOf, ProtocolError } from '@simple-im/grammar';
import { newTag, respondTo, type Flow, type IncomingRequest, type SipRequest, type SipResponse } from '@simple-im/sip';
import type { Clock, Random } from '@simple-im/transport';
import type { Log, Metrics } from '../observe/ports.js';
import type { Im2Core, Im2Handlers, Im2Outgoing, Im2Server } from '../reference-points.js';
import type { Authentication } from './authentication.js';
import { Handovers, type Handover } from './handovers.js';
import { assertIdentity, removeCredentials, removeUntrusted } from './identity.js';
import { activeBindings, type LocationStore } from './location.js';
import { isLooping, loopMark } from './loop-detection.js';
import type { OwnAddresses } from './own-addresses.js';
import type { Registrar } from './registrar.js';
import { takeOwnRoutes } from './route-processing.js';
import type { Forwarder } from './forwarder.js';
import { isImService } from './service-routing.js';
import { thirdPartyRegister } from './third-party-registration.js';
import type { FlowReference, Tokens } from './tokens.js';

export interface CoreOptions {
  readonly node: string;
  readonly own: OwnAddresses;
  readonly tokens: Tokens;
  readonly authentication: Authentication;
  readonly registrar: Registrar;
  readonly location: LocationStore;
  readonly forwarder: Forwarder;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** A request to be answered, from the wire or from the IM server. */
interface Exchange {
  readonly request: SipRequest;
  readonly caller: FlowReference | undefined;
  readonly loopMark: string;
  respond(response: SipResponse): void;
  onCancel(cancel: () => void): void;
}

/** The user part of URIs that mean the IM server. */
const IM_SERVER = 'im-server';

export class SipCore implements Im2Core {
  readonly #options: CoreOptions;
  readonly #handovers = new Handovers();
  #im: Im2Server | undefined;

  constructor(options: CoreOptions) {
    this.#options = options;
  }

  /** Completes IM-2; to be called once, before the first request. */
  attach(im: Im2Server): void {
    this.#im = im;
  }

  // From the wire (IM-1, IP-1)

  /** A request that begins a server transaction. */
  receive(incoming: IncomingRequest): void {
    this.#receive(incoming).catch((error: unknown) => this.#fail(incoming, error));
  }

  /** An ACK to a 2xx: for the IM server, or on its way along the route set of a dialog. */
  receiveAck(request: SipRequest, flow: Flow): void {
    const route = takeOwnRoutes(request, this.#options.own, this.#options.tokens);
    if (this.#isForImServer(request)) this.#im?.ack(request);
    else if (route.token !== undefined) void this.#options.forwarder.forwardAck(request, route.next(flow));
  }

  async #receive(incoming: IncomingRequest): Promise<void> {
    const { request, flow } = incoming;
    const { own, tokens, metrics, authentication } = this.#options;
    metrics.count('sip_requests_total', { method: methodLabel(request.method) });
    const exchange = this.#exchange(incoming);
    const refusal = this.#refusal(request, exchange.loopMark);
    if (refusal !== undefined) return exchange.respond(refusal);
    const route = takeOwnRoutes(request, own, tokens);
    if (route.token !== undefined && request.toTag !== undefined) return this.#withinDialog(exchange, route.next(flow));
    removeUntrusted(request);
    const who = authentication.identify(request, this.#options.clock.date().getTime());
    if (!who.ok) return exchange.respond(who.response);
    removeCredentials(request);
    if (request.method === 'REGISTER') return this.#register(exchange, flow, who.aor);
    if (who.aor !== undefined) assertIdentity(request, who.aor);
    if (this.#isForImServer(request)) return this.#toImServer(exchange, undefined);
    await this.#route(exchange, who.aor);
  }

  #exchange(incoming: IncomingRequest): Exchange {
    return {
      request: incoming.request,
      caller: reference(incoming.flow),
      loopMark: loopMark(incoming.request, this.#options.node),
      respond: (response) => this.#respond(incoming, response),
      onCancel: (cancel) => { incoming.onCancelled = cancel; },
    };
  }

  /** Answers of our own get their To tag here (RFC 3261 §8.2.6.2); those of others have one. */
  #respond(incoming: IncomingRequest, response: SipResponse): void {
    if (response.status > 100 && response.toTag === undefined) response.headers.set('To', `${response.headers.get('To') ?? ''};tag=${newTag(this.#options.random)}`);
    if (response.status >= 200) this.#options.metrics.count('sip_responses_total', { class: `${Math.floor(response.status / 100)}xx` });
    incoming.respond(response);
  }

  /** What a proxy answers by itself (RFC 3261 §16.3, RFC 5393 §4.2.2); undefined to go on. */
  #refusal(request: SipRequest, mark: string): SipResponse | undefined {
    if (request.method === 'OPTIONS' && this.#isForCore(request)) return respondTo(request, 200, { headers: [['Allow', ALLOW]] });
    if (request.maxForwards === 0) return respondTo(request, 483);
    if (isLooping(request, mark)) return respondTo(request, 482);
    const unknown = request.proxyRequire();
    return unknown.length === 0 ? undefined : respondTo(request, 420, { headers: [['Unsupported', unknown.join(', ')]] });
  }

  /** The originating services of our user, then the way to the recipient. */
  async #route(exchange: Exchange, sender: string | undefined): Promise<void> {
    const { request } = exchange;
    const inDomain = this.#options.own.isOurDomain(request.parsedUri);
    // A stranger may reach our users, and nobody else through us.
    if (sender === undefined && !inDomain) return exchange.respond(respondTo(request, 403, { reason: 'Relaying denied' }));
    this.#options.forwarder.recordRoute(request, exchange.caller);
    if (sender !== undefined && isImService(request)) return this.#toImServer(exchange, { sessionCase: 'originating', servedUser: sender });
    await this.#toRecipient(exchange);
  }

  /** The terminating services of our user, or the way out of our domain. */
  async #toRecipient(exchange: Exchange): Promise<void> {
    const { request } = exchange;
    const uri = request.parsedUri;
    if (!this.#options.own.isOurDomain(uri)) return this.#options.forwarder.forwardOut(exchange);
    const aor = aorOf(uri);
    if (!this.#options.authentication.isProvisioned(aor)) return exchange.respond(respondTo(request, 404));
    if (isImService(request)) return this.#toImServer(exchange, { sessionCase: 'terminating', servedUser: aor });
    await this.#toContacts(exchange, aor);
  }

  /** RFC 3261 §16.5: the bindings are the targets, better q first. */
  async #toContacts(exchange: Exchange, aor: string): Promise<void> {
    const bindings = await activeBindings(this.#options.location, aor, this.#options.clock.date().getTime());
    if (bindings.length === 0) return exchange.respond(respondTo(exchange.request, 480));
    await this.#options.forwarder.forwardToBindings(exchange, bindings);
  }

  async #withinDialog(exchange: Exchange, next: FlowReference | undefined): Promise<void> {
    removeUntrusted(exchange.request);
    if (this.#isForImServer(exchange.request)) return this.#toImServer(exchange, undefined);
    await this.#options.forwarder.forwardWithinDialog(exchange, next);
  }

  async #register(exchange: Exchange, flow: Flow, sender: string | undefined): Promise<void> {
    const { request } = exchange;
    const { own, tokens, registrar, clock, metrics } = this.#options;
    const to = request.to;
    if (to === undefined || !own.isOurDomain(request.parsedUri) || !own.isOurDomain(to.uri)) return exchange.respond(respondTo(request, 404));
    const aor = aorOf(to.uri);
    // §10.3 step 4: nobody registers for anybody else.
    if (aor !== sender) return exchange.respond(respondTo(request, 403));
    const path = [`<${own.uri(tokens.path(reference(flow)), flow.transport, ';lr')}>`, ...request.headers.list('Path')];
    const now = clock.date().getTime();
    const result = await registrar.register(request, aor, path, now);
    if (result.bindings !== undefined) {
      metrics.count('sip_registrations_total');
      const latest = Math.max(now, ...result.bindings.map((binding) => binding.expiresAt));
      this.#tellImServer(request, aor, Math.ceil((latest - now) / 1000));
    }
    exchange.respond(result.response);
  }

  #tellImServer(original: SipRequest, aor: string, expires: number): void {
    const { own, random } = this.#options;
    const request = thirdPartyRegister({ aor, expires, original, core: `sip:${own.domain}`, imServer: this.contactUri('') }, random);
    this.#im?.receive({ request, sessionCase: undefined, servedUser: undefined, originalDialog: undefined, respond: () => {}, onCancelled: undefined });
  }

  // Over IM-2

  request(request: SipRequest, originalDialog: string | undefined, handlers: Im2Handlers): Im2Outgoing {
    const handover = originalDialog === undefined ? undefined : this.#handovers.find(originalDialog);
    let cancelled: (() => void) | undefined;
    const exchange: Exchange = {
      request,
      caller: handover?.callId === request.callId ? handover?.caller : undefined,
      loopMark: handover?.loopMark ?? loopMark(request, this.#options.node),
      respond: handlers.response,
      onCancel: (cancel) => { cancelled = cancel; },
    };
    this.#fromImServer(exchange, handover).catch((error: unknown) => this.#answerFailure(exchange, error));
    return { cancel: () => cancelled?.() };
  }

  async #fromImServer(exchange: Exchange, handover: Handover | undefined): Promise<void> {
    const { own, tokens, forwarder } = this.#options;
    const route = takeOwnRoutes(exchange.request, own, tokens);
    if (handover === undefined && route.token !== undefined) return forwarder.forwardWithinDialog(exchange, route.next(undefined));
    // A leg of the IM server's own has no Record-Route of ours yet; a request handed back has one.
    forwarder.recordRoute(exchange.request, undefined);
    if (handover?.sessionCase === 'terminating') return this.#toContacts(exchange, handover.servedUser);
    return this.#toRecipient(exchange);
  }

  ack(request: SipRequest): void {
    const route = takeOwnRoutes(request, this.#options.own, this.#options.tokens);
    void this.#options.forwarder.forwardAck(request, route.next(undefined));
  }

  contactUri(leg: string): string {
    return this.#options.own.uri(leg === '' ? IM_SERVER : `${IM_SERVER}.${leg}`, 'TCP');
  }

  #toImServer(exchange: Exchange, served: Pick<Handover, 'sessionCase' | 'servedUser'> | undefined): void {
    if (this.#handovers.isFull) return exchange.respond(respondTo(exchange.request, 503, { headers: [['Retry-After', '5']] }));
    const originalDialog = served === undefined ? undefined : this.#handovers.add({ ...served, callId: exchange.request.callId, caller: exchange.caller, loopMark: exchange.loopMark });
    const toServer = {
      request: exchange.request,
      sessionCase: served?.sessionCase,
      servedUser: served?.servedUser,
      originalDialog,
      onCancelled: undefined as (() => void) | undefined,
      respond: (response: SipResponse): void => {
        if (response.status >= 200 && originalDialog !== undefined) this.#handovers.remove(originalDialog);
        exchange.respond(response);
      },
    };
    exchange.onCancel(() => toServer.onCancelled?.());
    this.#im?.receive(toServer);
  }

  #isForImServer(request: SipRequest): boolean {
    const uri = request.parsedUri;
    return this.#options.own.isOurs(uri) && (uri.user === IM_SERVER || uri.user?.startsWith(`${IM_SERVER}.`) === true);
  }

  #isForCore(request: SipRequest): boolean {
    const uri = request.parsedUri;
    return (uri.scheme === 'sip' || uri.scheme === 'sips') && uri.user === undefined && (this.#options.own.isOurs(uri) || this.#options.own.isOurDomain(uri));
  }

  #fail(incoming: IncomingRequest, error: unknown): void {
    if (incoming.answered) this.#options.log.error({ err: error, method: incoming.request.method }, 'a request failed after its answer');
    else this.#answerFailure({ request: incoming.request, respond: (response: SipResponse) => this.#respond(incoming, response) }, error);
  }

  /** A peer's mistake is answered as its error says; anything else is ours: 500, and the log says why. */
  #answerFailure(exchange: Pick<Exchange, 'request' | 'respond'>, error: unknown): void {
    if (ProtocolError.is(error) && error.status !== undefined) return exchange.respond(respondTo(exchange.request, error.status));
    this.#options.log.error({ err: error, method: exchange.request.method }, 'a request could not be served');
    exchange.respond(respondTo(exchange.request, 500));
  }
}

const ALLOW = 'INVITE, ACK, CANCEL, BYE, MESSAGE, OPTIONS, REGISTER';

/** Methods as a metric label: a hostile peer must not make labels. */
function methodLabel(method: string): string {
  return ALLOW.split(', ').includes(method) ? method : 'other';
}

/** A flow as a token holds it. */
function reference(flow: Flow): FlowReference {
  return { id: flow.id, transport: flow.transport, host: flow.remote.host, port: flow.remote.port };
}

/*
 * The SIP/IP core: what happens to a request from the moment it arrives. The order is that of RFC 3261 §16.3 to §16.6, with
 * the IM server asked in between (docs/architecture.md walks one MESSAGE through).
 */
import { isSipUri, ProtocolError } from '@simple-im/grammar';
import { newTag, respondTo, type Flow, type IncomingRequest, type SipRequest, type SipResponse } from '@simple-im/sip';
import type { Clock, Random } from '@simple-im/transport';
import type { Log, Metrics } from '../observe/ports.js';
import { IM_SERVER, type Im2Core, type Im2Handlers, type Im2Outgoing, type Im2Server } from '../reference-points.js';
import { attempt, type Soon } from '../soon.js';
import { userOf } from './address-of-record.js';
import type { Authentication } from './authentication.js';
import { ContactRouting } from './contact-routing.js';
import type { EventNotifier } from './event-notifier.js';
import { addToTag, Exchange } from './exchange.js';
import { Handovers, type Handover } from './handovers.js';
import { assertIdentity, removeUntrusted } from './identity.js';
import type { LocationStore } from './location.js';
import { loopMark } from './loop-detection.js';
import type { OwnAddresses } from './own-addresses.js';
import type { PublishedAccounts } from './published-accounts.js';
import type { Registrar } from './registrar.js';
import { RegisterRequests } from './register-requests.js';
import { answerOptions, methodLabel, refusalOf } from './request-validation.js';
import { takeOwnRoutes } from './route-processing.js';
import type { Forwarder } from './forwarder.js';
import type { Gruus } from './gruus.js';
import { refusalOfUser } from './originating-checks.js';
import { badEvent, isImService, takeServedUser } from './service-routing.js';
import { referenceTo, type FlowReference, type Tokens } from './tokens.js';

export interface CoreOptions {
  readonly node: string;
  readonly own: OwnAddresses;
  readonly tokens: Tokens;
  readonly authentication: Authentication;
  readonly gruus: Gruus;
  readonly registrar: Registrar;
  readonly location: LocationStore;
  readonly forwarder: Forwarder;
  /** Serves subscriptions; without it they are forwarded like other requests. */
  readonly events?: EventNotifier | undefined;
  /** What an IM server in another process publishes of stored messages. */
  readonly accounts?: PublishedAccounts | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
}

export class SipCore implements Im2Core {
  readonly #options: CoreOptions;
  readonly #handovers: Handovers;
  readonly #contacts: ContactRouting;
  readonly #registers: RegisterRequests;
  #im: Im2Server | undefined;

  constructor(options: CoreOptions) {
    this.#options = options;
    this.#handovers = new Handovers(options.random);
    this.#contacts = new ContactRouting(options);
    this.#registers = new RegisterRequests({ ...options, imServer: () => this.contactUri(''), tell: (request) => this.#tellImServer(request) });
  }

  /** Requests that stand at the IM server now. */
  get handedOver(): number {
    return this.#handovers.size;
  }

  /** Whether a request stands at the IM server under this identifier. */
  isHandedOver(originalDialog: string): boolean {
    return this.#handovers.find(originalDialog) !== undefined;
  }

  /** Completes IM-2; to be called once, before the first request. */
  attach(im: Im2Server): void {
    this.#im = im;
  }

  // From the wire (IM-1, IP-1)

  /** A request that begins a server transaction. */
  receive(incoming: IncomingRequest): void {
    attempt(() => this.#receive(incoming), (error) => this.#fail(incoming, error));
  }

  /** An ACK to a 2xx: for the IM server, or on its way along the route set of a dialog. It is never challenged (§22.1). */
  receiveAck(request: SipRequest, _flow: Flow): void {
    const { own, tokens, authentication } = this.#options;
    const route = takeOwnRoutes(request, own, tokens);
    removeUntrusted(request);
    authentication.removeCredentials(request);
    if (this.#isForImServer(request)) this.#im?.ack(request);
    else if (route.sealed) this.#contacts.forwardAck(request, route.next);
  }

  #receive(incoming: IncomingRequest): Soon<void> {
    const { request, flow } = incoming;
    const { own, tokens, metrics, authentication, clock, random } = this.#options;
    metrics.count('sip_requests_total', { method: methodLabel(request.method) });
    const exchange = this.#exchange(incoming);
    if (request.method === 'OPTIONS' && this.#isForCore(request)) return exchange.respond(answerOptions(request, newTag(random)));
    const refusal = refusalOf(request, exchange.loopMark);
    if (refusal !== undefined) return exchange.respond(refusal);
    const route = takeOwnRoutes(request, own, tokens);
    removeUntrusted(request);
    if (route.sealed && request.toTag !== undefined) return this.#withinDialog(exchange, route.next);
    const who = authentication.identify(request, clock.date().getTime());
    if (!who.ok) return exchange.respond(who.response);
    authentication.removeCredentials(request);
    if (request.method === 'REGISTER') return this.#registers.receive(exchange, flow, who.aor);
    const refused = who.aor === undefined ? undefined : refusalOfUser(request, who.aor, this.#options.gruus);
    if (refused !== undefined) return exchange.respond(refused);
    if (who.aor !== undefined) assertIdentity(request, who.aor);
    if (this.#isForImServer(request)) return this.#toImServer(exchange, undefined);
    if (this.#options.events?.isFor(request)) return this.#options.events.receive(exchange);
    return this.#route(exchange, who.aor);
  }

  #exchange(incoming: IncomingRequest): Exchange {
    const exchange = new Exchange({
      request: incoming.request,
      caller: referenceTo(incoming.flow),
      loopMark: loopMark(incoming.request, this.#options.node),
      respond: (response) => this.#respond(incoming, response),
    });
    incoming.onCancelled = ({ headers }) => exchange.cancel(headers.has('Reason') ? headers.all('Reason').join(', ') : undefined);
    return exchange;
  }

  /** Failures of our own get their To tag here (RFC 3261 §8.2.6.2); what others answered with 1xx or 2xx stays theirs (§16.7 step 6). */
  #respond(incoming: IncomingRequest, response: SipResponse): void {
    if (response.status >= 300) addToTag(response, () => newTag(this.#options.random));
    if (response.status >= 200) this.#options.metrics.count('sip_responses_total', { class: `${Math.floor(response.status / 100)}xx` });
    incoming.respond(response);
  }

  /** The originating services of our user, then the way to the recipient. */
  #route(exchange: Exchange, sender: string | undefined): Soon<void> {
    const { request } = exchange;
    const { own, forwarder, authentication, clock } = this.#options;
    const uri = request.parsedUri;
    if (own.isOurDomain(uri)) {
      // TLS all the way is what SIPS asks for (§26.2.2), and we do not promise that (docs/profile.md).
      if (uri.scheme === 'sips') return exchange.respond(respondTo(request, 416));
      // The sooner an IM URI is resolved, the better for proxies behind us that do not know it (RFC 3428 §5).
      if (uri.scheme !== 'sip') request.uri = userOf(uri);
    } else if (own.isOurs(uri)) {
      return exchange.respond(respondTo(request, 404));
    }
    // A stranger may reach our users, and nobody else through us.
    const isRelaying = sender === undefined && !this.#isForOurUser(request);
    if (isRelaying) return exchange.respond(authentication.refuseRelaying(request, clock.date().getTime()));
    forwarder.recordRoutes.add(request, exchange.caller);
    const servedUser = isImService(request) ? sender : undefined;
    if (servedUser !== undefined) return this.#toImServer(exchange, { sessionCase: 'originating', servedUser });
    return this.#toRecipient(exchange, sender);
  }

  /** The terminating services of our user, or the way out of our domain. */
  #toRecipient(exchange: Exchange, sender?: string): Soon<void> {
    const { request } = exchange;
    if (!this.#isForOurUser(request)) return this.#options.forwarder.forwardOut(exchange);
    const recipient = this.#options.gruus.recipientOf(request.parsedUri);
    const isKnown = recipient !== undefined && this.#options.authentication.isProvisioned(recipient.aor);
    if (!isKnown) return exchange.respond(respondTo(request, 404));
    if (this.#options.events?.serves(request, sender)) return this.#options.events.receive(exchange);
    // Users publish to the network, not to devices of their own: what it knows nothing of is a bad event (RFC 3903 §6).
    if (request.method === 'PUBLISH' && sender === recipient.aor) return exchange.respond(badEvent(request));
    if (isImService(request)) return this.#toImServer(exchange, { sessionCase: 'terminating', servedUser: recipient.aor });
    return this.#contacts.toContacts(exchange, recipient);
  }

  #withinDialog(exchange: Exchange, next: FlowReference | undefined): Soon<void> {
    const { request } = exchange;
    const { own, authentication } = this.#options;
    authentication.removeCredentials(request);
    if (this.#isForImServer(request)) return this.#toImServer(exchange, undefined);
    if (this.#options.events?.isFor(request)) return this.#options.events.receive(exchange);
    if (own.isOurs(request.parsedUri) && request.routes.length === 0) return exchange.respond(respondTo(request, 404));
    return this.#contacts.alongDialog(exchange, next);
  }

  #tellImServer(request: SipRequest): void {
    const outside = { sessionCase: undefined, servedUser: undefined, originalDialog: undefined, onCancelled: undefined };
    // A refusal would change nothing for the client, which is registered.
    this.#im?.receive({ ...outside, request, respond: () => {} });
  }

  // Over IM-2

  request(request: SipRequest, originalDialog: string | undefined, handlers: Im2Handlers): Im2Outgoing {
    return this.#send(request, originalDialog, handlers, true);
  }

  /** The IM server is not there: a request goes on as if it had been handed back, and nobody but us answers its sender in time. */
  bypass(request: SipRequest, originalDialog: string, handlers: Im2Handlers): Im2Outgoing {
    return this.#send(request, originalDialog, handlers, false);
  }

  #send(request: SipRequest, originalDialog: string | undefined, handlers: Im2Handlers, isTimed: boolean): Im2Outgoing {
    const handover = originalDialog === undefined ? undefined : this.#handovers.find(originalDialog);
    const exchange = new Exchange({
      request,
      // A leg of the IM server's own begins with the IM server.
      caller: handover?.callId === request.callId ? handover?.exchange.caller : undefined,
      vias: handover?.callId === request.callId ? handover?.exchange.vias : undefined,
      loopMark: handover?.exchange.loopMark ?? loopMark(request, this.#options.node),
      isTimed: isTimed && handover?.sessionCase !== 'originating',
      respond: (response) => handlers.response(response),
    });
    // The CANCEL may have come while the IM server was thinking.
    if (handover?.exchange.cancelled === true) exchange.cancel();
    // Nothing is answered before the IM server knows what it has sent.
    void Promise.resolve().then(() => attempt(() => this.#fromImServer(exchange, handover), (error) => this.#answerFailure(exchange, error)));
    return { cancel: () => exchange.cancel() };
  }

  #fromImServer(exchange: Exchange, handover: Handover | undefined): Soon<void> {
    const { own, tokens, forwarder } = this.#options;
    const { request } = exchange;
    if (request.maxForwards === 0) return exchange.respond(respondTo(request, 483));
    const route = takeOwnRoutes(request, own, tokens);
    if (handover === undefined && route.sealed) return this.#contacts.alongDialog(exchange, route.next);
    if (handover === undefined && this.#options.accounts?.takes(request) === true) return this.#options.accounts.receive(exchange);
    const named = takeServedUser(request);
    // What the IM server has for its own user has passed the services of that user, as what it hands back has.
    const served = handover === undefined ? named : terminatingUser(handover);
    // A leg of the IM server's own has no Record-Route of ours yet; a request handed back has one.
    forwarder.recordRoutes.add(request, exchange.caller);
    if (served !== undefined) return this.#contacts.toContacts(exchange, this.#contacts.servedRecipient(request, served));
    return this.#toRecipient(exchange);
  }

  ack(request: SipRequest): void {
    const route = takeOwnRoutes(request, this.#options.own, this.#options.tokens);
    this.#contacts.forwardAck(request, route.next);
  }

  contactUri(leg: string): string {
    return this.#options.own.uri(leg === '' ? IM_SERVER : `${IM_SERVER}.${leg}`, 'TCP');
  }

  #toImServer(exchange: Exchange, served: Pick<Handover, 'sessionCase' | 'servedUser'> | undefined): void {
    if (this.#handovers.isFull) return exchange.respond(respondTo(exchange.request, 503, { headers: [['Retry-After', '5']] }));
    const originalDialog = served === undefined ? undefined : this.#handovers.add({
      sessionCase: served.sessionCase, servedUser: served.servedUser, exchange, callId: exchange.request.callId,
    });
    if (served !== undefined) this.#options.forwarder.recordRoutes.nameImServer(exchange.request, exchange.caller);
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

  /** By one of our sockets, or by its name in our domain, under which disposition notifications find it (RFC 5438 §8). */
  #isForImServer(request: SipRequest): boolean {
    const uri = request.parsedUri;
    const { own } = this.#options;
    return isSipUri(uri) && (own.isOurs(uri) || own.isOurDomain(uri)) && (uri.user === IM_SERVER || uri.user?.startsWith(`${IM_SERVER}.`) === true);
  }

  /** A URI of our domain, unless the Route leads elsewhere first (§16.6 step 7). */
  #isForOurUser(request: SipRequest): boolean {
    return request.routes.length === 0 && this.#options.own.isOurDomain(request.parsedUri);
  }

  #isForCore(request: SipRequest): boolean {
    const uri = request.parsedUri;
    const { own } = this.#options;
    return isSipUri(uri) && uri.user === undefined && (own.isOurs(uri) || own.isOurDomain(uri));
  }

  #fail(incoming: IncomingRequest, error: unknown): void {
    if (incoming.answered) this.#options.log.error({ err: error, method: incoming.request.method }, 'a request failed after its answer');
    else this.#answerFailure({ request: incoming.request, respond: (response: SipResponse) => this.#respond(incoming, response) }, error);
  }

  /** A peer's mistake is answered as its error says; anything else is ours, and the log says why: the store's status, or 500. */
  #answerFailure(exchange: Pick<Exchange, 'request' | 'respond'>, error: unknown): void {
    const status = ProtocolError.is(error) ? error.status : undefined;
    const isOurs = status === undefined || (error as ProtocolError).fault === 'local';
    if (isOurs) this.#options.log.error({ err: error, method: exchange.request.method }, 'a request could not be served');
    exchange.respond(respondTo(exchange.request, status ?? 500));
  }
}

function terminatingUser({ sessionCase, servedUser }: Handover): string | undefined {
  return sessionCase === 'terminating' ? servedUser : undefined;
}

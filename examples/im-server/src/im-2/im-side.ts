/*
 * IM-2 over SIP, the IM server's side (3GPP TS 24.229 §5.7): to the IM server this is the core, on the wire it is the application
 * server that hands requests back to the S-CSCF by Route, or is a user agent of its own.
 */
import { isSipUri, ProtocolError, type NameAddr, type Uri } from '@simple-im/grammar';
import { newBranch, newTag, respondTo, viaFor, type Flow, type IncomingRequest, type SipEndpoint, type SipRequest } from '@simple-im/sip';
import type { Clock, Random } from '@simple-im/transport';
import type { Log, Metrics } from '../observe/ports.js';
import { IM_SERVER, type Im2Core, type Im2Handlers, type Im2Outgoing, type Im2Request, type Im2Server } from '../reference-points.js';
import { forwardable, noAnswer, ServiceHop, tagged } from './service-hop.js';
import type { TrustedPeers } from './trusted-peers.js';
import type { WatchedRegistrations } from './watched-registrations.js';
import { looseUri, readOriginalDialog, takeServed } from './wire.js';

/** URIs of the IM server. */
export interface ImServerUris {
  uri(user: string, transport: string): string;
  isOurs(uri: Uri): boolean;
}

export interface CoreOverSipOptions {
  readonly endpoint: SipEndpoint;
  readonly own: ImServerUris;
  /** URI of the core: where a request goes that nothing else leads anywhere. */
  readonly core: string;
  /** Whose requests are believed. */
  readonly trusted: TrustedPeers;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
}

const METHODS = 'INVITE, ACK, CANCEL, BYE, MESSAGE, OPTIONS, REGISTER, NOTIFY';
/** Milliseconds for a request that is not an INVITE: the core answers before, unless it is gone. */
const PATIENCE = 31_000;

export class CoreOverSip implements Im2Core {
  readonly #options: CoreOverSipOptions;
  #im: Im2Server | undefined;
  #registrations: Pick<WatchedRegistrations, 'isFor' | 'receive' | 'told'> | undefined;
  /** Where requests of the IM server's own go: what the core said when it last told of a registration, else the core as configured. */
  #coreRoute: string;

  constructor(options: CoreOverSipOptions) {
    this.#options = options;
    this.#coreRoute = looseUri(options.core);
  }

  /** Completes IM-2; to be called once, before the first request. */
  attach(im: Im2Server, registrations?: Pick<WatchedRegistrations, 'isFor' | 'receive' | 'told'>): void {
    this.#im = im;
    this.#registrations = registrations;
  }

  // From the wire

  receive(incoming: IncomingRequest): void {
    try {
      this.#receive(incoming);
    } catch (error) {
      if (!ProtocolError.is(error)) throw error;
      this.#refuse(incoming, error.status ?? 400);
    }
  }

  receiveAck(request: SipRequest, flow: Flow): void {
    if (!this.#options.trusted.has(flow.remote.host)) return;
    this.#im?.ack(request);
  }

  #receive(incoming: IncomingRequest): void {
    const { request, flow } = incoming;
    const { trusted, log, metrics } = this.#options;
    metrics.count('sip_requests_total', { method: METHODS.includes(request.method) ? request.method : 'other' });
    // Whoever is believed here can speak for anybody.
    if (!trusted.has(flow.remote.host)) {
      log.warn({ remote: flow.remote, method: request.method }, 'a request that does not come from the core');
      return this.#refuse(incoming, 403);
    }
    if (request.method === 'REGISTER') this.#learnRoute(request);
    const route = takeRoute(request)?.uri;
    if (request.method === 'CANCEL') return this.#refuse(incoming, 481);
    if (request.method === 'OPTIONS' && route === undefined && this.#isForUs(request)) return this.#answerOptions(incoming);
    if (this.#registrations?.isFor(request) === true) return this.#registrations.receive(incoming);
    this.#im?.receive(this.#exchange(incoming, route));
    if (request.method === 'REGISTER') this.#registrations?.told(request, this.#coreRoute);
  }

  #learnRoute(request: SipRequest): void {
    const [contact] = request.contacts;
    if (contact !== undefined && isSipUri(contact.uri) && readOriginalDialog(contact.uri.user) !== undefined) this.#coreRoute = contact.uriText;
  }

  /** A session case has what came by our Route before there was a dialog; all else is for the IM server itself. */
  #exchange(incoming: IncomingRequest, route: Uri | undefined): Im2Request {
    const { request } = incoming;
    const isServed = route !== undefined && request.toTag === undefined && request.method !== 'REGISTER';
    const served = isServed ? takeServed(request, route) : undefined;
    const exchange: Im2Request = {
      request,
      sessionCase: served?.sessionCase,
      servedUser: served?.servedUser,
      originalDialog: isServed ? takeRoute(request)?.uriText : undefined,
      respond: (response) => this.#respond(incoming, response),
      onCancelled: undefined,
    };
    incoming.onCancelled = () => exchange.onCancelled?.();
    return exchange;
  }

  #isForUs(request: SipRequest): boolean {
    const uri = request.parsedUri;
    return isSipUri(uri) && (uri.user === undefined || uri.user === IM_SERVER) && this.#options.own.isOurs(uri);
  }

  #answerOptions(incoming: IncomingRequest): void {
    this.#respond(incoming, respondTo(incoming.request, 200, { headers: [['Allow', METHODS]] }));
  }

  #refuse(incoming: IncomingRequest, status: number): void {
    this.#respond(incoming, respondTo(incoming.request, status));
  }

  #respond(incoming: IncomingRequest, response: Parameters<IncomingRequest['respond']>[0]): void {
    if (response.status >= 200) this.#options.metrics.count('sip_responses_total', { class: `${Math.floor(response.status / 100)}xx` });
    incoming.respond(tagged(response, () => newTag(this.#options.random)));
  }

  // From the IM server

  request(request: SipRequest, originalDialog: string | undefined, handlers: Im2Handlers): Im2Outgoing {
    const { endpoint, clock } = this.#options;
    // What is handed back has passed a hop; what the IM server made has not.
    const copy = request.headers.has('Via') ? forwardable(request) : request.clone();
    if (copy === undefined) {
      queueMicrotask(() => handlers.response(respondTo(request, 483)));
      return { cancel: () => {} };
    }
    if (originalDialog !== undefined) copy.headers.prepend('Route', `<${originalDialog}>`);
    else if (copy.routes.length === 0 && copy.toTag === undefined) copy.headers.prepend('Route', `<${this.#coreRoute}>`);
    const hop: ServiceHop = new ServiceHop(copy, {
      response: (response) => handlers.response(response),
      lost: (error) => handlers.response(noAnswer(request, error)),
    }, { endpoint, clock, patience: PATIENCE });
    let cancelled = false;
    this.#nextHop(copy).then(
      (target) => { if (cancelled) handlers.response(respondTo(request, 487)); else hop.send(target); },
      (error: ProtocolError) => handlers.failed(error),
    );
    return {
      cancel: () => {
        cancelled = true;
        hop.cancel();
      },
    };
  }

  ack(request: SipRequest): void {
    const { endpoint, random, log } = this.#options;
    this.#nextHop(request).then((target) => {
      const flow = endpoint.flowTo(target);
      request.headers.prepend('Via', viaFor(flow, newBranch(random)));
      endpoint.send(request, flow);
    }).catch((error: unknown) => log.debug({ err: error }, 'an ACK could not be sent'));
  }

  contactUri(leg: string): string {
    return this.#options.own.uri(leg === '' ? IM_SERVER : `${IM_SERVER}.${leg}`, 'TCP');
  }

  /** RFC 3261 §8.1.2. Dialogs are made by trusted cores, so their routes lead to such. */
  #nextHop(request: SipRequest): ReturnType<SipEndpoint['resolve']> {
    return this.#options.endpoint.resolve(request.routes[0]?.uriText ?? request.uri);
  }
}

/** The topmost Route: first the one by which the core found us, whatever it calls us; then its own, which nobody but the core reads. */
function takeRoute(request: SipRequest): NameAddr | undefined {
  const [route] = request.routes;
  if (route !== undefined) request.headers.removeFirst('Route');
  return route;
}

/*
 * What the notifier's user agent takes for its endpoint. It has no socket: its requests leave through the core, over the flow that the
 * core's own Route names, and what the core has for it comes in already decoded and authenticated.
 */
import { ProtocolError } from '@simple-im/grammar';
import {
  Locator, respondTo, SipEndpoint,
  type Candidates, type Flow, type OutgoingRequest, type ResponseHandlers, type SipEndpointOptions, type SipRequest,
  type SipResponse, type Target,
} from '@simple-im/sip';
import { ExchangeRequest, INNER_FLOW } from '../exchange-request.js';
import type { Exchange } from './exchange.js';

export interface NotifierEndpointOptions extends Pick<SipEndpointOptions, 'clock' | 'random' | 'onError'> {
  /** Whose sockets they are. */
  readonly wire: SipEndpoint;
  /** Where a request goes; makes our own Routes its Record-Route. Undefined: it cannot be reached now. */
  wayOf(request: SipRequest): Promise<Target | Flow | undefined>;
  /** The URI of our Contact for whoever sent a request. */
  contactFor(exchange: Exchange): string;
  /** Resolves when a request may leave. */
  beforeRequest(request: SipRequest): Promise<void>;
  /** Resolves when a response may leave; rejects when another one has to. */
  beforeResponse(request: SipRequest, response: SipResponse): Promise<void>;
  onFinal(request: SipRequest, result: SipResponse | ProtocolError): void;
}

/** All requests go to the core, which is nowhere: only the shape of an address. */
const CORE: Target = { transport: 'TCP', address: INNER_FLOW.remote };

/** RFC 3263 is for the core, which sends. */
class EverythingToTheCore extends Locator {
  override candidates(): Candidates {
    return this.candidatesAmong(toTheCore());
  }
}

async function* toTheCore(): AsyncGenerator<Target, void, undefined> {
  yield CORE;
}

export class NotifierEndpoint extends SipEndpoint {
  override readonly locator: Locator;
  readonly #options: NotifierEndpointOptions;
  #underWay = 0;
  #onIdle: (() => void) | undefined;

  constructor(options: NotifierEndpointOptions) {
    super(options);
    this.#options = options;
    this.locator = new EverythingToTheCore({ ...options, resolver: undefined, transports: [] });
  }

  /** A request from the core. */
  receive(exchange: Exchange): void {
    this.onRequest(new ExchangeRequest(exchange.request, (response) => void this.#respond(exchange, response)));
  }

  /** Resolves when what was just asked for has been sent and answered. */
  async idle(): Promise<void> {
    for (;;) {
      await new Promise<void>((resolve) => void this.clock.setTimer(0, resolve));
      if (this.#underWay === 0) return;
      // Its answer may let go of another one that waited for it.
      await new Promise<void>((resolve) => { this.#onIdle = resolve; });
    }
  }

  override flowTo(): Flow {
    return INNER_FLOW;
  }

  override request(request: SipRequest, _to: Target | Flow, handlers: ResponseHandlers): OutgoingRequest {
    this.#underWay += 1;
    const told: ResponseHandlers = {
      response: (response) => {
        if (response.status >= 200) this.#final(request, response);
        handlers.response(response);
      },
      failed: (error) => {
        this.#final(request, error);
        handlers.failed(error);
      },
    };
    this.#send(request, told).catch((error: unknown) => {
      if (ProtocolError.is(error)) return told.failed(error);
      this.report(error as Error);
      told.response(respondTo(request, 500));
    });
    return { key: '', branch: '', flow: INNER_FLOW, request, cancel: () => {} };
  }

  #final(request: SipRequest, result: SipResponse | ProtocolError): void {
    this.#underWay -= 1;
    if (this.#underWay === 0) this.#onIdle?.();
    this.#options.onFinal(request, result);
  }

  async #send(request: SipRequest, handlers: ResponseHandlers): Promise<void> {
    const { wire, wayOf, beforeRequest } = this.#options;
    await beforeRequest(request);
    const copy = request.clone();
    const to = await wayOf(copy);
    // As a proxy of RFC 5626 §5.3.1 would say: the flow is gone, and the subscriber may come back over another one.
    if (to === undefined) handlers.response(respondTo(request, 430, { reason: 'Flow Failed' }));
    else wire.request(copy, to, handlers);
  }

  async #respond(exchange: Exchange, response: SipResponse): Promise<void> {
    const { request } = exchange;
    if (response.headers.has('Contact')) response.headers.set('Contact', `<${this.#options.contactFor(exchange)}>`);
    try {
      await this.#options.beforeResponse(request, response);
      exchange.respond(response);
    } catch (error) {
      this.report(error as Error);
      exchange.respond(respondTo(request, 503, { headers: [['Retry-After', '5']] }));
    }
  }
}

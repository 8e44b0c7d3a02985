/*
 * The Participating IM Function: what comes over IM-2, by session case and method.
 */
import { isSipUri, ProtocolError } from '@simple-im/grammar';
import { respondTo, SessionTimer } from '@simple-im/sip';
import type { SipRequest, SipResponse } from '@simple-im/sip';
import type { Delivery } from '../internal-ports.js';
import { retrievalServices, type Im2Request, type Im2Server, type RetrievalServiceName } from '../reference-points.js';
import type { RetrievalService, SessionInviter } from '../session-ports.js';
import { attempt, type Soon } from '../soon.js';
import { INVITATION_TYPES } from './invitation-body.js';
import { Pager, type PagerOptions } from './pager.js';
import { serviceOf } from './services.js';
import { Sessions, type SessionsOptions } from './sessions.js';
import { warning } from './warning.js';

export interface ParticipatingOptions extends SessionsOptions, Omit<PagerOptions, keyof SessionsOptions> {
  /** Takes what users publish of their service settings. */
  readonly publications: Pick<Im2Server, 'receive'>;
  /** What users ask for what is kept for them; a service that there is not has no URI. */
  readonly services: Readonly<Partial<Record<RetrievalServiceName, RetrievalService>>>;
  /** Hears of users who are there. */
  readonly delivery: Delivery | undefined;
}

export class Participating implements Im2Server {
  readonly #options: ParticipatingOptions;
  readonly #pager: Pager;
  readonly #sessions: Sessions;

  constructor(options: ParticipatingOptions) {
    this.#options = options;
    this.#pager = new Pager(options);
    this.#sessions = new Sessions(options);
  }

  /** Begins sessions to deliver what was stored. */
  get inviter(): SessionInviter {
    return this.#sessions;
  }

  receive(exchange: Im2Request): void {
    attempt(() => this.#receive(exchange), (error) => this.#fail(exchange, error));
  }

  ack(request: SipRequest): void {
    const leg = this.#sessions.legOf(request);
    leg?.session.acknowledged(leg.side, request);
  }

  /** Ends every session, for an orderly stop; resolves when every BYE has its answer. */
  async close(): Promise<void> {
    await this.#sessions.close();
  }

  #receive(exchange: Im2Request): Soon<void> {
    const { request, sessionCase } = exchange;
    if (sessionCase === undefined) return this.#withoutCase(exchange);
    if (request.method === 'MESSAGE') return this.#pager.receive(exchange);
    if (request.method === 'INVITE') return this.#invite(exchange);
    if (request.method === 'PUBLISH') return this.#options.publications.receive(exchange);
    this.#handBack(exchange);
  }

  #withoutCase(exchange: Im2Request): void {
    const { request } = exchange;
    if (request.method === 'REGISTER') {
      this.#registered(request);
      return exchange.respond(respondTo(request, 200));
    }
    const unsupported = refusedExtensions(request);
    if (unsupported !== undefined) return exchange.respond(unsupported);
    const leg = this.#sessions.legOf(request);
    if (leg === undefined && request.method === 'MESSAGE' && request.toTag === undefined) return this.#options.imdnWay.receive(exchange);
    if (leg === undefined) return exchange.respond(respondTo(request, request.toTag === undefined ? 404 : 481));
    leg.session.receive(leg.side, exchange);
  }

  #registered(request: SipRequest): void {
    const { availability, delivery } = this.#options;
    const user = availability.registered(request);
    if (user !== undefined && availability.isAvailable(user)) delivery?.available(user);
  }

  async #invite(exchange: Im2Request): Promise<void> {
    const { policy, availability } = this.#options;
    const service = this.#serviceAsked(exchange);
    if (service !== undefined) return this.#serve(exchange, service);
    let cancelled = false;
    exchange.onCancelled = () => { cancelled = true; };
    const refusal = await policy.evaluate(exchange, serviceOf(exchange.request));
    if (cancelled) return exchange.respond(respondTo(exchange.request, 487));
    if (refusal !== undefined) return exchange.respond(refusal);
    // The recipient's own side will be on the media path: one media hop is enough (ADR 4).
    if (exchange.sessionCase === 'originating' && this.#isOurs(exchange.request)) return this.#handBack(exchange);
    const isAway = exchange.sessionCase === 'terminating' && (!availability.isAvailable(exchange.servedUser ?? '') || await this.#isBehind(exchange));
    if (isAway && !this.#sessions.storesFor(exchange)) return exchange.respond(respondTo(exchange.request, 480));
    const unfit = this.#refusal(exchange.request);
    if (unfit !== undefined) return exchange.respond(unfit);
    if (isAway) this.#sessions.beginAbsent(exchange);
    else this.#sessions.begin(exchange);
  }

  /** One of our own services, of which our users are served what is theirs; nobody else has anything there. */
  #serviceAsked({ request, sessionCase }: Im2Request): RetrievalService | undefined {
    const uri = request.parsedUri;
    const name = sessionCase === 'originating' && this.#isOurs(request) && isSipUri(uri) ? uri.user : undefined;
    const known = retrievalServices.find((service) => service === name);
    return known === undefined ? undefined : this.#options.services[known];
  }

  #serve(exchange: Im2Request, service: RetrievalService): void {
    const unfit = this.#refusal(exchange.request);
    if (unfit !== undefined) return exchange.respond(unfit);
    this.#sessions.beginService(exchange, exchange.servedUser ?? '', service);
  }

  /** A large message goes behind what waits for its recipient, as a pager message does. */
  async #isBehind({ request, servedUser }: Im2Request): Promise<boolean> {
    const { deferral } = this.#options;
    return deferral !== undefined && servedUser !== undefined && serviceOf(request) === 'large' && await deferral.isQueued(servedUser);
  }

  /** What a user agent server refuses before it looks at the offer (RFC 3261 §8.2); undefined to go on. */
  #refusal(request: SipRequest): SipResponse | undefined {
    if (this.#sessions.isFull) return respondTo(request, 503, { headers: [['Retry-After', '10']] });
    const unsupported = refusedExtensions(request);
    if (unsupported !== undefined) return unsupported;
    if (request.contacts.length === 0) return respondTo(request, 400, { reason: 'Missing Contact' });
    const tooShort = new SessionTimer().tooShort(request);
    if (tooShort !== undefined) return respondTo(request, 422, { headers: tooShort });
    if (request.body.length === 0) return respondTo(request, 488, { reason: 'An Offer Is Needed' });
    if (!INVITATION_TYPES.includes(request.contentType?.type ?? '')) {
      return respondTo(request, 415, { headers: [['Accept', INVITATION_TYPES.join(', ')]] });
    }
    const encodings = request.headers.list('Content-Encoding').filter((encoding) => encoding.toLowerCase() !== 'identity');
    return encodings.length === 0 ? undefined : respondTo(request, 415, { headers: [['Accept-Encoding', 'identity']] });
  }

  /** The core goes on from where it handed over; every answer passes unchanged. */
  #handBack(exchange: Im2Request): void {
    const outgoing = this.#options.core.request(exchange.request, exchange.originalDialog, {
      response: (response) => exchange.respond(response),
      failed: (error) => exchange.respond(respondTo(exchange.request, error.status ?? 500)),
    });
    exchange.onCancelled = () => outgoing.cancel();
  }

  #isOurs(request: SipRequest): boolean {
    const uri = request.parsedUri;
    return isSipUri(uri) && uri.host.toLowerCase() === this.#options.domain;
  }

  #fail(exchange: Im2Request, error: unknown): void {
    if (!ProtocolError.is(error)) this.#options.log.error({ err: error, method: exchange.request.method }, 'the IM server failed');
    const status = ProtocolError.is(error) ? error.status ?? 400 : 500;
    exchange.respond(respondTo(exchange.request, status, { headers: status === 488 ? [['Warning', this.#warning(error)]] : [] }));
  }

  /** Why an offer is not acceptable (RFC 3261 §21.4.26, §20.43): 302 for a transport we lack, 399 for anything else. */
  #warning(error: unknown): string {
    const isTransport = ProtocolError.is(error) && error.code === 'IM_MEDIA_TRANSPORT';
    return warning(this.#options.domain, error as Error, isTransport ? 302 : 399);
  }
}

/** We are an end here, and know no extension but the session timer (RFC 3261 §8.2.2.3). */
function refusedExtensions(request: SipRequest): SipResponse | undefined {
  const required = request.require().filter((option) => option.toLowerCase() !== 'timer');
  return required.length === 0 ? undefined : respondTo(request, 420, { headers: [['Unsupported', required.join(', ')]] });
}

/*
 * The Participating IM Function: what comes over IM-2, by session case and method.
 */
import { aorOf, isSipUri, ProtocolError } from '@simple-im/grammar';
import { newTag, respondTo, SessionTimer } from '@simple-im/sip';
import type { SipRequest, SipResponse } from '@simple-im/sip';
import type { Im2Request, Im2Server } from '../reference-points.js';
import { attempt, type Soon } from '../soon.js';
import type { RegistrationAvailability } from './availability.js';
import { ImSession, type ImSessionOptions, type Side } from './im-session.js';
import { Pager } from './pager.js';
import { assertedIdentity, type Policy } from './policy.js';
import { serviceOf } from './services.js';

export interface ParticipatingOptions extends ImSessionOptions {
  readonly domain: string;
  readonly policy: Policy;
  readonly availability: RegistrationAvailability;
  /** Takes what users publish of their service settings. */
  readonly publications: Pick<Im2Server, 'receive'>;
}

/** At most this many sessions at once; the next is answered 503. */
const MAX_SESSIONS = 20_000;

interface Leg {
  readonly session: ImSession;
  readonly side: Side;
}

export class Participating implements Im2Server {
  readonly #options: ParticipatingOptions;
  readonly #pager: Pager;
  /** Sessions by the names of their legs, which are in our Contact URIs. */
  readonly #legs = new Map<string, Leg>();

  constructor(options: ParticipatingOptions) {
    this.#options = options;
    this.#pager = new Pager(options.core, options.policy);
  }

  receive(exchange: Im2Request): void {
    attempt(() => this.#receive(exchange), (error) => this.#fail(exchange, error));
  }

  ack(request: SipRequest): void {
    const leg = this.#legOf(request);
    leg?.session.acknowledged(leg.side, request);
  }

  /** Ends every session, for an orderly stop; resolves when every BYE has its answer. */
  async close(): Promise<void> {
    await Promise.all([...new Set([...this.#legs.values()].map(({ session }) => session))].map((session) => session.end()));
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
      this.#options.availability.registered(request);
      return exchange.respond(respondTo(request, 200));
    }
    const unsupported = refusedExtensions(request);
    if (unsupported !== undefined) return exchange.respond(unsupported);
    const leg = this.#legOf(request);
    if (leg === undefined) return exchange.respond(respondTo(request, request.toTag === undefined ? 404 : 481));
    leg.session.receive(leg.side, exchange);
  }

  async #invite(exchange: Im2Request): Promise<void> {
    const { policy, availability } = this.#options;
    let cancelled = false;
    exchange.onCancelled = () => { cancelled = true; };
    const refusal = await policy.evaluate(exchange, serviceOf(exchange.request));
    if (cancelled) return exchange.respond(respondTo(exchange.request, 487));
    if (refusal !== undefined) return exchange.respond(refusal);
    // The recipient's own side will be on the media path: one media hop is enough (ADR 4).
    if (exchange.sessionCase === 'originating' && this.#isOurs(exchange.request)) return this.#handBack(exchange);
    const isAway = exchange.sessionCase === 'terminating' && !availability.isAvailable(exchange.servedUser ?? '');
    if (isAway) return exchange.respond(respondTo(exchange.request, 480));
    this.#begin(exchange);
  }

  #begin(exchange: Im2Request): void {
    const { request } = exchange;
    const refusal = this.#refusal(request);
    if (refusal !== undefined) return exchange.respond(refusal);
    const { random } = this.#options;
    const legs = { caller: newTag(random), callee: newTag(random) };
    const callee = exchange.sessionCase === 'terminating' ? exchange.servedUser : undefined;
    const users = {
      caller: assertedIdentity(request) ?? aorOfFrom(request),
      callee: callee ?? aorOf(request.parsedUri),
      calleeTransport: callee === undefined ? undefined : this.#options.availability.transportOf(callee),
    };
    const session: ImSession = new ImSession(exchange, users, legs, this.#options, () => {
      this.#legs.delete(legs.caller);
      this.#legs.delete(legs.callee);
      this.#count();
    });
    this.#legs.set(legs.caller, { session, side: 'caller' });
    this.#legs.set(legs.callee, { session, side: 'callee' });
    this.#count();
    session.start();
  }

  /** What a user agent server refuses before it looks at the offer (RFC 3261 §8.2); undefined to go on. */
  #refusal(request: SipRequest): SipResponse | undefined {
    if (this.#legs.size >= 2 * MAX_SESSIONS) return respondTo(request, 503, { headers: [['Retry-After', '10']] });
    const unsupported = refusedExtensions(request);
    if (unsupported !== undefined) return unsupported;
    if (request.contacts.length === 0) return respondTo(request, 400, { reason: 'Missing Contact' });
    const tooShort = new SessionTimer().tooShort(request);
    if (tooShort !== undefined) return respondTo(request, 422, { headers: tooShort });
    if (request.body.length === 0) return respondTo(request, 488, { reason: 'An Offer Is Needed' });
    if (request.contentType?.type !== 'application/sdp') return respondTo(request, 415, { headers: [['Accept', 'application/sdp']] });
    const encodings = request.headers.list('Content-Encoding').filter((encoding) => encoding.toLowerCase() !== 'identity');
    return encodings.length === 0 ? undefined : respondTo(request, 415, { headers: [['Accept-Encoding', 'identity']] });
  }

  #count(): void {
    this.#options.metrics.gauge('im_sessions_active', this.#legs.size / 2);
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

  /** The leg whose name is in the Request-URI: `sip:im-server.NAME@...`. */
  #legOf(request: SipRequest): Leg | undefined {
    const uri = request.parsedUri;
    const name = isSipUri(uri) ? uri.user?.split('.')[1] : undefined;
    return name === undefined ? undefined : this.#legs.get(name);
  }

  #fail(exchange: Im2Request, error: unknown): void {
    if (!ProtocolError.is(error)) this.#options.log.error({ err: error, method: exchange.request.method }, 'the IM server failed');
    const status = ProtocolError.is(error) ? error.status ?? 400 : 500;
    exchange.respond(respondTo(exchange.request, status, { headers: status === 488 ? [['Warning', this.#warning(error)]] : [] }));
  }

  /** Why an offer is not acceptable (RFC 3261 §21.4.26, §20.43): 302 for a transport we lack, 399 for anything else. */
  #warning(error: unknown): string {
    const isTransport = ProtocolError.is(error) && error.code === 'IM_MEDIA_TRANSPORT';
    const text = error instanceof Error ? error.message.replace(/[^ !#-[\]-~]/g, '') : '';
    return `${isTransport ? 302 : 399} ${this.#options.domain} "${text}"`;
  }
}

function aorOfFrom(request: SipRequest): string {
  return request.from === undefined ? '' : aorOf(request.from.uri);
}

/** We are an end here, and know no extension but the session timer (RFC 3261 §8.2.2.3). */
function refusedExtensions(request: SipRequest): SipResponse | undefined {
  const required = request.require().filter((option) => option.toLowerCase() !== 'timer');
  return required.length === 0 ? undefined : respondTo(request, 420, { headers: [['Unsupported', required.join(', ')]] });
}

import { formatNameAddr, ProtocolError } from '@simple-im/grammar';
import type { Timer } from '@simple-im/transport';
import { Authenticator } from './authenticator.js';
import type { BodyOptions } from './build.js';
import type { DialogOpening } from './dialog-opening.js';
import { isLooseRouter } from './dialog.js';
import type { Dialog } from './dialog.js';
import { contactUriOf } from './contact-uri.js';
import type { SipEndpoint } from './endpoint.js';
import { sipError } from './errors.js';
import type { Candidates } from './failover-candidates.js';
import type { Flow } from './flow.js';
import type { Headers } from './headers.js';
import type { KnownPlace } from './known-place.js';
import type { SipRequest, SipResponse } from './message.js';
import type { Target } from './resolve.js';
import type { UaDialog } from './ua-dialog.js';
import type { UaInvite } from './ua-invite.js';
import type { UserAgentOptions } from './ua-options.js';
import type { UaRequest } from './ua-request.js';

/**
 * Methods that make dialogs or refresh their remote target (§12.2, RFC 3311 §5.2, RFC 6665 §4.4.1, RFC 5057 §5.4), so that their
 * requests and the 2xx to them carry a Contact; MESSAGE must not (RFC 3428 §4).
 */
export const TARGET_REFRESH = new Set(['INVITE', 'UPDATE', 'SUBSCRIBE', 'NOTIFY', 'REFER']);

/** Ended sessions that are remembered. */
const ENDED_SESSIONS = 256;

/** What the parts of a user agent share. */
export class UaCore {
  readonly endpoint: SipEndpoint;
  readonly options: UserAgentOptions;
  readonly authenticator: Authenticator | undefined;
  readonly dialogs = new Map<string, UaDialog>();
  /** Requests of ours whose dialogs the peers' requests make, by Call-ID and our tag (RFC 6665 §4.4.1). */
  readonly openings = new Map<string, DialogOpening>();
  /** Methods we have handlers for, for Allow. */
  readonly methods = new Set(['ACK', 'CANCEL', 'BYE', 'OPTIONS', 'PRACK', 'UPDATE']);
  /** INVITEs refused while a provisional response was not acknowledged, by dialog: their PRACKs may still come (RFC 3262 §3). */
  readonly #latePracks = new Map<string, { readonly invite: UaInvite; readonly timer: Timer }>();
  /** Sessions that ended lately, by dialog: nobody may replace them any more (RFC 3891 §3). */
  readonly #endedSessions = new Set<string>();
  /** Route URIs for requests outside of dialogs (RFC 3608). */
  serviceRoute: readonly string[] = [];
  /** Our Contact on every flow; made from the flow when undefined. */
  contactUri: string | undefined;
  /** Where every request goes when it is set. */
  onlyWay: Target | undefined;
  /** The Contact made last, which the next request has too as a rule. */
  #lastContact: { readonly transport: string; readonly sentBy: string; readonly text: string } | undefined;

  constructor(options: UserAgentOptions) {
    this.endpoint = options.endpoint;
    this.options = options;
    this.contactUri = options.contact;
    const { credentials, hash, endpoint } = options;
    this.authenticator = credentials === undefined ? undefined : new Authenticator(credentials, hash, endpoint.random);
  }

  get allow(): string {
    return [...this.methods].join(', ');
  }

  /** Our From, without tag. */
  get from(): { displayName: string | undefined; uri: string } {
    return { displayName: this.options.displayName, uri: this.options.aor };
  }

  /** Whether an option tag is among those we support. */
  supports(tag: string): boolean {
    return this.options.supported?.some((one) => one.toLowerCase() === tag) === true;
  }

  /** Says in a request or response that we support an extension, besides those we always do. */
  support(headers: Headers, tag: string): void {
    const tags = headers.has('Supported') ? headers.list('Supported') : [...(this.options.supported ?? [])];
    if (!tags.some((one) => one.toLowerCase() === tag)) tags.push(tag);
    headers.set('Supported', tags.join(', '));
  }

  /** A session in that dialog is over. */
  remember(dialog: Dialog): void {
    if (!this.supports('replaces')) return;
    this.#endedSessions.add(dialog.id);
    for (const oldest of this.#endedSessions) if (this.#endedSessions.size > ENDED_SESSIONS) this.#endedSessions.delete(oldest);
  }

  /** Whether a session in the dialog of that ID ended lately. */
  endedLately(id: string): boolean {
    return this.#endedSessions.has(id);
  }

  /** Answers a PRACK to an INVITE that was refused, as long as one may come. */
  expectLatePrack(invite: UaInvite): void {
    const id = invite.established?.dialog.id;
    if (id === undefined) return;
    const timer = this.endpoint.clock.setTimer(64 * this.endpoint.timers.T1, () => this.#latePracks.delete(id));
    this.#latePracks.set(id, { invite, timer });
  }

  /** The refused INVITE that a PRACK in the dialog of that ID may be for. */
  latePrack(id: string): UaInvite | undefined {
    return this.#latePracks.get(id)?.invite;
  }

  /** Forgets what waits for requests of the peers. */
  close(): void {
    for (const { timer } of this.#latePracks.values()) timer.cancel();
    this.#latePracks.clear();
    this.openings.clear();
  }

  /**
   * Where a request goes (§8.1.2): the only way there is, else the first Route, the outbound proxy for what is outside of
   * dialogs, the Request-URI.
   */
  candidates(request: SipRequest, inDialog: boolean, place?: KnownPlace): Candidates {
    const { locator } = this.endpoint;
    if (this.onlyWay !== undefined) return locator.candidatesAmong([this.onlyWay]);
    const route = request.routes[0]?.uriText;
    if (route !== undefined && isLooseRouter(route)) return locator.candidates(route);
    const proxy = this.options.outboundProxy;
    if (place !== undefined) return place.candidates(locator, request.uri);
    if (inDialog || proxy === undefined) return locator.candidates(request.uri);
    return typeof proxy === 'string' ? locator.candidates(proxy) : locator.candidatesAmong([proxy]);
  }

  /** The first of the candidates, for what is sent once: the ACK to a 2xx. */
  destination(request: SipRequest, inDialog: boolean): Target | Promise<Target> {
    const candidates = this.candidates(request, inDialog);
    return candidates.nextKnown() ?? firstOf(candidates, request.uri);
  }

  /** The outbound proxy as a route, if it is a loose router. */
  proxyRoute(): string[] {
    const proxy = this.options.outboundProxy;
    return typeof proxy === 'string' && isLooseRouter(proxy) ? [proxy] : [];
  }

  /** Routes for a request outside of dialogs: the outbound proxy, then the service route (RFC 3608 §5). */
  initialRoutes(): string[] {
    const first = this.proxyRoute();
    return [...first, ...this.serviceRoute.filter((uri) => !first.includes(uri))];
  }

  /** Runs a handler; if it throws or rejects, the request is answered 500, or with the status of the error. */
  run<R extends UaRequest>(handler: (incoming: R) => void | Promise<void>, incoming: R): void {
    Promise.resolve()
      .then(() => handler(incoming))
      .catch((error: unknown) => {
        this.endpoint.report(error as Error);
        if (!incoming.answered) incoming.respond(ProtocolError.is(error) ? (error.status ?? 500) : 500);
      });
  }

  /** Fills in what every request of ours carries and the caller did not give. */
  complete(request: SipRequest, to: Target): void {
    const { headers, method } = request;
    const { userAgent, supported = [] } = this.options;
    if (TARGET_REFRESH.has(method) && !headers.has('Contact')) headers.add('Contact', this.contact(this.endpoint.flowTo(to)));
    if (method === 'INVITE' && !headers.has('Allow')) headers.add('Allow', this.allow);
    if (supported.length > 0 && method !== 'ACK' && !headers.has('Supported')) headers.add('Supported', supported.join(', '));
    if (userAgent !== undefined && !headers.has('User-Agent')) headers.add('User-Agent', userAgent);
  }

  /** Our Contact on a flow, as a name-addr. */
  contact(flow: Flow): string {
    if (this.contactUri !== undefined) return formatNameAddr({ uri: this.contactUri });
    const { transport, sentBy } = flow;
    const last = this.#lastContact;
    if (last?.transport === transport && last.sentBy === sentBy) return last.text;
    const text = formatNameAddr({ uri: contactUriOf(this.options.aor, flow) });
    this.#lastContact = { transport, sentBy, text };
    return text;
  }

  /** What a response of ours carries, in front of what the caller gives. */
  responseHeaders(options: BodyOptions): [name: string, value: string][] {
    const given = [...(options.headers ?? [])].map(([name, value]): [string, string] => [name, value]);
    const { userAgent } = this.options;
    return userAgent === undefined ? given : [['Server', userAgent], ...given];
  }
}

/** §8.1.3.3: a response with more than one Via was sent to us by mistake. */
export function isMisrouted(response: SipResponse): boolean {
  return response.vias.length > 1;
}

async function firstOf(candidates: Candidates, uri: string): Promise<Target> {
  const target = await candidates.next();
  if (target === undefined) throw sipError('SIP_UNRESOLVED', { detail: uri });
  return target;
}

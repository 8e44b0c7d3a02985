import type { CpimAddress } from '@simple-im/cpim';
import { formatUri, Params, ProtocolError, unescapeUri, type SipUri } from '@simple-im/grammar';
import { MsrpEndpoint } from '@simple-im/msrp';
import { SipEndpoint, UserAgent, type Flow, type Target, type TransportName, type UserAgentCredentials } from '@simple-im/sip';
import type { Address } from '@simple-im/transport';
import { imError } from './errors.js';
import { checkInstance, newInstance } from './instance.js';
import { defaultImLimits, type ImClientOptions, type ImLimits, type ImPlatform } from './options.js';
import { proxyOf, sipUriOption, type Proxy } from './proxy.js';

/** The feature tag of OMA SIMPLE IM: servers and other devices of the user route by it (RFC 3840, RFC 3841). */
const FEATURE_TAG = '+g.oma.sip-im';
/** That of Large Message Mode: a session for one message (docs/profile.md). */
export const LARGE_MESSAGE_TAG = '+g.oma.sip-im.large-message';
/** The extensions of SIP that this client supports: session timers (RFC 4028), and flows that it opens (RFC 5626 §4.3). */
export const SUPPORTED: readonly string[] = ['timer', 'outbound'];
/** As parameters of a Contact. */
export const FEATURES = `;${FEATURE_TAG};${LARGE_MESSAGE_TAG}`;

/** What the parts of a client share: its stacks, its identity, its limits. */
export class ClientCore {
  readonly options: ImClientOptions;
  readonly platform: ImPlatform;
  readonly limits: ImLimits;
  readonly aor: SipUri;
  readonly endpoint: SipEndpoint;
  readonly ua: UserAgent;
  readonly msrp: MsrpEndpoint;
  readonly acceptTypes: readonly string[];
  readonly userAgent: string;
  readonly proxy: Proxy;
  /** Who this device is (RFC 5626 §4.1). */
  readonly instance: string;
  readonly credentials: UserAgentCredentials | undefined;
  closed = false;
  #started: Promise<Target> | undefined;
  #proxyHost = '';
  #isSecure = false;
  #flowFailure: ProtocolError | undefined;

  constructor(options: ImClientOptions) {
    const { platform, trace, password } = options;
    this.options = options;
    this.platform = platform;
    this.limits = { ...defaultImLimits, ...options.limits };
    this.userAgent = options.userAgent ?? 'IM-client/OMA1.0 simple-im';
    this.acceptTypes = options.acceptTypes ?? ['text/plain'];
    this.aor = sipUriOption('aor', options.aor);
    this.proxy = proxyOf(options.proxy, platform);
    const { network, tls, webSockets, clock, random, resolver, hash } = platform;
    this.instance = options.instance === undefined ? newInstance(random) : checkInstance(options.instance);
    this.endpoint = new SipEndpoint({
      network,
      tls,
      tlsClient: { trusted: options.trusted },
      webSockets,
      clock,
      random,
      ...(resolver === undefined ? {} : { resolver }),
      ...(options.timers === undefined ? {} : { timers: options.timers }),
      ...(trace === undefined ? {} : {
        trace: ({ flow: { transport, local, remote }, ...event }) => trace({ protocol: 'sip', transport, local, remote, ...event }),
      }),
      onError: (error) => this.report(error),
    });
    this.credentials = password === undefined ? undefined : { username: options.username ?? unescapeUri(this.aor.user ?? ''), password };
    this.ua = new UserAgent({
      endpoint: this.endpoint,
      aor: options.aor,
      displayName: options.displayName,
      outboundProxy: this.proxy.place,
      credentials: this.credentials,
      hash,
      userAgent: this.userAgent,
      supported: SUPPORTED,
    });
    this.reachedOver(undefined);
    this.msrp = new MsrpEndpoint({
      network,
      tls,
      tlsOptions: { trusted: options.trusted },
      webSockets,
      webSocketUrl: options.webSocketUrl,
      clock,
      random,
      ...(trace === undefined ? {} : {
        trace: ({ connection: { local, remote }, ...event }) => trace({ protocol: 'msrp', local, remote, ...event }),
      }),
    });
  }

  /** Route URIs of a request outside of dialogs: the proxy, if it is a loose router, and the service route (RFC 3608 §5). */
  get routes(): readonly string[] {
    const { serviceRoute } = this.ua;
    const { route } = this.proxy;
    return route !== undefined && !serviceRoute.includes(route) ? [route, ...serviceRoute] : serviceRoute;
  }

  /** As CPIM writes it. */
  get address(): CpimAddress {
    const { aor, displayName } = this.options;
    return displayName === undefined ? { uri: aor } : { name: displayName, uri: aor };
  }

  /** Whom a REGISTER goes to: the domain (RFC 3261 §10.2). */
  get registrar(): string {
    return formatUri({ ...this.aor, user: undefined, password: undefined, params: Params.none, headers: [] });
  }

  /** The wall clock, in milliseconds since 1970-01-01T00:00:00Z. */
  date(): number {
    return this.platform.clock.date().getTime();
  }

  /** The host requests of the proxy come from, once it is known. */
  get proxyHost(): string {
    return this.#proxyHost;
  }

  /** Whether what the proxy sends comes by TLS. */
  get isSecure(): boolean {
    return this.#isSecure;
  }

  /** Where the proxy is; binds the UDP socket if it takes one. Rejects with SIP_UNRESOLVED, TRANSPORT_..., IM_CLOSED. */
  async start(): Promise<Target> {
    if (this.closed) throw imError('IM_CLOSED');
    this.#started ??= this.#start();
    try {
      return await this.#started;
    } catch (error) {
      this.#started = undefined;
      throw error;
    }
  }

  /** The way to the proxy. */
  async flow(): Promise<Flow> {
    const target = await this.start();
    return this.endpoint.flowTo(this.ua.onlyWay ?? target);
  }

  /**
   * The flow our registration holds on, or none. Over a connection it is the only way there is: the server knows us by it
   * (RFC 5626 §4.3), and behind a NAT or in a page nobody else can be reached.
   */
  reachedOver(flow: Flow | undefined): void {
    const { place } = this.proxy;
    if (flow !== undefined) this.#isAt(flow.transport, flow.remote);
    if (flow?.reliable === true) this.ua.onlyWay = { transport: flow.transport, address: flow.remote, flow };
    else this.ua.onlyWay = typeof place === 'string' ? undefined : place;
  }

  /** What a connection to the proxy broke on, for `reasonFor`. */
  flowClosed(error: Error | undefined): void {
    this.#flowFailure = ProtocolError.is(error) ? error : undefined;
  }

  /** Why a request came to nothing: SIP_TRANSPORT says only that its connection is gone. */
  reasonFor(error: ProtocolError): ProtocolError {
    const reason = error.code === 'SIP_TRANSPORT' ? this.#flowFailure : undefined;
    this.#flowFailure = undefined;
    return reason ?? error;
  }

  /** Our Contact on a flow, with the feature tags. */
  contact(flow: Flow): string {
    return this.ua.contact(flow) + FEATURES;
  }

  /**
   * The same in a request that makes a dialog: `ob` asks that what is in the dialog comes over this flow (RFC 5626 §4.3). A GRUU leads to
   * the flow we are registered over by itself.
   */
  dialogContact(flow: Flow): string {
    const contact = this.ua.contact(flow);
    return (this.ua.contactUri === undefined ? contact.replace(/>$/, ';ob>') : contact) + FEATURES;
  }

  /** Prefers devices with the feature tag, without ruling others out (RFC 3841 §7.2.4). */
  get preference(): readonly [string, string] {
    return ['Accept-Contact', `*;${FEATURE_TAG}`];
  }

  /** The same for a session of one message. */
  get largeMessagePreference(): readonly [string, string] {
    return ['Accept-Contact', `*;${LARGE_MESSAGE_TAG}`];
  }

  report(error: Error): void {
    this.options.onError?.(error);
  }

  #isAt(transport: TransportName, { host }: Address): void {
    this.#proxyHost = host;
    this.#isSecure = transport === 'TLS' || transport === 'WSS';
  }

  async #start(): Promise<Target> {
    const { place } = this.proxy;
    const target = typeof place === 'string' ? await this.endpoint.resolve(place) : place;
    this.#isAt(target.transport, target.address);
    const local = this.options.local ?? { host: localHostFor(target.address.host), port: 0 };
    if (target.transport === 'UDP') await this.endpoint.listenUdp(local);
    return target;
  }
}

/** All addresses of the family; the loopback address for a server there, so that nobody else can reach the socket. */
function localHostFor(remote: string): string {
  if (remote.includes(':')) return remote === '::1' ? '::1' : '::';
  return remote.startsWith('127.') ? '127.0.0.1' : '0.0.0.0';
}

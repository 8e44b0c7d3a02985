import type { CpimAddress } from '@simple-im/cpim';
import { formatUri, isSipUri, Params, parseUri, unescapeUri, type SipUri } from '@simple-im/grammar';
import { MsrpEndpoint } from '@simple-im/msrp';
import { SipEndpoint, UserAgent, type Flow, type Target } from '@simple-im/sip';
import { imError } from './errors.js';
import { defaultImLimits, type ImClientOptions, type ImLimits, type ImPlatform } from './options.js';

/** The feature tag of OMA SIMPLE IM: servers and other devices of the user route by it (RFC 3840, RFC 3841). */
const FEATURE_TAG = '+g.oma.sip-im';
/** That of Large Message Mode: a session for one message (docs/profile.md). */
export const LARGE_MESSAGE_TAG = '+g.oma.sip-im.large-message';

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
  closed = false;
  readonly #proxy: SipUri;
  #started: Promise<Target> | undefined;
  #proxyHost = '';

  constructor(options: ImClientOptions) {
    const { platform, trace, password } = options;
    this.options = options;
    this.platform = platform;
    this.limits = { ...defaultImLimits, ...options.limits };
    this.userAgent = options.userAgent ?? 'IM-client/OMA1.0 simple-im';
    this.acceptTypes = options.acceptTypes ?? ['text/plain'];
    this.aor = sipUriOption('aor', options.aor);
    this.#proxy = sipUriOption('proxy', options.proxy);
    const { network, clock, random, resolver, hash } = platform;
    this.endpoint = new SipEndpoint({
      network,
      clock,
      random,
      ...(resolver === undefined ? {} : { resolver }),
      ...(options.timers === undefined ? {} : { timers: options.timers }),
      ...(trace === undefined ? {} : {
        trace: ({ flow: { transport, local, remote }, ...event }) => trace({ protocol: 'sip', transport, local, remote, ...event }),
      }),
      onError: (error) => this.report(error),
    });
    const username = options.username ?? unescapeUri(this.aor.user ?? '');
    this.ua = new UserAgent({
      endpoint: this.endpoint,
      aor: options.aor,
      displayName: options.displayName,
      outboundProxy: options.proxy,
      credentials: password === undefined ? undefined : { username, password },
      hash,
      userAgent: this.userAgent,
    });
    this.msrp = new MsrpEndpoint({
      network,
      clock,
      random,
      ...(trace === undefined ? {} : {
        trace: ({ connection: { local, remote }, ...event }) => trace({ protocol: 'msrp', transport: 'TCP', local, remote, ...event }),
      }),
    });
  }

  /** Route URIs of a request outside of dialogs: the proxy, if it is a loose router, and the service route (RFC 3608 §5). */
  get routes(): readonly string[] {
    const { serviceRoute } = this.ua;
    const { proxy } = this.options;
    return this.#proxy.params.has('lr') && !serviceRoute.includes(proxy) ? [proxy, ...serviceRoute] : serviceRoute;
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
    return this.endpoint.flowTo(await this.start());
  }

  /** Our Contact on a flow, with the feature tags. */
  contact(flow: Flow): string {
    return `${this.ua.contact(flow)};${FEATURE_TAG};${LARGE_MESSAGE_TAG}`;
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

  async #start(): Promise<Target> {
    const target = await this.endpoint.resolve(this.options.proxy);
    this.#proxyHost = target.address.host;
    const local = this.options.local ?? { host: localHostFor(target.address.host), port: 0 };
    if (target.transport === 'UDP') await this.endpoint.listenUdp(local);
    return target;
  }
}

function sipUriOption(name: string, text: string): SipUri {
  const uri = parseUri(text);
  if (!isSipUri(uri)) throw imError('IM_BAD_OPTION', { detail: `${name} is not a SIP URI` });
  return uri;
}

/** All addresses of the family; the loopback address for a server there, so that nobody else can reach the socket. */
function localHostFor(remote: string): string {
  if (remote.includes(':')) return remote === '::1' ? '::1' : '::';
  return remote.startsWith('127.') ? '127.0.0.1' : '0.0.0.0';
}

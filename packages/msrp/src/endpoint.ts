import type {
  Address, ByteConnection, Clock, Listener, MessageConnection, Network, Random, TlsConnectOptions, TlsIdentity, TlsNetwork,
  WebSocketNetwork,
} from '@simple-im/transport';
import type { ConnectionLimits } from './connection.js';
import { ConnectionPool } from './connection-pool.js';
import { ConnectionDriver, type MsrpTrace } from './connection-driver.js';
import { randomIdent } from './encoder.js';
import { msrpError } from './errors.js';
import type { FrameSink } from './frame-sink.js';
import type { MsrpLimits } from './limits.js';
import { FrameSession, MessageSession, type ConnectOptions, type SessionHost } from './local-session.js';
import type { MsrpSessionOptions, SessionLimits } from './session.js';
import { SessionTable, type MatchMode } from './session-registry.js';
import { formatMsrpUri, parseMsrpUri, type MsrpUri } from './uri.js';

/** MSRP's registered port, where a URI names none (RFC 4975 §15.4). */
export const MSRP_PORT = 2855;

export interface EndpointLimits extends MsrpLimits, ConnectionLimits, SessionLimits {
  /** Connections that have not named a session yet; one more closes the oldest of them. Default 256. */
  readonly maxUnbound: number;
  /** Octets of a frame session that may wait before its writes return false. Default 65,536. */
  readonly highWater: number;
}

export interface EndpointOptions {
  /** For `msrp:` over TCP. */
  readonly network?: Network | undefined;
  /** For `msrps:` over TCP. */
  readonly tls?: TlsNetwork | undefined;
  /** For URIs with the transport `ws` (RFC 7977). */
  readonly webSockets?: WebSocketNetwork | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits?: Partial<EndpointLimits>;
  readonly matchMode?: MatchMode;
  /** How connections made from here check who they lead to, unless the session says otherwise. */
  readonly tlsOptions?: Omit<TlsConnectOptions, 'signal' | 'timeout'> | undefined;
  /** The URL behind a URI with the transport `ws`, which does not name a path. Default `wss://HOST:PORT/msrp`, or `ws:` for `msrp:`. */
  readonly webSocketUrl?: ((uri: MsrpUri) => string) | undefined;
  readonly trace?: (event: MsrpTrace) => void;
}

/** The own URI of a session. */
export interface OwnUri {
  /** Its host, instead of the one listened on. */
  readonly host?: string | undefined;
  /** Its port; without a listener 9, which nobody listens on (RFC 4145 §4.1). */
  readonly port?: number | undefined;
  /** `msrps:`: the session is bound to connections with TLS only. Default false. */
  readonly secure?: boolean | undefined;
  /** Default `tcp`. */
  readonly transport?: 'tcp' | 'ws' | undefined;
}

export interface CreateSessionOptions extends OwnUri, Omit<MsrpSessionOptions, 'uri' | 'random' | 'matchMode' | 'changed'> {}

export interface CreateFrameSessionOptions extends OwnUri {
  /** Where the session's frames go. */
  readonly sink: FrameSink;
}

/** MSRP on a network: listens, connects, and holds the sessions, which share connections where they can. */
export class MsrpEndpoint {
  readonly #options: EndpointOptions;
  readonly #limits: Partial<EndpointLimits>;
  readonly #sessions: SessionTable;
  readonly #listeners = new Set<Listener>();
  readonly #drivers = new Set<ConnectionDriver>();
  /** Accepted and without a session, the oldest first. */
  readonly #unbound = new Set<ConnectionDriver>();
  /** Connections made from here that sessions share, by host and port. */
  readonly #shared = new ConnectionPool();
  readonly #made = new Set<ConnectionDriver>();
  readonly #host: SessionHost;
  /** What own URIs name, by scheme and transport. */
  readonly #own = new Map<string, Address>();
  #closed = false;

  constructor(options: EndpointOptions) {
    this.#options = options;
    this.#limits = options.limits ?? {};
    this.#sessions = new SessionTable(options.matchMode ?? 'strict');
    this.#host = {
      random: options.random,
      connectTo: (uri, connectOptions) => this.#connectTo(uri, connectOptions),
      forget: (entry) => this.#sessions.remove(entry),
    };
  }

  /** Sessions that are not closed. */
  get sessionCount(): number {
    return this.#sessions.size;
  }

  get connectionCount(): number {
    return this.#drivers.size;
  }

  /**
   * Accepts connections. Own URIs of later sessions carry `advertise`, else the address as bound. Resolves with the
   * address as bound; rejects with what the network says.
   */
  async listen(address: Address, { advertise }: { readonly advertise?: Address } = {}): Promise<Address> {
    const { network } = this.#options;
    if (network === undefined) throw msrpError('MSRP_UNSUPPORTED_TRANSPORT', { detail: 'no network' });
    const listener = await network.listenTcp(address, (socket) => this.acceptConnection(socket));
    return this.#listening(listener, ownKey(false, 'tcp'), advertise);
  }

  /** The same with TLS, for sessions with `secure`. */
  async listenTls(address: Address, options: { readonly identity: TlsIdentity; readonly advertise?: Address }): Promise<Address> {
    const { tls } = this.#options;
    if (tls === undefined) throw msrpError('MSRP_UNSUPPORTED_TRANSPORT', { detail: 'no TLS' });
    const { identity, advertise } = options;
    const listener = await tls.listenTls(address, { identity }, (socket) => this.acceptConnection(socket));
    return this.#listening(listener, ownKey(true, 'tcp'), advertise);
  }

  /** What own URIs with the transport `ws` name from now on: where an HTTP server takes WebSockets for {@link acceptConnection}. */
  advertiseWebSocket(address: Address, secure: boolean): void {
    this.#own.set(ownKey(secure, 'ws'), address);
  }

  /** Takes a connection that somebody else accepted: a WebSocket of an HTTP server. */
  acceptConnection(socket: ByteConnection | MessageConnection): void {
    if (this.#closed) {
      socket.destroy();
      return;
    }
    const { maxUnbound = 256 } = this.#limits;
    if (this.#unbound.size >= maxUnbound) for (const oldest of this.#unbound) {
      oldest.destroy();
      this.#unbound.delete(oldest);
      break;
    }
    this.#unbound.add(this.#drive(socket));
  }

  /** A session with messages, or, with a `sink`, one whose owner takes and writes frames. It is idle until `connect` or `accept`. */
  createSession(options: CreateFrameSessionOptions): FrameSession;
  createSession(options?: CreateSessionOptions): MessageSession;
  createSession(options: CreateFrameSessionOptions | CreateSessionOptions = {}): FrameSession | MessageSession {
    if (this.#closed) throw msrpError('MSRP_SESSION_CLOSED', { detail: 'the endpoint' });
    const { random, matchMode = 'strict' } = this.#options;
    const uri = this.#newUri(options);
    const session = 'sink' in options
      ? new FrameSession(this.#host, { uri, sink: options.sink, matchMode, highWater: this.#limits.highWater ?? 65_536 })
      : new MessageSession(this.#host, { ...options, uri, random, matchMode, limits: { ...this.#limits, ...options.limits } });
    this.#sessions.add(session.entry);
    return session;
  }

  /** Ends every session and connection, and stops listening. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const entry of [...this.#sessions.entries()]) entry.end();
    for (const driver of this.#drivers) driver.end();
    await Promise.all([...this.#listeners].map((listener) => listener.close()));
    this.#listeners.clear();
  }

  async #listening(listener: Listener, key: string, advertise: Address | undefined): Promise<Address> {
    if (this.#closed) {
      await listener.close();
      throw msrpError('MSRP_SESSION_CLOSED', { detail: 'the endpoint' });
    }
    this.#listeners.add(listener);
    this.#own.set(key, advertise ?? listener.local);
    return listener.local;
  }

  #newUri({ host, port, secure = false, transport = 'tcp' }: OwnUri): string {
    const own = this.#own.get(ownKey(secure, transport));
    return formatMsrpUri({
      secure,
      transport,
      // Nobody can connect to who does not listen: a name that never resolves (RFC 2606 §2), the port of RFC 4145 §4.1.
      host: host ?? own?.host ?? 'client.invalid',
      port: port ?? own?.port ?? 9,
      sessionId: randomIdent(this.#options.random, 20),
    });
  }

  #drive(socket: ByteConnection | MessageConnection): ConnectionDriver {
    const { clock, trace } = this.#options;
    const driver = new ConnectionDriver({
      socket,
      clock,
      sessions: this.#sessions,
      limits: this.#limits,
      ...(trace === undefined ? {} : { trace }),
      changed: (each) => this.#changed(each),
    });
    this.#drivers.add(driver);
    driver.whenClosed(() => {
      this.#drivers.delete(driver);
      this.#unbound.delete(driver);
      this.#made.delete(driver);
    });
    return driver;
  }

  /** A connection made from here closes with its last session; an accepted one is given time for another (RFC 4975 §5.4). */
  #changed(driver: ConnectionDriver): void {
    if (driver.msrp.bound.size > 0) this.#unbound.delete(driver);
    else if (this.#made.has(driver)) {
      if (driver.used) driver.end();
    } else if (this.#drivers.has(driver)) this.#unbound.add(driver);
  }

  async #connectTo(text: string, options: ConnectOptions): Promise<ConnectionDriver> {
    const uri = parseMsrpUri(text);
    const { host, port = MSRP_PORT, secure, transport } = uri;
    const key = `${ownKey(secure, transport.toLowerCase())} ${host.toLowerCase()} ${port}`;
    const connect = (): Promise<ConnectionDriver> => this.#connect(uri, options);
    const { share = options.tls === undefined } = options;
    return share ? this.#shared.take(key, connect) : connect();
  }

  async #connect(uri: MsrpUri, options: ConnectOptions): Promise<ConnectionDriver> {
    const socket = await this.#open(uri, options);
    if (this.#closed) {
      socket.destroy();
      throw msrpError('MSRP_SESSION_CLOSED', { detail: 'the endpoint' });
    }
    const driver = this.#drive(socket);
    this.#made.add(driver);
    return driver;
  }

  /** A connection of the kind the URI names (RFC 4975 §6, RFC 7977 §5.2.1). */
  #open(uri: MsrpUri, { signal, tls = this.#options.tlsOptions }: ConnectOptions): Promise<ByteConnection | MessageConnection> {
    const { network, tls: tlsNetwork, webSockets, webSocketUrl = usualWebSocketUrl } = this.#options;
    const remote = { host: uri.host, port: uri.port ?? MSRP_PORT };
    const transport = uri.transport.toLowerCase();
    const given = signal === undefined ? {} : { signal };
    if (transport === 'ws' && webSockets !== undefined) {
      return webSockets.connectWebSocket(webSocketUrl(uri), { protocols: ['msrp'], trusted: tls?.trusted, ...given });
    }
    if (transport === 'tcp' && uri.secure && tlsNetwork !== undefined) return tlsNetwork.connectTls(remote, { ...tls, ...given });
    if (transport === 'tcp' && !uri.secure && network !== undefined) return network.connectTcp(remote, given);
    throw msrpError('MSRP_UNSUPPORTED_TRANSPORT', { detail: `${uri.secure ? 'msrps' : 'msrp'} over ${transport}` });
  }
}

function ownKey(secure: boolean, transport: string): string {
  return `${secure ? 'msrps' : 'msrp'} ${transport}`;
}

/** No standard names the path; this is the reference server's. */
function usualWebSocketUrl({ secure, host, port }: MsrpUri): string {
  const authority = (host.includes(':') ? `[${host}]` : host) + (port === undefined ? '' : `:${port}`);
  return `${secure ? 'wss' : 'ws'}://${authority}/msrp`;
}

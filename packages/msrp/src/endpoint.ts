import type { Address, ByteConnection, Clock, Listener, Network, Random } from '@simple-im/transport';
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
import { formatMsrpUri, parseMsrpUri } from './uri.js';

/** MSRP's registered port, where a URI names none (RFC 4975 §15.4). */
export const MSRP_PORT = 2855;

export interface EndpointLimits extends MsrpLimits, ConnectionLimits, SessionLimits {
  /** Connections that have not named a session yet; one more closes the oldest of them. Default 256. */
  readonly maxUnbound: number;
  /** Octets of a frame session that may wait before its writes return false. Default 65,536. */
  readonly highWater: number;
}

export interface EndpointOptions {
  /** With `secure`, one whose TCP connections are TLS. */
  readonly network: Network;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits?: Partial<EndpointLimits>;
  readonly matchMode?: MatchMode;
  /** URIs are `msrps:`. Default false. */
  readonly secure?: boolean;
  readonly trace?: (event: MsrpTrace) => void;
}

export interface CreateSessionOptions extends Omit<MsrpSessionOptions, 'uri' | 'random' | 'matchMode' | 'changed'> {
  /** Host of the own URI, instead of the one listened on. */
  readonly host?: string;
  /** Port of the own URI; without a listener 9, which nobody listens on (RFC 4145 §4.1). */
  readonly port?: number;
}

export interface CreateFrameSessionOptions {
  readonly host?: string;
  readonly port?: number;
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
  #own: Address | undefined;
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
    const listener = await this.#options.network.listenTcp(address, (socket) => this.#accepted(socket));
    if (this.#closed) {
      await listener.close();
      throw msrpError('MSRP_SESSION_CLOSED', { detail: 'the endpoint' });
    }
    this.#listeners.add(listener);
    this.#own = advertise ?? listener.local;
    return listener.local;
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

  #newUri({ host, port }: { readonly host?: string; readonly port?: number }): string {
    const own = this.#own;
    return formatMsrpUri({
      secure: this.#options.secure ?? false,
      // Nobody can connect to who does not listen: a name that never resolves (RFC 2606 §2), the port of RFC 4145 §4.1.
      host: host ?? own?.host ?? 'client.invalid',
      port: port ?? own?.port ?? 9,
      sessionId: randomIdent(this.#options.random, 20),
    });
  }

  #accepted(socket: ByteConnection): void {
    const { maxUnbound = 256 } = this.#limits;
    if (this.#unbound.size >= maxUnbound) for (const oldest of this.#unbound) {
      oldest.destroy();
      this.#unbound.delete(oldest);
      break;
    }
    this.#unbound.add(this.#drive(socket));
  }

  #drive(socket: ByteConnection): ConnectionDriver {
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

  async #connectTo(uri: string, { share = true, signal }: ConnectOptions): Promise<ConnectionDriver> {
    const { host, port = MSRP_PORT, secure } = parseMsrpUri(uri);
    if (secure !== (this.#options.secure ?? false)) throw msrpError('MSRP_SCHEME_MISMATCH', { detail: secure ? 'msrps' : 'msrp' });
    const key = `${host.toLowerCase()} ${port}`;
    const connect = (): Promise<ConnectionDriver> => this.#connect({ host, port }, signal);
    return share ? this.#shared.take(key, connect) : connect();
  }

  async #connect(remote: Address, signal: AbortSignal | undefined): Promise<ConnectionDriver> {
    const socket = await this.#options.network.connectTcp(remote, signal === undefined ? {} : { signal });
    if (this.#closed) {
      socket.destroy();
      throw msrpError('MSRP_SESSION_CLOSED', { detail: 'the endpoint' });
    }
    const driver = this.#drive(socket);
    this.#made.add(driver);
    return driver;
  }
}

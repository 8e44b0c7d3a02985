import { ProtocolError } from '@simple-im/grammar';
import type { Random, TlsConnectOptions } from '@simple-im/transport';
import type { ConnectionDriver } from './connection-driver.js';
import { randomIdent } from './encoder.js';
import { msrpError } from './errors.js';
import type { FrameSink } from './frame-sink.js';
import type { Continuation, MsrpHead } from './frame.js';
import { RawLane, type FrameStart } from './raw-lane.js';
import type { MessageToSend, SentMessage } from './outgoing-message.js';
import { MsrpSession, type MsrpSessionOptions, type SessionHandlers } from './session.js';
import { SessionEntry } from './session-entry.js';
import type { MatchMode } from './session-registry.js';
import type { SessionState } from './session-table.js';

export interface ConnectOptions {
  /** False: a connection of its own instead of one that already goes to the same host and port. Default true (RFC 4975 §5.4). */
  readonly share?: boolean;
  readonly signal?: AbortSignal;
  /**
   * For `msrps:`, instead of the endpoint's: such as `anyRoot` with a `verify` that compares the fingerprint of the peer's description
   * (RFC 4975 §14.4). The connection is then not shared.
   */
  readonly tls?: Omit<TlsConnectOptions, 'signal' | 'timeout'>;
}

/** What a session asks of the endpoint it lives in. */
export interface SessionHost {
  readonly random: Random;
  connectTo(uri: string, options: ConnectOptions): Promise<ConnectionDriver>;
  forget(entry: SessionEntry): void;
}

/** A session of an {@link MsrpEndpoint}: its URI and how it comes to a connection. */
export abstract class LocalSession {
  readonly #host: SessionHost;
  abstract readonly entry: SessionEntry;
  readonly #waiters: { resolve(): void; reject(error: ProtocolError): void }[] = [];

  constructor(host: SessionHost) {
    this.#host = host;
  }

  /** For a=path. */
  get uri(): string {
    return this.entry.uri;
  }

  get state(): SessionState {
    return this.entry.state;
  }

  /**
   * Active (RFC 4975 §5.4, RFC 6135 §4.2): connects to the first URI of the peer's a=path, or takes a connection that goes
   * there, and sends an empty SEND at once. Rejects, and the session is over, with what the network says,
   * `MSRP_UNSUPPORTED_TRANSPORT` or `MSRP_SESSION_CLOSED`.
   */
  async connect(remotePath: readonly string[], options: ConnectOptions = {}): Promise<void> {
    this.entry.connect(remotePath);
    try {
      const driver = await this.#host.connectTo(remotePath[0] as string, options);
      if (this.entry.state !== 'connecting') throw this.#reason();
      this.entry.connected(driver.msrp, randomIdent(this.#host.random));
    } catch (error) {
      const reason = ProtocolError.is(error) ? error : msrpError('MSRP_CONNECTION_LOST', { cause: error });
      this.entry.end(reason);
      throw reason;
    }
  }

  /**
   * Passive: the peer connects, and its first request binds the session. Resolves when it has; the promise need not be
   * observed. Frames that came before are kept if they are this peer's.
   */
  accept(remotePath: readonly string[]): Promise<void> {
    this.entry.accept(remotePath);
    const bound = new Promise<void>((resolve, reject) => {
      if (this.entry.state === 'bound') resolve();
      else this.#waiters.push({ resolve, reject });
    });
    // Not everybody waits for it; the end of the session is told to its handlers as well.
    bound.catch(() => undefined);
    return bound;
  }

  /** Ends the session here. The connection is closed with its last session. */
  close(): void {
    this.entry.end();
  }

  protected stateChanged(): void {
    const { state } = this.entry;
    if (state === 'bound') for (const waiter of this.#waiters.splice(0)) waiter.resolve();
    if (state !== 'closed') return;
    this.#host.forget(this.entry);
    for (const waiter of this.#waiters.splice(0)) waiter.reject(this.#reason());
  }

  #reason(): ProtocolError {
    return this.entry.reason ?? msrpError('MSRP_SESSION_CLOSED');
  }
}

/** A session with whole messages. */
export class MessageSession extends LocalSession {
  readonly entry: SessionEntry;
  readonly messages: MsrpSession;

  constructor(host: SessionHost, options: Omit<MsrpSessionOptions, 'changed'>) {
    super(host);
    this.messages = new MsrpSession({ ...options, changed: () => this.stateChanged() });
    this.entry = this.messages.entry;
  }

  /** As {@link MsrpSession.attach}. */
  attach(handlers: SessionHandlers): void {
    this.messages.attach(handlers);
  }

  /** As {@link MsrpSession.send}. */
  send(message: MessageToSend): SentMessage {
    return this.messages.send(message);
  }
}

export interface FrameSessionOptions {
  readonly uri: string;
  readonly sink: FrameSink;
  readonly matchMode: MatchMode;
  /** Octets that may wait before a write returns false. */
  readonly highWater: number;
}

/** A session whose owner takes and writes frames itself: a back-to-back agent, a conference focus, a store. */
export class FrameSession extends LocalSession {
  readonly entry: SessionEntry;
  readonly #lane: RawLane;

  constructor(host: SessionHost, { uri, sink, matchMode, highWater }: FrameSessionOptions) {
    super(host);
    this.#lane = new RawLane(highWater, () => this.#ready(), () => sink.drain?.());
    this.entry = new SessionEntry({
      uri,
      sink,
      source: this.#lane,
      matchMode,
      changed: () => {
        this.stateChanged();
        this.#ready();
      },
    });
  }

  /** Octets of chunks that wait to be written. */
  get pending(): number {
    return this.#lane.pending;
  }

  /**
   * Begins a chunk; `writeBody` and `endFrame` go on with it, and no other session writes in between on the same
   * connection unless the frame says how to resume. False, here and below: stop until `sink.drain`. What is written
   * before the session is bound waits.
   */
  startFrame(frame: FrameStart): boolean {
    return this.#lane.start(frame);
  }

  /** Octets of the body, taken as they are: do not change them before they have left. A view from `sink.body` may be passed on. */
  writeBody(bytes: Uint8Array): boolean {
    return this.#lane.body(bytes);
  }

  endFrame(flag: Continuation): boolean {
    return this.#lane.end(flag);
  }

  /** A whole short frame, a REPORT or a relayed response: it overtakes chunks. Dropped when the session is not bound. */
  writeFrame(frame: Uint8Array): void {
    this.entry.connection?.sendFrame(frame);
  }

  /** Answers a request that came to this session, where its Failure-Report wants that answer (RFC 4975 §7.2). */
  respond(head: MsrpHead, status: number, comment?: string): void {
    this.entry.connection?.respond(head, status, comment);
  }

  /** Stops reading from the peer: credit for a receiver on another connection that is full. */
  pause(): void {
    this.entry.connection?.pause(this.entry.sink);
  }

  resume(): void {
    this.entry.connection?.resume(this.entry.sink);
  }

  #ready(): void {
    if (this.entry.state === 'bound' && this.#lane.waiting !== 'none') this.entry.connection?.sourceReady(this.#lane);
  }
}

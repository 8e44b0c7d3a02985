import { concatBytes, type ProtocolError } from '@simple-im/grammar';
import type { MsrpConnection } from './connection.js';
import { encodeEnd, encodeHead } from './encoder.js';
import { msrpError } from './errors.js';
import type { MsrpHead } from './frame.js';
import type { FrameSink, FrameSource } from './frame-sink.js';
import { consequence } from './reports.js';
import type { MatchMode } from './session-registry.js';
import { sessionTable, type SessionEvent, type SessionState } from './session-table.js';
import { msrpUriEquals, sessionIdEquals } from './uri.js';

export interface SessionEntryOptions {
  readonly uri: string;
  readonly sink: FrameSink;
  readonly source: FrameSource;
  readonly matchMode?: MatchMode;
  /** Called after each change of state. */
  readonly changed?: (entry: SessionEntry) => void;
}

/** One session on this side: its URI, who owns it, and the connection it is bound to. */
export class SessionEntry {
  readonly uri: string;
  readonly sink: FrameSink;
  readonly source: FrameSource;
  readonly #matchMode: MatchMode;
  readonly #secure: boolean;
  readonly #changed: ((entry: SessionEntry) => void) | undefined;
  #state: SessionState = 'idle';
  #connection: MsrpConnection | undefined;
  #remotePath: readonly string[] | undefined;
  #earlyPath: readonly string[] | undefined;
  #bindingId: string | undefined;
  #reason: ProtocolError | undefined;

  constructor({ uri, sink, source, matchMode = 'strict', changed }: SessionEntryOptions) {
    this.uri = uri;
    this.sink = sink;
    this.source = source;
    this.#matchMode = matchMode;
    this.#secure = uri.startsWith('msrps:');
    this.#changed = changed;
  }

  get state(): SessionState {
    return this.#state;
  }

  get connection(): MsrpConnection | undefined {
    return this.#connection;
  }

  /** The peer's a=path, the nearest URI first; undefined until it is known. */
  get remotePath(): readonly string[] | undefined {
    return this.#remotePath;
  }

  /** Why the session is closed; undefined when this side closed it. */
  get reason(): ProtocolError | undefined {
    return this.#reason;
  }

  /** Active: a connection to the first URI of the path is being made. `MSRP_SESSION_MISUSED` unless idle. */
  connect(remotePath: readonly string[]): void {
    const next = this.#next('connect');
    this.#remotePath = [...remotePath];
    this.#enter(next);
  }

  /**
   * Active: the connection is there. A SEND without body goes out at once, with this transaction id, so that the peer
   * learns which session the connection is for (RFC 4975 §5.4).
   */
  connected(connection: MsrpConnection, transactionId: string): void {
    const next = this.#next('connected');
    this.#connection = connection;
    this.#bindingId = transactionId;
    const toPath = this.#remotePath as readonly string[];
    const fields = [['Message-ID', transactionId], ['Byte-Range', '1-0/0']] as const;
    const head = encodeHead({ transactionId, method: 'SEND', toPath, fromPath: [this.uri], fields, body: false });
    connection.sendFrame(concatBytes([head, encodeEnd(transactionId, '$', false)]));
    connection.bind(this);
    this.#enter(next);
  }

  /** Passive: whose first request binds the session to the connection it arrives on. */
  accept(remotePath: readonly string[]): void {
    const stranger = this.#earlyPath !== undefined && !this.#isPeer(this.#earlyPath, remotePath);
    const next = this.#next(stranger ? 'stranger' : 'accept');
    this.#remotePath = [...remotePath];
    if (stranger) {
      this.#connection?.unbind(this);
      this.#connection = undefined;
    }
    this.#earlyPath = undefined;
    this.#enter(next);
  }

  /** A request has arrived: binds the session, or throws 481 or 506 (RFC 4975 §5.4, §7.3). */
  admit(connection: MsrpConnection, fromPath: readonly string[]): void {
    if (this.#connection === connection) return;
    if (this.#connection !== undefined) throw msrpError('MSRP_SESSION_ELSEWHERE');
    // RFC 4975 §6: msrps is only for connections that TLS protects.
    if (this.#secure && !connection.secure) throw msrpError('MSRP_NO_SESSION', { detail: 'the connection is not protected' });
    const next = sessionTable[this.#state].request;
    if (next === undefined) throw msrpError('MSRP_NO_SESSION');
    if (this.#remotePath === undefined) this.#earlyPath = [...fromPath];
    else if (!this.#isPeer(fromPath, this.#remotePath)) throw msrpError('MSRP_NO_SESSION', { detail: 'another peer is expected' });
    this.#connection = connection;
    connection.bind(this);
    this.#enter(next);
  }

  /** A response on the session's connection: to the binding SEND it is ours, else the owner's. */
  response(head: MsrpHead): void {
    if (head.transactionId !== this.#bindingId) {
      this.sink.response(head);
      return;
    }
    this.#bindingId = undefined;
    const status = head.status as number;
    if (consequence(status, 'response') === 'session') this.end(msrpError('MSRP_REFUSED_BY_PEER', { status, detail: `${status} to the first SEND` }));
  }

  /** Ends the session: `error` says why the peer's side or the connection ended it, absent when this side did. */
  end(error?: ProtocolError): void {
    const next = sessionTable[this.#state][error === undefined ? 'close' : 'lost'] ?? sessionTable[this.#state].close;
    if (next === undefined) return;
    const connection = this.#connection;
    this.#connection = undefined;
    this.#reason = error;
    connection?.unbind(this);
    this.#enter(next);
    this.sink.closed?.(error);
  }

  /** The session URI is the last one of either path (RFC 4975 §8.2). */
  #isPeer(fromPath: readonly string[], remotePath: readonly string[]): boolean {
    const same = this.#matchMode === 'strict' ? msrpUriEquals : sessionIdEquals;
    return same(fromPath[fromPath.length - 1] as string, remotePath[remotePath.length - 1] as string);
  }

  #next(event: SessionEvent): SessionState {
    const next = sessionTable[this.#state][event];
    if (next === undefined) throw msrpError('MSRP_SESSION_MISUSED', { detail: `${event} while ${this.#state}` });
    return next;
  }

  #enter(next: SessionState): void {
    this.#state = next;
    this.#changed?.(this);
  }
}

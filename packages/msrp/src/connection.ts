import { ProtocolError } from '@simple-im/grammar';
import { MsrpDecoder } from './decoder.js';
import { responseTo } from './encoder.js';
import { msrpError } from './errors.js';
import type { FrameSource } from './frame-sink.js';
import type { MsrpHead } from './frame.js';
import type { MsrpLimits } from './limits.js';
import { Outbound } from './outbound.js';
import { isAnswered } from './reports.js';
import type { SessionEntry } from './session-entry.js';
import type { SessionRegistry } from './session-registry.js';

export interface ConnectionLimits {
  /** Octets of responses and REPORTs that may wait to be written before the connection is no longer read. Default 262,144. */
  readonly maxWaitingFrames: number;
  /** Milliseconds a connection may live without a session. Default 30,000. */
  readonly unboundTime: number;
}

export const defaultConnectionLimits: ConnectionLimits = { maxWaitingFrames: 262_144, unboundTime: 30_000 };

export interface MsrpConnectionOptions {
  readonly sessions: SessionRegistry;
  /** The clock when the connection came up, in milliseconds. */
  readonly now: number;
  readonly limits?: Partial<MsrpLimits & ConnectionLimits>;
  /** `transmit` has something again. */
  readonly ready?: () => void;
  /** Whether the connection wants to be read has changed. */
  readonly flow?: (reading: boolean) => void;
  /** What arrives and leaves is protected by TLS; sessions with an `msrps:` URI are bound nowhere else. Default false. */
  readonly secure?: boolean;
  /** Each call of `receive` brings whole frames, and frames leave whole, as over a WebSocket (RFC 7977 §5.1). Default false. */
  readonly wholeFrames?: boolean;
}

/**
 * One connection without a socket: what arrives goes to the session its To-Path names, what the sessions write leaves
 * frame by frame. Several sessions may share it (RFC 4975 §5.4); one that does not read then holds up the others, as
 * TCP has one window for all.
 */
export class MsrpConnection {
  readonly #sessions: SessionRegistry;
  readonly #decoder: MsrpDecoder;
  readonly #limits: ConnectionLimits;
  readonly #ready: (() => void) | undefined;
  readonly #flow: ((reading: boolean) => void) | undefined;
  readonly #outbound: Outbound;
  readonly #wholeFrames: boolean;
  readonly secure: boolean;
  readonly #bound = new Set<SessionEntry>();
  readonly #holders = new Set<object>();
  #reading = true;
  #failure: ProtocolError | undefined;
  #lost = false;
  /** When the last session left, or the start. */
  #unboundSince: number;
  #now: number;
  // The chunk that is arriving; `#taker` is undefined while its rest is skipped.
  #head: MsrpHead | undefined;
  #taker: SessionEntry | undefined;

  constructor({ sessions, now, limits, ready, flow, secure = false, wholeFrames = false }: MsrpConnectionOptions) {
    this.#sessions = sessions;
    this.secure = secure;
    this.#wholeFrames = wholeFrames;
    this.#outbound = new Outbound(wholeFrames);
    this.#decoder = new MsrpDecoder(limits === undefined ? {} : { limits });
    this.#limits = { ...defaultConnectionLimits, ...limits };
    this.#now = now;
    this.#unboundSince = now;
    this.#ready = ready;
    this.#flow = flow;
  }

  /** The sessions bound here. */
  get bound(): ReadonlySet<SessionEntry> {
    return this.#bound;
  }

  /** False while the socket should not be read: a session's reader is slow, or the peer does not take our answers. */
  get reading(): boolean {
    return this.#reading;
  }

  /** Why the connection must be closed, once it must: what arrives is not MSRP, or no session was named in time. */
  get failure(): ProtocolError | undefined {
    return this.#failure;
  }

  /** Of what `transmit` gave: a frame has begun and not ended. */
  get midFrame(): boolean {
    return this.#outbound.midFrame;
  }

  /** Nothing waits to be written. */
  get idle(): boolean {
    return this.#outbound.idle;
  }

  receive(bytes: Uint8Array, now: number): void {
    if (this.#failure !== undefined || this.#lost) return;
    this.#now = now;
    try {
      this.#decoder.receive(bytes);
      for (let event = this.#decoder.next(); event !== undefined; event = this.#decoder.next()) {
        if (event.type === 'body') this.#body(event.bytes, event.offset);
        else if (event.type === 'head') this.#start(event.head);
        else if (event.type === 'end') this.#end(event.flag);
        // RFC 4975 §10.2: 400 where enough of the frame could be read to answer it.
        else this.respond(event.head, event.error.status ?? 400);
      }
      if (this.#wholeFrames && !this.#decoder.betweenFrames) throw msrpError('MSRP_MESSAGE_NOT_WHOLE');
    } catch (error) {
      if (!ProtocolError.is(error)) throw error;
      this.#failure = error;
      this.#ready?.();
    }
  }

  /** The next octets to write; ask again until there are none. They are not touched afterwards. */
  transmit(now: number): Uint8Array | undefined {
    this.#now = now;
    const bytes = this.#outbound.next(now);
    this.#updateReading();
    return bytes;
  }

  /** When `wake` is to be called, on the scale of `now`. */
  deadline(): number | undefined {
    let first = this.#bound.size === 0 ? this.#unboundSince + this.#limits.unboundTime : undefined;
    for (const { source } of this.#bound) {
      const deadline = source.deadline();
      if (deadline !== undefined && (first === undefined || deadline < first)) first = deadline;
    }
    return this.#failure === undefined ? first : undefined;
  }

  wake(now: number): void {
    this.#now = now;
    if (this.#bound.size === 0 && now >= this.#unboundSince + this.#limits.unboundTime) {
      this.#failure ??= msrpError('MSRP_CONNECTION_REFUSED');
      this.#ready?.();
    }
    for (const { source } of [...this.#bound]) source.wake(now);
  }

  /** The socket is gone: every session bound here is over (RFC 4975 §5.4). */
  lost(error: ProtocolError): void {
    if (this.#lost) return;
    this.#lost = true;
    this.#abandonChunk();
    for (const entry of [...this.#bound]) entry.end(error);
  }

  /** Stops reading until `resume` with the same holder: credit for whoever cannot take more. */
  pause(holder: object): void {
    this.#holders.add(holder);
    this.#updateReading();
  }

  resume(holder: object): void {
    this.#holders.delete(holder);
    this.#updateReading();
  }

  /** Queues a whole short frame, a response or a REPORT: it leaves before any further chunk. */
  sendFrame(frame: Uint8Array): void {
    if (this.#lost) return;
    this.#outbound.pushFrame(frame);
    this.#updateReading();
    this.#ready?.();
  }

  /** Answers a request where its Failure-Report wants that answer (RFC 4975 §7.2); does nothing otherwise. */
  respond(head: MsrpHead, status: number, comment?: string): void {
    const localUri = head.toPath[0];
    const response = localUri === undefined || !isAnswered(head, status) ? undefined : responseTo(head, status, comment, localUri);
    if (response !== undefined) this.sendFrame(response);
  }

  /** A source has something to write. */
  sourceReady(source: FrameSource): void {
    this.#outbound.ready(source);
    this.#ready?.();
  }

  /** For {@link SessionEntry}. */
  bind(entry: SessionEntry): void {
    this.#bound.add(entry);
    if (entry.source.waiting !== 'none') this.sourceReady(entry.source);
    this.#ready?.();
  }

  /** For {@link SessionEntry}. */
  unbind(entry: SessionEntry): void {
    if (!this.#bound.delete(entry)) return;
    if (this.#taker === entry) this.#abandonChunk();
    this.#holders.delete(entry.sink);
    if (this.#bound.size === 0) this.#unboundSince = this.#now;
    this.#outbound.remove(entry.source);
    this.#updateReading();
    this.#ready?.();
  }

  #start(head: MsrpHead): void {
    this.#head = head;
    this.#taker = undefined;
    this.#attempt(() => (head.method === undefined ? this.#response(head) : this.#request(head)));
  }

  #request(head: MsrpHead): void {
    // An endpoint's own URI stands alone (RFC 4975 §7.3); more of them would ask us to relay.
    const entry = head.toPath.length === 1 ? this.#sessions.find(head.toPath[0] as string) : undefined;
    if (entry === undefined) throw msrpError('MSRP_NO_SESSION');
    entry.admit(this, head.fromPath);
    const method = head.method as string;
    if (method !== 'SEND' && method !== 'REPORT' && entry.sink.methods?.includes(method) !== true) throw msrpError('MSRP_UNKNOWN_METHOD', { detail: method });
    this.#taker = entry;
    entry.sink.head(head, this);
  }

  /** Responses go to the session they name, and only on the connection it is bound to. */
  #response(head: MsrpHead): void {
    const entry = this.#sessions.find(head.toPath[0] as string);
    if (entry?.connection === this) entry.response(head);
  }

  #body(bytes: Uint8Array, offset: number): void {
    const taker = this.#taker;
    if (taker !== undefined) this.#attempt(() => taker.sink.body(bytes, offset));
  }

  #end(flag: '$' | '+' | '#'): void {
    const taker = this.#taker;
    if (taker !== undefined) this.#attempt(() => taker.sink.end(flag));
    this.#head = undefined;
    this.#taker = undefined;
  }

  /** Runs a step of the owner; an error with a status becomes the answer, and the rest of the chunk is skipped. */
  #attempt(step: () => void): void {
    try {
      step();
    } catch (error) {
      if (!ProtocolError.is(error)) throw error;
      this.#taker = undefined;
      if (this.#head !== undefined) this.respond(this.#head, error.status ?? 400);
    }
  }

  #abandonChunk(): void {
    const taker = this.#taker;
    this.#head = undefined;
    this.#taker = undefined;
    taker?.sink.lost();
  }

  #updateReading(): void {
    const reading = this.#holders.size === 0 && this.#outbound.waitingOctets < this.#limits.maxWaitingFrames;
    if (reading === this.#reading) return;
    this.#reading = reading;
    this.#flow?.(reading);
  }
}

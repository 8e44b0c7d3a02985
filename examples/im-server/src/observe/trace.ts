/*
 * The wire trace: every SIP message and MSRP frame of a user, told to whoever listens, without bodies and credentials. It costs
 * nothing while nobody listens.
 */
import { aorOf, ProtocolError } from '@simple-im/grammar';
import { MsrpDecoder, type MsrpHead, type MsrpTrace } from '@simple-im/msrp';
import type { SipMessage, TraceEvent } from '@simple-im/sip';
import type { Address } from '@simple-im/transport';

/** One message between a user and the server. */
export interface TraceEntry {
  /** Milliseconds of the clock. */
  readonly at: number;
  readonly protocol: 'SIP' | 'MSRP';
  /** The address-of-record of the user at the other end; undefined where the message does not tell. */
  readonly user: string | undefined;
  /** As the server sees it. */
  readonly direction: 'in' | 'out';
  readonly transport: string;
  readonly remote: Address;
  /** Such as `INVITE`, `200 (INVITE)`, `SEND 1-5/5 $ text/plain`. */
  readonly title: string;
  /** Start line and header fields, credentials replaced. */
  readonly head: string;
}

export type TraceListener = (entry: TraceEntry) => void;

/** Who may have what in these fields is nobody's business. */
const CREDENTIALS = /^(www-authenticate|(proxy-)?(authorization|authentication-info)|proxy-authenticate)$/i;

export interface WireTraceOptions {
  /** Milliseconds. */
  readonly now: () => number;
  /** The user a session URI of ours belongs to. */
  readonly ownerOf: (uri: string) => string | undefined;
}

export class WireTrace {
  readonly #options: WireTraceOptions;
  readonly #listeners = new Map<string, Set<TraceListener>>();
  /** A decoder for each direction of each connection, made when its first octets are traced. */
  #frames = new WeakMap<object, Record<'in' | 'out', FrameReader>>();

  constructor(options: WireTraceOptions) {
    this.#options = options;
  }

  /** Tells `listener` of one user's messages, or of all with `*`; returns how to stop. */
  listen(user: string, listener: TraceListener): () => void {
    // What went by unseen has left the decoders of earlier listeners in the middle of nowhere.
    if (!this.active) this.#frames = new WeakMap();
    const listeners = this.#listeners.get(user) ?? new Set();
    this.#listeners.set(user, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(user);
    };
  }

  get active(): boolean {
    return this.#listeners.size > 0;
  }

  sip(event: TraceEvent): void {
    if (!this.active || event.message === undefined) return;
    const { message, direction, flow } = event;
    const user = userOf(message, direction);
    const { transport, remote } = flow;
    const [title, head] = [sipTitle(message), sipHead(message)];
    this.#tell({ at: this.#options.now(), protocol: 'SIP', user, direction, transport, remote, title, head });
  }

  msrp(event: MsrpTrace): void {
    if (!this.active) return;
    const { connection, direction, transport, bytes } = event;
    const readers = this.#frames.get(connection) ?? { in: new FrameReader(), out: new FrameReader() };
    this.#frames.set(connection, readers);
    const at = this.#options.now();
    for (const { head, error } of readers[direction].receive(bytes)) {
      const local = direction === 'in' ? head.toPath[0] : head.fromPath[0];
      const user = local === undefined ? undefined : this.#options.ownerOf(local);
      const shown = error === undefined ? msrpHead(head) : `${msrpStart(head)}\r\n(refused: ${error.code})`;
      const { remote } = connection;
      this.#tell({ at, protocol: 'MSRP', user, direction, transport, remote, title: msrpTitle(head), head: shown });
    }
  }

  #tell(entry: TraceEntry): void {
    for (const listener of this.#listeners.get('*') ?? []) listener(entry);
    if (entry.user !== undefined) for (const listener of this.#listeners.get(entry.user) ?? []) listener(entry);
  }
}

/** `error`: why the receiver refuses the frame; of such a one not every header field can be told. */
interface TracedFrame {
  readonly head: MsrpHead;
  readonly error: ProtocolError | undefined;
}

/** Heads of the frames in a stream. One that was joined in the middle of a frame is given up: the next connection is whole. */
class FrameReader {
  #decoder: MsrpDecoder | undefined = new MsrpDecoder();

  receive(bytes: Uint8Array): readonly TracedFrame[] {
    const frames: TracedFrame[] = [];
    try {
      this.#decoder?.receive(bytes);
      for (let event = this.#decoder?.next(); event !== undefined; event = this.#decoder?.next()) {
        if (event.type === 'head') frames.push({ head: event.head, error: undefined });
        else if (event.type === 'refused') frames.push({ head: event.head, error: event.error });
      }
    } catch (error) {
      if (!ProtocolError.is(error)) throw error;
      this.#decoder = undefined;
    }
    return frames;
  }
}

/** The user at the other end: who sent the request, or whom it goes to. */
function userOf(message: SipMessage, direction: 'in' | 'out'): string | undefined {
  const isRequest = 'method' in message;
  const address = isRequest === (direction === 'in') ? message.from : message.to;
  try {
    return address === undefined ? undefined : aorOf(address.uri);
  } catch (error) {
    if (!ProtocolError.is(error)) throw error;
    return undefined;
  }
}

function sipTitle(message: SipMessage): string {
  return 'method' in message ? message.method : `${message.status} (${message.cseq?.method ?? ''})`;
}

function sipHead(message: SipMessage): string {
  const start = 'method' in message ? `${message.method} ${message.uri} SIP/2.0` : `SIP/2.0 ${message.status} ${message.reason}`;
  return [start, ...[...message.headers].map(([name, value]) => `${name}: ${CREDENTIALS.test(name) ? '[redacted]' : value}`)].join('\r\n');
}

function msrpTitle(head: MsrpHead): string {
  if (head.method === undefined) return `${head.status ?? ''} ${head.comment ?? ''}`.trim();
  const range = head.byteRange === undefined ? '' : ` ${head.byteRange.start}-${head.byteRange.end ?? '*'}/${head.byteRange.total ?? '*'}`;
  const type = head.contentType === undefined ? '' : ` ${head.contentType}`;
  return `${head.method}${head.hasBody || head.method === 'REPORT' ? range : ''}${type}`;
}

function msrpStart(head: MsrpHead): string {
  return `MSRP ${head.transactionId} ${head.method ?? `${head.status ?? ''} ${head.comment ?? ''}`.trim()}`;
}

function msrpHead(head: MsrpHead): string {
  return [msrpStart(head), ...head.fields.map(([name, value]) => `${name}: ${CREDENTIALS.test(name) ? '[redacted]' : value}`)].join('\r\n');
}

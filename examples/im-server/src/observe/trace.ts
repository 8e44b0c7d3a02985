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
const CREDENTIALS = /^(authorization|proxy-authorization|www-authenticate|proxy-authenticate|authentication-info|proxy-authentication-info)$/i;

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
    this.#tell({ at: this.#options.now(), protocol: 'SIP', user, direction, transport: flow.transport, remote: flow.remote, title: sipTitle(message), head: sipHead(message) });
  }

  msrp(event: MsrpTrace): void {
    if (!this.active) return;
    const { connection, direction, bytes } = event;
    const readers = this.#frames.get(connection) ?? { in: new FrameReader(), out: new FrameReader() };
    this.#frames.set(connection, readers);
    for (const frame of readers[direction].receive(bytes)) {
      const local = direction === 'in' ? frame.head.toPath[0] : frame.head.fromPath[0];
      const user = local === undefined ? undefined : this.#options.ownerOf(local);
      this.#tell({ at: this.#options.now(), protocol: 'MSRP', user, direction, transport: 'TCP', remote: connection.remote, title: msrpTitle(frame.head), head: msrpHead(frame.head) });
    }
  }

  #tell(entry: TraceEntry): void {
    for (const listener of this.#listeners.get('*') ?? []) listener(entry);
    if (entry.user !== undefined) for (const listener of this.#listeners.get(entry.user) ?? []) listener(entry);
  }
}

/** Heads of the frames in a stream. One that was joined in the middle of a frame is given up: the next connection is whole. */
class FrameReader {
  #decoder: MsrpDecoder | undefined = new MsrpDecoder();

  receive(bytes: Uint8Array): { readonly head: MsrpHead }[] {
    const heads: { readonly head: MsrpHead }[] = [];
    try {
      this.#decoder?.receive(bytes);
      for (let event = this.#decoder?.next(); event !== undefined; event = this.#decoder?.next()) if (event.type === 'head') heads.push({ head: event.head });
    } catch (error) {
      if (!ProtocolError.is(error)) throw error;
      this.#decoder = undefined;
    }
    return heads;
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
  return `${head.method}${head.hasBody || head.method === 'REPORT' ? range : ''}${head.contentType === undefined ? '' : ` ${head.contentType}`}`;
}

function msrpHead(head: MsrpHead): string {
  const start = `MSRP ${head.transactionId} ${head.method ?? `${head.status ?? ''} ${head.comment ?? ''}`.trim()}`;
  return [start, ...head.fields.map(([name, value]) => `${name}: ${CREDENTIALS.test(name) ? '[redacted]' : value}`)].join('\r\n');
}

/*
 * One leg of a session on the media path: what arrives goes to the leg's chunk sink, which is the other leg's writer until
 * somebody else takes over.
 */
import type { ProtocolError } from '@simple-im/grammar';
import { encodeReport, randomIdent, type ConnectOptions, type Continuation, type FrameSession, type FrameSink, type MsrpHead } from '@simple-im/msrp';
import type { Clock, Random } from '@simple-im/transport';
import { serverError } from '../errors.js';
import type { Metrics } from '../observe/ports.js';
import type { ChunkOrigin, ChunkSink, ReportedRange } from './chunk-sink.js';
import { ChunkWriter } from './chunk-writer.js';

export interface RelayLegOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: Metrics;
  /** The peer's a=path, where it is known before `bind`: the peer of the other leg may be faster than its answer. */
  readonly remotePath?: readonly string[];
  /** Octets of a message of the peer; more is answered with 413. Default: any number. */
  readonly maxSize?: number | undefined;
  /** Gives the leg its session; called once. */
  readonly createSession: (sink: FrameSink) => FrameSession;
  /** The peer's session is over: its connection is lost, or it answers 481 or 506. */
  readonly lost: () => void;
}

export class RelayLeg implements FrameSink, ChunkOrigin {
  readonly session: FrameSession;
  /** What leaves on this leg. */
  readonly writer: ChunkWriter;
  readonly #options: RelayLegOptions;
  #remotePath: readonly string[] | undefined;
  #sink: ChunkSink | undefined;
  /** The SEND that is arriving, and who takes its body: a change of sink waits for the chunk's end. */
  #arriving: MsrpHead | undefined;
  #taking: ChunkSink | undefined;
  /** Octets of it, and whether it was answered with 413. */
  #octets = 0;
  #refused = false;

  constructor(options: RelayLegOptions) {
    const { clock, random, lost } = options;
    this.#options = options;
    this.#remotePath = options.remotePath;
    this.session = options.createSession(this);
    this.writer = new ChunkWriter({ session: this.session, remotePath: () => this.#remotePath, clock, random, sessionGone: lost });
  }

  /** The peer's a=path; undefined until it is known. */
  get remotePath(): readonly string[] | undefined {
    return this.#remotePath;
  }

  /** The peer's path is agreed: connects to it, or waits for its first request. Resolves when the session is bound. */
  bind(remotePath: readonly string[], active: boolean, options: ConnectOptions = {}): Promise<void> {
    this.#remotePath = remotePath;
    return active ? this.session.connect(remotePath, options) : this.session.accept(remotePath);
  }

  /** Who takes the chunks that begin from now on. */
  deliverTo(sink: ChunkSink): void {
    this.#sink = sink;
  }

  head(head: MsrpHead): void {
    this.#options.metrics.count('msrp_requests_total', { method: head.method ?? '' });
    this.#arriving = undefined;
    this.#taking = undefined;
    this.#octets = 0;
    this.#refused = false;
    if (head.method === 'REPORT') return this.#report(head);
    this.#arriving = head;
    if (this.#exceeds(head.byteRange?.total ?? 0)) return this.#refuse(head);
    if (head.hasBody) this.#taking = this.#begin(head);
  }

  body(bytes: Uint8Array): void {
    if (this.#taking === undefined) return;
    this.#options.metrics.count('msrp_body_octets_total', {}, bytes.length);
    this.#octets += bytes.length;
    const head = this.#arriving as MsrpHead;
    if (this.#exceeds((head.byteRange?.start ?? 1) - 1 + this.#octets)) return this.#refuse(head);
    if (!this.#taking.body(bytes)) this.session.pause();
  }

  end(flag: Continuation): void {
    const head = this.#arriving;
    if (head === undefined || this.#refused) return;
    const taking = isForPeer(head, flag) ? this.#taking ?? this.#begin(head) : undefined;
    this.#arriving = undefined;
    this.#taking = undefined;
    taking?.end(flag);
    // A hop receipt (RFC 4975 §7.2); what becomes of the chunk further on is for REPORTs to say.
    if (taking?.answers !== true) this.session.respond(head, 200);
  }

  response(head: MsrpHead): void {
    this.writer.response(head);
  }

  lost(): void {
    const taking = this.#taking;
    this.#arriving = undefined;
    this.#taking = undefined;
    taking?.lost();
  }

  drain(): void {
    this.writer.drained();
  }

  closed(error?: ProtocolError): void {
    this.writer.close();
    if (error !== undefined) this.#options.lost();
  }

  resume(): void {
    this.session.resume();
  }

  reportFailure(head: MsrpHead, range: ReportedRange, status: number, comment: string | undefined): void {
    if (this.session.state !== 'bound') return;
    this.session.writeFrame(encodeReport({
      transactionId: randomIdent(this.#options.random),
      toPath: head.fromPath,
      localUri: this.session.uri,
      messageId: head.messageId ?? '',
      range,
      status,
      ...(comment === undefined ? {} : { comment }),
    }));
  }

  #exceeds(octets: number): boolean {
    return octets > (this.#options.maxSize ?? Infinity);
  }

  /** RFC 4975 §10.5: no more of it; who has got a part of it discards that. */
  #refuse(head: MsrpHead): void {
    const taking = this.#taking;
    this.#taking = undefined;
    this.#refused = true;
    this.session.respond(head, 413, tooLarge(this.#options.maxSize));
    taking?.end('#');
  }

  #report(head: MsrpHead): void {
    if (this.#sink?.report(head, this) === false) this.session.pause();
  }

  #begin(head: MsrpHead): ChunkSink {
    const sink = this.#sink;
    if (sink === undefined) throw serverError('IM_SESSION_GONE');
    sink.begin(head, this);
    return sink;
  }
}

/** The comment of a 413 (RFC 4975 §10.5). */
export function tooLarge(maxSize: number | undefined): string {
  return `At most ${maxSize} octets`;
}

/**
 * A SEND without body binds the connection or keeps it open (RFC 4975 §5.4, §7.1): it is for this hop alone, unless it ends a
 * message that has begun.
 */
function isForPeer(head: MsrpHead, flag: Continuation): boolean {
  return head.hasBody || flag === '#' || (head.byteRange?.start ?? 1) > 1;
}

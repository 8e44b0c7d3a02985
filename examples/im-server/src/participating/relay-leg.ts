/*
 * One leg of a session on the media path: what arrives goes to the leg's chunk sink, which is the other leg's writer until
 * somebody else takes over.
 */
import type { ProtocolError } from '@simple-im/grammar';
import { encodeReport, randomIdent, type Continuation, type FrameSession, type FrameSink, type MsrpHead } from '@simple-im/msrp';
import type { Clock, Random } from '@simple-im/transport';
import { serverError } from '../errors.js';
import type { Metrics } from '../observe/ports.js';
import type { ChunkOrigin, ChunkSink, ReportedRange } from './chunk-sink.js';
import { ChunkWriter } from './chunk-writer.js';

export interface RelayLegOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: Metrics;
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
  #sink: ChunkSink | undefined;
  /** The SEND that is arriving, and who takes its body: a change of sink waits for the chunk's end. */
  #arriving: MsrpHead | undefined;
  #taking: ChunkSink | undefined;

  constructor(options: RelayLegOptions) {
    this.#options = options;
    this.session = options.createSession(this);
    this.writer = new ChunkWriter(this.session, options.clock, options.random, options.lost);
  }

  /** Who takes the chunks that begin from now on. */
  deliverTo(sink: ChunkSink): void {
    this.#sink = sink;
  }

  head(head: MsrpHead): void {
    this.#options.metrics.count('msrp_requests_total', { method: head.method ?? '' });
    this.#arriving = undefined;
    this.#taking = undefined;
    if (head.method === 'REPORT') return this.#sink?.report(head);
    this.#arriving = head;
    // A SEND without a body binds the connection (RFC 6135 §4.2.2): it is for this hop alone.
    if (!head.hasBody) return;
    if (this.#sink === undefined) throw serverError('IM_SESSION_GONE');
    this.#sink.begin(head, this);
    this.#taking = this.#sink;
  }

  body(bytes: Uint8Array): void {
    if (this.#taking === undefined) return;
    this.#options.metrics.count('msrp_body_octets_total', {}, bytes.length);
    if (!this.#taking.body(bytes)) this.session.pause();
  }

  end(flag: Continuation): void {
    const head = this.#arriving;
    this.#taking?.end(flag);
    this.#arriving = undefined;
    this.#taking = undefined;
    // A hop receipt (RFC 4975 §7.2); what becomes of the chunk further on is for REPORTs to say.
    if (head !== undefined) this.session.respond(head, 200);
  }

  response(head: MsrpHead): void {
    this.writer.response(head);
  }

  lost(): void {
    this.#taking?.end('#');
    this.#arriving = undefined;
    this.#taking = undefined;
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
}

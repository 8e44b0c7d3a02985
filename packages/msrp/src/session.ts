import type { ProtocolError } from '@simple-im/grammar';
import type { Random } from '@simple-im/transport';
import { acceptsType } from './accept-types.js';
import type { MsrpConnection } from './connection.js';
import { randomIdent } from './encoder.js';
import { msrpError } from './errors.js';
import type { FrameSink } from './frame-sink.js';
import type { Continuation, MsrpHead } from './frame.js';
import type { ByteRange } from './grammar.js';
import type { IncomingMessage } from './incoming-message.js';
import { MessageReceiver, type ReceiverLimits } from './message-receiver.js';
import { MessageSender } from './message-sender.js';
import { OutgoingMessage, type MessageToSend, type SentMessage } from './outgoing-message.js';
import { defaultReassemblyLimits } from './reassembly.js';
import { encodeReport } from './reports.js';
import { SessionEntry } from './session-entry.js';
import type { MatchMode } from './session-registry.js';

/** What a session tells its owner. */
export interface SessionHandlers {
  /** A message begins to arrive; read it, or the connection stalls once `maxUnread` octets wait. */
  message?(message: IncomingMessage): void;
  /** A REPORT, also for a message that was forgotten. */
  report?(report: MessageReport): void;
  /** The session is over; `error` is absent when this side closed it. */
  closed?(error?: ProtocolError): void;
}

export interface MessageReport {
  readonly messageId: string;
  /** As in a response: 200, 413 ... */
  readonly status: number;
  readonly comment?: string;
  readonly range?: ByteRange;
}

export interface SessionLimits extends ReceiverLimits {
  /** Sent messages that are remembered for late REPORTs. Default 1000. */
  readonly maxRemembered: number;
}

export const defaultSessionLimits: SessionLimits = { ...defaultReassemblyLimits, maxMessages: 32, maxUnread: 262_144, maxRemembered: 1000 };

export interface MsrpSessionOptions {
  /** The session's own URI, in no use by another session. */
  readonly uri: string;
  readonly random: Random;
  /** Root media types taken from the peer, as offered in a=accept-types. Default all. */
  readonly acceptTypes?: readonly string[];
  readonly limits?: Partial<SessionLimits>;
  /** `accepted`: the last chunk's 200 and the success REPORT wait for {@link IncomingMessage.accept}. Default `arrived`. */
  readonly acknowledge?: 'arrived' | 'accepted';
  /** Success REPORTs for each complete message, or for each chunk. Default `message`. */
  readonly reportOn?: 'message' | 'chunk';
  readonly matchMode?: MatchMode;
  /** For who binds the session to connections: its state is another. */
  readonly changed?: () => void;
}

/** An endpoint's session: whole messages both ways over whatever connection its `entry` is bound to. No socket, no clock. */
export class MsrpSession implements FrameSink {
  /** Add it to the {@link SessionTable} of the connections. */
  readonly entry: SessionEntry;
  /** Root media types the peer takes (its a=accept-types); undefined: not checked (RFC 4975 §8.6). */
  peerAcceptTypes: readonly string[] | undefined;
  readonly #random: Random;
  readonly #sender: MessageSender;
  readonly #receiver: MessageReceiver;
  /** Types the peer answered with 415: none of them again in this session (RFC 4975 §10.6). */
  readonly #refusedTypes = new Set<string>();
  readonly #undelivered: IncomingMessage[] = [];
  #handlers: SessionHandlers | undefined;
  #inReport = false;

  constructor({ uri, random, acceptTypes = ['*'], limits, acknowledge = 'arrived', reportOn = 'message', matchMode = 'strict', changed }: MsrpSessionOptions) {
    const bounds = { ...defaultSessionLimits, ...limits };
    this.#random = random;
    this.#sender = new MessageSender({
      localUri: uri,
      remotePath: () => (this.entry.state === 'bound' ? this.entry.remotePath : undefined),
      newTransactionId: () => randomIdent(random),
      reading: () => this.entry.connection?.reading ?? true,
      ready: () => this.#writeReady(),
      maxRemembered: bounds.maxRemembered,
    });
    this.#receiver = new MessageReceiver({
      acceptTypes,
      limits: bounds,
      acknowledge,
      reportOn,
      message: (message) => this.#deliver(message),
      respond: (head, status) => this.entry.connection?.respond(head, status),
      reportSuccess: (head, range) => this.#reportSuccess(head, range),
      flow: (open) => (open ? this.entry.connection?.resume(this) : this.entry.connection?.pause(this)),
    });
    this.entry = new SessionEntry({
      uri,
      sink: this,
      source: this.#sender,
      matchMode,
      changed: () => {
        this.#writeReady();
        changed?.();
      },
    });
  }

  get uri(): string {
    return this.entry.uri;
  }

  /** Octets of messages that arrived and were not read. */
  get unread(): number {
    return this.#receiver.unread;
  }

  /** Who is told; messages that came before are told at once. */
  attach(handlers: SessionHandlers): void {
    this.#handlers = handlers;
    for (const message of this.#undelivered.splice(0)) this.#deliver(message);
  }

  /**
   * Queues a message; it leaves once the session is bound. Short ones (2048 octets) overtake long ones, which take turns
   * (RFC 4975 §7.1.1). Throws `MSRP_SESSION_CLOSED`, `MSRP_TYPE_NOT_OFFERED`, `MSRP_CHUNK_MISUSED`.
   */
  send(message: MessageToSend): SentMessage {
    if (this.entry.state === 'closed') throw msrpError('MSRP_SESSION_CLOSED');
    const type = message.contentType;
    const offered = this.peerAcceptTypes === undefined || acceptsType(this.peerAcceptTypes, undefined, type);
    if (!offered || this.#refusedTypes.has(type)) throw msrpError('MSRP_TYPE_NOT_OFFERED', { detail: type });
    const outgoing = new OutgoingMessage(message, message.messageId ?? randomIdent(this.#random), (each) => this.#sender.changed(each));
    this.#sender.add(outgoing);
    return outgoing;
  }

  /** Ends the session; the connection stays for others. What was not sent fails with `MSRP_SESSION_CLOSED`. */
  close(): void {
    this.entry.end();
  }

  head(head: MsrpHead, _connection?: MsrpConnection): void {
    this.#inReport = head.method === 'REPORT';
    if (this.#inReport) this.#report(head);
    else this.#receiver.head(head);
  }

  body(bytes: Uint8Array, offset: number): void {
    // The body of a REPORT is for information only (RFC 4975 §7.1.2).
    if (!this.#inReport) this.#receiver.body(bytes, offset);
  }

  end(flag: Continuation): void {
    if (!this.#inReport) this.#receiver.end(flag);
  }

  response(head: MsrpHead): void {
    const type = head.status === 415 ? this.#sender.typeOf(head.transactionId) : undefined;
    if (type !== undefined) this.#refusedTypes.add(type);
    this.#endFor(this.#sender.response(head));
  }

  lost(): void {
    this.#receiver.lost();
  }

  closed(error?: ProtocolError): void {
    const reason = error ?? msrpError('MSRP_SESSION_CLOSED');
    this.#sender.close(reason);
    this.#receiver.close(reason);
    this.#handlers?.closed?.(error);
  }

  #report(head: MsrpHead): void {
    const { messageId, statusHeader, byteRange } = head;
    if (messageId === undefined || statusHeader === undefined) return;
    const { code: status, comment } = statusHeader;
    const over = this.#sender.report(head);
    this.#handlers?.report?.({ messageId, status, ...(comment === undefined ? {} : { comment }), ...(byteRange === undefined ? {} : { range: byteRange }) });
    this.#endFor(over);
  }

  #endFor(error: ProtocolError | undefined): void {
    if (error !== undefined) this.entry.end(error);
  }

  #reportSuccess(head: MsrpHead, range: { readonly start: number; readonly end: number; readonly total?: number | undefined }): void {
    this.entry.connection?.sendFrame(encodeReport({
      transactionId: randomIdent(this.#random),
      toPath: head.fromPath,
      localUri: this.uri,
      messageId: head.messageId as string,
      range,
      status: 200,
      comment: 'OK',
    }));
  }

  #deliver(message: IncomingMessage): void {
    if (this.#handlers?.message === undefined) this.#undelivered.push(message);
    else this.#handlers.message(message);
  }

  #writeReady(): void {
    if (this.entry.state === 'bound' && (this.#sender.waiting !== 'none' || this.#sender.open)) this.entry.connection?.sourceReady(this.#sender);
  }
}

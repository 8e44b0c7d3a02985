import { encodeCpim, type CpimMessage } from '@simple-im/cpim';
import { ProtocolError } from '@simple-im/grammar';
import type { IncomingMessage, MessageSession, SentMessage } from '@simple-im/msrp';
import { acceptsType, type MsrpMedia } from '@simple-im/msrp/sdp';
import type { DialogEnd, UaDialog } from '@simple-im/sip';
import type { Timer } from '@simple-im/transport';
import { AsyncQueue } from './async-queue.js';
import { contentOf, CPIM, IMDN, unwrap, wrap, type Content, type ContentOptions } from './content.js';
import type { ClientCore } from './core.js';
import { imError } from './errors.js';
import type { Sender } from './identity.js';
import { readWhole } from './media.js';
import { plainMessage, wrappedMessage, type ImMessage } from './message.js';
import type { Notifications } from './notifications.js';
import type { Pager } from './pager.js';
import { Receipts } from './receipts.js';
import { SeenMessages } from './seen.js';

/** Milliseconds a BYE may come later than the end of the connection that it explains. */
const BYE_GRACE = 2000;
/** Milliseconds the report on a notification may take once the next hop has it. */
const REPORT_TIME = 30_000;

/** How a session ended: `left` here, `peer left`, or `lost`, then with the IM_SESSION_LOST that says why. */
export interface SessionEnd {
  readonly reason: 'left' | 'peer left' | 'lost';
  readonly error?: ProtocolError;
}

/** What a session of a client is made of. */
export interface SessionParts {
  readonly core: ClientCore;
  readonly pager: Pager;
  readonly notifications: Notifications;
  readonly peer: Sender;
  readonly dialog: UaDialog;
  readonly media: MessageSession;
  /** What the peer described. */
  readonly remote: MsrpMedia;
  /** Where the peer's messages go instead of a queue of the session's own. */
  readonly inbox?: AsyncQueue<ImMessage> | undefined;
  /** With an inbox: the messages in it tell this session, so that the user can answer. */
  readonly isAnswerable?: boolean | undefined;
  /** The message, in CPIM, that came with the invitation. */
  readonly message?: Uint8Array | undefined;
}

/** A conversation with one peer over MSRP, until either side leaves it. */
export class Session {
  /** URI of the peer. */
  readonly peer: string;
  readonly peerName: string | undefined;
  readonly ended: Promise<SessionEnd>;
  readonly #parts: SessionParts;
  readonly #queue: AsyncQueue<ImMessage>;
  #resolveEnded: (end: SessionEnd) => void = () => {};
  #end: SessionEnd | undefined;

  /** For the client, once the MSRP session is bound. */
  constructor(parts: SessionParts) {
    this.#parts = parts;
    const { core, peer, dialog, media, remote, inbox, message } = parts;
    this.peer = peer.uri;
    this.peerName = peer.name;
    const { maxSessionMessages, maxSessionOctets } = core.limits;
    const limits = { maxItems: maxSessionMessages, maxOctets: maxSessionOctets, octetsOf: ({ body }: ImMessage) => body.length };
    this.#queue = inbox ?? new AsyncQueue(limits);
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    media.messages.peerAcceptTypes = remote.acceptTypes;
    dialog.onTerminated = (end) => this.#dialogOver(end);
    if (message !== undefined) this.#takeInvited(message);
    media.attach({ message: (message) => this.#receive(message), closed: (error) => this.#mediaClosed(error) });
  }

  /** Messages of the peer. What came before anybody asks waits, and can still be taken after the end. */
  get messages(): AsyncIterable<ImMessage> {
    return this.#queue;
  }

  /** True until the session has ended. */
  get alive(): boolean {
    return this.#end === undefined;
  }

  /**
   * Sends a message, in CPIM if the peer takes that; resolves when the next hop has it. Rejects with IM_NOT_DELIVERED,
   * IM_TYPE_NOT_TAKEN, IM_SESSION_ENDED.
   */
  async send(body: string | Uint8Array, options: ContentOptions = {}): Promise<{ readonly messageId: string }> {
    const content = this.#written(body, options);
    const sent = await this.#sendOverMsrp(content);
    return { messageId: content.messageId ?? sent.messageId };
  }

  /**
   * For Large Message Mode: sends a message with a success report asked for, and leaves. Resolves with whether the report came
   * within `patience` milliseconds (RFC 4975 §7.1.2); rejects as `send`, also when the report says so or the session ends before it: the
   * 200 of the next hop promises nothing (§7.2).
   */
  async sendAndLeave(
    body: string | Uint8Array, options: ContentOptions, patience: number,
  ): Promise<{ readonly messageId: string; readonly reported: boolean }> {
    try {
      const content = this.#written(body, options);
      const sent = await this.#sendOverMsrp(content, true);
      return { messageId: content.messageId ?? sent.messageId, reported: await this.#within(patience, sent.reported) };
    } finally {
      await this.leave();
    }
  }

  /** Ends the session; resolves when the peer has been told, or cannot be. */
  async leave(): Promise<void> {
    if (this.#end !== undefined) return;
    const { core, dialog, media } = this.#parts;
    try {
      const bye = dialog.bye();
      this.#over({ reason: 'left' });
      await bye;
    } catch (error) {
      // The session is over whatever becomes of the BYE (RFC 3261 §15.1.1).
      core.report(error as Error);
    } finally {
      this.#over({ reason: 'left' });
      media.close();
    }
  }

  /** The root type, and the type of what is wrapped in it. */
  #takes(root: string, wrapped?: string): boolean {
    const { acceptTypes, acceptWrappedTypes } = this.#parts.remote;
    if (!acceptsType(acceptTypes, undefined, root)) return false;
    return wrapped === undefined || acceptsType(acceptTypes, acceptWrappedTypes ?? [], wrapped);
  }

  /** What goes over MSRP: in CPIM if the peer takes that. */
  #written(body: string | Uint8Array, options: ContentOptions): Content & { readonly messageId?: string } {
    const content = contentOf(body, options);
    if (this.#takes(CPIM, content.contentType)) return wrap(this.#parts.core, this.peer, content, options);
    if ((options.notify ?? []).length > 0 || !this.#takes(content.contentType)) {
      throw imError('IM_TYPE_NOT_TAKEN', { detail: content.contentType });
    }
    return content;
  }

  /** Whether the report came in time. Rejects as `send`. */
  async #within(patience: number, reported: Promise<void>): Promise<boolean> {
    let timer: Timer | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = this.#parts.core.platform.clock.setTimer(patience, () => resolve(false));
    });
    try {
      return await Promise.race([reported.then(() => true), late]);
    } catch (cause) {
      throw sendingFailure(cause);
    } finally {
      timer?.cancel();
    }
  }

  async #sendOverMsrp({ contentType, body }: Content, successReport = false): Promise<SentMessage> {
    if (this.#end !== undefined) throw this.#endedError();
    const { maxSize } = this.#parts.remote;
    if (maxSize !== undefined && body.length > maxSize) {
      throw imError('IM_TOO_LARGE_FOR_PEER', { detail: `${body.length} octets, at most ${maxSize}` });
    }
    try {
      const sent = this.#parts.media.send({ contentType, body, successReport });
      await sent.accepted;
      return sent;
    } catch (cause) {
      throw sendingFailure(cause);
    }
  }

  /** In the session while it lives; by MESSAGE after it, or where nobody said that it has arrived: known by its Message-ID it is told once. */
  async #notify(notification: CpimMessage): Promise<void> {
    if (this.#end === undefined && this.#takes(CPIM, IMDN)) {
      try {
        const { reported } = await this.#sendOverMsrp({ contentType: CPIM, body: encodeCpim(notification) }, true);
        if (await this.#within(REPORT_TIME, reported)) return;
      } catch (error) {
        if (!ProtocolError.is(error) || error.code !== 'IM_SESSION_ENDED') throw error;
      }
    }
    await this.#parts.pager.notify(notification, this.peer);
  }

  #receive(incoming: IncomingMessage): void {
    readWhole(incoming)
      .then((bytes) => this.#take(incoming, bytes))
      .catch((error: unknown) => this.#refuse(incoming, error));
  }

  #take(incoming: IncomingMessage, body: Uint8Array): void {
    const { contentType } = incoming;
    const wrapped = acceptsType([CPIM], undefined, contentType);
    const isTaken = wrapped
      ? this.#takeCpim(incoming, unwrap(body))
      : this.#queue.push(this.#told(plainMessage(this.#parts.peer, { contentType, body })));
    if (!isTaken) incoming.refuse(413);
    else incoming.accept();
  }

  #takeCpim(incoming: IncomingMessage, message: CpimMessage): boolean {
    const { notifications, pager, peer } = this.#parts;
    const key = SeenMessages.byMessageId(peer.uri, message);
    if (pager.seen.has(key)) return true;
    const isNotification = notifications.take(message, peer);
    if (isNotification === true) pager.seen.add(key);
    return isNotification ?? this.#keep(message, () => incoming.accept());
  }

  /** False when nobody has room for it. */
  #keep(message: CpimMessage, accept: () => void): boolean {
    const { core, pager, peer } = this.#parts;
    const receipts = new Receipts(core, message, (receipt) => this.#notify(receipt));
    if (!this.#queue.push(this.#told(wrappedMessage(core, peer, message, receipts)))) return false;
    pager.seen.add(SeenMessages.byMessageId(peer.uri, message));
    accept();
    receipts.delivered();
    return true;
  }

  #told(message: ImMessage): ImMessage {
    return this.#parts.isAnswerable === true ? { ...message, session: this } : message;
  }

  /** The first message of the peer; the session does not depend on whether it can be read. */
  #takeInvited(message: Uint8Array): void {
    try {
      this.#keep(unwrap(message), () => undefined);
    } catch (error) {
      this.#parts.core.report(error as Error);
    }
  }

  #refuse(incoming: IncomingMessage, error: unknown): void {
    this.#parts.core.report(error as Error);
    if (ProtocolError.is(error)) incoming.refuse(error.status === 415 ? 415 : 400);
  }

  #dialogOver(end: DialogEnd): void {
    if (end === 'local') return;
    this.#over(end === 'remote' ? { reason: 'peer left' } : lost(end));
    this.#parts.media.close();
  }

  #mediaClosed(error: ProtocolError | undefined): void {
    if (error === undefined || this.#end !== undefined) return;
    const { core, dialog } = this.#parts;
    core.platform.clock.setTimer(BYE_GRACE, () => {
      if (this.#end !== undefined) return;
      this.#over(lost(error.message, error));
      dialog.bye().catch((failure: unknown) => core.report(failure as Error));
    });
  }

  #over(end: SessionEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    if (this.#parts.inbox === undefined) this.#queue.end();
    this.#resolveEnded(end);
  }

  #endedError(): ProtocolError {
    const cause = this.#end?.error;
    return imError('IM_SESSION_ENDED', cause === undefined ? {} : { cause });
  }
}

/** Why a message was not sent or has not arrived. */
function sendingFailure(cause: unknown): unknown {
  if (!ProtocolError.is(cause)) return cause;
  if (cause.code === 'MSRP_SESSION_CLOSED' || cause.code === 'MSRP_CONNECTION_LOST') return imError('IM_SESSION_ENDED', { cause });
  return imError('IM_NOT_DELIVERED', { cause, detail: cause.message, ...(cause.status === undefined ? {} : { status: cause.status }) });
}

function lost(detail: string, cause?: ProtocolError): SessionEnd {
  return { reason: 'lost', error: imError('IM_SESSION_LOST', cause === undefined ? { detail } : { detail, cause }) };
}

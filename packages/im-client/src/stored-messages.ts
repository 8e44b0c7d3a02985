import { parseAddress, type CpimMessage } from '@simple-im/cpim';
import { ProtocolError } from '@simple-im/grammar';
import type { IncomingMessage, MessageSession } from '@simple-im/msrp';
import type { UaDialog } from '@simple-im/sip';
import type { Retrieval, RetrievalEntry, RetrievalPage } from '@simple-im/sip-events/documents/retrieval';
import { AsyncQueue } from './async-queue.js';
import { unwrap } from './content.js';
import type { ClientCore } from './core.js';
import { imError } from './errors.js';
import type { Sender } from './identity.js';
import { readWhole } from './media.js';
import { plainMessage, wrappedMessage, type ImMessage } from './message.js';
import type { Pager } from './pager.js';
import { Receipts } from './receipts.js';
import type { SessionParts } from './session.js';

/** The media type of what is asked and answered; what writes and reads it is loaded when it is needed, being large. */
export const RETRIEVAL_MEDIA_TYPE = 'application/vnd.simple-im.retrieval+xml';

/** A message that was stored. */
export interface StoredMessage extends ImMessage {
  /** What the server calls it, as in `list`. */
  readonly id: string;
}

export interface StoredMessagesOptions {
  /** Whether the senders are waiting to hear that their messages arrived. */
  readonly areNew: boolean;
}

/** The names of the headers by which a fetched message says which one it is and whom the server took it from (docs/profile.md). */
const NAMESPACE = 'urn:simple-im:deferred';
/** Fetched messages nobody has taken; more are refused. */
const MAX_UNTAKEN = 1000;

interface Asked {
  readonly fetched: AsyncQueue<StoredMessage> | undefined;
  resolve(answer: Retrieval): void;
  reject(error: ProtocolError): void;
}

/**
 * What a server keeps for this user, reached by a session with the service's URI: deferred messages, or conversation history. Requests are
 * answered in order; several may be under way.
 */
export class StoredMessages {
  /** Resolves when the session is over. */
  readonly ended: Promise<void>;
  readonly #core: ClientCore;
  readonly #pager: Pager;
  readonly #options: StoredMessagesOptions;
  readonly #dialog: UaDialog;
  readonly #media: MessageSession;
  readonly #asked = new Map<string, Asked>();
  #count = 0;
  #over: ProtocolError | undefined;
  #resolveEnded: () => void = () => {};

  /** For the client, once the MSRP session is bound. */
  constructor(core: ClientCore, pager: Pager, { dialog, media }: Pick<SessionParts, 'dialog' | 'media'>, options: StoredMessagesOptions) {
    this.#core = core;
    this.#pager = pager;
    this.#options = options;
    this.#dialog = dialog;
    this.#media = media;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    dialog.onTerminated = () => {
      this.#end(imError('IM_SESSION_ENDED'));
      media.close();
    };
    media.attach({
      message: (message) => this.#receive(message),
      closed: (error) => this.#end(imError('IM_SESSION_ENDED', error === undefined ? {} : { cause: error })),
    });
  }

  /**
   * A page of entries, oldest first; `next` of it is `after` for the next one. History: conversations, or with `conversation` its messages.
   * Rejects with IM_RETRIEVAL_REFUSED, IM_SESSION_ENDED, as the others do.
   */
  async list(options: { readonly after?: number; readonly max?: number; readonly conversation?: string } = {}): Promise<RetrievalPage> {
    const { page } = await this.#ask({ list: options });
    return page ?? { entries: [] };
  }

  /** Every entry, page by page as they are taken. */
  async *entries(options: { readonly conversation?: string } = {}): AsyncGenerator<RetrievalEntry, void, undefined> {
    for (let after: number | undefined = 0; after !== undefined;) {
      const page: RetrievalPage = await this.list({ ...options, after });
      yield* page.entries;
      after = page.next;
    }
  }

  /** One message, or all of them in order; they are not deleted by that, but will not be pushed any more. */
  async *fetch(options: { readonly item?: string; readonly conversation?: string } = {}): AsyncGenerator<StoredMessage, void, undefined> {
    const queue = new AsyncQueue<StoredMessage>({ maxItems: MAX_UNTAKEN });
    const done = this.#ask({ fetch: options }, queue).finally(() => queue.end());
    done.catch(() => undefined); // told below
    yield* queue;
    await done;
  }

  /** One, those of a conversation, or all; resolves with how many there were. */
  async delete(options: { readonly item?: string; readonly conversation?: string } = {}): Promise<number> {
    return (await this.#ask({ delete: options })).done?.count ?? 0;
  }

  /** History: whether a conversation is recorded from now on, whatever the settings say. */
  async record(conversation: string, active: boolean): Promise<void> {
    await this.#ask({ record: { conversation, active } });
  }

  /** Ends the session. */
  async close(): Promise<void> {
    if (this.#over !== undefined) return;
    this.#end(imError('IM_SESSION_ENDED'));
    try {
      await this.#dialog.bye();
    } catch (error) {
      this.#core.report(error as Error);
    } finally {
      this.#media.close();
    }
  }

  async #ask(request: Omit<Retrieval, 'id'>, fetched?: AsyncQueue<StoredMessage>): Promise<Retrieval> {
    if (this.#over !== undefined) throw this.#over;
    const { buildRetrieval } = await import('@simple-im/sip-events/documents/retrieval');
    const id = String((this.#count += 1));
    const answer = new Promise<Retrieval>((resolve, reject) => this.#asked.set(id, { fetched, resolve, reject }));
    answer.catch(() => undefined); // told to whoever awaits it below
    try {
      await this.#media.send({ contentType: RETRIEVAL_MEDIA_TYPE, body: buildRetrieval({ ...request, id }) }).accepted;
    } catch (cause) {
      this.#asked.delete(id);
      if (!ProtocolError.is(cause)) throw cause;
      throw this.#over ?? imError('IM_SESSION_ENDED', { cause });
    }
    const { error, ...rest } = await answer;
    if (error !== undefined) throw imError('IM_RETRIEVAL_REFUSED', { detail: error.reason === undefined ? error.code : `${error.code}: ${error.reason}` });
    return rest;
  }

  #receive(incoming: IncomingMessage): void {
    readWhole(incoming)
      .then((bytes) => this.#take(incoming, bytes))
      .catch((error: unknown) => {
        this.#core.report(error as Error);
        if (ProtocolError.is(error)) incoming.refuse(400);
      });
  }

  async #take(incoming: IncomingMessage, bytes: Uint8Array): Promise<void> {
    if (incoming.contentType.split(';', 1)[0]?.trim().toLowerCase() === RETRIEVAL_MEDIA_TYPE) {
      const { parseRetrieval } = await import('@simple-im/sip-events/documents/retrieval');
      const answer = parseRetrieval(bytes);
      incoming.accept();
      this.#asked.get(answer.id)?.resolve(answer);
      this.#asked.delete(answer.id);
      return;
    }
    const message = unwrap(bytes);
    const item = message.single(NAMESPACE, 'Item')?.value;
    // Answers come in the order of the requests, so that the first fetch is the one they are for.
    const fetched = [...this.#asked.values()].find((asked) => asked.fetched !== undefined)?.fetched;
    const { told, receipts } = this.#told(message);
    if (item === undefined || fetched?.push({ ...told, id: item }) !== true) {
      incoming.refuse(413);
      return;
    }
    incoming.accept();
    if (this.#options.areNew) receipts.delivered();
  }

  #told(message: CpimMessage): { readonly told: ImMessage; readonly receipts: Receipts } {
    const sender = message.single(NAMESPACE, 'Sender');
    const address = sender === undefined ? message.from : parseAddress(sender.value);
    const from: Sender = { uri: address?.uri ?? '', name: address?.name, asserted: sender !== undefined };
    const receipts = new Receipts(this.#core, message, (notification) => this.#pager.notify(notification, from.uri));
    const content = { contentType: message.contentType ?? message.mediaType, body: message.body };
    const isTaken = this.#core.acceptTypes.includes(message.mediaType);
    return { told: isTaken ? wrappedMessage(this.#core, from, message, receipts) : plainMessage(from, content), receipts };
  }

  #end(error: ProtocolError): void {
    this.#over ??= error;
    for (const asked of this.#asked.values()) asked.reject(this.#over);
    this.#asked.clear();
    this.#resolveEnded();
  }
}

/*
 * Conversation history as its user asks for it (docs/profile.md, "Conversation history").
 */
import { aorOf, parseUri, ProtocolError } from '@simple-im/grammar';
import type { ItemRequest, ListRequest, RecordRequest, RetrievalEntry, RetrievalPage } from '@simple-im/sip-events/documents/retrieval';
import { serverError } from '../errors.js';
import type { RetrievalSource } from '../service-session/document-service.js';
import { headerOf, textOf, uriOf } from '../service-session/entry-texts.js';
import type { ConversationRules } from './rules.js';
import type { HistoryConversation, HistoryEntry, HistoryHead, HistoryStore } from './store.js';

const PAGE = 100;

export class HistoryRetrieval implements RetrievalSource<HistoryEntry> {
  readonly #store: HistoryStore;
  readonly #rules: ConversationRules;

  constructor(store: HistoryStore, rules: ConversationRules) {
    this.#store = store;
    this.#rules = rules;
  }

  /** Conversations, or the entries of one. */
  async list(user: string, { after = 0, max = PAGE, conversation }: ListRequest): Promise<RetrievalPage> {
    // One more than is told says whether there are more.
    const page = { after, limit: max + 1 };
    if (conversation === undefined) return pageOf((await this.#store.conversations(user, page)).map(conversationEntry), max);
    await this.#conversation(user, conversation);
    return pageOf((await this.#store.entries(user, conversation, page)).map(messageEntry), max);
  }

  async *items(user: string, { item, conversation }: ItemRequest): AsyncIterable<HistoryEntry> {
    if (item !== undefined) return yield await this.#one(user, item, conversation);
    if (conversation !== undefined) await this.#conversation(user, conversation);
    const pageAfter = (after: number): Promise<readonly HistoryEntry[]> => this.#store.entries(user, conversation, { after, limit: PAGE });
    for (let page = await pageAfter(0); page.length > 0; page = await pageAfter(page.at(-1)?.sequence ?? 0)) yield* page;
  }

  read({ id }: HistoryEntry): AsyncIterable<Uint8Array> {
    return this.#store.read(id);
  }

  async fetched(): Promise<void> {}

  async delete(user: string, { item, conversation }: ItemRequest): Promise<number> {
    if (item !== undefined) await this.#one(user, item, conversation);
    else if (conversation !== undefined) await this.#conversation(user, conversation);
    let count = 0;
    for (let removed = PAGE; removed === PAGE; count += removed) removed = await this.#store.remove(user, { item, conversation }, PAGE);
    return count;
  }

  /** By the id of a conversation of theirs, or by the URI of whoever it is with. */
  async record(user: string, { conversation, active }: RecordRequest): Promise<void> {
    const isOwn = await this.#store.conversation(user, conversation) !== undefined;
    const name = isOwn ? conversation : peerIn(conversation);
    if (name === undefined) throw serverError('IM_NOT_FOUND');
    await this.#rules.set(user, name, active);
  }

  async #one(user: string, id: string, conversation: string | undefined): Promise<HistoryEntry> {
    const entry = await this.#store.find(user, id);
    if (entry === undefined || (conversation ?? entry.conversation) !== entry.conversation) throw serverError('IM_NOT_FOUND');
    return entry;
  }

  async #conversation(user: string, id: string): Promise<void> {
    if (await this.#store.conversation(user, id) === undefined) throw serverError('IM_NOT_FOUND');
  }
}

function pageOf(all: readonly RetrievalEntry[], max: number): RetrievalPage {
  const entries = all.slice(0, max);
  const last = entries.at(-1);
  return { entries, ...(all.length > max && last !== undefined ? { next: last.sequence } : {}) };
}

function messageEntry(entry: HistoryEntry): RetrievalEntry {
  const { id, sequence, mode, receivedAt, contentType, size } = entry;
  return { id, sequence, mode, ...partiesOf(entry), received: new Date(receivedAt).toISOString(), contentType: textOf(contentType), size };
}

function conversationEntry(conversation: HistoryConversation): RetrievalEntry {
  const { id, sequence, mode, began, ended, size, messages } = conversation;
  return { id, sequence, mode, ...partiesOf(conversation), received: new Date(began).toISOString(), until: new Date(ended).toISOString(), size, messages };
}

function partiesOf({ sender, from, to, headers }: Pick<HistoryHead, 'sender' | 'from' | 'to' | 'headers'>): Pick<RetrievalEntry, 'from' | 'to' | 'subject'> {
  const subject = headerOf(headers, 'Subject');
  const [fromUri, toUri] = [sender ?? uriOf(from), uriOf(to)];
  return {
    ...(fromUri === undefined ? {} : { from: fromUri }),
    ...(toUri === undefined ? {} : { to: toUri }),
    ...(subject === undefined ? {} : { subject: textOf(subject) }),
  };
}

/** The address-of-record of a URI; undefined for what is none. */
function peerIn(text: string): string | undefined {
  try {
    return aorOf(parseUri(text));
  } catch (error) {
    if (!ProtocolError.is(error)) throw error;
    return undefined;
  }
}

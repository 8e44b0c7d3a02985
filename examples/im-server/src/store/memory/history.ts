import type { Random } from '@simple-im/transport';
import { serverError } from '../../errors.js';
import type {
  ConversationKey, HistoryAccount, HistoryConversation, HistoryEntry, HistoryPage, HistoryPart, HistoryRule, HistoryStore, HistoryUpload, NewEntry,
} from '../../history/store.js';
import { historyHeadText } from '../history-head.js';
import { PIECE_OCTETS, type StoreLimits } from '../limits.js';
import { newId } from '../new-id.js';
import { MemoryUploads } from './uploads.js';

interface Kept {
  readonly entry: HistoryEntry;
  readonly body: Uint8Array;
  readonly octets: number;
}

interface Conversation {
  readonly key: string;
  told: HistoryConversation;
}

/** Conversation history that lasts as long as the process. */
export class MemoryHistoryStore implements HistoryStore {
  readonly #random: Random;
  readonly #limits: StoreLimits;
  readonly #uploads: MemoryUploads;
  /** By id, in the order of their sequence. */
  readonly #entries = new Map<string, Kept>();
  readonly #conversations = new Map<string, Conversation>();
  readonly #accounts = new Map<string, HistoryAccount>();
  readonly #rules = new Map<string, HistoryRule>();
  #sequence = 0;

  constructor(random: Random, limits: StoreLimits) {
    this.#random = random;
    this.#limits = limits;
    this.#uploads = new MemoryUploads((user, octets) => this.#charge(user, octets));
  }

  async add(given: NewEntry): Promise<HistoryEntry> {
    const { head } = given;
    const headOctets = Buffer.byteLength(historyHeadText(head));
    // What was uploaded is in the account already.
    this.#charge(head.user, headOctets + ('body' in given ? given.body.length : 0));
    const body = 'body' in given ? given.body.slice() : this.#uploads.take(given.upload);
    if ('upload' in given) this.#charge(head.user, body.length);
    const conversation = this.#conversationOf(given);
    const id = 'upload' in given ? given.upload : newId(this.#random);
    const entry: HistoryEntry = { ...structuredClone(head), id, sequence: ++this.#sequence, conversation: conversation.told.id, size: body.length };
    const { told } = conversation;
    conversation.told = { ...told, ended: head.receivedAt, messages: told.messages + 1, size: told.size + body.length };
    this.#entries.set(id, { entry, body, octets: headOctets + body.length });
    return entry;
  }

  async upload(user: string): Promise<HistoryUpload> {
    return this.#uploads.start(newId(this.#random), user);
  }

  async current(user: string, key: ConversationKey): Promise<string | undefined> {
    return this.#current(user, key)?.told.id;
  }

  async conversations(user: string, { after, limit }: HistoryPage): Promise<readonly HistoryConversation[]> {
    return [...this.#conversations.values()].map(({ told }) => told).filter((one) => one.user === user && one.sequence > after).slice(0, limit);
  }

  async entries(user: string, conversation: string | undefined, { after, limit }: HistoryPage): Promise<readonly HistoryEntry[]> {
    return this.#of(user, { conversation }).filter(({ sequence }) => sequence > after).slice(0, limit);
  }

  async conversation(user: string, id: string): Promise<HistoryConversation | undefined> {
    const found = this.#conversations.get(id)?.told;
    return found?.user === user ? found : undefined;
  }

  async find(user: string, id: string): Promise<HistoryEntry | undefined> {
    return this.#of(user, { item: id })[0];
  }

  async *read(id: string): AsyncIterable<Uint8Array> {
    const body = this.#entries.get(id)?.body;
    if (body === undefined) throw serverError('IM_ITEM_GONE');
    for (let at = 0; at < body.length; at += PIECE_OCTETS) yield body.slice(at, at + PIECE_OCTETS);
  }

  async remove(user: string, part: HistoryPart, limit: number): Promise<number> {
    const removed = this.#of(user, part).slice(0, limit);
    for (const { id, conversation: ofId, size } of removed) {
      this.#charge(user, -(this.#entries.get(id) as Kept).octets);
      this.#entries.delete(id);
      const conversation = this.#conversations.get(ofId) as Conversation;
      conversation.told = { ...conversation.told, messages: conversation.told.messages - 1, size: conversation.told.size - size };
      if (conversation.told.messages > 0) continue;
      this.#conversations.delete(ofId);
      this.#rules.delete(JSON.stringify([user, ofId]));
    }
    return removed.length;
  }

  async account(user: string): Promise<HistoryAccount> {
    return this.#accounts.get(user) ?? { octets: 0, told: 0 };
  }

  async tell(user: string, told: HistoryAccount['told']): Promise<void> {
    this.#accounts.set(user, { ...await this.account(user), told });
  }

  async rule(rule: HistoryRule): Promise<void> {
    this.#rules.set(JSON.stringify([rule.user, rule.conversation]), rule);
  }

  async rules(): Promise<readonly HistoryRule[]> {
    return [...this.#rules.values()];
  }

  #of(user: string, { item, conversation }: HistoryPart): readonly HistoryEntry[] {
    const candidates = item === undefined ? [...this.#entries.values()] : [this.#entries.get(item)].filter((kept) => kept !== undefined);
    return candidates.map(({ entry }) => entry).filter((entry) => entry.user === user && (conversation ?? entry.conversation) === entry.conversation);
  }

  #conversationOf({ head, conversation: key }: NewEntry): Conversation {
    const there = this.#current(head.user, key);
    if (there !== undefined) return there;
    const { user, mode, sender, from, to, headers, receivedAt } = head;
    const id = newId(this.#random);
    const told = { id, sequence: ++this.#sequence, user, mode, sender, from, to, headers, began: receivedAt, ended: receivedAt, messages: 0, size: 0 };
    const made: Conversation = { key: key.key, told };
    this.#conversations.set(id, made);
    return made;
  }

  #current(user: string, { key, since }: ConversationKey): Conversation | undefined {
    const last = [...this.#conversations.values()].findLast((one) => one.told.user === user && one.key === key);
    return last !== undefined && last.told.ended >= since ? last : undefined;
  }

  #charge(user: string, octets: number): void {
    const { octets: before, told } = this.#accounts.get(user) ?? { octets: 0, told: 0 };
    if (octets > 0 && before + octets > this.#limits.history) throw serverError('IM_HISTORY_QUOTA', { detail: `--history-quota ${this.#limits.history}` });
    this.#accounts.set(user, { octets: before + octets, told });
  }
}

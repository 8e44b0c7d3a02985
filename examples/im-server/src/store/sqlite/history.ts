import type { Random } from '@simple-im/transport';
import { serverError } from '../../errors.js';
import type {
  ConversationKey, HistoryAccount, HistoryConversation, HistoryEntry, HistoryPage, HistoryPart, HistoryRule, HistoryStore, HistoryUpload, NewEntry,
} from '../../history/store.js';
import { historyHeadText, type HistoryHeadText } from '../history-head.js';
import { newId } from '../new-id.js';
import type { SqliteDatabase } from './database.js';
import { SqliteUploads } from './uploads.js';

interface EntryRow {
  readonly sequence: number;
  readonly id: string;
  readonly user: string;
  readonly received_at: number;
  readonly size: number;
  readonly conversation: string;
  /** {@link HistoryHeadText}. */
  readonly head: string;
}

/** `head`: of the message that began it. */
type ConversationRow = Omit<HistoryConversation, keyof HistoryHeadText> & { readonly head: string };

/** Recorded messages in the `history_` tables, bodies longer than a piece in `piece`. */
export class SqliteHistoryStore implements HistoryStore {
  readonly #database: SqliteDatabase;
  readonly #random: Random;
  readonly #uploads: SqliteUploads;

  constructor(database: SqliteDatabase, random: Random) {
    this.#database = database;
    this.#random = random;
    this.#uploads = new SqliteUploads(database, 'history');
  }

  async add(entry: NewEntry): Promise<HistoryEntry> {
    const { head, conversation: key } = entry;
    const { user, receivedAt } = head;
    const fields = { user, receivedAt, head: historyHeadText(head), key, newConversation: newId(this.#random) };
    const row = 'upload' in entry
      ? await this.#database.run('history.add', { ...fields, id: entry.upload, ...this.#uploads.lastOf(entry.upload, user) })
      // A copy: crossing to the thread would take everything with it that this may be a view of.
      : await this.#database.runWith(entry.body.length, 'history.add', { ...fields, id: newId(this.#random), isUpload: false, body: entry.body.slice() });
    if ('upload' in entry) this.#uploads.end(entry.upload);
    return entryOf(row as EntryRow);
  }

  async upload(user: string): Promise<HistoryUpload> {
    return this.#uploads.start(newId(this.#random), user);
  }

  async current(user: string, key: ConversationKey): Promise<string | undefined> {
    return (await this.#database.run('history.current', user, key)) as string | undefined;
  }

  async conversations(user: string, { after, limit }: HistoryPage): Promise<readonly HistoryConversation[]> {
    return ((await this.#database.run('history.conversations', user, after, limit)) as readonly ConversationRow[]).map(conversationOf);
  }

  async entries(user: string, conversation: string | undefined, { after, limit }: HistoryPage): Promise<readonly HistoryEntry[]> {
    return ((await this.#database.run('history.entries', user, conversation, after, limit)) as readonly EntryRow[]).map(entryOf);
  }

  async conversation(user: string, id: string): Promise<HistoryConversation | undefined> {
    const row = (await this.#database.run('history.conversation', user, id)) as ConversationRow | undefined;
    return row === undefined ? undefined : conversationOf(row);
  }

  async find(user: string, id: string): Promise<HistoryEntry | undefined> {
    const row = (await this.#database.run('history.find', user, id)) as EntryRow | undefined;
    return row === undefined ? undefined : entryOf(row);
  }

  async *read(id: string): AsyncIterable<Uint8Array> {
    for (let number = 0, more = true; more; number++) {
      const piece = (await this.#database.runPiece('history.read', id, number)) as { readonly octets: Uint8Array; readonly more: boolean } | undefined;
      if (piece === undefined) throw serverError('IM_ITEM_GONE');
      if (piece.octets.length > 0) yield piece.octets;
      more = piece.more;
    }
  }

  async remove(user: string, part: HistoryPart, limit: number): Promise<number> {
    return (await this.#database.run('history.remove', user, part, limit)) as number;
  }

  async account(user: string): Promise<HistoryAccount> {
    return ((await this.#database.run('history.account', user)) ?? { octets: 0, told: 0 }) as HistoryAccount;
  }

  async tell(user: string, told: HistoryAccount['told']): Promise<void> {
    await this.#database.run('history.tell', user, told);
  }

  async rule(rule: HistoryRule): Promise<void> {
    await this.#database.run('history.rule', rule);
  }

  async rules(): Promise<readonly HistoryRule[]> {
    const rows = (await this.#database.run('history.rules')) as readonly (Omit<HistoryRule, 'active'> & { readonly active: 0 | 1 })[];
    return rows.map(({ user, conversation, active }) => ({ user, conversation, active: active === 1 }));
  }
}

function entryOf({ head, received_at: receivedAt, ...row }: EntryRow): HistoryEntry {
  const { sequence, id, user, size, conversation } = row;
  return { ...(JSON.parse(head) as HistoryHeadText), sequence, id, user, size, conversation, receivedAt };
}

function conversationOf({ head, ...row }: ConversationRow): HistoryConversation {
  const { sequence, id, user, began, ended, messages, size } = row;
  const { mode, sender, from, to, headers } = JSON.parse(head) as HistoryHeadText;
  return { sequence, id, user, mode, sender, from, to, headers, began, ended, messages, size };
}

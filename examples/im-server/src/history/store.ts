/*
 * What the conversation history keeps: messages that were recorded for a user, by conversation. The interface stands in for the history
 * document of the architecture's XDM servers; whoever has such servers implements it with them.
 */
import type { ImMode } from '../internal-ports.js';

/** All that is known of a recorded message without looking into its body. Texts of SIP headers are byte strings. */
export interface HistoryHead {
  /** Whose history it is in: canonical address-of-record. Nobody else may see it. */
  readonly user: string;
  readonly direction: 'sent' | 'received';
  readonly mode: ImMode;
  /** Who sent it, as the core asserted; undefined for a stranger or somebody who stays anonymous. */
  readonly sender: string | undefined;
  /** From and To as name-addr, without tags. */
  readonly from: string;
  readonly to: string;
  readonly contentType: string;
  /** Subject and the like. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
}

export interface HistoryEntry extends HistoryHead {
  /** 128 random bits, URL-safe. */
  readonly id: string;
  /** Given at commit, growing: the order. */
  readonly sequence: number;
  /** Of its conversation. */
  readonly conversation: string;
  /** Octets of the body. */
  readonly size: number;
}

/** A conversation as its first message began it. */
export interface HistoryConversation extends Pick<HistoryHead, 'user' | 'mode' | 'sender' | 'from' | 'to' | 'headers'> {
  readonly id: string;
  readonly sequence: number;
  /** When its first and its last message came, milliseconds since 1970. */
  readonly began: number;
  readonly ended: number;
  readonly messages: number;
  /** Octets of the bodies. */
  readonly size: number;
}

/** Which conversation a message belongs to. */
export interface ConversationKey {
  /** The same for all its messages. */
  readonly key: string;
  /** One whose last message is older is over; milliseconds since 1970. */
  readonly since: number;
}

/** A body at once, or one that was written in pieces by a {@link HistoryUpload}. */
export type NewEntry = { readonly head: HistoryHead; readonly conversation: ConversationKey } & ({ readonly body: Uint8Array } | { readonly upload: string });

export interface HistoryPage {
  /** What comes after this sequence; 0 for the first page. */
  readonly after: number;
  readonly limit: number;
}

/** A body on its way to the disk. It counts for the quota as it grows, and is forgotten when the process ends. */
export interface HistoryUpload {
  readonly id: string;
  /** Resolves when more may come. One call at a time. */
  write(bytes: Uint8Array): Promise<void>;
  /** Forgets what was written. Harmless after its entry was added. */
  abort(): Promise<void>;
}

export interface HistoryAccount {
  /** As the quota counts them: bodies and heads, bodies on their way included. */
  readonly octets: number;
  /** What the user was last told of it: nothing, that it is nearly full, that it is full. */
  readonly told: 0 | 1 | 2;
}

/** Which part of a user's history: one entry, one conversation, or all. */
export interface HistoryPart {
  readonly item?: string | undefined;
  readonly conversation?: string | undefined;
}

/** A user's word on a conversation, by its id, or on all with somebody, by their URI. */
export interface HistoryRule {
  readonly user: string;
  readonly conversation: string;
  readonly active: boolean;
}

/**
 * Rejects with ProtocolErrors: IM_STORE_FULL, IM_HISTORY_QUOTA (of this user), IM_STORE_FAILED. Nothing is stored then. Of an upload that
 * was refused only `abort` is of use.
 */
export interface HistoryStore {
  /** Adds to the last conversation of this key, or to a new one. */
  add(entry: NewEntry): Promise<HistoryEntry>;
  upload(user: string): Promise<HistoryUpload>;
  /** The conversation that the next message of this key would belong to. */
  current(user: string, key: ConversationKey): Promise<string | undefined>;
  conversations(user: string, page: HistoryPage): Promise<readonly HistoryConversation[]>;
  /** Of one conversation, or of all. */
  entries(user: string, conversation: string | undefined, page: HistoryPage): Promise<readonly HistoryEntry[]>;
  /** Undefined where there is none of that id for this user. */
  conversation(user: string, id: string): Promise<HistoryConversation | undefined>;
  find(user: string, id: string): Promise<HistoryEntry | undefined>;
  /** The body in pieces of 64 KiB at most. Throws IM_ITEM_GONE when the entry is removed before the last of them. */
  read(id: string): AsyncIterable<Uint8Array>;
  /** Removes up to `limit` entries; resolves with how many there were. A conversation goes with its last entry. */
  remove(user: string, part: HistoryPart, limit: number): Promise<number>;
  account(user: string): Promise<HistoryAccount>;
  tell(user: string, told: HistoryAccount['told']): Promise<void>;
  /** The last word counts. */
  rule(rule: HistoryRule): Promise<void>;
  rules(): Promise<readonly HistoryRule[]>;
}

/*
 * What the Deferred Messaging Function keeps: messages and notifications for users who are away. Everything a promise here answers
 * for is on disk when it resolves, so that a 202 may follow (RFC 3428 §7).
 */
import type { ImMode } from '../internal-ports.js';

/** A notification (RFC 5438) is never counted as a message, nor answered by one. */
export type DeferredKind = 'message' | 'notification';

/** All that is known of a message without looking into its body. Texts of SIP headers are byte strings. */
export interface DeferredHead {
  readonly kind: DeferredKind;
  readonly mode: ImMode;
  /** Whose it is: the canonical address-of-record that it waits for. Nobody else may see it. */
  readonly recipient: string;
  /** Who sent it, as the core asserted; undefined for a stranger or somebody who stays anonymous. */
  readonly sender: string | undefined;
  /** From and To as name-addr, without tags. */
  readonly from: string;
  readonly to: string;
  /**
   * imdn.Message-ID (RFC 5438 §6.3), else the name of the MESSAGE (request-name.ts); one that is stored already for this kind, sender and recipient is not stored again. Without a
   * sender it is: of strangers nobody knows whether they are the same.
   */
  readonly messageId: string | undefined;
  readonly contentType: string;
  /** Further headers that go out again: Subject, Conversation-ID ... */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Milliseconds since 1970. `expiresAt`: it is of no use any more (RFC 3428 §4). */
  readonly receivedAt: number;
  readonly expiresAt: number;
  /** Not pushed: the user fetches it (service setting). */
  readonly held: boolean;
}

export interface DeferredItem extends DeferredHead {
  /** 128 random bits, URL-safe. */
  readonly id: string;
  /** Given at commit, growing: the order of delivery. */
  readonly sequence: number;
  /** Octets of the body. */
  readonly size: number;
  /** The user has fetched it. */
  readonly fetched: boolean;
}

/** A body at once, or one that was written in pieces by an {@link Upload}. */
export type NewItem = { readonly head: DeferredHead } & ({ readonly body: Uint8Array } | { readonly upload: string });

/** For whoever hears of it outside this commit, at least once: charging, message waiting. */
export interface OutboxEvent {
  readonly topic: string;
  /** Serialisable. */
  readonly payload: unknown;
}

/** What happens together or not at all. */
export interface DeferredChange {
  readonly add?: readonly NewItem[];
  /** By id. With a lease, nothing is done unless it is still held. */
  readonly remove?: readonly string[];
  readonly fetched?: readonly string[];
  /** Held items of this user are pushed from now on. */
  readonly release?: string;
  readonly lease?: Lease;
  readonly events?: readonly OutboxEvent[];
}

/** Who alone may push to a recipient; `fence` grows with every holder. */
export interface Lease {
  readonly recipient: string;
  readonly holder: string;
  readonly fence: number;
}

export interface Page {
  /** Items after this sequence; 0 for the first page. */
  readonly after: number;
  readonly limit: number;
}

export interface DeferredCounts {
  readonly newMessages: number;
  readonly oldMessages: number;
  /** As the quota counts them: bodies and heads, notifications and bodies on their way included. */
  readonly octets: number;
}

/** A body on its way to the disk. It counts for the quota as it grows, and is forgotten when the process ends. */
export interface Upload {
  /** Becomes the id of its item. */
  readonly id: string;
  /** Resolves when more may come; what was written before is not in memory any more, but for one piece. One call at a time. */
  write(bytes: Uint8Array): Promise<void>;
  /** Forgets what was written. Harmless after its item was added. */
  abort(): Promise<void>;
}

/**
 * Rejects with ProtocolErrors: IM_STORE_FULL (disk or configured size), IM_QUOTA (of this recipient), IM_STORE_FAILED (read-only,
 * corrupt, closed), IM_LEASE_LOST. Nothing of the change is stored then. Of an upload that was refused only `abort` is of use.
 */
export interface DeferredStore {
  /** The items added, in the order given; one that was there already (`messageId`) is given as it is. */
  commit(change: DeferredChange): Promise<readonly DeferredItem[]>;
  /** `recipient`: whose quota it counts for. */
  upload(recipient: string): Promise<Upload>;
  /** What waits to be pushed to a user, in order, notifications among it; neither held, fetched nor expired. */
  waiting(recipient: string, page: Page, now: number): Promise<readonly DeferredItem[]>;
  /** Messages of a user, held and fetched ones too, without notifications. */
  list(recipient: string, page: Page, now: number): Promise<readonly DeferredItem[]>;
  /** Undefined where there is none of that id for this user. */
  find(recipient: string, id: string): Promise<DeferredItem | undefined>;
  /** The body in pieces of 64 KiB at most. Throws IM_ITEM_GONE when the item is removed before the last of them. */
  read(id: string): AsyncIterable<Uint8Array>;
  counts(recipient: string): Promise<DeferredCounts>;
  /** Up to `limit` items whose time has come, the first to expire first. */
  expired(now: number, limit: number): Promise<readonly DeferredItem[]>;
  /** When the next item expires, milliseconds since 1970; undefined when nothing is stored. */
  nextExpiry(): Promise<number | undefined>;
  /** Users for whom something waits to be pushed, after `after` in the order of names. */
  recipients(after: string, limit: number): Promise<readonly string[]>;
  /** For `holder`, until `until` (milliseconds since 1970), unless somebody else holds it at `now`; once more prolongs it. */
  lease(recipient: string, holder: string, now: number, until: number): Promise<Lease | undefined>;
  unlease(lease: Lease): Promise<void>;
  /** Events of a topic that were not yet dealt with, oldest first. */
  events(topic: string, limit: number): Promise<readonly { readonly id: number; readonly payload: unknown }[]>;
  /** They have been dealt with. */
  settle(ids: readonly number[]): Promise<void>;
}

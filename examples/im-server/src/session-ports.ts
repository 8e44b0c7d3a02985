/*
 * What the Participating and the Deferred Messaging Function ask each other about sessions: as internal-ports.ts, and apart from it since
 * bodies of any length pass here.
 */
import type { ImMode, StoredMessage } from './internal-ports.js';

/** A session in which the recipient is not there, as far as what is said in it is concerned. Texts of SIP headers are byte strings. */
export interface SessionParties {
  readonly mode: 'large' | 'session';
  /** Canonical address-of-record. */
  readonly recipient: string;
  /** As the core asserted; undefined for a stranger or somebody who stays anonymous. */
  readonly sender: string | undefined;
  /** From and To as name-addr, without tags. */
  readonly from: string;
  readonly to: string;
  /** Further headers of the INVITE that go out again. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The recipient's devices were asked just now and did not take the session. */
  readonly attempted: boolean;
  /** The sender was found to be allowed to reach the recipient. */
  readonly admitted: boolean;
}

/** A message of such a session while it arrives. */
export interface ArrivingMessage {
  readonly contentType: string;
  readonly contentDisposition: string | undefined;
  /** Octets, where the sender announced them. */
  readonly size: number | undefined;
  /** Read once. Rejects when the rest will not come. */
  readonly body: AsyncIterator<Uint8Array>;
}

/** Store and forward of what is said in sessions. */
export interface SessionDeferral {
  /** Whether messages that this user cannot have now are ours to store. */
  isFor(recipient: string, mode: SessionParties['mode']): boolean;
  /**
   * Resolves when the message is on disk; with undefined if it is of no use later (RFC 3994). Rejects with a ProtocolError where
   * nothing is stored, for the reason that its code names.
   */
  take(parties: SessionParties, message: ArrivingMessage): Promise<StoredMessage | undefined>;
  /** Those that were not yet delivered. */
  waiting(messages: readonly StoredMessage[]): Promise<readonly StoredMessage[]>;
}

/** What a session is to be like that the IM server begins with a user, to deliver what was stored. */
export interface SessionInvitation {
  readonly recipient: string;
  /** Whose messages are to be delivered, as the core asserted; undefined for somebody who stays anonymous. */
  readonly sender: string | undefined;
  readonly from: string;
  readonly to: string;
  /** `notification`: the session is taken without asking the user (docs/profile.md). */
  readonly purpose: 'message' | 'large-message' | 'notification';
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** A stored message on its way out. */
export interface OutgoingContent {
  /** An MSRP Message-ID. */
  readonly messageId: string;
  readonly contentType: string;
  readonly contentDisposition: string | undefined;
  readonly size: number;
  readonly body: AsyncIterable<Uint8Array>;
}

/** A session with a user who is there, for messages of others. */
export interface DeliverySession {
  /**
   * Resolves when the user's device has taken all of it (RFC 4975 §7.2). Rejects with IM_DOWNSTREAM_REFUSED, which has the status of
   * MSRP, or with IM_SESSION_GONE.
   */
  send(content: OutgoingContent): Promise<void>;
  /** No more to deliver: the session ends, or goes on with the sender if that one is still in theirs. */
  finish(): Promise<void>;
}

/** Begins sessions. */
export interface SessionInviter {
  /** The session of theirs in which `recipient` has said something to `about`, who is away: for short notifications about that. */
  live(recipient: string, about: string): DeliverySession | undefined;
  /** Rejects with IM_INVITE_REFUSED, which has the status of SIP. */
  invite(invitation: SessionInvitation): Promise<DeliverySession>;
}

/** One answer to a request of a session with one of the IM server's own services, or one message that was asked for. */
export interface RetrievedContent {
  readonly contentType: string;
  /** Octets. */
  readonly size: number;
  /** Read once, and only as fast as the user takes it. */
  readonly body: AsyncIterable<Uint8Array>;
  /** The user has taken all of it (RFC 4975 §7.2). Never rejects. */
  taken(): Promise<void>;
  /** The user does not take it, with a status of MSRP; or it is not there any more. */
  refused(status: number): void;
}

/** What the IM server keeps for a user, as the user asks for it in a session (docs/profile.md, "Retrieval of stored messages"). */
export interface RetrievalService {
  /**
   * What goes back for one request, in order; the next one is asked for when the last one was taken or refused. `user`: canonical
   * address-of-record, as the core asserted it; only what is theirs is found.
   */
  answer(user: string, document: Uint8Array): AsyncIterable<RetrievedContent>;
}

/** A message on its way between two users, as far as recording it is concerned. Texts of SIP headers are byte strings. */
export interface PassingMessage {
  readonly mode: ImMode;
  /** As the core asserted; undefined for a stranger. */
  readonly sender: string | undefined;
  /** The recipient is not to know who it is (RFC 3325 §9.3). */
  readonly isAnonymous: boolean;
  /** Canonical address-of-record. */
  readonly recipient: string;
  readonly from: string;
  readonly to: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly contentType: string;
  /** What a session is known by; undefined for messages that come one by one. */
  readonly session: string | undefined;
}

/** In whose history a message belongs. */
export type RecordedFor = readonly ('sender' | 'recipient')[];

/** What is recorded of one message. Nothing here ever rejects: the message itself goes on. */
export interface MessageRecorder {
  /** Resolves when more may come. One call at a time. */
  write(bytes: Uint8Array): Promise<void>;
  /** The message was whole, and accepted. */
  commit(): Promise<void>;
  /** It was neither. */
  abort(): Promise<void>;
}

/** Conversation history as far as it is recorded (004: the IM server records what users want recorded). */
export interface Recording {
  /** Whether it is possible that anything of a user is recorded in this mode; false costs nothing more. */
  mayRecord(users: readonly (string | undefined)[], mode: ImMode): boolean;
  /** Undefined where nobody wants it recorded. Never rejects. */
  begin(message: PassingMessage, whose: RecordedFor): Promise<MessageRecorder | undefined>;
}

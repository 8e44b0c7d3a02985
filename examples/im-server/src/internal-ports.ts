/*
 * What the IM server's own functions ask each other. The architecture names no reference point here. Everything that
 * crosses is serialisable, so that the two sides may live in different processes.
 */

/** Whether a user can be reached for instant messages, as third-party registration tells (FACTS: push on registration). */
export interface Availability {
  /** `aor` is a canonical address-of-record. */
  isAvailable(aor: string): boolean;
}

export type ImMode = 'pager' | 'large' | 'session';

/** What a user may be provisioned with: messages, large messages, sessions, files in a session. */
export const imServices = ['pager', 'large', 'session', 'file'] as const;
export type ImService = (typeof imServices)[number];

/** Who wants to reach whom, and how. `sender` is the asserted identity; absent for a stranger. */
export interface AdmissionQuestion {
  readonly sender: string | undefined;
  readonly recipient: string;
  readonly mode: ImMode;
}

/** `status` and `reason` are what to answer over SIP. */
export type AdmissionAnswer = { readonly admitted: true } | { readonly admitted: false; readonly status: number; readonly reason: string };

/** May A reach B in this mode? Evaluated once for the sender's services and once for the recipient's. */
export interface Admission {
  admit(question: AdmissionQuestion): Promise<AdmissionAnswer>;
}

/** What a user wants of the IM server, as the user's devices have published it (004: service settings). */
export interface ServiceSettings {
  /** Nothing is to come in. */
  readonly barred: boolean;
  /** Pager messages are stored until they are asked for. */
  readonly holdPager: boolean;
  /** What goes into the conversation history. */
  readonly record: Readonly<Record<ImMode, boolean>>;
}

export const defaultSettings: ServiceSettings = { barred: false, holdPager: false, record: { pager: false, large: false, session: false } };

export interface Settings {
  /** In force now; `user` is a canonical address-of-record. */
  of(user: string): ServiceSettings;
}

/** Messages of one class (RFC 3458) that are stored for a user; the urgent ones are among the others. */
export interface MessageCounts {
  readonly context: 'text-message' | 'multimedia-message' | 'voice-message' | 'fax-message' | 'pager-message' | 'none';
  /** Not fetched yet. */
  readonly newMessages: number;
  readonly oldMessages: number;
  readonly urgent?: { readonly newMessages: number; readonly oldMessages: number };
}

/** What is stored for users, for message waiting indications (RFC 3842). */
export interface MessageAccounts {
  /** `user` is a canonical address-of-record. Classes without messages may be left out. */
  summary(user: string): Promise<readonly MessageCounts[]>;
  /** To be called whenever a summary is another one; at most one listener, the notifier. */
  onChanged: ((user: string) => void) | undefined;
}

/** The accounts of a server without a deferred messaging function: nothing is ever stored, so nothing waits. */
export class NoMessageAccounts implements MessageAccounts {
  onChanged: ((user: string) => void) | undefined;

  async summary(): Promise<readonly MessageCounts[]> {
    return [];
  }
}

/** A message, whole, for somebody who cannot have it now. Texts of SIP headers are byte strings. */
export interface UndeliveredMessage {
  readonly mode: ImMode;
  /** Canonical address-of-record. */
  readonly recipient: string;
  /** As the core asserted; undefined for a stranger or somebody who stays anonymous. */
  readonly sender: string | undefined;
  /** From and To as name-addr, without tags. */
  readonly from: string;
  readonly to: string;
  readonly contentType: string;
  /** Further headers that go out again. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Milliseconds since 1970; undefined where the sender sets no end (RFC 3428 §4). */
  readonly expiresAt: number | undefined;
  readonly body: Uint8Array;
}

/** Under which name a message is stored. */
export interface StoredMessage {
  readonly recipient: string;
  readonly id: string;
}

/** Store and forward. */
export interface Deferral {
  /** Resolves when the message is on disk. Rejects with a ProtocolError whose status is the SIP answer; nothing is stored then. */
  accept(message: UndeliveredMessage): Promise<StoredMessage>;
  /** The recipient has it all the same: the copy goes, unless it is being pushed. */
  delivered(message: StoredMessage): Promise<void>;
  /** Whether older messages are waiting for this user, who is there: a new one goes behind them. */
  isQueued(recipient: string): boolean;
}

/** Pushing what is stored. */
export interface Delivery {
  /** The user is there, or there again; `aor` is a canonical address-of-record. */
  available(aor: string): void;
}

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
  /** Rejects with IM_INVITE_REFUSED, which has the status of SIP. */
  invite(invitation: SessionInvitation): Promise<DeliverySession>;
}

/*
 * What the Participating and the Deferred Messaging Function ask each other about sessions: as internal-ports.ts, and apart from it since
 * bodies of any length pass here.
 */
import type { StoredMessage } from './internal-ports.js';

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

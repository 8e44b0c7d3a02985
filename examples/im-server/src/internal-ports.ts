/*
 * What the IM server's own functions ask each other. The architecture names no reference point here. Everything that
 * crosses is serialisable, so that the two sides may live in different processes.
 */
import type { Soon } from './soon.js';

/** Whether a user can be reached for instant messages, as third-party registration tells (FACTS: push on registration). */
export interface Availability {
  /** `aor` is a canonical address-of-record. */
  isAvailable(aor: string): boolean;
}

/** A device of a user that is registered, as registration information tells of it (RFC 3680 §5.1). */
export interface KnownDevice {
  /** Its instance (RFC 5626 §4.1), or its contact where it gave none. */
  readonly name: string;
  /** The SIP transport its contact names. */
  readonly transport: string;
  /** Seconds from now. */
  readonly expires: number;
  /** In lower case, `+g.oma.sip-im` (RFC 3840 §9). */
  readonly featureTags: readonly string[];
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
  admit(question: AdmissionQuestion): Soon<AdmissionAnswer>;
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

export interface RequestIdentity {
  readonly callId: string;
  /** The number in CSeq. */
  readonly cseq: number;
  readonly fromTag: string;
}

/** A message or notification, whole, for somebody who cannot have it now. Texts of SIP headers are byte strings. */
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
  /** What makes the request itself, however often its sender repeats it (RFC 3261 §8.2.2.2). */
  readonly request?: RequestIdentity | undefined;
  /** Waits until the user asks for it. */
  readonly held: boolean;
  /** The recipient's devices were asked just now and did not take it. */
  readonly attempted: boolean;
}

/** Under which name a message is stored. */
export interface StoredMessage {
  readonly recipient: string;
  readonly id: string;
}

/** Store and forward. */
export interface Deferral {
  /** Whether it is ours to store, as the architecture shares that out between sender's and recipient's side. */
  isOurs(message: UndeliveredMessage): boolean;
  /** Resolves when the message is on disk. Rejects with a ProtocolError whose status is the SIP answer; nothing is stored then. */
  accept(message: UndeliveredMessage): Promise<StoredMessage>;
  /** The recipient has it all the same: the copy goes, unless it is being pushed at this moment. */
  delivered(message: StoredMessage): Promise<void>;
  /** Whether older messages are waiting for this user, who is there: a new one goes behind them. */
  isQueued(recipient: string): Soon<boolean>;
}

/** Pushing what is stored. */
export interface Delivery {
  /** The user is there, or there again; `aor` is a canonical address-of-record. */
  available(aor: string): void;
}

/** Something that charging may want to know of a stored message or notification. */
export interface ChargingEvent {
  /** `delivered`: pushed; `retrieved`: fetched by the user; `refused`: by the recipient's device. */
  readonly what: 'stored' | 'delivered' | 'retrieved' | 'refused' | 'expired';
  readonly kind: 'message' | 'notification';
  readonly mode: ImMode;
  readonly sender: string | undefined;
  readonly recipient: string;
  readonly messageId: string | undefined;
  /** Octets of the body. */
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Where charging hears of storing and delivering. */
export interface Charging {
  /**
   * In order, each at least once. They are repeated unless the promise resolves, also after a restart.
   */
  report(events: readonly ChargingEvent[]): Promise<void>;
}

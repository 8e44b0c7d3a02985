/*
 * The record of what an operator told users: who, when, to how many. It says nothing that a user has written.
 */

export interface AuditEntry {
  /** 128 random bits, URL-safe. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Who asked for it, as the operator calls them. */
  readonly operator: string;
  /** `all`, or addresses-of-record. */
  readonly to: 'all' | readonly string[];
  readonly recipients: number;
  /** SHA-256 of the text, in hexadecimal: what was said can be proved, and not read here. */
  readonly digest: string;
  /** How many have it stored by now; undefined while it is under way, or if the process ended before. */
  readonly stored: number | undefined;
}

export interface AuditStore {
  /** On disk when it resolves: before anybody is told anything. */
  begin(entry: AuditEntry): Promise<void>;
  finish(id: string, stored: number): Promise<void>;
  /** The latest first. */
  latest(limit: number): Promise<readonly AuditEntry[]>;
}

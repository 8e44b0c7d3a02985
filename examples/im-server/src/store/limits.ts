/** How much may be stored. Bodies and the texts that go with them count, and bodies that are on their way; indexes and the like do not. */
export interface StoreLimits {
  /** Octets of all users together, in everything that keeps messages. */
  readonly total: number;
  /** Octets that wait for one user. */
  readonly deferred: number;
  /** Octets that are recorded for one user. */
  readonly history: number;
}

export const defaultLimits: StoreLimits = { total: Number.MAX_SAFE_INTEGER, deferred: 128 * 1024 * 1024, history: 100 * 1024 * 1024 };

/** A body is stored, written and read in pieces of this many octets at most. */
export const PIECE_OCTETS = 64 * 1024;

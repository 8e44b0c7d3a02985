/*
 * How much may be stored. Bodies and the texts that go with them count, and bodies that are on their way; indexes and the like do not.
 */
import type { DeferredHead } from '../deferred/store.js';

export interface StoreLimits {
  /** Octets of all users together, in everything that keeps messages. */
  readonly total: number;
  /** Octets that wait for one user. */
  readonly deferred: number;
}

/** A body is stored, written and read in pieces of this many octets at most. */
export const PIECE_OCTETS = 64 * 1024;

export const defaultLimits: StoreLimits = { total: Number.MAX_SAFE_INTEGER, deferred: 100 * 1024 * 1024 };

/** What nobody needs to look for, as one text. It counts for the quota, so that empty messages cannot fill a store either. */
export function headText({ sender, from, to, messageId, contentType, headers }: DeferredHead): string {
  return JSON.stringify({ sender, from, to, messageId, contentType, headers });
}

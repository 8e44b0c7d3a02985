import type { XmlLimits } from '@simple-im/xml';

/** How to read a document: the limits of `@simple-im/xml`, and one more. */
export interface DocumentReadOptions extends Partial<XmlLimits> {
  /** Entries of all lists in the document together, such as tuples, users, endpoints, watchers, contacts; 10,000. */
  readonly maxEntries?: number;
}

/** How to keep state that documents update. */
export interface UpdateOptions {
  /** Entries that the state may come to have; 10,000. */
  readonly maxEntries?: number;
}

export const MAX_ENTRIES = 10_000;

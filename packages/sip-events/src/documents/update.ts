import { documentError } from './errors.js';
import { MAX_ENTRIES, type UpdateOptions } from './options.js';

/** What became of a document that updates state. */
export interface UpdateResult<State> {
  /** The state to keep from now on. */
  readonly state: State;
  /** Whether the document was used; one that is too old is not. */
  readonly isApplied: boolean;
  /** Whether documents were lost, so that a refresh of the subscription is to ask for full state. */
  readonly needsRefresh: boolean;
}

/** How a version stands to the one before it. */
export function compareVersions(local: number | undefined, received: number): 'first' | 'old' | 'next' | 'gap' {
  if (local === undefined) return 'first';
  if (received <= local) return 'old';
  return received === local + 1 ? 'next' : 'gap';
}

/** Rows of a table with those of an update over them: a row of the same key is replaced or merged, another added. */
export function overlaid<T>(
  rows: readonly T[], updates: readonly T[], keyOf: (row: T) => string, merge: (old: T | undefined, row: T) => T | undefined,
): T[] {
  const table = new Map(rows.map((row) => [keyOf(row), row]));
  for (const update of updates) {
    const key = keyOf(update);
    const row = merge(table.get(key), update);
    if (row === undefined) table.delete(key);
    else table.set(key, row);
  }
  return [...table.values()];
}

/** State must not grow without end from small documents. */
export function checkEntries(entries: number, { maxEntries = MAX_ENTRIES }: UpdateOptions): void {
  if (entries > maxEntries) throw documentError('EVENT_DOCUMENT_TOO_MANY_ENTRIES', { detail: `${maxEntries} allowed` });
}

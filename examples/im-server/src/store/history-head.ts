/* The part of a recorded message that nobody looks for, as texts. */
import type { HistoryHead } from '../history/store.js';

export type HistoryHeadText = Omit<HistoryHead, 'user' | 'receivedAt'>;

/** {@link HistoryHeadText} as JSON. It counts for the quota. */
export function historyHeadText({ direction, mode, sender, from, to, contentType, headers }: HistoryHead): string {
  return JSON.stringify({ direction, mode, sender, from, to, contentType, headers } satisfies HistoryHeadText);
}

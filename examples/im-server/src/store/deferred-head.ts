/* The part of a message that nobody looks for, as texts. */
import type { DeferredHead } from '../deferred/store.js';

export type HeadText = Pick<DeferredHead, 'sender' | 'from' | 'to' | 'messageId' | 'contentType' | 'headers'>;

/** {@link HeadText} as JSON. It counts for the quota, so that empty messages cannot fill a store either. */
export function headText({ sender, from, to, messageId, contentType, headers }: DeferredHead): string {
  return JSON.stringify({ sender, from, to, messageId, contentType, headers });
}

/** What a repeated message has in common with the first one. Of strangers nobody knows whether it is the same one who sends again. */
export function twinText({ recipient, sender, kind, messageId }: DeferredHead): string | undefined {
  return messageId === undefined || sender === undefined ? undefined : JSON.stringify([recipient, sender, kind, messageId]);
}

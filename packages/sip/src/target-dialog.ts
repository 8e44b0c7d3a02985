import { isToken } from '@simple-im/grammar';
import { sipError } from './errors.js';
import { badField, isCallId, singleValue, withParams } from './field-reading.js';
import type { Headers } from './headers.js';

/** The dialog that lets the sender of a request prove it knows the receiver (RFC 4538 §7); the tags as the sender has them. */
export interface TargetDialog {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
}

/** Target-Dialog of a request; `undefined` when absent. Throws SIP_BAD_HEADER, also without a tag, and SIP_DUPLICATE_HEADER. */
export function readTargetDialog(headers: Headers): TargetDialog | undefined {
  const text = singleValue(headers, 'Target-Dialog');
  if (text === undefined) return undefined;
  const { value, params } = withParams('Target-Dialog', text);
  const localTag = params.get('local-tag') ?? '';
  const remoteTag = params.get('remote-tag') ?? '';
  if (!isCallId(value) || !isToken(localTag) || !isToken(remoteTag)) throw badField('Target-Dialog');
  return { callId: value, localTag, remoteTag };
}

/** Throws SIP_UNSAFE_FIELD. A `Dialog` is one. */
export function formatTargetDialog({ callId, localTag, remoteTag }: TargetDialog): string {
  if (!isCallId(callId) || !isToken(localTag) || !isToken(remoteTag)) {
    throw sipError('SIP_UNSAFE_FIELD', { header: 'Target-Dialog', detail: 'Target-Dialog' });
  }
  return `${callId};local-tag=${localTag};remote-tag=${remoteTag}`;
}

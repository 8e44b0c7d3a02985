import { isToken } from '@simple-im/grammar';
import { sipError } from './errors.js';
import { badField, isCallId, singleValue, withParams } from './field-reading.js';
import type { Headers } from './headers.js';

/** Which dialog of its receiver an INVITE replaces (RFC 3891 §6.1). */
export interface Replaces {
  readonly callId: string;
  /** The receiver's tag. */
  readonly toTag: string;
  /** The tag of the receiver's peer. */
  readonly fromTag: string;
  /** Only if it is not answered yet. */
  readonly earlyOnly: boolean;
}

/** Replaces of an INVITE; `undefined` when absent. Throws SIP_BAD_HEADER, SIP_DUPLICATE_HEADER. */
export function readReplaces(headers: Headers): Replaces | undefined {
  const text = singleValue(headers, 'Replaces');
  return text === undefined ? undefined : parseReplaces(text);
}

/** A value of Replaces, as it stands in a Refer-To URI without escapes too. Throws SIP_BAD_HEADER. */
export function parseReplaces(text: string): Replaces {
  const { value, params } = withParams('Replaces', text);
  const toTag = params.get('to-tag') ?? '';
  const fromTag = params.get('from-tag') ?? '';
  if (!isCallId(value) || !isToken(toTag) || !isToken(fromTag)) throw badField('Replaces');
  return { callId: value, toTag, fromTag, earlyOnly: params.has('early-only') };
}

/** Throws SIP_UNSAFE_FIELD. */
export function formatReplaces({ callId, toTag, fromTag, earlyOnly }: Replaces): string {
  if (!isCallId(callId) || !isToken(toTag) || !isToken(fromTag)) {
    throw sipError('SIP_UNSAFE_FIELD', { header: 'Replaces', detail: 'Replaces' });
  }
  return `${callId};to-tag=${toTag};from-tag=${fromTag}${earlyOnly ? ';early-only' : ''}`;
}

/** Our dialog, as its peer is asked to replace it: by an INVITE of ours, or of whom we refer to the peer (RFC 5589 §7). */
export function replacing(
  dialog: { readonly callId: string; readonly localTag: string; readonly remoteTag: string },
  options: { readonly earlyOnly?: boolean } = {},
): Replaces {
  // RFC 3891 §6.1: a peer without tags is named by the tag 0.
  return { callId: dialog.callId, toTag: dialog.remoteTag || '0', fromTag: dialog.localTag || '0', earlyOnly: options.earlyOnly === true };
}

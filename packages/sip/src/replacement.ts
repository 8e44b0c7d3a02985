import { dialogId } from './dialog.js';
import type { SipRequest } from './message.js';
import { readReplaces } from './replaces.js';
import type { UaCore } from './ua-core.js';
import type { UaDialog } from './ua-dialog.js';
import type { Refusal } from './ua-refusal.js';

/** What an INVITE outside of dialogs is to replace, or what it is refused with (RFC 3891 §3). */
export interface Replacement {
  readonly dialog?: UaDialog;
  readonly refusal?: Refusal;
}

/** Throws SIP_BAD_HEADER, SIP_DUPLICATE_HEADER (400). */
export function replacementBy(core: UaCore, request: SipRequest): Replacement {
  if (!core.supports('replaces')) return {};
  const replaces = readReplaces(request.headers);
  if (replaces === undefined) return {};
  // §3: Join (RFC 3911) means the opposite.
  if (request.headers.has('Join')) return refusal(400);
  const id = dialogId(replaces.callId, tagOf(replaces.toTag), tagOf(replaces.fromTag));
  const dialog = core.dialogs.get(id);
  if (dialog?.session === undefined) return refusal(core.endedLately(id) ? 603 : 481);
  if (dialog.dialog.state === 'early') return dialog.dialog.isUac ? { dialog } : refusal(481);
  return replaces.earlyOnly ? refusal(486) : { dialog };
}

function refusal(status: number): Replacement {
  return { refusal: { status } };
}

/** §6.1: the tag 0 stands for none, as peers of RFC 2543 have it. */
function tagOf(tag: string): string {
  return tag === '0' ? '' : tag;
}

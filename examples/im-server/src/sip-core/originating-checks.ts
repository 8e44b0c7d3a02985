/*
 * What one of our users may not ask, whatever service it is for.
 */
import { respondTo, type SipRequest, type SipResponse } from '@simple-im/sip';
import type { Gruus } from './gruus.js';
import { privacyNotProvided } from './identity.js';

/** Requests that make a dialog, whose Contact is where later requests go (RFC 3261 §12). */
export const DIALOG_FORMING: readonly string[] = ['INVITE', 'SUBSCRIBE', 'REFER'];

/** Why a request of the authenticated user `aor` goes no further; undefined to go on. */
export function refusalOfUser(request: SipRequest, aor: string, gruus: Gruus): SipResponse | undefined {
  const missing = privacyNotProvided(request);
  // The privacy the user calls critical is not to be had here: better not sent (RFC 3323 §5).
  if (missing.length > 0) return respondTo(request, 500, { reason: `Privacy Not Provided: ${missing.join(', ')}` });
  return hasForeignGruu(request, aor, gruus) ? respondTo(request, 403, { reason: 'The Contact Is A GRUU Of Somebody Else' }) : undefined;
}

/** RFC 5627 §6.2, where the other conditions for a Record-Route hold anyway: requests that make dialogs always get ours. */
function hasForeignGruu(request: SipRequest, aor: string, gruus: Gruus): boolean {
  if (!DIALOG_FORMING.includes(request.method)) return false;
  const uri = request.contacts[0]?.uri;
  return uri !== undefined && gruus.isGruu(uri) && gruus.recipientOf(uri)?.aor !== aor;
}

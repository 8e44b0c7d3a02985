/*
 * Asserted identity in the trust domain that is this server (RFC 3325 §5, §9).
 */
import { formatNameAddr } from '@simple-im/grammar';
import type { SipRequest } from '@simple-im/sip';

/** Takes away what only a trusted element may say, and what was meant for us. */
export function removeUntrusted(request: SipRequest): void {
  for (const name of ['P-Asserted-Identity', 'P-Preferred-Identity', 'P-Served-User']) request.headers.delete(name);
}

/** Names the authenticated user to everybody behind us, without a display name: the one in From is nobody's assertion. */
export function assertIdentity(request: SipRequest, aor: string): void {
  request.headers.set('P-Asserted-Identity', formatNameAddr({ uri: aor }));
}

/** A user who asked for privacy (RFC 3325 §9.3) is not asserted to elements outside the trust domain. */
export function isPrivate(request: SipRequest): boolean {
  return request.headers.all('Privacy').some((value) => value.split(';').some((priv) => priv.trim().toLowerCase() === 'id'));
}

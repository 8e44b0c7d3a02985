/*
 * Asserted identity in the trust domain that is this server (RFC 3325 §5, §9).
 */
import { formatNameAddr } from '@simple-im/grammar';
import type { SipRequest } from '@simple-im/sip';

const UNTRUSTED = ['P-Asserted-Identity', 'P-Preferred-Identity', 'P-Served-User', 'P-Asserted-Service'];

/** Takes away what only a trusted element may say, and what was meant for us. */
export function removeUntrusted(request: SipRequest): void {
  for (const name of UNTRUSTED) request.headers.delete(name);
}

/** Names the authenticated user to everybody behind us, without a display name: the one in From is nobody's assertion. */
export function assertIdentity(request: SipRequest, aor: string): void {
  request.headers.set('P-Asserted-Identity', formatNameAddr({ uri: aor }));
}

/**
 * Takes away what is for elements we trust alone, since contacts and other domains are none: the service always (RFC 6050 §5.1.2), who sent it
 * if that asked for privacy (RFC 3325 §9.3).
 */
export function removeForOutsiders(request: SipRequest): void {
  request.headers.delete('P-Asserted-Service');
  if (privacyOf(request).includes('id')) request.headers.delete('P-Asserted-Identity');
}

/** What Privacy says that a user has and we cannot do, where that is critical (RFC 3323 §5): the request fails with 500. */
export function privacyNotProvided(request: SipRequest): readonly string[] {
  const values = privacyOf(request);
  return values.includes('critical') ? values.filter((value) => !PROVIDED.includes(value)) : [];
}

const NONE: readonly string[] = [];

/** `id` is ours to do (RFC 3325 §9.3); the other values ask for a privacy service, which is not here. */
const PROVIDED = ['id', 'none', 'critical'];

function privacyOf(request: SipRequest): readonly string[] {
  if (!request.headers.has('Privacy')) return NONE;
  return request.headers.all('Privacy').flatMap((value) => value.split(/[;,]/)).map((value) => value.trim().toLowerCase());
}

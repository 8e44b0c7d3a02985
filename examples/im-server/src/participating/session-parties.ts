/*
 * Between whom a session is, as the Deferred Messaging Function has to know when one of them is away.
 */
import { aorOf, formatNameAddr, type NameAddr } from '@simple-im/grammar';
import type { SessionParties } from '../session-ports.js';
import type { Im2Request } from '../reference-points.js';
import { assertedIdentity } from './policy.js';
import { serviceOf } from './services.js';
import type { RecordedParties } from './session-recording.js';

/** What of an INVITE goes out again with the messages: what they belong to, and what is asked of whoever shows them. */
const KEPT = ['Subject', 'Priority', 'Conversation-ID', 'Contribution-ID', 'InReplyTo-Contribution-ID'];

/** `attempted`: the callee's devices have been asked. Undefined for a file, which is not stored. Throws SIP_BAD_HEADER, GRAMMAR_... */
export function sessionParties({ request, sessionCase, servedUser }: Im2Request, attempted: boolean): SessionParties | undefined {
  const service = serviceOf(request);
  if (service !== 'large' && service !== 'session') return undefined;
  const callee = sessionCase === 'terminating' ? servedUser : undefined;
  return {
    mode: service,
    recipient: callee ?? aorOf(request.parsedUri),
    sender: wantsPrivacy(request.headers.all('Privacy')) ? undefined : assertedIdentity(request),
    from: withoutTag(request.from), to: withoutTag(request.to),
    headers: KEPT.flatMap((name) => request.headers.all(name).map((value) => [name, value] as const)),
    attempted,
    admitted: true,
  };
}

/** What is recorded of such a session; `name`: what it is known by. */
export function recordedParties(exchange: Im2Request, name: string): RecordedParties | undefined {
  const parties = sessionParties(exchange, false);
  if (parties === undefined) return undefined;
  const { mode, recipient, from, to, headers } = parties;
  const sender = assertedIdentity(exchange.request);
  return { mode, recipient, from, to, headers, sender, isAnonymous: parties.sender === undefined, session: mode === 'session' ? name : undefined };
}

/** Who asked not to be known stays so in the store (RFC 3325 §9.3). */
function wantsPrivacy(fields: readonly string[]): boolean {
  return fields.flatMap((value) => value.split(/[;,]/)).some((value) => value.trim().toLowerCase() === 'id');
}

function withoutTag(address: NameAddr | undefined): string {
  if (address === undefined) return '';
  const { displayName, uri } = address;
  return formatNameAddr({ uri, ...(displayName === undefined ? {} : { displayName }) });
}

/*
 * A MESSAGE as the Deferred Messaging Function takes it: what is needed to send it again, and nothing of the way it came.
 */
import { formatNameAddr, type NameAddr } from '@simple-im/grammar';
import type { SipRequest } from '@simple-im/sip';
import type { RequestIdentity, UndeliveredMessage } from '../internal-ports.js';
import { assertedIdentity } from './policy.js';

/** What goes out again as it came: what the message is, and what its sender asks of whoever shows it. */
const KEPT = [
  'Subject', 'Privacy', 'Priority', 'Organization', 'Reply-To', 'In-Reply-To', 'Accept-Contact', 'P-Asserted-Service', 'User-Agent',
  'MIME-Version', 'Content-Disposition', 'Content-Encoding', 'Content-Language', 'Content-ID', 'Content-Transfer-Encoding',
  'Conversation-ID', 'Contribution-ID', 'InReplyTo-Contribution-ID',
];
/** A body without a type is text (RFC 3261 §20.15 asks for one). */
const DEFAULT_TYPE = 'text/plain';

export interface Circumstances {
  readonly recipient: string;
  readonly held: boolean;
  readonly attempted: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** @throws SIP_BAD_HEADER, GRAMMAR_... for fields that cannot be read */
export function undeliveredMessage(request: SipRequest, { recipient, held, attempted, now }: Circumstances): UndeliveredMessage {
  const expiresAt = expiryOf(request, now);
  return {
    mode: 'pager', recipient, held, attempted, expiresAt,
    sender: wantsPrivacy(request) ? undefined : assertedIdentity(request),
    from: withoutTag(request.from), to: withoutTag(request.to),
    contentType: request.headers.get('Content-Type') ?? DEFAULT_TYPE,
    headers: [
      ...KEPT.flatMap((name) => request.headers.all(name).map((value) => [name, value] as const)),
      // Counted from the Date that goes with it, which is when it came.
      ...(expiresAt === undefined ? [] : [['Expires', String(Math.max(0, Math.ceil((expiresAt - now) / 1000)))] as const]),
    ],
    body: request.body,
    request: identityOf(request),
  };
}

function identityOf({ callId, cseq, fromTag }: SipRequest): RequestIdentity | undefined {
  return callId === undefined || cseq === undefined || fromTag === undefined ? undefined : { callId, cseq: cseq.number, fromTag };
}

/** Expires counts from Date, else from now (RFC 3428 §7). A date that cannot be read is none. */
function expiryOf(request: SipRequest, now: number): number | undefined {
  const { expires } = request;
  if (expires === undefined) return undefined;
  const date = Date.parse(request.headers.get('Date') ?? '');
  return (Number.isNaN(date) ? now : date) + expires * 1000;
}

function withoutTag(address: NameAddr | undefined): string {
  if (address === undefined) return '';
  const { displayName, uri } = address;
  return formatNameAddr({ uri, ...(displayName === undefined ? {} : { displayName }) });
}

/** Who asked not to be known stays so in the store (RFC 3325 §9.3). */
function wantsPrivacy(request: SipRequest): boolean {
  return request.headers.all('Privacy').flatMap((value) => value.split(/[;,]/)).some((value) => value.trim().toLowerCase() === 'id');
}

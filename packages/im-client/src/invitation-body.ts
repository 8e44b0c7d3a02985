import { isMultipart, parseContentType, splitMultipart, type BodyPart } from '@simple-im/mime';
import type { SipRequest } from '@simple-im/sip';
import { CPIM } from './content.js';
import { imError } from './errors.js';

export const SDP = 'application/sdp';

/** What an INVITE may have as its body. */
export const INVITATION_TYPES: readonly string[] = [SDP, 'multipart/mixed'];

/** The body of an INVITE taken apart. */
export interface InvitationBody {
  readonly sdp: Uint8Array;
  /** The first message, in CPIM, where the peer sent it along. */
  readonly message: Uint8Array | undefined;
}

/** Throws MIME_..., and IM_NO_COMMON_MEDIA for a multipart body without description or with a part that we had to understand. */
export function invitationBody({ body, headers }: SipRequest): InvitationBody {
  const contentType = parseContentType(headers.get('Content-Type') ?? SDP);
  if (!isMultipart(contentType)) return { sdp: body, message: undefined };
  const { parts } = splitMultipart(body, contentType);
  const [description, message] = [SDP, CPIM].map((type) => parts.find(({ headers: { contentType: own } }) => own?.type === type));
  if (description === undefined) throw imError('IM_NO_COMMON_MEDIA', { detail: 'there is no description' });
  const unknown = parts.find((part) => part !== description && part !== message && isRequired(part));
  if (unknown !== undefined) throw imError('IM_NO_COMMON_MEDIA', { detail: `a part is ${unknown.headers.contentType?.type ?? 'untyped'}` });
  return { sdp: description.body, message: message?.body };
}

/** RFC 3261 §20.11: what does not say that it is optional is not. */
function isRequired({ headers }: BodyPart): boolean {
  return headers.contentDisposition?.params.get('handling')?.toLowerCase() !== 'optional';
}

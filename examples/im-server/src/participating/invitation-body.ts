/*
 * The body of an INVITE: a session description, or a multipart body with one and what belongs to the invitation, such as the first
 * message in CPIM (RFC 5621 §3).
 */
import { buildMultipart, isMultipart, parseContentType, splitMultipart, type BodyPart, type NewPart } from '@simple-im/mime';
import type { BodyOptions, SipRequest } from '@simple-im/sip';
import type { Random } from '@simple-im/transport';
import { serverError } from '../errors.js';

const SDP = 'application/sdp';
export const CPIM = 'message/cpim';
/** Encodings in which octets stand for themselves (RFC 2045 §6.2). */
const PLAIN = ['7bit', '8bit', 'binary'];

/** What an INVITE may have as its body. */
export const INVITATION_TYPES: readonly string[] = [SDP, 'multipart/mixed'];

export class InvitationBody {
  readonly sdp: Uint8Array;
  /** The parts of a multipart body, as they came. */
  readonly #parts: readonly BodyPart[];

  /** `request` has one of the types above. Throws IM_NO_OFFER (488), MIME_... (400, 413). */
  constructor({ body, headers }: SipRequest) {
    const contentType = parseContentType(headers.get('Content-Type') ?? SDP);
    this.#parts = isMultipart(contentType) ? splitMultipart(body, contentType).parts : [];
    const part = this.#parts.find(isDescription);
    if (this.#parts.length > 0 && part === undefined) throw serverError('IM_NO_OFFER');
    this.sdp = part?.body ?? body;
  }

  /** Messages that came with the invitation: the first of the conversation, in CPIM (RFC 3862). */
  get messages(): readonly Uint8Array[] {
    return this.#parts.filter(({ headers }) => isPlain(headers, CPIM)).map(({ body }) => body);
  }

  /** The same body with another description. The other parts go on as they came. */
  with(sdp: Uint8Array, random: Random): Required<Pick<BodyOptions, 'contentType' | 'body'>> {
    if (this.#parts.length === 0) return { contentType: SDP, body: sdp };
    const parts = this.#parts.map(({ headers, body }): NewPart => (
      body === this.sdp ? { headers: [['Content-Type', SDP]], body: sdp } : { headers, body }
    ));
    return buildMultipart(parts, { random });
  }
}

function isDescription({ headers }: BodyPart): boolean {
  return isPlain(headers, SDP);
}

function isPlain({ contentType, contentTransferEncoding }: BodyPart['headers'], type: string): boolean {
  return contentType?.type === type && PLAIN.includes(contentTransferEncoding);
}

/*
 * What is worth recording: what people said to each other, not what their clients did.
 */
import { decodeCpim, isNotification, type CpimMessage } from '@simple-im/cpim';
import { ProtocolError } from '@simple-im/grammar';

/** Of no use later (RFC 3994), or about messages and none themselves (RFC 5438 §7.1.2). */
const NEVER = ['application/im-iscomposing+xml', 'message/imdn+xml'];

/** `beginning`: so much of the body that the head of a CPIM message is in it. */
export function isRecordable(contentType: string, beginning: Uint8Array): boolean {
  const cpim = mediaTypeOf(contentType) === 'message/cpim' ? headOf(beginning) : undefined;
  if (cpim === undefined) return !NEVER.includes(mediaTypeOf(contentType));
  return !NEVER.includes(cpim.mediaType) && !isNotification(cpim);
}

function mediaTypeOf(contentType: string): string {
  return contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

function headOf(beginning: Uint8Array): CpimMessage | undefined {
  try {
    return decodeCpim(beginning, { liberal: true });
  } catch (error) {
    if (!ProtocolError.is(error)) throw error;
    return undefined;
  }
}

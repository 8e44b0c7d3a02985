/**
 * Reading disposition notifications (RFC 5438), without what writes them: for pages that load the writer when they need it.
 */
import { cpimError } from './errors.js';
import { parseImdn, type ImdnDocument } from './imdn-document.js';
import { IMDN_MEDIA_TYPE } from './imdn-headers.js';
import type { CpimMessage } from './message.js';

export { parseImdn, type ImdnDocument, type ImdnKind, type ImdnStatus } from './imdn-document.js';

/** Reads the document of a single notification. Those of an aggregated one are parts of its multipart body: `parseImdn` each. */
export function notificationOf(message: CpimMessage): ImdnDocument {
  if (message.mediaType !== IMDN_MEDIA_TYPE) throw cpimError('IMDN_BAD_DOCUMENT', { detail: 'the content is not message/imdn+xml' });
  return parseImdn(message.body);
}

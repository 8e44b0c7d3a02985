/*
 * Several notifications in one (RFC 5438 §8.3), as a URI-list server sends them to who wrote to the list.
 */
import { bytesOf, concatBytes } from '@simple-im/grammar';
import { formatAddress, type CpimAddress } from './address.js';
import { cpimError } from './errors.js';
import { parseImdn, withoutRecipients } from './imdn-document.js';
import { IMDN_MEDIA_TYPE, messageIdHeader, routes } from './imdn-headers.js';
import { buildImdn } from './imdn-writing.js';
import { makeCpim } from './make.js';
import type { CpimMessage } from './message.js';
import { IMDN_HEADERS } from './namespaces.js';

export interface AggregateParts {
  /** Who sends it: the list. */
  readonly from: CpimAddress;
  /** When, in milliseconds since 1970-01-01T00:00:00Z. */
  readonly dateTime: number;
  /** Its own, such as `makeMessageId` gives; the boundary of the parts is made of it, which therefore occurs in none of them. */
  readonly messageId: string;
  /** Nobody is to learn who is on the list: recipient-uri and original-recipient-uri are left out (§8). */
  readonly hideRecipients?: boolean;
}

/**
 * Puts notifications for one sender into one, in their order. It goes where the first of them would: to its IMDN-Route, else to its To.
 *
 * @throws CPIM_UNENCODABLE for no notification at all and for a Message-ID that occurs in one; IMDN_BAD_DOCUMENT for what is no single
 *   notification; IMDN_BAD_STATUS where recipients are left out of a document with a status that cannot be written
 */
export function aggregateNotifications(notifications: readonly CpimMessage[], parts: AggregateParts): CpimMessage {
  const [first] = notifications;
  const to = first?.to[0];
  if (first === undefined || to === undefined) throw cpimError('CPIM_UNENCODABLE', { detail: 'an aggregate of nothing, or for nobody' });
  const boundary = `imdn-${parts.messageId}`;
  const documents = notifications.map((one) => documentOf(one, parts.hideRecipients === true));
  if (documents.some((document) => includes(document, bytesOf(boundary)))) throw cpimError('CPIM_UNENCODABLE', { detail: 'the boundary occurs in a part' });
  const pieces = documents.flatMap((document) => [bytesOf(`--${boundary}\r\nContent-Type: ${IMDN_MEDIA_TYPE}\r\n\r\n`), document, bytesOf('\r\n')]);
  return makeCpim({
    from: parts.from, to, dateTime: parts.dateTime,
    headers: [
      messageIdHeader(parts.messageId),
      ...routes(first).map((route) => ({ namespace: IMDN_HEADERS, name: 'IMDN-Route', value: formatAddress(route) })),
    ],
    contentType: `multipart/mixed;boundary="${boundary}"`,
    entityHeaders: { 'Content-Disposition': 'notification' },
    body: concatBytes([...pieces, bytesOf(`--${boundary}--\r\n`)]),
  });
}

function documentOf(notification: CpimMessage, hideRecipients: boolean): Uint8Array {
  if (notification.mediaType !== IMDN_MEDIA_TYPE) throw cpimError('IMDN_BAD_DOCUMENT', { detail: 'the content is not message/imdn+xml' });
  return hideRecipients ? buildImdn(withoutRecipients(parseImdn(notification.body))) : notification.body;
}

function includes(octets: Uint8Array, wanted: Uint8Array): boolean {
  for (let at = octets.indexOf(wanted[0] as number); at >= 0; at = octets.indexOf(wanted[0] as number, at + 1)) {
    if (wanted.every((octet, index) => octets[at + index] === octet)) return true;
  }
  return false;
}

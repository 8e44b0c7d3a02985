/**
 * Instant Message Disposition Notifications (RFC 5438): the XML document, and notifications made for a message.
 */
import { byteStringToText } from '@simple-im/grammar';
import { isXmlText } from '@simple-im/xml';
import type { CpimAddress } from './address.js';
import { cpimError } from './errors.js';
import type { ImdnDocument, ImdnKind, ImdnStatus } from './imdn-document.js';
import {
  asksFor, IMDN_MEDIA_TYPE, isNotification, messageIdHeader, messageIdOf, originalTo, type NotificationRequest,
} from './imdn-headers.js';
import { buildImdn } from './imdn-writing.js';
import { makeCpim } from './make.js';
import type { CpimMessage } from './message.js';
import { IMDN_HEADERS } from './namespaces.js';

export {
  IMDN_NAMESPACE, imdnStatuses, parseImdn, withoutRecipients, type ImdnDocument, type ImdnKind, type ImdnStatus,
} from './imdn-document.js';
export { notificationOf } from './imdn-read.js';
export { buildImdn } from './imdn-writing.js';
export { aggregateNotifications, type AggregateParts } from './imdn-aggregate.js';

/** Who makes a notification: the endpoint the message was for, or a server on its way. */
export type ImdnRole = 'recipient' | 'intermediary';

/**
 * What each role may report. Only intermediaries send processing notifications (RFC 5438 §7.2.1, §8.1); they do not say
 * that a message was delivered or displayed, which they cannot know (§12.2).
 */
export const imdnRoles: Readonly<Record<ImdnRole, Readonly<Record<ImdnKind, readonly ImdnStatus[]>>>> = {
  recipient: { delivery: ['delivered', 'failed', 'forbidden', 'error'], processing: [], display: ['displayed', 'forbidden', 'error'] },
  intermediary: { delivery: ['failed', 'forbidden', 'error'], processing: ['processed', 'stored', 'forbidden', 'error'], display: [] },
};

/** What a sender asked for when it wants to know a status; one of them is enough (§7.1.1.3). */
function requestsFor(kind: ImdnKind, status: ImdnStatus): readonly NotificationRequest[] {
  if (kind !== 'delivery') return [kind];
  if (status === 'delivered') return ['positive-delivery'];
  return status === 'failed' ? ['negative-delivery'] : ['positive-delivery', 'negative-delivery'];
}

export interface NotificationParts {
  readonly role: ImdnRole;
  readonly kind: ImdnKind;
  readonly status: ImdnStatus;
  /** Who sends the notification; the To of the message by default. */
  readonly from?: CpimAddress;
  /** When, in milliseconds since 1970-01-01T00:00:00Z. */
  readonly dateTime: number;
  /** The notification's own, such as `makeMessageId` gives. */
  readonly messageId: string;
  /** Who received the message, or did not; its To by default. `null` where the members of a list are not disclosed. */
  readonly recipientUri?: string | null;
}

/**
 * Makes the notification for a message that asked for it. It goes to `notificationTarget` of the result. It is for the
 * caller to send no two of one kind for one message (RFC 5438 §7.2.1).
 *
 * @throws IMDN_FOR_IMDN for a message that is a notification; IMDN_BAD_STATUS, IMDN_NOT_ALLOWED, IMDN_NOT_REQUESTED;
 *   IMDN_INCOMPLETE_REQUEST for a message without From, To, DateTime or Message-ID
 */
export function notificationFor(original: CpimMessage, parts: NotificationParts): CpimMessage {
  const { role, kind, status } = parts;
  if (isNotification(original)) throw cpimError('IMDN_FOR_IMDN');
  const body = buildImdn(reportOn(original, parts));
  if (!imdnRoles[role][kind].includes(status)) throw cpimError('IMDN_NOT_ALLOWED', { detail: `${kind} ${status} by the ${role}` });
  if (!requestsFor(kind, status).some((request) => asksFor(original, request))) {
    throw cpimError('IMDN_NOT_REQUESTED', { detail: `${kind} ${status}` });
  }
  return makeCpim({
    from: parts.from ?? known(original.to[0], 'To'),
    to: known(original.from, 'From'),
    dateTime: parts.dateTime,
    headers: [
      messageIdHeader(parts.messageId),
      // §7.2.1: copied as they are, in their order.
      ...original.all(IMDN_HEADERS, 'IMDN-Record-Route').map(({ value }) => ({ namespace: IMDN_HEADERS, name: 'IMDN-Route', value })),
    ],
    contentType: IMDN_MEDIA_TYPE,
    entityHeaders: { 'Content-Disposition': 'notification' },
    body,
  });
}

function reportOn(original: CpimMessage, { kind, status, recipientUri }: NotificationParts): ImdnDocument {
  const messageId = byteStringToText(known(messageIdOf(original), 'Message-ID'));
  const about = { messageId, dateTime: known(original.dateTime, 'DateTime').text, kind, status };
  // §11.1.5: any one of them. What escapes stand for may be nothing that XML can hold.
  const subject = original.subjects.find(({ text }) => isXmlText(text));
  const reported = subject === undefined ? about : { ...about, subject };
  if (recipientUri === null) return reported;
  const recipient = recipientUri ?? known(original.to[0], 'To').uri;
  // §11.1.4: original-recipient-uri is there when there is an Original-To; where there is none, the schema still wants one.
  return { ...reported, recipientUri: recipient, originalRecipientUri: originalTo(original)?.uri ?? recipient };
}

function known<T>(value: T | undefined, header: string): T {
  if (value === undefined) throw cpimError('IMDN_INCOMPLETE_REQUEST', { header });
  return value;
}

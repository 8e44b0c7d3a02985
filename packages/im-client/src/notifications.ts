import { isNotification, type CpimMessage } from '@simple-im/cpim';
import { notificationOf, parseImdn, type ImdnDocument } from '@simple-im/cpim/imdn/read';
import { isMultipart, parseContentType, splitMultipart } from '@simple-im/mime';
import { AsyncQueue } from './async-queue.js';
import { IMDN } from './content.js';
import type { Sender } from './identity.js';

/** What became of a message we sent. */
export interface Notification {
  /** As `send` gave it. */
  readonly messageId: string;
  /** URI of who sent the notification, as for messages. */
  readonly from: string;
  readonly kind: 'delivery' | 'processing' | 'display';
  /** `extension`: one of another standard. */
  readonly status: ImdnDocument['status'];
  /** When the message was sent, as it said itself (RFC 5438 §11.1.2). */
  readonly dateTime: string;
  /** The recipient the notification is about, if it says so. */
  readonly recipient?: string;
}

/** Notifications that came, single and aggregated (RFC 5438 §8.3). */
export class Notifications {
  readonly queue: AsyncQueue<Notification>;

  constructor(maxItems: number) {
    this.queue = new AsyncQueue({ maxItems });
  }

  /**
   * Takes a notification, or returns undefined for a message that is none. False: there is no room, and none of an
   * aggregate was taken. Throws IMDN_BAD_DOCUMENT, XML_..., MIME_....
   */
  take(message: CpimMessage, sender: Sender): boolean | undefined {
    if (!isNotification(message)) return undefined;
    return this.queue.pushAll(documentsOf(message).map((document) => notification(document, sender)));
  }
}

function documentsOf(message: CpimMessage): ImdnDocument[] {
  const type = parseContentType(message.contentType ?? '');
  if (!isMultipart(type)) return [notificationOf(message)];
  return splitMultipart(message.body, type).parts
    .filter(({ headers }) => headers.contentType?.type === IMDN)
    .map(({ body }) => parseImdn(body));
}

function notification(document: ImdnDocument, sender: Sender): Notification {
  const { messageId, kind, status, dateTime, recipientUri } = document;
  return { messageId, from: sender.uri, kind, status, dateTime, ...(recipientUri === undefined ? {} : { recipient: recipientUri }) };
}

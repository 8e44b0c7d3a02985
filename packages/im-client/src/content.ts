import {
  decodeCpim, encodeCpim, IMDN_HEADERS, makeCpim, makeMessageId, requestNotifications, type CpimMessage, type NotificationRequest,
} from '@simple-im/cpim';
import { utf8 } from '@simple-im/grammar';
import type { ClientCore } from './core.js';

export const CPIM = 'message/cpim';
export const IMDN = 'message/imdn+xml';
const TEXT = 'text/plain;charset=utf-8';

/** What a sender can ask to be told about its message. */
export type NotifyRequest = 'delivered' | 'failed' | 'displayed' | 'processed';

const requests: Readonly<Record<NotifyRequest, NotificationRequest>> = {
  delivered: 'positive-delivery',
  failed: 'negative-delivery',
  displayed: 'display',
  processed: 'processing',
};

export interface ContentOptions {
  /** What to be told about; needs a recipient that takes message/cpim. */
  readonly notify?: readonly NotifyRequest[] | undefined;
  /** Of the text or octets; by default UTF-8 text. */
  readonly contentType?: string | undefined;
}

/** A body and its type. */
export interface Content {
  readonly contentType: string;
  readonly body: Uint8Array;
}

export function contentOf(body: string | Uint8Array, { contentType = TEXT }: ContentOptions): Content {
  return { contentType, body: typeof body === 'string' ? utf8(body) : body };
}

export interface Wrapped extends Content {
  readonly messageId: string;
}

/** The content in Message/CPIM with a Message-ID and what is asked for (RFC 5438 §7.1.1). */
export function wrap(core: ClientCore, to: string, content: Content, { notify = [] }: ContentOptions): Wrapped {
  const messageId = newMessageId(core);
  const dateTime = core.date();
  const parts = { from: core.address, to: { uri: to }, dateTime, contentType: content.contentType, body: content.body };
  const message = notify.length > 0
    ? requestNotifications(makeCpim(parts), notify.map((one) => requests[one]), { messageId })
    : makeCpim({ ...parts, headers: [{ namespace: IMDN_HEADERS, name: 'Message-ID', value: messageId }] });
  return { messageId, contentType: CPIM, body: encodeCpim(message) };
}

export function newMessageId(core: ClientCore): string {
  return makeMessageId(core.platform.random.bytes(16));
}

const understands = ['Message-ID', 'Disposition-Notification', 'Original-To', 'IMDN-Record-Route', 'IMDN-Route']
  .map((name) => ({ namespace: IMDN_HEADERS, name }));

/** Reads what a peer wrapped, as clients in the field write it. Throws CPIM_... */
export function unwrap(bytes: Uint8Array): CpimMessage {
  return decodeCpim(bytes, { liberal: true, understands });
}

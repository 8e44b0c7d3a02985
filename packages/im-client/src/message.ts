import { messageIdOf, type CpimMessage } from '@simple-im/cpim';
import { byteStringToText, utf8Text } from '@simple-im/grammar';
import type { Content } from './content.js';
import type { ClientCore } from './core.js';
import { imError } from './errors.js';
import type { Sender } from './identity.js';
import type { Receipts } from './receipts.js';
import type { Session } from './session.js';

/** A message that came, in pager mode or in a session. */
export interface ImMessage {
  /** URI of the sender as the network asserts it, else as the sender says. What CPIM calls From is not looked at. */
  readonly from: string;
  /** The display name that came along. */
  readonly fromName?: string;
  /** Whether the network asserted `from` (RFC 3325). */
  readonly asserted: boolean;
  /** The body as UTF-8 text; empty for content that is not text. */
  readonly text: string;
  /** With parameters, as it came. */
  readonly contentType: string;
  readonly body: Uint8Array;
  /** The sender's identifier, if the message has one. */
  readonly messageId?: string;
  /** When it was sent, as the sender says. */
  readonly dateTime?: Date;
  /** Where it came from a store while its sender was still there: the session that both are in, for an answer as long as it is `alive`. */
  readonly session?: Session;
  /**
   * Tells the sender that the message was shown, if it asked for that; once, however often it is called, unless it was
   * rejected. Rejects with IM_NOT_DELIVERED.
   */
  displayed(): Promise<void>;
}

/** A message without CPIM around it. */
export function plainMessage(sender: Sender, content: Content): ImMessage {
  return { ...partsOf(sender, content), displayed: () => Promise.resolve() };
}

/** What was wrapped. Throws IM_UNEXPECTED_TYPE, CPIM_BAD_VALUE. */
export function wrappedMessage(core: ClientCore, sender: Sender, message: CpimMessage, receipts: Receipts): ImMessage {
  if (!core.acceptTypes.includes(message.mediaType)) throw imError('IM_UNEXPECTED_TYPE', { detail: message.mediaType });
  const messageId = messageIdOf(message);
  const { dateTime } = message;
  return {
    ...partsOf(sender, { contentType: message.contentType ?? message.mediaType, body: message.body }),
    ...(messageId === undefined ? {} : { messageId: byteStringToText(messageId) }),
    ...(dateTime === undefined ? {} : { dateTime: new Date(dateTime.time) }),
    displayed: () => receipts.displayed(),
  };
}

function partsOf(sender: Sender, { contentType, body }: Content): Omit<ImMessage, 'displayed'> {
  return {
    from: sender.uri,
    ...(sender.name === undefined ? {} : { fromName: sender.name }),
    asserted: sender.asserted,
    text: /^text\//i.test(contentType) ? utf8Text(body) : '',
    contentType,
    body,
  };
}

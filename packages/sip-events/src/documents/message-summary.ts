/**
 * Message summaries, `application/simple-message-summary` (RFC 3842): whether messages are waiting, and how many of each kind.
 */
import { byteString, byteStringToText, bytesOf, textToByteString } from '@simple-im/grammar';
import { documentError } from './errors.js';
import { isAccountUri, isName, parseByGrammar, type SummaryLine } from './message-summary/grammar.js';

/** The media type of message summaries. */
export const MESSAGE_SUMMARY_MEDIA_TYPE = 'application/simple-message-summary';

/** RFC 3842 §3.5. */
export interface MessageSummary {
  readonly messagesWaiting: boolean;
  /** The URI of the account, where the subscription is for several. */
  readonly account?: string;
  readonly classes?: readonly MessageClassSummary[];
  /** Headers of messages that are new since the notification before; one list for each message. */
  readonly messages?: readonly (readonly SummaryHeader[])[];
}

/** A message context class of RFC 3458, in lower case. */
export type MessageContextClass =
  'voice-message' | 'fax-message' | 'pager-message' | 'multimedia-message' | 'text-message' | 'none' | (string & {});

/** Counts of one kind of message, 0 to 4294967295 each; the urgent ones are among the others. */
export interface MessageClassSummary {
  readonly context: MessageContextClass;
  readonly newMessages: number;
  readonly oldMessages: number;
  readonly urgent?: { readonly newMessages: number; readonly oldMessages: number };
}

/** A header field; the value without folds. */
export type SummaryHeader = readonly [name: string, value: string];

export interface MessageSummaryOptions {
  /** Octets of the body; 65,536. */
  readonly maxOctets?: number;
  /** Lines of the body, folded ones counted each; 1000. */
  readonly maxLines?: number;
}

const MAX_COUNT = 4_294_967_295;

/**
 * Reads a message summary. Counts above 4294967295 are taken for that (§3.5).
 * @throws ProtocolError MESSAGE_SUMMARY_TOO_LARGE, MESSAGE_SUMMARY_TOO_MANY_LINES, MESSAGE_SUMMARY_SYNTAX with its offset in octets
 */
export function parseMessageSummary(bytes: Uint8Array, options: MessageSummaryOptions = {}): MessageSummary {
  const { maxOctets = 65_536, maxLines = 1000 } = options;
  if (bytes.length > maxOctets) throw documentError('MESSAGE_SUMMARY_TOO_LARGE', { detail: `${maxOctets} allowed` });
  const text = byteString(bytes);
  if (lineFeeds(text, maxLines) > maxLines) throw documentError('MESSAGE_SUMMARY_TOO_MANY_LINES', { detail: `${maxLines} allowed` });
  const result = parseByGrammar(text);
  if ('offset' in result) throw documentError('MESSAGE_SUMMARY_SYNTAX', { offset: result.offset });
  const { status, account, lines, messages } = result.parts;
  return {
    messagesWaiting: status.toLowerCase() === 'yes',
    ...(account === undefined ? {} : { account }),
    ...(lines.length === 0 ? {} : { classes: lines.map(classOf) }),
    ...(messages.length === 0 ? {} : { messages: messages.map((headers) => headers.map(headerOf)) }),
  };
}

function lineFeeds(text: string, enough: number): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0 && count <= enough; at = text.indexOf('\n', at + 1)) count++;
  return count;
}

function classOf({ context, counts }: SummaryLine): MessageClassSummary {
  const [newMessages = 0, oldMessages = 0, newUrgent, oldUrgent] = counts.map((digits) => Math.min(Number(digits), MAX_COUNT));
  const all = { context: context.toLowerCase(), newMessages, oldMessages };
  return newUrgent === undefined || oldUrgent === undefined ? all : { ...all, urgent: { newMessages: newUrgent, oldMessages: oldUrgent } };
}

function headerOf([name, value]: SummaryHeader): SummaryHeader {
  return [name, byteStringToText(value.replace(/\r?\n[ \t]+/g, ' ').trim())];
}

/** Writes a message summary. @throws MESSAGE_SUMMARY_UNWRITABLE */
export function buildMessageSummary({ messagesWaiting, account, classes = [], messages = [] }: MessageSummary): Uint8Array {
  const lines = [`Messages-Waiting: ${messagesWaiting ? 'yes' : 'no'}`];
  if (account !== undefined) lines.push(`Message-Account: ${checked(account, isAccountUri, 'account')}`);
  for (const { context, newMessages, oldMessages, urgent } of classes) {
    const name = checked(context, isName, 'context').replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
    const urgentCounts = urgent === undefined ? '' : ` (${countsOf(urgent)})`;
    lines.push(`${name}: ${countsOf({ newMessages, oldMessages })}${urgentCounts}`);
  }
  for (const headers of messages) {
    if (headers.length === 0) throw documentError('MESSAGE_SUMMARY_UNWRITABLE', { detail: 'a message without headers' });
    lines.push('');
    for (const [name, value] of headers) {
      lines.push(`${checked(name, isName, 'header name')}: ${textToByteString(checked(value, isOneLine, name))}`);
    }
  }
  return bytesOf(lines.map((line) => `${line}\r\n`).join(''));
}

function countsOf({ newMessages, oldMessages }: { readonly newMessages: number; readonly oldMessages: number }): string {
  return [newMessages, oldMessages].map((count) => {
    const isCount = Number.isInteger(count) && count >= 0 && count <= MAX_COUNT;
    if (!isCount) throw documentError('MESSAGE_SUMMARY_UNWRITABLE', { detail: 'a count' });
    return String(count);
  }).join('/');
}

const isOneLine = (text: string): boolean => !/[\r\n]/.test(text) && text === text.trim();

function checked(text: string, is: (text: string) => boolean, what: string): string {
  if (!is(text)) throw documentError('MESSAGE_SUMMARY_UNWRITABLE', { detail: what });
  return text;
}

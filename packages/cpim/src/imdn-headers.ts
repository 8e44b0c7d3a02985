/*
 * The headers of RFC 5438 §6 and what endpoints and intermediaries do with them (§7, §8). The XML document is in
 * `@simple-im/cpim/imdn`.
 */
import { formatAddress, type CpimAddress } from './address.js';
import { formatDateTime } from './date-time.js';
import { addHeader, removeHeader, setHeader } from './edit.js';
import { mediaTypeOf } from './entity.js';
import { cpimError } from './errors.js';
import { grammar, type NotifyRequest } from './grammar.js';
import { isNamed } from './header.js';
import { addressOf, valueOf, type CpimMessage } from './message.js';
import { CPIM_HEADERS, IMDN_HEADERS } from './namespaces.js';

/** What a sender can ask to be told (§7.1.1.3). */
export type NotificationRequest = 'positive-delivery' | 'negative-delivery' | 'processing' | 'display';

export const IMDN_MEDIA_TYPE = 'message/imdn+xml';

/** True for a notification, single or aggregated (§7.1.2, §8.3). */
export function isNotification(message: CpimMessage): boolean {
  return message.mediaType === IMDN_MEDIA_TYPE || mediaTypeOf(message.entityHeader('Content-Disposition')) === 'notification';
}

/** Message-ID (§6.3). Liberal: any visible characters instead of a token. */
export function messageIdOf(message: CpimMessage): string | undefined {
  const header = message.single(IMDN_HEADERS, 'Message-ID');
  if (header === undefined) return undefined;
  const isVisible = message.liberal && /^[!-~\x80-\xff]+$/.test(header.value);
  return valueOf(header, isVisible ? header.value : grammar.Token(header.value), 'RFC 5438 §10');
}

/** Disposition-Notification (§6.2) with the values nobody knows; none for a notification, where it must be ignored (§7.2.1). */
export function notifyRequests(message: CpimMessage): readonly NotifyRequest[] {
  const header = message.single(IMDN_HEADERS, 'Disposition-Notification');
  if (header === undefined || isNotification(message)) return [];
  return valueOf(header, grammar.DispositionNotification(header.value), 'RFC 5438 §10');
}

/** Whether the message asks for this. */
export function asksFor(message: CpimMessage, request: NotificationRequest): boolean {
  return notifyRequests(message).some(({ value }) => value === request);
}

/** Original-To (§6.4): the recipient as the sender wrote it. */
export function originalTo(message: CpimMessage): CpimAddress | undefined {
  const header = message.single(IMDN_HEADERS, 'Original-To');
  return header && addressOf(header, message.liberal);
}

/** IMDN-Record-Route (§6.5), the top one first; none for a notification, where they must be ignored (§7.2.1). */
export function recordRoutes(message: CpimMessage): CpimAddress[] {
  return isNotification(message) ? [] : addresses(message, 'IMDN-Record-Route');
}

/** IMDN-Route (§6.6), the top one first. */
export function routes(message: CpimMessage): CpimAddress[] {
  return addresses(message, 'IMDN-Route');
}

/** Where a notification goes next: to the top IMDN-Route, else to To (§7.2.1, §8). */
export function notificationTarget(message: CpimMessage): CpimAddress | undefined {
  return routes(message)[0] ?? message.to[0];
}

/** Takes the top IMDN-Route away when `isOwn` says that it is the intermediary's own address (§8). */
export function popRoute(message: CpimMessage, isOwn: (uri: string) => boolean): CpimMessage {
  const [top] = message.all(IMDN_HEADERS, 'IMDN-Route');
  return top !== undefined && isOwn(addressOf(top, message.liberal).uri) ? removeHeader(message, top) : message;
}

/** Keeps an intermediary on the way of the notifications: its address becomes the top IMDN-Record-Route (§8). */
export function addRecordRoute(message: CpimMessage, own: CpimAddress): CpimMessage {
  const top = message.headers.findIndex((one) => isNamed(one, IMDN_HEADERS, 'IMDN-Record-Route'));
  const header = { namespace: IMDN_HEADERS, name: 'IMDN-Record-Route', value: formatAddress(own) };
  return top < 0 ? addHeader(message, header) : addHeader(message, header, top);
}

/**
 * Rewrites To, as a URI-list server does for each member. Where notifications are asked for, the old To becomes
 * Original-To, unless there is one already (§6.4) or `hideOriginal` says that it is not to be known (§8).
 */
export function rewriteTo(message: CpimMessage, to: CpimAddress, hideOriginal = false): CpimMessage {
  const rewritten = setHeader(message, { namespace: CPIM_HEADERS, name: 'To', value: formatAddress(to) });
  const [old] = message.all(CPIM_HEADERS, 'To');
  const isWanted = old !== undefined && !hideOriginal && notifyRequests(message).length > 0 && originalTo(message) === undefined;
  return isWanted ? addHeader(rewritten, { namespace: IMDN_HEADERS, name: 'Original-To', value: old.value }) : rewritten;
}

/** What identifies a message whose notifications are wanted. */
export interface RequestIdentity {
  /** A token nobody can guess, such as `makeMessageId` gives; not needed where the message has one. */
  readonly messageId?: string;
  /** When it is sent, milliseconds since 1970-01-01T00:00:00Z; not needed where the message has a DateTime. */
  readonly dateTime?: number;
}

/**
 * Asks for notifications: sets Disposition-Notification, and Message-ID and DateTime where they are missing (§7.1.1).
 * @throws IMDN_FOR_IMDN for a notification, IMDN_INCOMPLETE_REQUEST where Message-ID or DateTime is not known
 */
export function requestNotifications(
  message: CpimMessage, requests: readonly NotificationRequest[], identity: RequestIdentity = {},
): CpimMessage {
  if (isNotification(message)) throw cpimError('IMDN_FOR_IMDN');
  let asking = message;
  if (messageIdOf(message) === undefined) {
    if (identity.messageId === undefined) throw incomplete('Message-ID');
    asking = setHeader(asking, messageIdHeader(identity.messageId));
  }
  if (message.dateTime === undefined) {
    if (identity.dateTime === undefined) throw incomplete('DateTime');
    asking = setHeader(asking, { namespace: CPIM_HEADERS, name: 'DateTime', value: formatDateTime(identity.dateTime) });
  }
  return setHeader(asking, { namespace: IMDN_HEADERS, name: 'Disposition-Notification', value: requests.join(', ') });
}

/** A Message-ID header. @throws CPIM_UNENCODABLE for what is no token */
export function messageIdHeader(value: string): { namespace: string; name: string; value: string } {
  if (grammar.Token(value) === undefined) throw cpimError('CPIM_UNENCODABLE', { header: 'Message-ID', section: 'RFC 5438 §10' });
  return { namespace: IMDN_HEADERS, name: 'Message-ID', value };
}

/**
 * A Message-ID of octets nobody can predict; 8 at least (§6.3), better 16.
 * @throws IMDN_WEAK_RANDOM for fewer
 */
export function makeMessageId(random: Uint8Array): string {
  if (random.length < 8) throw cpimError('IMDN_WEAK_RANDOM');
  return Array.from(random, (octet) => octet.toString(16).padStart(2, '0')).join('');
}

function incomplete(header: string): Error {
  return cpimError('IMDN_INCOMPLETE_REQUEST', { header });
}

function addresses(message: CpimMessage, name: string): CpimAddress[] {
  return message.all(IMDN_HEADERS, name).map((header) => addressOf(header, message.liberal));
}

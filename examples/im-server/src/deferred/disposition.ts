/*
 * Disposition notifications that the server makes itself, as the intermediary that stores (RFC 5438 §8): `stored` and `failed`.
 */
import { decodeCpim, encodeCpim, isAnonymous, isNotification, messageIdOf, notificationTarget, popRoute, type CpimMessage } from '@simple-im/cpim';
import { notificationFor } from '@simple-im/cpim/imdn';
import type { Hash } from '@simple-im/digest';
import { bytesOf, parseNameAddr, ProtocolError } from '@simple-im/grammar';
import type { ImMode } from '../internal-ports.js';
import { domainOf, userOf } from './responsibility.js';
import type { DeferredHead, DeferredKind, NewItem } from './store.js';

export interface DispositionsOptions {
  readonly domain: string;
  /** Whether an IMDN-Route names this server. */
  readonly isOwnAddress: (uri: string) => boolean;
  /** Milliseconds that a notification is kept. */
  readonly lifetime: number;
  readonly hash: Hash;
}

/** What the server may say: processing `stored`, delivery `failed`. Never `delivered`, which it cannot know (§12.2). */
export type OwnStatus = 'stored' | 'failed';

const KINDS = { stored: 'processing', failed: 'delivery' } as const;

/** The head of a CPIM message (RFC 3862) at the beginning of a body; undefined for anything else. */
export function cpimHead(contentType: string, beginning: Uint8Array): CpimMessage | undefined {
  if (contentType.split(';', 1)[0]?.trim().toLowerCase() !== 'message/cpim') return undefined;
  return orUndefined(() => decodeCpim(beginning, { liberal: true }));
}

/** What a head says of the kind of message (§7.1.2) and of its Message-ID. */
export function facts(head: CpimMessage | undefined): { readonly kind: DeferredKind; readonly messageId: string | undefined } {
  if (head === undefined) return { kind: 'message', messageId: undefined };
  return { kind: isNotification(head) ? 'notification' : 'message', messageId: orUndefined(() => messageIdOf(head)) };
}

export class Dispositions {
  readonly #options: DispositionsOptions;

  constructor(options: DispositionsOptions) {
    this.#options = options;
  }

  /**
   * The notification for a message, to be stored with the change that it reports; undefined where it was not asked for or has nowhere to
   * go. Never one about a notification. `now`: milliseconds since 1970.
   */
  about(head: DeferredHead, original: CpimMessage | undefined, status: OwnStatus, now: number): NewItem | undefined {
    if (original === undefined || head.kind === 'notification') return undefined;
    return orUndefined(() => this.#about(head, original, status, now));
  }

  #about(head: DeferredHead, original: CpimMessage, status: OwnStatus, now: number): NewItem | undefined {
    const { isOwnAddress, lifetime, domain } = this.#options;
    const messageId = this.#messageId(original, head.recipient, status);
    // A client of RCS names nobody in CPIM; the one it is for is the one it was sent to.
    const recipientUri = original.to[0] === undefined || isAnonymous(original.to[0]) ? head.recipient : original.to[0].uri;
    const made = notificationFor(original, { role: 'intermediary', kind: KINDS[status], status, dateTime: now, messageId, recipientUri });
    const notification = popRoute(made, isOwnAddress);
    const recipient = this.#recipient(head, notification);
    if (recipient === undefined) return undefined;
    return {
      head: {
        kind: 'notification', mode: modeOfNotification(head.mode), recipient, messageId,
        sender: domainOf(head.recipient) === domain ? head.recipient : undefined,
        from: head.to, to: head.from, contentType: 'message/cpim', headers: [], receivedAt: now, expiresAt: now + lifetime, held: false,
      },
      body: encodeCpim(notification),
    };
  }

  /** The same for the same message, however often it is sent again: a client shows it once. As hard to guess as that message's own. */
  #messageId(original: CpimMessage, recipient: string, status: OwnStatus): string {
    const digest = this.#options.hash('SHA-256', bytesOf(`${messageIdOf(original) ?? ''} ${recipient} ${status}`));
    return Array.from(digest.subarray(0, 16), (octet) => octet.toString(16).padStart(2, '0')).join('');
  }

  /**
   * By the route that was recorded (§8), else to whoever was asserted as the sender. A stranger is believed to be elsewhere, never one of
   * ours; somebody anonymous has no address (§12.1.1).
   */
  #recipient({ sender, from }: DeferredHead, notification: CpimMessage): string | undefined {
    const target = notificationTarget(notification);
    const isRouted = target !== undefined && target !== notification.to[0];
    if (isRouted) return userOf(target.uri);
    if (sender !== undefined) return sender;
    const stranger = userOf(parseNameAddr(from).uriText);
    const domain = domainOf(stranger);
    return domain === this.#options.domain || domain === '' || domain.endsWith('.invalid') ? undefined : stranger;
  }
}

/** Small enough for a MESSAGE, whatever the message was. */
function modeOfNotification(mode: ImMode): ImMode {
  return mode === 'session' ? 'session' : 'pager';
}

/** A head that a stranger wrote badly asks for nothing. */
function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!ProtocolError.is(error)) throw error;
    return undefined;
  }
}

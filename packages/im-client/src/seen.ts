import { isNotification, messageIdOf, type CpimMessage } from '@simple-im/cpim';
import type { SipRequest } from '@simple-im/sip';

/** Messages remembered. */
const REMEMBERED = 10_000;

/**
 * What came before: a server that stores messages sends one again rather than lose it, when it does not know whether it arrived, and
 * then the user sees it once.
 */
export class SeenMessages {
  readonly #keys = new Set<string>();

  /**
   * A message with a Message-ID (RFC 5438 §6.3) is known by it, from one sender; a notification whoever hands it over, since one that was
   * stored comes from the server.
   */
  static byMessageId(sender: string, message: CpimMessage): string | undefined {
    const messageId = messageIdOf(message);
    return messageId === undefined ? undefined : `${isNotification(message) ? '' : sender} ${messageId}`;
  }

  /**
   * One without by what makes the request itself (RFC 3261 §8.2.2.2): its sender repeats it through a server that was started anew. A
   * server that has stored it says which request brought it (docs/profile.md).
   */
  static byRequest(sender: string, { callId = '', cseq, fromTag = '', headers }: SipRequest): string {
    return `${sender} ${headers.get('Original-Request') ?? `${callId} ${cseq?.number ?? ''} ${fromTag}`}`;
  }

  has(key: string | undefined): boolean {
    return key !== undefined && this.#keys.has(key);
  }

  /** To be called when the user has it. */
  add(key: string | undefined): void {
    if (key === undefined) return;
    this.#keys.add(key);
    if (this.#keys.size > REMEMBERED) this.#keys.delete(this.#keys.keys().next().value as string);
  }
}

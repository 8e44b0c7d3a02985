import type { SipRequest } from '@simple-im/sip';

/** Messages remembered. */
const REMEMBERED = 1000;

/**
 * What came before: a server that stores messages sends one again rather than lose it, when it does not know whether it arrived, and
 * then the user sees it once.
 */
export class SeenMessages {
  readonly #keys = new Set<string>();

  /** A message with a Message-ID (RFC 5438 §6.3) is known by it, from one sender. */
  static byMessageId(sender: string, messageId: string | undefined): string | undefined {
    return messageId === undefined ? undefined : `${sender} ${messageId}`;
  }

  /** One without is known where a server has dated it: sent again it has the same Call-ID and Date (docs/profile.md). */
  static byRequest({ headers, callId }: SipRequest): string | undefined {
    const date = headers.get('Date');
    return date === undefined || callId === undefined ? undefined : `${callId} ${date}`;
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

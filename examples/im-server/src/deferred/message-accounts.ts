/*
 * What is stored, for message waiting indications (RFC 3842).
 */
import type { MessageAccounts, MessageCounts } from '../internal-ports.js';
import type { Custody } from './custody.js';

export class StoredMessageAccounts implements MessageAccounts {
  onChanged: ((user: string) => void) | undefined;
  readonly #custody: Custody;

  constructor(custody: Custody) {
    this.#custody = custody;
    custody.listen({ changed: (user) => this.onChanged?.(user) });
  }

  /** Instant messages of all modes are one class, that of short texts (RFC 3458 §4); notifications are none. */
  async summary(user: string): Promise<readonly MessageCounts[]> {
    const { newMessages, oldMessages } = await this.#custody.store.counts(user);
    return newMessages + oldMessages === 0 ? [] : [{ context: 'pager-message', newMessages, oldMessages }];
  }
}

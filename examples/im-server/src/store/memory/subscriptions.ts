import type { LoadedSubscription, StoredSubscription, SubscriptionStore } from '../../sip-core/subscription-store.js';

/** Subscriptions that live as long as the process. */
export class MemorySubscriptionStore implements SubscriptionStore {
  readonly durable = false;
  readonly #kept = new Map<string, StoredSubscription>();

  async load(): Promise<readonly LoadedSubscription[]> {
    return [...this.#kept.values()];
  }

  async save(subscription: StoredSubscription): Promise<void> {
    this.#kept.set(subscription.key, subscription);
  }

  async remove(key: string): Promise<void> {
    this.#kept.delete(key);
  }
}

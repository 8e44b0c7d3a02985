/*
 * What users have said of single conversations, whatever their settings say: by the conversation's id, or by the URI of whoever it is with.
 */
import { serverError } from '../errors.js';
import type { HistoryStore } from './store.js';

/** Rules of one user. */
const MAX_RULES = 1000;

export class ConversationRules {
  readonly #store: HistoryStore;
  readonly #rules = new Map<string, Map<string, boolean>>();

  constructor(store: HistoryStore) {
    this.#store = store;
  }

  /** Takes up what was said before a restart. */
  async load(): Promise<void> {
    for (const { user, conversation, active } of await this.#store.rules()) this.#keep(user, conversation, active);
  }

  /** By conversation; undefined for a user who has said nothing. */
  of(user: string): ReadonlyMap<string, boolean> | undefined {
    return this.#rules.get(user);
  }

  /** Rejects with IM_REQUEST_REFUSED beyond what is kept, and as the store does. */
  async set(user: string, conversation: string, active: boolean): Promise<void> {
    const own = this.#rules.get(user);
    if (own !== undefined && own.size >= MAX_RULES && !own.has(conversation)) throw serverError('IM_REQUEST_REFUSED');
    await this.#store.rule({ user, conversation, active });
    this.#keep(user, conversation, active);
  }

  #keep(user: string, conversation: string, active: boolean): void {
    const own = this.#rules.get(user) ?? new Map<string, boolean>();
    this.#rules.set(user, own.set(conversation, active));
  }
}

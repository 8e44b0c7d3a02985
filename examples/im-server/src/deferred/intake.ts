/*
 * Taking something into custody: the one way by which items come into the store, with all that goes into the same commit.
 */
import type { DeferredItem, NewItem } from './store.js';

/** `beginning`: the first octets of the body, 64 KiB at most, in which the head of a CPIM message (RFC 3862) is looked for. */
export type IntakeItem = NewItem & { readonly beginning: Uint8Array };

export interface Intake {
  /**
   * Resolves when the item is on disk, with the `stored` notification if it was asked for. Rejects with IM_QUOTA (status 480),
   * IM_STORE_FULL and IM_STORE_FAILED (503), counted and logged; nothing is stored then.
   */
  take(item: IntakeItem): Promise<DeferredItem>;
}

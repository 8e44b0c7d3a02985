/*
 * Deferred messages as their recipient asks for them (docs/profile.md, "Retrieval of stored messages"). What is fetched is not pushed any
 * more, and stays until it is deleted or expires.
 */
import type { ItemRequest, ListRequest, RetrievalEntry, RetrievalPage } from '@simple-im/sip-events/documents/retrieval';
import type { Clock } from '@simple-im/transport';
import { serverError } from '../errors.js';
import type { Metrics } from '../observe/ports.js';
import type { RetrievalSource } from '../service-session/document-service.js';
import { headerOf, textOf, uriOf } from '../service-session/entry-texts.js';
import { chargingNote } from './charging-note.js';
import type { Custody } from './custody.js';
import type { DeferredItem } from './store.js';

export interface DeferredRetrievalOptions {
  readonly custody: Custody;
  /** Whether charging listens. */
  readonly charged: boolean;
  readonly clock: Clock;
  readonly metrics: Metrics;
}

const PAGE = 100;

export class DeferredRetrieval implements RetrievalSource<DeferredItem> {
  readonly #options: DeferredRetrievalOptions;

  constructor(options: DeferredRetrievalOptions) {
    this.#options = options;
  }

  async list(user: string, { after = 0, max = PAGE, conversation }: ListRequest): Promise<RetrievalPage> {
    if (conversation !== undefined) throw serverError('IM_NOT_FOUND');
    // One more than is told says whether there are more.
    const items = await this.#page(user, after, max + 1);
    const entries = items.slice(0, max).map(entryOf);
    const last = entries.at(-1);
    return { entries, ...(items.length > max && last !== undefined ? { next: last.sequence } : {}) };
  }

  async *items(user: string, { item, conversation }: ItemRequest): AsyncIterable<DeferredItem> {
    if (conversation !== undefined) throw serverError('IM_NOT_FOUND');
    if (item !== undefined) return yield await this.#one(user, item);
    for (let page = await this.#page(user, 0, PAGE); page.length > 0; page = await this.#page(user, page.at(-1)?.sequence ?? 0, PAGE)) yield* page;
  }

  read({ id }: DeferredItem): AsyncIterable<Uint8Array> {
    return this.#options.custody.store.read(id);
  }

  async fetched(user: string, item: DeferredItem): Promise<void> {
    if (item.fetched) return;
    const { custody, charged, clock, metrics } = this.#options;
    const events = charged ? [chargingNote('retrieved', item, clock.date().getTime())] : [];
    await custody.commit({ fetched: [item.id], events }, [user]);
    metrics.count('im_deferred_total', { what: 'retrieved', kind: item.kind });
  }

  /** Notifications are not asked for, so they stay as they are. */
  async delete(user: string, { item, conversation }: ItemRequest): Promise<number> {
    if (conversation !== undefined) throw serverError('IM_NOT_FOUND');
    if (item !== undefined) return this.#remove(user, [await this.#one(user, item)]);
    let count = 0;
    for (let page = await this.#page(user, 0, PAGE); page.length > 0; page = await this.#page(user, page.at(-1)?.sequence ?? 0, PAGE)) {
      count += await this.#remove(user, page);
    }
    return count;
  }

  async record(): Promise<void> {
    throw serverError('IM_REQUEST_REFUSED');
  }

  /** Somebody else's, a notification or one that has expired is not there. */
  async #one(user: string, id: string): Promise<DeferredItem> {
    const { custody, clock } = this.#options;
    const item = await custody.store.find(user, id);
    const isThere = item !== undefined && item.kind === 'message' && item.expiresAt > clock.date().getTime();
    if (!isThere) throw serverError('IM_NOT_FOUND');
    return item;
  }

  #page(user: string, after: number, limit: number): Promise<readonly DeferredItem[]> {
    const { custody, clock } = this.#options;
    return custody.store.list(user, { after, limit }, clock.date().getTime());
  }

  async #remove(user: string, items: readonly DeferredItem[]): Promise<number> {
    const { custody, metrics } = this.#options;
    await custody.commit({ remove: items.map(({ id }) => id) }, [user]);
    metrics.count('im_deferred_total', { what: 'deleted', kind: 'message' }, items.length);
    return items.length;
  }
}

function entryOf({ id, sequence, mode, sender, from, to, headers, receivedAt, expiresAt, contentType, size, fetched }: DeferredItem): RetrievalEntry {
  const subject = headerOf(headers, 'Subject');
  const [fromUri, toUri] = [sender ?? uriOf(from), uriOf(to)];
  return {
    id, sequence, mode,
    ...(fromUri === undefined ? {} : { from: fromUri }),
    ...(toUri === undefined ? {} : { to: toUri }),
    ...(subject === undefined ? {} : { subject: textOf(subject) }),
    received: new Date(receivedAt).toISOString(),
    until: new Date(expiresAt).toISOString(),
    contentType: textOf(contentType), size, fetched,
  };
}

import type { Random } from '@simple-im/transport';
import type {
  DeferredChange, DeferredCounts, DeferredHead, DeferredItem, DeferredStore, Lease, NewItem, Page, Upload,
} from '../../deferred/store.js';
import { serverError } from '../../errors.js';
import { headText, twinText, type HeadText } from '../deferred-head.js';
import { newId } from '../new-id.js';
import type { SqliteDatabase } from './database.js';
import { SqliteUploads } from './uploads.js';

interface Row {
  readonly sequence: number;
  readonly id: string;
  readonly recipient: string;
  readonly kind: DeferredHead['kind'];
  readonly mode: DeferredHead['mode'];
  readonly received_at: number;
  readonly expires_at: number;
  readonly held: 0 | 1;
  readonly fetched: 0 | 1;
  readonly size: number;
  /** {@link HeadText}. */
  readonly head: string;
}

/** Messages in the `deferred_item` table, bodies longer than a piece in `piece`. */
export class SqliteDeferredStore implements DeferredStore {
  readonly #database: SqliteDatabase;
  readonly #random: Random;
  readonly #uploads: SqliteUploads;

  constructor(database: SqliteDatabase, random: Random) {
    this.#database = database;
    this.#random = random;
    this.#uploads = new SqliteUploads(database, 'deferred');
  }

  async commit(change: DeferredChange): Promise<readonly DeferredItem[]> {
    const { add = [], remove = [], fetched = [], release, lease, events = [] } = change;
    const octets = add.reduce((sum, item) => sum + ('body' in item ? item.body.length : 0), 0);
    const rows = await this.#database.runWith(octets, 'deferred.commit', {
      add: add.map((item) => this.#written(item)), remove, fetched, release, lease,
      events: events.map(({ topic, payload }) => ({ topic, payload: JSON.stringify(payload) })),
    });
    for (const item of add) if ('upload' in item) this.#uploads.end(item.upload);
    return itemsOf(rows);
  }

  async upload(recipient: string): Promise<Upload> {
    return this.#uploads.start(newId(this.#random), recipient);
  }

  async waiting(recipient: string, { after, limit }: Page, now: number): Promise<readonly DeferredItem[]> {
    return itemsOf(await this.#database.run('deferred.waiting', recipient, after, limit, now));
  }

  async list(recipient: string, { after, limit }: Page, now: number): Promise<readonly DeferredItem[]> {
    return itemsOf(await this.#database.run('deferred.list', recipient, after, limit, now));
  }

  async find(recipient: string, id: string): Promise<DeferredItem | undefined> {
    const row = (await this.#database.run('deferred.find', recipient, id)) as Row | undefined;
    return row === undefined ? undefined : itemOf(row);
  }

  async *read(id: string): AsyncIterable<Uint8Array> {
    for (let number = 0, more = true; more; number++) {
      const piece = (await this.#database.runPiece('deferred.read', id, number)) as { readonly octets: Uint8Array; readonly more: boolean } | undefined;
      if (piece === undefined) throw serverError('IM_ITEM_GONE');
      if (piece.octets.length > 0) yield piece.octets;
      more = piece.more;
    }
  }

  async counts(recipient: string): Promise<DeferredCounts> {
    return ((await this.#database.run('deferred.counts', recipient)) ?? { newMessages: 0, oldMessages: 0, octets: 0 }) as DeferredCounts;
  }

  async expired(now: number, limit: number): Promise<readonly DeferredItem[]> {
    return itemsOf(await this.#database.run('deferred.expired', now, limit));
  }

  async nextExpiry(): Promise<number | undefined> {
    return (await this.#database.run('deferred.next-expiry')) as number | undefined;
  }

  async recipients(after: string, limit: number): Promise<readonly string[]> {
    return (await this.#database.run('deferred.recipients', after, limit)) as readonly string[];
  }

  async lease(recipient: string, holder: string, now: number, until: number): Promise<Lease | undefined> {
    const fence = (await this.#database.run('deferred.lease', recipient, holder, now, until)) as number | undefined;
    return fence === undefined ? undefined : { recipient, holder, fence };
  }

  async unlease(lease: Lease): Promise<void> {
    await this.#database.run('deferred.unlease', lease);
  }

  async events(topic: string, limit: number): Promise<readonly { readonly id: number; readonly payload: unknown }[]> {
    const rows = (await this.#database.run('outbox.events', topic, limit)) as readonly { readonly id: number; readonly payload: string }[];
    return rows.map(({ id, payload }) => ({ id, payload: JSON.parse(payload) as unknown }));
  }

  async settle(ids: readonly number[]): Promise<void> {
    await this.#database.run('outbox.settle', ids);
  }

  /** What the thread is given of a new item. */
  #written(item: NewItem): unknown {
    const { head } = item;
    const { kind, mode, recipient, receivedAt, expiresAt, held } = head;
    const fields = { kind, mode, recipient, receivedAt, expiresAt, held, head: headText(head), twin: twinText(head) };
    if ('upload' in item) return { ...fields, id: item.upload, ...this.#uploads.lastOf(item.upload, recipient) };
    // A copy: crossing to the thread would take everything with it that this may be a view of.
    return { ...fields, id: newId(this.#random), isUpload: false, body: item.body.slice() };
  }
}

const itemsOf = (rows: unknown): readonly DeferredItem[] => (rows as readonly Row[]).map(itemOf);

function itemOf(row: Row): DeferredItem {
  const { sequence, id, recipient, kind, mode, size } = row;
  const { sender, from, to, messageId, contentType, headers } = JSON.parse(row.head) as HeadText;
  return {
    kind, mode, recipient, sender, from, to, messageId, contentType, headers, receivedAt: row.received_at, expiresAt: row.expires_at,
    held: row.held === 1, id, sequence, size, fetched: row.fetched === 1,
  };
}

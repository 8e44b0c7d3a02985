import type { Random } from '@simple-im/transport';
import type {
  DeferredChange, DeferredCounts, DeferredHead, DeferredItem, DeferredStore, Lease, NewItem, OutboxEvent, Page, Upload,
} from '../../deferred/store.js';
import { serverError } from '../../errors.js';
import { headText, twinText } from '../deferred-head.js';
import { PIECE_OCTETS, type StoreLimits } from '../limits.js';
import { newId } from '../new-id.js';
import { MemoryUploads } from './uploads.js';

interface Kept {
  readonly item: DeferredItem;
  readonly body: Uint8Array;
  readonly octets: number;
}

/** Messages that are kept as long as the process lives: for tests, and for trying things out. */
export class MemoryDeferredStore implements DeferredStore {
  readonly #random: Random;
  readonly #limits: StoreLimits;
  readonly #uploads: MemoryUploads;
  /** By id, in the order of their sequence. */
  readonly #kept = new Map<string, Kept>();
  /** Of each user, by id; users without any are left out. */
  readonly #ofUser = new Map<string, Map<string, Kept>>();
  /** Ids by what tells a repeated message. */
  readonly #twins = new Map<string, string>();
  readonly #octets = new Map<string, number>();
  #total = 0;
  readonly #leases = new Map<string, Lease & { readonly until: number }>();
  #outbox: (OutboxEvent & { readonly id: number })[] = [];
  #sequence = 0;
  #fence = 0;
  #event = 0;

  constructor(random: Random, limits: StoreLimits) {
    this.#random = random;
    this.#limits = limits;
    this.#uploads = new MemoryUploads((recipient, octets) => {
      this.#refuseBeyond(new Map([[recipient, octets]]));
      this.#charge(recipient, octets);
    });
  }

  async commit(change: DeferredChange): Promise<readonly DeferredItem[]> {
    const { add = [], remove = [], fetched = [], release, lease, events = [] } = change;
    if (lease !== undefined && !this.#isHeld(lease)) throw serverError('IM_LEASE_LOST');
    this.#refuseBeyond(this.#growth(add, remove));
    for (const id of remove) this.#remove(id);
    for (const id of fetched) this.#change(id, { fetched: true });
    if (release !== undefined) for (const { item } of this.#of(release)) if (item.held) this.#change(item.id, { held: false });
    for (const { topic, payload } of events) this.#outbox.push({ id: ++this.#event, topic, payload: structuredClone(payload) });
    return add.map((item) => this.#add(item));
  }

  async upload(recipient: string): Promise<Upload> {
    return this.#uploads.start(newId(this.#random), recipient);
  }

  async waiting(recipient: string, page: Page, now: number): Promise<readonly DeferredItem[]> {
    return this.#page(recipient, page, (item) => !item.held && !item.fetched && item.expiresAt > now);
  }

  async list(recipient: string, page: Page, now: number): Promise<readonly DeferredItem[]> {
    return this.#page(recipient, page, (item) => item.kind === 'message' && item.expiresAt > now);
  }

  async find(recipient: string, id: string): Promise<DeferredItem | undefined> {
    return this.#ofUser.get(recipient)?.get(id)?.item;
  }

  async *read(id: string): AsyncIterable<Uint8Array> {
    const body = this.#kept.get(id)?.body;
    if (body === undefined) throw serverError('IM_ITEM_GONE');
    for (let at = 0; at < body.length; at += PIECE_OCTETS) yield body.slice(at, at + PIECE_OCTETS);
  }

  async counts(recipient: string): Promise<DeferredCounts> {
    const messages = this.#of(recipient).filter(({ item }) => item.kind === 'message');
    const oldMessages = messages.filter(({ item }) => item.fetched).length;
    return { newMessages: messages.length - oldMessages, oldMessages, octets: this.#octets.get(recipient) ?? 0 };
  }

  async expired(now: number, limit: number): Promise<readonly DeferredItem[]> {
    const gone = [...this.#kept.values()].map(({ item }) => item).filter((item) => item.expiresAt <= now);
    return gone.sort((a, b) => a.expiresAt - b.expiresAt || a.sequence - b.sequence).slice(0, limit);
  }

  async nextExpiry(): Promise<number | undefined> {
    let next: number | undefined;
    for (const { item } of this.#kept.values()) if (next === undefined || item.expiresAt < next) next = item.expiresAt;
    return next;
  }

  async recipients(after: string, limit: number): Promise<readonly string[]> {
    const waiting = [...this.#ofUser.keys()].filter((user) => user > after && this.#of(user).some(({ item }) => !item.held && !item.fetched));
    return waiting.sort().slice(0, limit);
  }

  async lease(recipient: string, holder: string, now: number, until: number): Promise<Lease | undefined> {
    const current = this.#leases.get(recipient);
    if (current !== undefined && current.holder !== holder && current.until > now) return undefined;
    const fence = current?.holder === holder ? current.fence : ++this.#fence;
    this.#leases.set(recipient, { recipient, holder, fence, until });
    return { recipient, holder, fence };
  }

  async unlease(lease: Lease): Promise<void> {
    if (this.#isHeld(lease)) this.#leases.delete(lease.recipient);
  }

  async events(topic: string, limit: number): Promise<readonly { readonly id: number; readonly payload: unknown }[]> {
    return this.#outbox.filter((event) => event.topic === topic).slice(0, limit).map(({ id, payload }) => ({ id, payload }));
  }

  async settle(ids: readonly number[]): Promise<void> {
    this.#outbox = this.#outbox.filter(({ id }) => !ids.includes(id));
  }

  #of(recipient: string): readonly Kept[] {
    return [...this.#ofUser.get(recipient)?.values() ?? []];
  }

  #page(recipient: string, { after, limit }: Page, fits: (item: DeferredItem) => boolean): readonly DeferredItem[] {
    return this.#of(recipient).map(({ item }) => item).filter((item) => item.sequence > after && fits(item)).slice(0, limit);
  }

  #isHeld({ recipient, holder, fence }: Lease): boolean {
    const current = this.#leases.get(recipient);
    return current?.holder === holder && current.fence === fence;
  }

  /** By how many octets each user's account would grow. */
  #growth(add: readonly NewItem[], remove: readonly string[]): ReadonlyMap<string, number> {
    const growth = new Map<string, number>();
    const grow = (recipient: string, octets: number): void => void growth.set(recipient, (growth.get(recipient) ?? 0) + octets);
    const removed = new Set(remove);
    for (const id of removed) {
      const kept = this.#kept.get(id);
      if (kept !== undefined) grow(kept.item.recipient, -kept.octets);
    }
    const added = new Set<string>();
    for (const item of add) {
      const { recipient } = item.head;
      // What was uploaded is in the account already.
      const uploaded = 'upload' in item ? this.#uploads.sizeOf(item.upload, recipient) : 0;
      const twin = twinText(item.head);
      const known = twin === undefined ? undefined : this.#twins.get(twin);
      const isThere = (known !== undefined && !removed.has(known)) || (twin !== undefined && added.has(twin));
      if (twin !== undefined) added.add(twin);
      grow(recipient, isThere ? -uploaded : headOctets(item.head) + ('body' in item ? item.body.length : 0));
    }
    return growth;
  }

  #refuseBeyond(growth: ReadonlyMap<string, number>): void {
    let total = this.#total;
    for (const [recipient, octets] of growth) {
      const grown = (this.#octets.get(recipient) ?? 0) + octets;
      if (octets > 0 && grown > this.#limits.deferred) throw serverError('IM_QUOTA', { detail: `--deferred-quota ${this.#limits.deferred}` });
      total += octets;
    }
    if (total > this.#limits.total && total > this.#total) throw serverError('IM_STORE_FULL', { detail: `--store-limit ${this.#limits.total}` });
  }

  #charge(recipient: string, octets: number): void {
    this.#total += octets;
    const grown = (this.#octets.get(recipient) ?? 0) + octets;
    if (grown === 0) this.#octets.delete(recipient);
    else this.#octets.set(recipient, grown);
  }

  #add(item: NewItem): DeferredItem {
    const { head } = item;
    const body = 'body' in item ? item.body.slice() : this.#uploads.take(item.upload);
    const twin = twinText(head);
    const known = twin === undefined ? undefined : this.#kept.get(this.#twins.get(twin) ?? '');
    if (known !== undefined) return known.item;
    const id = 'upload' in item ? item.upload : newId(this.#random);
    const stored: DeferredItem = { ...structuredClone(head), id, sequence: ++this.#sequence, size: body.length, fetched: false };
    this.#put({ item: stored, body, octets: headOctets(head) + body.length });
    if (twin !== undefined) this.#twins.set(twin, id);
    this.#charge(head.recipient, headOctets(head) + body.length);
    return stored;
  }

  #put(kept: Kept): void {
    const { id, recipient } = kept.item;
    this.#kept.set(id, kept);
    const own = this.#ofUser.get(recipient) ?? new Map<string, Kept>();
    this.#ofUser.set(recipient, own.set(id, kept));
  }

  #change(id: string, fields: { readonly fetched: true } | { readonly held: false }): void {
    const kept = this.#kept.get(id);
    if (kept !== undefined) this.#put({ ...kept, item: { ...kept.item, ...fields } });
  }

  #remove(id: string): void {
    const kept = this.#kept.get(id);
    if (kept === undefined) return;
    const { recipient } = kept.item;
    this.#kept.delete(id);
    const own = this.#ofUser.get(recipient);
    own?.delete(id);
    if (own?.size === 0) this.#ofUser.delete(recipient);
    const twin = twinText(kept.item);
    if (twin !== undefined) this.#twins.delete(twin);
    this.#charge(recipient, -kept.octets);
  }
}

const headOctets = (head: DeferredHead): number => Buffer.byteLength(headText(head));

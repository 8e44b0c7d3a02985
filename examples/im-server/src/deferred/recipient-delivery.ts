/*
 * Pushing to one recipient: under a lease, in order, run by run, until nothing waits or the recipient is away.
 */
import { ProtocolError } from '@simple-im/grammar';
import type { Log, Metrics } from '../observe/ports.js';
import { chargingNote } from './charging-note.js';
import type { Custody } from './custody.js';
import { BEGINNING } from './deferred-messages.js';
import { cpimHead, type Dispositions } from './disposition.js';
import { HeldLease, type HeldLeaseOptions } from './held-lease.js';
import type { Push, PushOutcome, Run } from './push.js';
import type { DeferredItem, Lease, NewItem } from './store.js';
import { WaitingItems } from './waiting-items.js';

export interface RecipientDeliveryOptions extends HeldLeaseOptions {
  readonly custody: Custody;
  readonly dispositions: Dispositions;
  /** One MESSAGE for each: pager messages, and notifications where there is no other way. */
  readonly asMessage: Push;
  /** MSRP: large messages, those of sessions, and notifications. */
  readonly inSession: Push;
  readonly charged: boolean;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** `elsewhere`: another node pushes to this recipient. */
export type DeliveryEnd = 'empty' | 'away' | 'elsewhere';

export class RecipientDelivery {
  readonly #recipient: string;
  readonly #options: RecipientDeliveryOptions;
  readonly #waiting: WaitingItems;
  /** What the recipient got by another way in the meantime. */
  #hasProgressed = false;
  readonly #withdrawn = new Set<string>();
  /** Which notifications go as MESSAGEs: those about sessions go in one where the device takes that. */
  #asMessages: 'none' | 'pager' | 'all';

  constructor(recipient: string, options: RecipientDeliveryOptions, asMessages: 'none' | 'pager' | 'all') {
    this.#recipient = recipient;
    this.#asMessages = asMessages;
    this.#options = options;
    this.#waiting = new WaitingItems(recipient, options.custody.store, options.clock);
  }

  /** Something was taken or refused: the user is there. */
  get hasProgressed(): boolean {
    return this.#hasProgressed;
  }

  withdraw(id: string): void {
    this.#withdrawn.add(id);
  }

  /** Rejects with what the store says: IM_LEASE_LOST, IM_STORE_FAILED. */
  async run(): Promise<DeliveryEnd> {
    if (await this.#waiting.peek() === undefined) return 'empty';
    const lease = await HeldLease.of(this.#recipient, this.#options);
    if (lease === undefined) return 'elsewhere';
    try {
      return await this.#pushAll(lease);
    } finally {
      await this.#removeWithdrawn(lease);
      await lease.end();
    }
  }

  /** What the run did not come to. */
  async #removeWithdrawn(lease: HeldLease): Promise<void> {
    const remove = [...this.#withdrawn];
    if (remove.length > 0 && !lease.isLost) await this.#options.custody.commit({ remove, lease: lease.current }, [this.#recipient]);
  }

  async #pushAll(lease: HeldLease): Promise<DeliveryEnd> {
    for (let first = await this.#next(lease); first !== undefined; first = await this.#next(lease)) {
      const end = await this.#wayOf(first).push(this.#runFrom(first, lease));
      if (end === 'unsupported' && first.kind === 'notification') this.#sendAsMessages(first);
      else if (end !== 'done' || lease.isLost) return 'away';
    }
    return 'empty';
  }

  /** Beyond what was withdrawn, which is settled on the way. */
  async #next(lease: HeldLease): Promise<DeferredItem | undefined> {
    for (let item = await this.#waiting.peek(); item !== undefined; item = await this.#waiting.peek()) {
      if (!this.#withdrawn.delete(item.id)) return item;
      await this.#settle(item, { result: 'taken' }, lease.current);
      this.#waiting.advance();
    }
    return undefined;
  }

  #runFrom(first: DeferredItem, lease: HeldLease): Run {
    const { custody } = this.#options;
    const way = this.#wayOf(first);
    const isOfRun = (item: DeferredItem): boolean =>
      this.#wayOf(item) === way && (way === this.#options.asMessage || (item.kind === first.kind && (item.kind === 'notification' || isSameSender(item, first))));
    return {
      recipient: this.#recipient,
      sender: first.sender,
      kind: first.kind,
      get lease(): Lease {
        return lease.current;
      },
      next: async () => {
        const item = lease.isLost ? undefined : await this.#next(lease);
        if (item === undefined || !isOfRun(item)) return undefined;
        this.#waiting.advance();
        return item;
      },
      read: (item) => custody.store.read(item.id),
      settle: (item, outcome) => this.#settle(item, outcome, lease.current),
    };
  }

  #wayOf({ kind, mode }: DeferredItem): Push {
    const { asMessage, inSession } = this.#options;
    if (kind === 'message') return mode === 'pager' ? asMessage : inSession;
    return this.#asMessages === 'all' || this.#asMessages === mode ? asMessage : inSession;
  }

  /** The notifications from this one on. */
  #sendAsMessages(first: DeferredItem): void {
    this.#asMessages = 'all';
    this.#waiting.returnTo(first);
  }

  async #settle(item: DeferredItem, outcome: PushOutcome, lease: Lease): Promise<void> {
    const { custody, charged, clock, log, metrics } = this.#options;
    const what = outcome.result === 'taken' ? 'delivered' : 'refused';
    const now = clock.date().getTime();
    const notice = what === 'refused' ? await this.#failure(item, now) : [];
    const events = charged ? [chargingNote(what, item, now)] : [];
    await custody.commit({ remove: [item.id], add: notice, events, lease }, [item.recipient]);
    this.#hasProgressed = true;
    metrics.count('im_deferred_total', { what, kind: item.kind });
    const status = outcome.result === 'refused' ? { status: outcome.status } : {};
    log.debug({ id: item.id, recipient: item.recipient, kind: item.kind, ...status }, what);
  }

  async #failure(item: DeferredItem, now: number): Promise<readonly NewItem[]> {
    const { custody, dispositions } = this.#options;
    const notice = dispositions.about(item, await headOf(custody, item), 'failed', now);
    return notice === undefined ? [] : [notice];
  }
}

/** The head of a stored CPIM message; undefined for one that was removed in the meantime as well. */
export async function headOf({ store }: Custody, item: DeferredItem): Promise<ReturnType<typeof cpimHead>> {
  try {
    for await (const piece of store.read(item.id)) return cpimHead(item.contentType, piece.subarray(0, BEGINNING));
  } catch (error) {
    if (!ProtocolError.is(error) || error.code !== 'IM_ITEM_GONE') throw error;
  }
  return undefined;
}

function isSameSender(item: DeferredItem, first: DeferredItem): boolean {
  return item.sender === first.sender && item.from === first.from;
}


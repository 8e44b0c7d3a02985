/*
 * The Deferred Messaging Function takes messages into custody: on disk first, then a promise to anybody (RFC 3428 §7).
 */
import type { Clock } from '@simple-im/transport';
import { serverError } from '../errors.js';
import type { Deferral, RequestIdentity, StoredMessage, UndeliveredMessage } from '../internal-ports.js';
import type { Log, Metrics } from '../observe/ports.js';
import type { Soon } from '../soon.js';
import type { Custody } from './custody.js';
import { cpimHead, facts, type Dispositions } from './disposition.js';
import { chargingNote } from './charging-note.js';
import { requestName } from './request-name.js';
import { isOurs, type Responsibility } from './responsibility.js';
import type { DeferredHead, DeferredItem, NewItem } from './store.js';

/** What of a delivery matters here. */
export interface Queue {
  /** Something older waits for this user, who is there. */
  isQueued(recipient: string): Soon<boolean>;
  /** The recipient's devices have just failed to take what is about to be stored. */
  attempted(recipient: string): void;
  /** Takes an item out of what is being pushed; false where nothing is being pushed to this user. */
  withdraw(recipient: string, id: string): boolean;
  /** A device of this user has answered: what waits is pushed now. */
  available(recipient: string): void;
}

export interface DeferredMessagesOptions {
  readonly custody: Custody;
  readonly dispositions: Dispositions;
  readonly responsibility: Responsibility;
  readonly queue: Queue;
  /** Milliseconds that a message is kept whose sender sets no end. */
  readonly lifetime: number;
  /** Whether charging listens. */
  readonly charged: boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** What comes into custody; a head without what its body says itself. */
export type IntakeItem = Omit<NewItem, 'head'> & {
  readonly head: Omit<DeferredHead, 'kind' | 'messageId' | 'receivedAt' | 'expiresAt'> & { readonly expiresAt: number | undefined };
  /** The first octets of the body, 64 KiB at most, in which the head of a CPIM message (RFC 3862) is looked for. */
  readonly beginning: Uint8Array;
  readonly request?: RequestIdentity | undefined;
  readonly attempted: boolean;
  /** Octets. */
  readonly size: number;
} & ({ readonly body: Uint8Array } | { readonly upload: string });

/** The octets of a body in which its head is looked for. */
export const BEGINNING = 65_536;

export class DeferredMessages implements Deferral {
  readonly #options: DeferredMessagesOptions;

  constructor(options: DeferredMessagesOptions) {
    this.#options = options;
  }

  isOurs({ mode, recipient, contentType, body }: UndeliveredMessage): boolean {
    const { kind } = facts(cpimHead(contentType, body.subarray(0, BEGINNING)));
    return isOurs(this.#options.responsibility, { kind, mode, recipient });
  }

  async accept({ body, request, attempted, ...head }: UndeliveredMessage): Promise<StoredMessage> {
    const { recipient, id } = await this.take({ head, body, request, attempted, size: body.length, beginning: body.subarray(0, BEGINNING) });
    return { recipient, id };
  }

  /**
   * The one way by which messages of users come into the store. Resolves when the item is on disk, with the `stored` notification if that was
   * asked for. Rejects with IM_EXPIRED, IM_QUOTA (status 480), IM_STORE_FULL and IM_STORE_FAILED (503); nothing is stored then.
   */
  async take({ head: given, beginning, request, attempted, size, ...body }: IntakeItem): Promise<DeferredItem> {
    const { custody, dispositions, queue, lifetime, charged, clock, log, metrics } = this.#options;
    const now = clock.date().getTime();
    const cpim = cpimHead(given.contentType, beginning);
    const { kind, messageId = request && requestName(request) } = facts(cpim);
    const head: DeferredHead = { ...given, kind, messageId, receivedAt: now, expiresAt: given.expiresAt ?? now + lifetime };
    if (head.expiresAt <= now) throw serverError('IM_EXPIRED');
    const notice = dispositions.about(head, cpim, 'stored', now);
    if (attempted) queue.attempted(head.recipient);
    const [item] = await custody.commit({
      add: [{ head, ...body }, ...(notice === undefined ? [] : [notice])],
      events: charged ? [chargingNote('stored', { ...head, size }, now)] : [],
    });
    if (item === undefined) throw serverError('IM_STORE_FAILED');
    metrics.count('im_deferred_total', { what: 'stored', kind: head.kind });
    log.debug({ id: item.id, recipient: head.recipient, kind: head.kind, mode: head.mode, size }, 'stored');
    return item;
  }

  async delivered({ recipient, id }: StoredMessage): Promise<void> {
    const { custody, queue, charged, clock, metrics } = this.#options;
    if (queue.withdraw(recipient, id)) return;
    const item = await custody.store.find(recipient, id);
    if (item === undefined) return;
    const events = charged ? [chargingNote('delivered', item, clock.date().getTime())] : [];
    await custody.commit({ remove: [id], events }, [recipient]);
    metrics.count('im_deferred_total', { what: 'delivered', kind: item.kind });
    queue.available(recipient);
  }

  isQueued(recipient: string): Soon<boolean> {
    return this.#options.queue.isQueued(recipient);
  }
}


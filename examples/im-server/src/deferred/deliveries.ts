/*
 * Who is being pushed to: one delivery for each recipient, so many at once, again after a while where the recipient was away.
 */
import { ProtocolError } from '@simple-im/grammar';
import type { Clock, Timer } from '@simple-im/transport';
import type { Availability, Delivery } from '../internal-ports.js';
import type { Log, Metrics } from '../observe/ports.js';
import type { Soon } from '../soon.js';
import type { Queue } from './deferred-messages.js';
import { domainOf } from './responsibility.js';
import { RecipientDelivery, type RecipientDeliveryOptions } from './recipient-delivery.js';

export interface DeliveriesOptions extends RecipientDeliveryOptions {
  readonly availability: Availability;
  /** The domain we serve: users of others are taken to be there, since nobody tells us. */
  readonly domain: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Recipients pushed to at once; the others wait for their turn. */
const MAX_AT_ONCE = 64;
/** Milliseconds until an absent recipient is tried again, unless a registration comes first: the first time, and the longest. */
const FIRST_RETRY = 30_000;
/** The same for one who has just taken something. */
const SOON = 2000;
const LONGEST_RETRY = 1_800_000;
/** Recipients asked of the store at once, at the start. */
const PAGE = 1000;

/** A recipient for whom something waits and who is there, as far as is known. */
interface Entry {
  state: 'queued' | 'running' | 'waiting';
  delivery: RecipientDelivery | undefined;
  /** Something was stored since, or the recipient came back. */
  again: boolean;
  /** Whether something waits is known. */
  known: boolean;
  /** What waits has just been stored, for somebody who is there: a notification is as any other MESSAGE then. */
  fresh: boolean;
  retry: number;
  /** Milliseconds of the clock: when the last try ended. */
  tried: number;
  timer: Timer | undefined;
}

export class Deliveries implements Delivery, Queue {
  readonly #options: DeliveriesOptions;
  readonly #entries = new Map<string, Entry>();
  /** Whose turn comes, in order. */
  readonly #turns = new Set<string>();
  #running = 0;
  #closed = false;
  #idle: (() => void) | undefined;

  constructor(options: DeliveriesOptions) {
    this.#options = options;
    options.custody.listen({
      stored: (items) => { for (const { recipient, held, fetched } of items) if (!held && !fetched) this.#stored(recipient); },
    });
  }

  /** Takes up what waits for users of other domains; ours are heard of when they register. */
  start(): void {
    this.#takeUp().catch((error: unknown) => this.#options.log.error({ err: error }, 'what waits for users of other domains could not be taken up'));
  }

  async #takeUp(): Promise<void> {
    const { custody, domain } = this.#options;
    for (let after = '', more = true; more && !this.#closed;) {
      const recipients = await custody.store.recipients(after, PAGE);
      for (const recipient of recipients) if (domainOf(recipient) !== domain) this.#want(recipient);
      more = recipients.length === PAGE;
      after = recipients.at(-1) ?? after;
    }
  }

  /** Begins nothing more; resolves when what is under way has ended or `patience` milliseconds are over. */
  async close(patience: number): Promise<void> {
    this.#closed = true;
    for (const { timer } of this.#entries.values()) timer?.cancel();
    if (this.#running === 0) return;
    let timer: Timer | undefined;
    await new Promise<void>((resolve) => {
      this.#idle = resolve;
      timer = this.#options.clock.setTimer(patience, resolve);
    });
    timer?.cancel();
  }

  available(aor: string): void {
    this.#want(aor);
  }

  attempted(recipient: string): void {
    const isNew = !this.#entries.has(recipient) && this.#isThere(recipient) && !this.#closed;
    if (isNew) this.#startWaiting(recipient, this.#add(recipient));
  }

  isQueued(recipient: string): Soon<boolean> {
    const entry = this.#entries.get(recipient);
    const isThere = this.#isThere(recipient);
    if (entry === undefined && isThere) return false;
    // Who is not there may be by the time that a device is looked for.
    return (isThere && entry?.known === true) || this.#hasWaiting(recipient);
  }

  async #hasWaiting(recipient: string): Promise<boolean> {
    const { custody, clock } = this.#options;
    return (await custody.store.waiting(recipient, { after: 0, limit: 1 }, clock.date().getTime())).length > 0;
  }

  #stored(recipient: string): void {
    const known = this.#entries.get(recipient);
    if (known !== undefined) known.known = true;
    // Who was away a moment ago is not asked anew for each message.
    const isTooSoon = known?.state === 'waiting' && this.#options.clock.now() < known.tried + FIRST_RETRY;
    if (isTooSoon || !this.#isThere(recipient) || this.#closed) return;
    if (known === undefined) Object.assign(this.#add(recipient), { known: true, fresh: true });
    this.#want(recipient);
  }

  withdraw(recipient: string, id: string): boolean {
    const delivery = this.#entries.get(recipient)?.delivery;
    delivery?.withdraw(id);
    return delivery !== undefined;
  }

  #isThere(recipient: string): boolean {
    const { availability, domain } = this.#options;
    return domainOf(recipient) !== domain || availability.isAvailable(recipient);
  }

  #add(recipient: string): Entry {
    const entry: Entry = {
      state: 'waiting', delivery: undefined, again: false, known: false, fresh: false, retry: FIRST_RETRY, tried: -FIRST_RETRY, timer: undefined,
    };
    this.#entries.set(recipient, entry);
    return entry;
  }

  #want(recipient: string): void {
    if (this.#closed) return;
    const entry = this.#entries.get(recipient) ?? this.#add(recipient);
    if (entry.state === 'running') {
      entry.again = true;
      return;
    }
    entry.timer?.cancel();
    entry.state = 'queued';
    this.#turns.add(recipient);
    this.#nextTurns();
  }

  #nextTurns(): void {
    for (const recipient of this.#turns) {
      if (this.#running >= MAX_AT_ONCE || this.#closed) return;
      this.#turns.delete(recipient);
      const entry = this.#entries.get(recipient);
      if (entry !== undefined) void this.#run(recipient, entry);
    }
  }

  async #run(recipient: string, entry: Entry): Promise<void> {
    entry.state = 'running';
    entry.again = false;
    this.#count(1);
    const isElsewhere = domainOf(recipient) !== this.#options.domain;
    const delivery = new RecipientDelivery(recipient, this.#options, isElsewhere ? 'all' : entry.fresh ? 'pager' : 'none');
    entry.fresh = false;
    entry.delivery = delivery;
    const end = await delivery.run().catch((error: unknown) => this.#failed(recipient, error));
    entry.delivery = undefined;
    entry.state = 'waiting';
    this.#count(-1);
    if (this.#closed) return this.#running === 0 ? this.#idle?.() : undefined;
    if (end === 'empty') Object.assign(entry, { retry: FIRST_RETRY, known: false });
    // Busy for a moment, as a device is that still has the sessions of the messages before.
    else if (delivery.hasProgressed) entry.retry = SOON;
    if (entry.again) this.#want(recipient);
    else if (end === 'empty') this.#entries.delete(recipient);
    else this.#startWaiting(recipient, entry);
    this.#nextTurns();
  }

  /** What the store says is said again by the next try; anything else is a mistake of ours. */
  #failed(recipient: string, error: unknown): 'away' {
    const { log } = this.#options;
    if (ProtocolError.is(error)) log.warn({ recipient, code: error.code }, 'a delivery was broken off');
    else log.error({ recipient, err: error }, 'a delivery failed');
    return 'away';
  }

  #startWaiting(recipient: string, entry: Entry): void {
    const { clock } = this.#options;
    entry.tried = clock.now();
    const delay = entry.retry;
    entry.retry = Math.min(2 * delay, LONGEST_RETRY);
    entry.timer = clock.setTimer(delay, () => {
      if (this.#isThere(recipient)) this.#want(recipient);
      // The next registration begins anew.
      else this.#entries.delete(recipient);
    });
  }

  #count(change: 1 | -1): void {
    this.#running += change;
    this.#options.metrics.gauge('im_deliveries_active', this.#running);
  }
}

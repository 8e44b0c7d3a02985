/* The book of one trial: what was sent, acknowledged and shown, and what was said about it. */
import { Progress } from './progress.js';

interface Entry {
  readonly octets: number;
  acknowledged: 'no' | 'delivered' | 'stored';
  shown: number;
}

/** The messages of one sender to one recipient, numbered from 1. */
class Lane {
  readonly entries: Entry[] = [];
  /** Numbers as they were shown, each the first time. */
  readonly order: number[] = [];
}

/** Where a message says which one it is. */
const LABEL = /\[(\w+>\w+)#(\d+)\]/;

/** What the verdict counts; those of the second line must be 0. */
export interface Counts {
  readonly sent: number;
  readonly acknowledged: number;
  readonly stored: number;
  readonly shown: number;
  readonly shownUnacknowledged: number;
  readonly repeated: number;
  readonly notified: number;
  readonly lost: number;
  readonly shownTwice: number;
  readonly reordered: number;
  /** Unacknowledged, and shown after a later one. */
  readonly late: number;
  readonly strange: number;
  /** Shown, and its sender was not told that it was delivered. */
  readonly undelivered: number;
  readonly notificationsLost: number;
  readonly notificationsShownTwice: number;
}

export class Ledger {
  readonly acknowledgements = new Progress();
  readonly shows = new Progress();
  /** What is wrong, in words; the first few of each kind. */
  readonly faults: string[] = [];
  readonly #lanes = new Map<string, Lane>();
  /** By Message-ID and kind: how often the sender was told. */
  readonly #notified = new Map<string, number>();
  /** What a recipient said, and the server answered for, and its sender has not been told. */
  readonly #untold = new Set<string>();
  #saying = 0;
  readonly #shownIds = new Set<string>();
  /** Acknowledged and not shown. */
  #awaited = 0;
  #arrivals = 0;
  #strange = 0;

  /** Begins a message; gives its number and text, `octets` long at least. */
  write(lane: string, octets: number): { readonly number: number; readonly text: string } {
    const entries = this.#lane(lane).entries;
    const number = entries.length + 1;
    entries.push({ octets, acknowledged: 'no', shown: 0 });
    return { number, text: textOf(lane, number, octets) };
  }

  acknowledged(lane: string, number: number, status: number): void {
    const entry = this.#lane(lane).entries[number - 1] as Entry;
    entry.acknowledged = status === 202 ? 'stored' : 'delivered';
    if (entry.shown === 0) this.#awaited += 1;
    this.acknowledgements.step();
  }

  /** Octets of messages on the way to a recipient. */
  arrived(text: string): void {
    this.#arrivals += text.match(new RegExp(LABEL, 'g'))?.length ?? 0;
  }

  shown(text: string, messageId: string | undefined): void {
    const [, name = '', digits = ''] = LABEL.exec(text) ?? [];
    const lane = this.#lanes.get(name);
    const entry = lane?.entries[Number(digits) - 1];
    if (lane === undefined || entry === undefined || textOf(name, Number(digits), entry.octets) !== text) {
      this.#strange += 1;
      this.#fault(`shown, but never sent: ${text.slice(0, 80)}`);
      return;
    }
    entry.shown += 1;
    if (messageId !== undefined) this.#shownIds.add(messageId);
    if (entry.shown === 1 && entry.acknowledged !== 'no') this.#awaited -= 1;
    if (entry.shown === 1) lane.order.push(Number(digits));
    else this.#fault(`shown ${entry.shown} times: ${name}#${digits}`);
    this.shows.step();
  }

  /** A recipient begins to say something about a message; `said` or not, it has ended then. */
  saying(done: Promise<void>): void {
    this.#saying += 1;
    const over = (): void => {
      this.#saying -= 1;
      this.shows.step();
    };
    done.then(over, over);
  }

  /** A recipient has said something about a message, and was answered 200 or 202. */
  said(messageId: string, kind: string): void {
    const key = `${messageId} ${kind}`;
    if (!this.#notified.has(key)) this.#untold.add(key);
  }

  notified(messageId: string, kind: string): void {
    const key = `${messageId} ${kind}`;
    const times = (this.#notified.get(key) ?? 0) + 1;
    this.#notified.set(key, times);
    this.#untold.delete(key);
    if (times > 1) this.#fault(`told ${times} times: ${kind} of ${messageId}`);
    this.shows.step();
  }

  /** Everything that was acknowledged has been shown, and everything said been told. */
  get settled(): boolean {
    return this.#awaited === 0 && this.#saying === 0 && this.#untold.size === 0;
  }

  counts(): Counts {
    const entries = [...this.#lanes.values()].flatMap((lane) => lane.entries);
    const count = (is: (entry: Entry) => boolean): number => entries.filter(is).length;
    return {
      sent: entries.length,
      acknowledged: count(({ acknowledged }) => acknowledged !== 'no'),
      stored: count(({ acknowledged }) => acknowledged === 'stored'),
      shown: count(({ shown }) => shown > 0),
      shownUnacknowledged: count(({ acknowledged, shown }) => acknowledged === 'no' && shown > 0),
      repeated: Math.max(0, this.#arrivals - count(({ shown }) => shown > 0)),
      notified: this.#notified.size,
      lost: count(({ acknowledged, shown }) => acknowledged !== 'no' && shown === 0),
      shownTwice: count(({ shown }) => shown > 1),
      reordered: [...this.#lanes.values()].reduce((sum, lane) => sum + descents(acknowledgedOf(lane)), 0),
      late: [...this.#lanes.values()].reduce((sum, lane) => sum + descents(lane.order) - descents(acknowledgedOf(lane)), 0),
      strange: this.#strange,
      undelivered: [...this.#shownIds].filter((id) => !this.#notified.has(`${id} delivery`)).length,
      notificationsLost: this.#untold.size,
      notificationsShownTwice: [...this.#notified.values()].filter((times) => times > 1).length,
    };
  }

  /** What is missing and out of order, in words. */
  details(): readonly string[] {
    return [...this.faults, ...[...this.#lanes].flatMap(([name, { entries, order }]) => [
      ...entries.flatMap(({ acknowledged, shown }, index) => (acknowledged !== 'no' && shown === 0 ? [`lost (${acknowledged}): ${name}#${index + 1}`] : [])),
      ...acknowledgedOf({ entries, order }).flatMap((number, index, shown) => (number < (shown[index - 1] ?? 0) ? [`${name}#${number} after #${shown[index - 1]}`] : [])),
    ]), ...[...this.#untold].map((key) => `never told: ${key}`)];
  }

  #lane(name: string): Lane {
    const lane = this.#lanes.get(name) ?? new Lane();
    this.#lanes.set(name, lane);
    return lane;
  }

  #fault(text: string): void {
    if (this.faults.length < 50) this.faults.push(text);
  }
}

function textOf(lane: string, number: number, octets: number): string {
  return `[${lane}#${number}]`.padEnd(octets, '.');
}

/** Those of the order that were acknowledged. */
function acknowledgedOf({ entries, order }: Lane): number[] {
  return order.filter((number) => entries[number - 1]?.acknowledged !== 'no');
}

/** Messages shown after a later one. */
function descents(order: readonly number[]): number {
  return order.filter((number, index) => number < (order[index - 1] ?? 0)).length;
}

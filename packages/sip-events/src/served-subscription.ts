import { copied } from '@simple-im/grammar';
import type { DialogParts, DialogUsage, SipRequest, UaDialog, UaRequest, UsageEnd } from '@simple-im/sip';
import type { Dated } from './agenda.js';
import { formatSubscriptionState, sameEvent } from './event-header.js';
import type { Watcher } from './event-package.js';
import { notifierTable } from './notifier-table.js';
import type { NotifierAction, NotifierInput, NotifierState } from './notifier-table.js';
import type { WatchedResource } from './watched-resource.js';

/** Why a notifier ends a subscription (RFC 6665 §4.1.3); others may be registered. */
export type EndReason = 'deactivated' | 'probation' | 'rejected' | 'timeout' | 'giveup' | 'noresource' | 'invariant';

/** What subscriptions tell their notifier. */
export interface SubscriptionKeeper {
  subscribed(subscription: ServedSubscription, incoming: UaRequest): void | Promise<void>;
  dialogOver(subscription: ServedSubscription): void;
}

/** A subscription as plain data, to be kept over a restart. */
export interface SubscriptionSnapshot {
  readonly package: string;
  readonly resource: string;
  readonly state: 'active' | 'pending';
  readonly id: string | undefined;
  readonly accepts: readonly string[];
  readonly suppress: string | undefined;
  readonly version: number;
  /** Milliseconds of the wall clock (since 1970). */
  readonly expires: number;
  readonly dialog: DialogParts;
}

/** What a NOTIFY is owed for: a change of the state, or a SUBSCRIBE or change of the subscription, which nothing suppresses. */
export type Wanted = 'nothing' | 'change' | 'NOTIFY';

const NO_ACTIONS: readonly NotifierAction[] = [];

/** A watcher's subscription at the notifier: a state and a few numbers, since a server has a great many. */
export class ServedSubscription implements DialogUsage, Dated {
  readonly resource: WatchedResource;
  /** The id parameter of Event. */
  readonly id: string | undefined;
  /** The URI of the watcher's From. */
  readonly watcher: string;
  accepts: readonly string[];
  state: NotifierState = notifierTable.initial.next;
  /** Milliseconds of the clock. */
  expiry = 0;
  /** Documents sent. */
  version = 0;
  /** The generation of the state that the watcher has; undefined: none, or nobody knows. */
  seen: number | undefined;
  /** The Suppress-If-Match of the last SUBSCRIBE (RFC 5839). */
  suppress: string | undefined;
  wanted: Wanted = 'nothing';
  /** A NOTIFY is under way. */
  busy = false;
  /** Waits for its turn to be sent. */
  queued = false;
  /** The last one was sent. */
  done = false;
  /** NOTIFYs lost in a row. */
  lost = 0;
  /** When the next change may be told. */
  notBefore = 0;
  reason: string | undefined;
  retryAfter: number | undefined;
  /** Whether the last NOTIFY carries the state: the watcher asked for it, and may see it. */
  lastState = false;
  due = 0;
  place = -1;
  dialog: UaDialog | undefined;
  readonly #keeper: SubscriptionKeeper;

  /** For the notifier. */
  constructor(keeper: SubscriptionKeeper, resource: WatchedResource, watcher: string, id: string | undefined, accepts: readonly string[]) {
    this.#keeper = keeper;
    this.resource = resource;
    this.watcher = copied(watcher);
    this.id = copied(id);
    this.accepts = accepts;
  }

  /** The actions for an event; the state is the next one from then on. */
  step(input: NotifierInput): readonly NotifierAction[] {
    const row = notifierTable.states[this.state]?.[input];
    if (row === undefined) return NO_ACTIONS;
    this.state = row.next;
    return row.actions;
  }

  /** For the package. */
  asWatcher(): Watcher {
    return { uri: this.watcher, accepts: this.accepts, id: this.id, version: this.version };
  }

  /** Whether a Suppress-If-Match keeps the state with this tag from being sent (RFC 5839 §6.3). */
  suppresses(etag: string): boolean {
    return this.suppress !== undefined && (this.suppress === '*' || this.suppress === etag);
  }

  /** The Subscription-State field at `now`; what is left is rounded up, so that nobody is told 0 before the end. */
  subscriptionState(now: number): string {
    if (this.state === 'terminated') {
      return formatSubscriptionState('terminated', { reason: this.reason ?? 'timeout', retryAfter: this.retryAfter });
    }
    const expires = Math.max(0, Math.ceil((this.expiry - now) / 1000));
    return formatSubscriptionState(this.state === 'pending' ? 'pending' : 'active', { expires });
  }

  /** Undefined once it is over, and before it has begun. `now`: of the clock, `date`: of the wall clock, both in milliseconds. */
  snapshot(now: number, date: number): SubscriptionSnapshot | undefined {
    const { state, dialog, resource, id, accepts, suppress, version } = this;
    if (dialog === undefined || (state !== 'active' && state !== 'pending')) return undefined;
    const expires = date + this.expiry - now;
    const { uri, package: { name } } = resource;
    return { package: name, resource: uri, state, id, accepts, suppress, version, expires, dialog: dialog.dialog.parts() };
  }

  owns(request: SipRequest): boolean {
    return request.method === 'SUBSCRIBE' && sameEvent(request.headers.get('Event'), this.resource.package.name, this.id);
  }

  receive(incoming: UaRequest): void | Promise<void> {
    return this.#keeper.subscribed(this, incoming);
  }

  ended(_end: UsageEnd): void {
    this.dialog = undefined;
    this.#keeper.dialogOver(this);
  }
}

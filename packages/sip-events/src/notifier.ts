import { copied, aorOf } from '@simple-im/grammar';
import type { SipRequest, UaRequest } from '@simple-im/sip';
import { Agenda } from './agenda.js';
import { admits } from './admission.js';
import { Alarm } from '@simple-im/transport';
import { eventsError } from './errors.js';
import { acceptable, parseEvent } from './event-header.js';
import type { EventPackage } from './event-package.js';
import { DEFAULT_NOTIFIER_LIMITS, watcherEventOf } from './notifier-options.js';
import type { NotifierLimits, NotifierOptions, SubscriptionVerdict } from './notifier-options.js';
import type { NotifierAction, NotifierInput } from './notifier-table.js';
import { NotifySender } from './notify-sender.js';
import { ServedSubscription } from './served-subscription.js';
import type { EndReason, SubscriptionKeeper, SubscriptionSnapshot } from './served-subscription.js';
import { keyOf, WatchedResource } from './watched-resource.js';

/** A restored subscription goes on this far behind the numbers of its snapshot where that may be old: CSeq and versions must rise. */
const SKIP = 10_000;

/** Serves subscriptions (RFC 6665 §4.2) with a user agent; SUBSCRIBE is handled there from then on. */
export class Notifier {
  readonly #options: NotifierOptions;
  readonly #limits: NotifierLimits;
  readonly #packages = new Map<string, EventPackage>();
  readonly #resources = new Map<string, WatchedResource>();
  readonly #agenda = new Agenda<ServedSubscription>();
  readonly #alarm: Alarm;
  readonly #sender: NotifySender;
  readonly #keeper: SubscriptionKeeper;
  #size = 0;

  constructor(options: NotifierOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_NOTIFIER_LIMITS, ...options.limits };
    for (const one of options.packages) this.#packages.set(one.name, one);
    const { agent } = options;
    this.#alarm = new Alarm(agent.endpoint.clock, () => this.#wake());
    this.#sender = new NotifySender({ agent, ...this.#limits, feed: (subscription, input) => this.#feed(subscription, input) });
    this.#keeper = {
      subscribed: (subscription, incoming) => this.#resubscribed(subscription, incoming),
      dialogOver: (subscription) => this.#feed(subscription, 'dialog over'),
    };
    agent.handle('SUBSCRIBE', (incoming) => this.#subscribed(incoming));
  }

  /** Subscriptions there are. */
  get size(): number {
    return this.#size;
  }

  /** The subscriptions to a resource. */
  subscriptions(packageName: string, resource: string): readonly ServedSubscription[] {
    return [...(this.#resources.get(keyOf(packageName, resource))?.subscriptions ?? [])];
  }

  /** The state has changed: whoever may see it is sent a NOTIFY, in time. `change` is for the package's `partialState`. */
  changed(packageName: string, resource: string, change?: unknown): void {
    const watched = this.#resources.get(keyOf(packageName, resource));
    if (watched === undefined) return;
    watched.changed(change);
    for (const subscription of watched.subscriptions) this.#feed(subscription, 'state change');
  }

  /** The policy may say something else now: it is asked again for each subscription to the resource. */
  async review(packageName: string, resource: string): Promise<void> {
    for (const subscription of this.subscriptions(packageName, resource)) {
      const verdict = await this.#ask(subscription.resource, subscription.watcher, undefined);
      if (verdict === 'active') this.#feed(subscription, 'granted');
      else if (verdict !== 'pending') this.#end(subscription, 'refused', 'rejected');
    }
  }

  /** Ends a subscription with a last NOTIFY. `retryAfter` in seconds, for probation, giveup and invariant. */
  end(subscription: ServedSubscription, reason: EndReason, retryAfter?: number): void {
    subscription.retryAfter = retryAfter;
    this.#end(subscription, 'terminate', reason);
  }

  /** Every subscription that lives, as plain data. */
  snapshot(): SubscriptionSnapshot[] {
    const { clock } = this.#options.agent.endpoint;
    const [now, date] = [clock.now(), clock.date().getTime()];
    const all = [...this.#resources.values()].flatMap((resource) => [...resource.subscriptions]);
    return all.flatMap((subscription) => subscription.snapshot(now, date) ?? []);
  }

  /**
   * Takes up subscriptions of a notifier before this one; each watcher is sent the present state. `exact`: the numbers go on where
   * the snapshots have them. Throws EVENTS_BAD_SNAPSHOT.
   */
  restore(snapshots: Iterable<SubscriptionSnapshot>, { exact = false }: { readonly exact?: boolean } = {}): void {
    const { agent } = this.#options;
    const [{ clock }, skipped] = [agent.endpoint, exact ? 0 : SKIP];
    for (const { package: name, resource, state, id, accepts, suppress, version, expires, dialog } of snapshots) {
      const eventPackage = this.#packages.get(name);
      if (eventPackage === undefined) throw eventsError('EVENTS_BAD_SNAPSHOT', { detail: name });
      const types = accepts.length === eventPackage.contentTypes.length ? eventPackage.contentTypes : accepts;
      const subscription = this.#create(this.#watched(eventPackage, resource), dialog.remoteUri, id, types);
      Object.assign(subscription, { state, suppress, version: version + skipped });
      subscription.expiry = clock.now() + expires - clock.date().getTime();
      subscription.dialog = agent.restore({ ...dialog, localSeq: (dialog.localSeq ?? 0) + skipped }, subscription);
      this.#want(subscription, 'NOTIFY');
    }
  }

  /** Forgets every subscription without a message; `end` each with `deactivated` before, to hand the watchers over. */
  close(): void {
    for (const resource of this.#resources.values()) for (const subscription of resource.subscriptions) this.#forget(subscription);
    this.#alarm.cancel();
  }

  async #subscribed(incoming: UaRequest): Promise<void> {
    const { request } = incoming;
    const event = parseEvent(request.headers.get('Event') ?? 'none');
    const eventPackage = request.headers.has('Event') ? this.#packages.get(event.package) : undefined;
    if (eventPackage === undefined) {
      incoming.respond(489, { headers: [['Allow-Events', [...this.#packages.keys()].join(', ')]] });
      return;
    }
    const uri = this.#options.resource === undefined ? aorOf(request.parsedUri) : this.#options.resource(request);
    const accepts = acceptable(request.headers.list('Accept'), eventPackage.contentTypes);
    const expires = request.expires ?? eventPackage.defaultExpires;
    const resource = uri === undefined ? undefined : this.#watched(eventPackage, uri);
    if (resource === undefined) incoming.respond(404);
    else if (admits(incoming, this.#limits, this.#size, resource, accepts, expires)) {
      const watcher = request.from?.uriText ?? '';
      const verdict = await this.#ask(resource, watcher, request);
      const subscription = this.#create(resource, watcher, event.id, accepts);
      try {
        this.#begin(subscription, incoming, expires, verdict);
      } finally {
        if (subscription.dialog === undefined) this.#forget(subscription);
      }
    }
  }

  #begin(subscription: ServedSubscription, incoming: UaRequest, expires: number, verdict: SubscriptionVerdict): void {
    subscription.suppress = copied(incoming.request.headers.get('Suppress-If-Match'));
    if (typeof verdict === 'object') {
      this.#feed(subscription, 'refused', () => incoming.respond(verdict.status, { headers: verdict.headers }));
      return;
    }
    subscription.dialog = incoming.establish(subscription);
    const granted = this.#grant(subscription, expires);
    subscription.lastState = expires === 0 && verdict === 'active';
    const input = expires === 0 ? 'fetch' : verdict === 'active' ? 'granted' : 'undecided';
    this.#feed(subscription, input, (status) => incoming.respond(status, { headers: [['Expires', String(granted)]] }));
  }

  /** A SUBSCRIBE within a subscription (RFC 6665 §4.2.1.4, RFC 5839 §6.3). */
  async #resubscribed(subscription: ServedSubscription, incoming: UaRequest): Promise<void> {
    const { resource, watcher } = subscription;
    const { request } = incoming;
    const expires = request.expires ?? resource.package.defaultExpires;
    const accept = request.headers.list('Accept');
    const accepts = accept.length === 0 ? subscription.accepts : acceptable(accept, resource.package.contentTypes);
    if (subscription.state === 'terminated') {
      incoming.respond(481);
      return;
    }
    if (!admits(incoming, this.#limits, this.#size, undefined, accepts, expires)) return;
    const verdict = expires === 0 ? 'active' : await this.#ask(resource, watcher, request);
    if (typeof verdict === 'object') {
      incoming.respond(verdict.status, { headers: verdict.headers });
      if (verdict.status !== 401) this.#end(subscription, 'refused', 'rejected');
      return;
    }
    subscription.accepts = accepts;
    subscription.suppress = copied(request.headers.get('Suppress-If-Match'));
    const unchanged = await this.#unchanged(subscription);
    const granted = expires === 0 ? 0 : this.#grant(subscription, expires);
    const input = expires === 0 ? (unchanged ? 'unchanged unsubscribe' : 'unsubscribe') : unchanged ? 'unchanged' : 'refresh';
    this.#feed(subscription, input, (status) => incoming.respond(status, { headers: [['Expires', String(granted)]] }));
    if (!incoming.answered) incoming.respond(481);
    if (verdict === 'active') this.#feed(subscription, 'granted');
  }

  async #unchanged(subscription: ServedSubscription): Promise<boolean> {
    const { suppress, state, resource } = subscription;
    if (suppress === undefined || suppress === '*') return suppress === '*';
    return state === 'active' && (await resource.state(subscription.asWatcher(), undefined)).etag === suppress;
  }

  #ask(resource: WatchedResource, watcher: string, request: SipRequest | undefined): SubscriptionVerdict | Promise<SubscriptionVerdict> {
    return this.#options.policy?.({ package: resource.package.name, resource: resource.uri, watcher, request }) ?? 'active';
  }

  /** Seconds granted; it expires then. */
  #grant(subscription: ServedSubscription, expires: number): number {
    const granted = Math.min(expires, this.#limits.maxExpires);
    subscription.expiry = this.#now + granted * 1000;
    return granted;
  }

  #watched(eventPackage: EventPackage, uri: string): WatchedResource {
    return this.#resources.get(keyOf(eventPackage.name, uri)) ?? new WatchedResource(copied(uri), eventPackage);
  }

  #create(resource: WatchedResource, watcher: string, id: string | undefined, accepts: readonly string[]): ServedSubscription {
    const key = keyOf(resource.package.name, resource.uri);
    const known = this.#resources.get(key) ?? resource;
    this.#resources.set(key, known);
    const subscription = new ServedSubscription(this.#keeper, known, watcher, id, accepts);
    known.subscriptions.add(subscription);
    this.#size += 1;
    return subscription;
  }

  #end(subscription: ServedSubscription, input: 'refused' | 'terminate' | 'timer expiry', reason: string): void {
    subscription.reason ??= reason;
    this.#feed(subscription, input);
  }

  #feed(subscription: ServedSubscription, input: NotifierInput, answer: (status: number) => void = () => {}): void {
    const before = subscription.state;
    for (const action of subscription.step(input)) this.#act(subscription, action, input, before, answer);
  }

  #act(
    subscription: ServedSubscription, action: NotifierAction, input: NotifierInput, before: string, answer: (status: number) => void,
  ): void {
    switch (action) {
      case 'answer 200':
      case 'refuse':
        answer(200);
        return;
      case 'answer 204':
        answer(204);
        return;
      case 'start expiry':
        this.#arm(subscription);
        return;
      case 'want NOTIFY':
      case 'want last NOTIFY':
        subscription.notBefore = 0;
        this.#want(subscription, 'NOTIFY');
        return;
      case 'want again':
        this.#want(subscription, 'NOTIFY');
        return;
      case 'want change':
        this.#want(subscription, subscription.wanted === 'NOTIFY' ? 'NOTIFY' : 'change');
        return;
      case 'send what waits':
        if (subscription.done) this.#forget(subscription);
        else this.#trySend(subscription);
        return;
      case 'tell':
        this.#options.onWatcher?.({ event: watcherEventOf(input, before, subscription), subscription });
        return;
      case 'forget':
        this.#forget(subscription);
    }
  }

  #want(subscription: ServedSubscription, wanted: 'change' | 'NOTIFY'): void {
    subscription.wanted = wanted;
    this.#trySend(subscription);
  }

  #trySend(subscription: ServedSubscription): void {
    const { wanted, busy, queued, notBefore } = subscription;
    if (wanted !== 'nothing' && !busy && !queued && this.#now >= notBefore) this.#sender.enqueue(subscription);
    this.#arm(subscription);
  }

  #arm(subscription: ServedSubscription): void {
    if (subscription.dialog === undefined) return;
    const { state, wanted, busy, queued, notBefore, expiry } = subscription;
    const waits = wanted !== 'nothing' && !busy && !queued ? notBefore : Infinity;
    const due = Math.min(waits, state === 'terminated' ? Infinity : expiry);
    this.#agenda.set(subscription, due === Infinity ? undefined : due);
    this.#alarm.set(this.#agenda.deadline());
  }

  #wake(): void {
    const now = this.#now;
    for (let due = this.#agenda.take(now); due !== undefined; due = this.#agenda.take(now)) {
      if (due.state !== 'terminated' && due.expiry <= now) this.#end(due, 'timer expiry', 'timeout');
      else this.#trySend(due);
    }
    this.#alarm.set(this.#agenda.deadline());
  }

  #forget(subscription: ServedSubscription): void {
    const { resource, dialog } = subscription;
    if (!resource.subscriptions.delete(subscription)) return;
    this.#size -= 1;
    this.#agenda.set(subscription, undefined);
    if (resource.subscriptions.size === 0) this.#resources.delete(keyOf(resource.package.name, resource.uri));
    subscription.dialog = undefined;
    dialog?.detach(subscription);
  }

  get #now(): number {
    return this.#options.agent.endpoint.clock.now();
  }
}

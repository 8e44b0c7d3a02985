/*
 * The core as a notifier (RFC 6665 §4.2) of what it knows itself: a user agent of its own, its subscriptions, and what of them is kept
 * over a restart. A 2xx to a SUBSCRIBE leaves when the subscription is on disk, a NOTIFY when its numbers are.
 */
import { formatUri, parseUri, ProtocolError, uriEquals, type SipUri, type Uri } from '@simple-im/grammar';
import type { Hash } from '@simple-im/digest';
import { SipResponse, UserAgent, type Flow, type SipEndpoint, type SipRequest, type Target } from '@simple-im/sip';
import { Notifier, type EventPackage, type ServedSubscription, type WatcherEvent } from '@simple-im/sip-events';
import type { Clock, Random } from '@simple-im/transport';
import type { Log, Metrics } from '../observe/ports.js';
import { userOf } from './address-of-record.js';
import type { Exchange } from './exchange.js';
import type { Forwarder } from './forwarder.js';
import type { Gruus } from './gruus.js';
import { KeptSubscriptions } from './kept-subscriptions.js';
import { NotifierEndpoint } from './notifier-endpoint.js';
import { activeBindings, type LocationStore } from './location.js';
import type { OwnAddresses } from './own-addresses.js';
import { takeOwnRoutes } from './route-processing.js';
import { subscriptionPolicy } from './subscription-policy.js';
import type { SubscriptionStore } from './subscription-store.js';
import type { Tokens } from './tokens.js';

export interface EventLimits {
  /** Subscriptions at once; further ones are answered 503. */
  readonly maxSubscriptions: number;
  /** To one user's state, in one package; further ones are answered 403. */
  readonly maxPerUser: number;
  /** Of one watcher; further ones are answered 403. */
  readonly maxPerWatcher: number;
}

/** Whom a further subscription inside a dialog is to: the policy refuses it with 403 (RFC 6665 §4.5.2). */
const NOBODY = 'a dialog';

export interface EventNotifierOptions {
  readonly endpoint: SipEndpoint;
  readonly own: OwnAddresses;
  readonly tokens: Tokens;
  readonly gruus: Gruus;
  readonly forwarder: Forwarder;
  readonly location: LocationStore;
  readonly store: SubscriptionStore;
  readonly packages: readonly EventPackage[];
  readonly limits: EventLimits;
  isImServer(uri: Uri): boolean;
  readonly hash: Hash;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** The user part of our Contact. */
const NOTIFIER = 'event-notifier';

export class EventNotifier {
  readonly #options: EventNotifierOptions;
  readonly #endpoint: NotifierEndpoint;
  readonly #notifier: Notifier;
  readonly #kept: KeptSubscriptions;
  readonly #perWatcher = new Map<string, number>();
  #closed = false;

  constructor(options: EventNotifierOptions) {
    this.#options = options;
    const { clock, random, endpoint: wire, own, hash, packages, limits, log, isImServer } = options;
    this.#kept = new KeptSubscriptions(options.store, clock, log);
    this.#endpoint = new NotifierEndpoint({
      clock, random, wire,
      wayOf: (request) => this.#wayOf(request),
      contactFor: (exchange) => this.#contactFor(exchange),
      beforeRequest: (request) => this.#kept.numbered(keyOf(request.callId, request.fromTag)),
      beforeResponse: (request, response) => this.#kept.saved(keyOf(request.callId, response.toTag)),
      onFinal: (request, result) => this.#count(request, result),
      onError: (error) => this.#report(error),
    });
    const agent = new UserAgent({ endpoint: this.#endpoint, aor: `sip:${own.domain}`, contact: own.uri(NOTIFIER, 'TCP'), hash });
    this.#notifier = new Notifier({
      agent, packages,
      resource: (request) => {
        if (request.toTag !== undefined) return NOBODY;
        return own.isOurDomain(request.parsedUri) ? userOf(request.parsedUri) : undefined;
      },
      policy: subscriptionPolicy({
        isImServer, maxPerWatcher: limits.maxPerWatcher, subscriptionsOf: (watcher) => this.#perWatcher.get(watcher) ?? 0,
      }),
      onWatcher: (event) => this.#onWatcher(event),
      limits: { maxSubscriptions: limits.maxSubscriptions, maxPerResource: limits.maxPerUser },
    });
  }

  get size(): number {
    return this.#notifier.size;
  }

  /**
   * Whether a SUBSCRIBE to a user is for us: one in our packages, and whatever a user asks about the own address, since that is asked
   * of the network and not of the own devices. In other packages users are asked themselves.
   */
  serves(request: SipRequest, sender: string | undefined): boolean {
    if (request.method !== 'SUBSCRIBE') return false;
    const event = request.headers.get('Event');
    return this.#options.packages.some(({ name }) => isOf(name, event)) || sender === userOf(request.parsedUri);
  }

  /** The same before the sender has proved to be who From says. */
  isSubscribedTo(request: SipRequest): boolean {
    if (request.method !== 'SUBSCRIBE') return false;
    const sender = request.from === undefined ? undefined : userOf(request.from.uri);
    return this.isFor(request) || (this.#options.own.isOurDomain(request.parsedUri) && this.serves(request, sender));
  }

  /** Whether a request is to our Contact. */
  isFor({ parsedUri: uri }: SipRequest): boolean {
    return this.#options.own.isOurs(uri) && uri.user === NOTIFIER;
  }

  /** A request that is for us; its sender, where it begins something, is asserted in it. */
  receive(exchange: Exchange): void {
    this.#followFlow(exchange);
    this.#endpoint.receive(exchange);
  }

  /** The state of a user has changed; see {@link Notifier.changed}. */
  changed(packageName: string, user: string, change?: unknown): void {
    this.#notifier.changed(packageName, user, change);
  }

  /** Takes up what was kept; to be called before the first request. */
  async restore(): Promise<void> {
    const { clock, log } = this.#options;
    const now = clock.date().getTime();
    let count = 0;
    for (const { key, snapshot } of await this.#kept.load()) {
      try {
        this.#notifier.restore([snapshot], { exact: true });
      } catch (error) {
        if (!ProtocolError.is(error)) throw error;
        log.warn({ key, code: error.code }, 'a stored subscription cannot be taken up');
        this.#kept.forget(key);
        continue;
      }
      const subscription = this.#notifier.subscriptions(snapshot.package, snapshot.resource).at(-1);
      if (subscription === undefined) continue;
      this.#begun(key, subscription);
      count += 1;
      // It ended while nobody was there to say so (RFC 6665 §4.2.2).
      if (snapshot.expires <= now) this.#notifier.end(subscription, 'timeout');
    }
    if (count > 0) log.info({ subscriptions: count }, 'subscriptions taken up');
  }

  /** What is kept lives on; of the rest every watcher is told to subscribe anew (RFC 6665 §4.1.3, "deactivated"). */
  async close(): Promise<void> {
    if (!this.#options.store.durable) {
      for (const subscription of this.#kept.all()) this.#notifier.end(subscription, 'deactivated');
      await this.#endpoint.idle();
    }
    // A NOTIFY that fails because we go ends nothing.
    this.#closed = true;
    this.#notifier.close();
    await this.#kept.written();
  }

  /**
   * The way of a NOTIFY is in the dialog's route set, sealed there when the SUBSCRIBE came. Where that flow is gone, the contact may
   * have been registered over another one since.
   */
  async #wayOf(request: SipRequest): Promise<Target | Flow | undefined> {
    const { own, tokens, gruus, forwarder, location, clock } = this.#options;
    const [route] = request.routes;
    const { next } = takeOwnRoutes(request, own, tokens);
    if (route !== undefined && own.isOurs(route.uri)) {
      // A watcher may have its route set from here alone (RFC 6665 §4.3, §4.4.1), and the transport of the Route is one it has.
      request.headers.prepend('Record-Route', `<${route.uriText}>`);
      request.headers.set('Contact', `<${contactAt(route.uri)}>`);
    }
    const target = request.parsedUri;
    const way = await forwarder.wayWithinDialog(request, next);
    if (way !== undefined || request.to === undefined) return way;
    const bindings = await activeBindings(location, userOf(request.to.uri), clock.date().getTime());
    const device = gruus.isGruu(target) ? gruus.recipientOf(target)?.isBound : undefined;
    const binding = bindings.find(device ?? (({ contact }) => uriEquals(parseUri(contact), target)));
    return binding === undefined ? undefined : forwarder.wayOverBinding(request, binding);
  }

  /** Reachable over the transport the request came by, which may be the only one the watcher has. */
  #contactFor({ request, caller }: Exchange): string {
    const { own } = this.#options;
    const route = request.recordRoutes[0]?.uri;
    return route !== undefined && own.isOurs(route) ? contactAt(route) : own.uri(NOTIFIER, caller?.transport ?? 'TCP');
  }

  /** A refresh over another flow: from now on that is the way to the watcher. */
  #followFlow({ request, caller }: Exchange): void {
    const dialog = this.#kept.find(keyOf(request.callId, request.toTag))?.dialog?.dialog;
    if (dialog === undefined || caller === undefined || request.method !== 'SUBSCRIBE') return;
    const [ours] = dialog.routeSet;
    if (ours === undefined) return;
    dialog.routeSet = [this.#options.forwarder.recordRoutes.toCaller(request, caller).slice(1, -1), ...dialog.routeSet.slice(1)];
  }

  #onWatcher({ event, subscription }: WatcherEvent): void {
    if (this.#closed) return;
    const { package: eventPackage, uri } = subscription.resource;
    this.#options.log.debug({ event, package: eventPackage.name, user: uri, watcher: subscription.watcher }, 'subscription');
    const key = keyOf(subscription.dialog?.dialog.callId, subscription.dialog?.dialog.localTag);
    if (event === 'subscribe') {
      this.#begun(key, subscription);
      this.#kept.save(key);
    } else if (event === 'refreshed') this.#kept.save(key);
    // All other events are ends.
    else this.#ended(subscription);
  }

  #begun(key: string, subscription: ServedSubscription): void {
    const { watcher } = subscription;
    this.#kept.add(key, subscription);
    this.#perWatcher.set(watcher, (this.#perWatcher.get(watcher) ?? 0) + 1);
    this.#gauge(subscription);
  }

  #ended(subscription: ServedSubscription): void {
    if (!this.#kept.remove(subscription)) return;
    const { watcher } = subscription;
    const left = (this.#perWatcher.get(watcher) ?? 1) - 1;
    if (left === 0) this.#perWatcher.delete(watcher);
    else this.#perWatcher.set(watcher, left);
    this.#gauge(subscription);
  }

  #gauge({ resource }: ServedSubscription): void {
    const { name } = resource.package;
    this.#options.metrics.gauge('event_subscriptions', this.#kept.countOf(name), { package: name });
  }

  #count(request: SipRequest, result: SipResponse | ProtocolError): void {
    const name = this.#options.packages.find((one) => isOf(one.name, request.headers.get('Event')))?.name ?? 'other';
    this.#options.metrics.count('event_notifications_total', { package: name, result: resultOf(result) });
  }

  #report(error: Error): void {
    const { log } = this.#options;
    // What a watcher did wrong was answered with the status of the error.
    if (ProtocolError.is(error)) log.debug({ code: error.code }, error.message);
    else log.error({ err: error }, 'the notifier failed');
  }
}

/** Our Contact where a Record-Route of ours is. */
function contactAt(route: SipUri): string {
  return formatUri({ ...route, user: NOTIFIER, params: route.params.without('lr') });
}

/** Our tag cannot be guessed, so nothing else has the same key. */
function keyOf(callId: string | undefined, ourTag: string | undefined): string {
  return `${callId ?? ''} ${ourTag ?? ''}`;
}

/** Whether an Event field names the package, with whatever id. */
function isOf(packageName: string, event: string | undefined): boolean {
  return event?.split(';', 1)[0]?.trim() === packageName;
}

function resultOf(result: SipResponse | ProtocolError): string {
  if (result instanceof SipResponse) return `${Math.floor(result.status / 100)}xx`;
  return result.code === 'SIP_TIMEOUT' ? 'timeout' : 'failed';
}

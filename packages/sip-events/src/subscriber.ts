import { isSipUri, parseUri } from '@simple-im/grammar';
import type { UaRequest, UserAgent } from '@simple-im/sip';
import { Agenda } from './agenda.js';
import { Alarm } from '@simple-im/transport';
import { eventsError } from './errors.js';
import { parseEvent } from './event-header.js';
import { fraction } from './fraction.js';
import type { SubscribeOptions, SubscriptionHost } from './subscribe-options.js';
import type { Notification } from './subscription-events.js';
import { Subscription } from './subscription.js';

/** Subscribes to the state of resources (RFC 6665 §4.1) with a user agent; NOTIFY is handled there from then on. */
export class Subscriber {
  readonly #agent: UserAgent;
  readonly #agenda = new Agenda<Subscription>();
  readonly #alarm: Alarm;
  readonly #host: SubscriptionHost;
  readonly #live = new Set<Subscription>();
  /** Packages that were ever asked for: a NOTIFY of another is a bad event, not a lost subscription. */
  readonly #packages = new Set<string>();

  constructor(options: { readonly agent: UserAgent }) {
    this.#agent = options.agent;
    const { clock } = this.#agent.endpoint;
    this.#alarm = new Alarm(clock, () => this.#wake());
    this.#host = this.#makeHost();
    this.#agent.handle('NOTIFY', (notify) => this.#refuse(notify));
  }

  /** Subscriptions that are not over. */
  get subscriptions(): readonly Subscription[] {
    return [...this.#live];
  }

  /**
   * Subscribes to the resource at `uri`. What becomes of it is told by `onEvent`, `for await` and `done`. Throws
   * EVENTS_SUBSCRIPTION_IN_DIALOG, EVENTS_DIALOG_NOT_SHARED, SIP_UNSAFE_FIELD.
   */
  subscribe(uri: string, options: SubscribeOptions): Subscription {
    const { dialog } = options;
    if (dialog !== undefined) {
      const target = parseUri(dialog.dialog.remoteTarget);
      if (isSipUri(target) && target.params.has('gr')) throw eventsError('EVENTS_DIALOG_NOT_SHARED');
      const taken = this.subscriptions.some((one) => one.dialog === dialog && one.event === options.event && one.id === options.id);
      if (taken) throw eventsError('EVENTS_SUBSCRIPTION_IN_DIALOG');
    }
    this.#packages.add(options.event);
    const subscription = new Subscription(this.#host, uri, options);
    this.#live.add(subscription);
    subscription.start();
    return subscription;
  }

  /**
   * Fetches the present state once (RFC 6665 §4.4.3). Rejects with EVENTS_REJECTED, EVENTS_NO_NOTIFY, SIP_TIMEOUT and the other
   * errors of a request, and with EVENTS_TERMINATED when there is none to be had (`rejected`, `noresource`).
   */
  async fetch(uri: string, options: Omit<SubscribeOptions, 'expires' | 'retry' | 'forks'>): Promise<Notification> {
    const subscription = this.subscribe(uri, { ...options, expires: 0, retry: false });
    let notification: Notification | undefined;
    subscription.onEvent = (event) => {
      if (event.type === 'notification') notification = event;
    };
    const error = await subscription.done;
    if (error !== undefined) throw error;
    return notification as Notification;
  }

  /** Forgets every subscription without a message. */
  close(): void {
    for (const subscription of this.#live) subscription.close();
    this.#alarm.cancel();
  }

  #makeHost(): SubscriptionHost {
    const { endpoint } = this.#agent;
    return {
      agent: this.#agent,
      fraction: () => fraction(endpoint.random),
      arm: (subscription) => {
        if (subscription.deadline() !== undefined) this.#live.add(subscription);
        this.#agenda.set(subscription, subscription.deadline());
        this.#alarm.set(this.#agenda.deadline());
      },
      ended: (subscription) => {
        this.#live.delete(subscription);
        this.#agenda.set(subscription, undefined);
      },
      refuse: (notify) => this.#refuse(notify),
    };
  }

  /** RFC 6665 §4.1.3: a NOTIFY that belongs to no subscription. */
  #refuse(notify: UaRequest): void {
    const text = notify.request.headers.get('Event');
    const known = text === undefined || this.#packages.has(parseEvent(text).package);
    notify.respond(known ? 481 : 489);
  }

  #wake(): void {
    const now = this.#agent.endpoint.clock.now();
    for (let due = this.#agenda.take(now); due !== undefined; due = this.#agenda.take(now)) due.wake();
    this.#alarm.set(this.#agenda.deadline());
  }
}

import { ProtocolError } from '@simple-im/grammar';
import { failureReach } from '@simple-im/sip';
import type { SipResponse, UserAgent } from '@simple-im/sip';
import { retryAfterOf } from './event-header.js';
import type { NotifierInput } from './notifier-table.js';
import type { ServedSubscription, Wanted } from './served-subscription.js';
import { formatEvent } from './event-header.js';
import type { TaggedState } from './watched-resource.js';

export interface NotifySenderOptions {
  readonly agent: UserAgent;
  readonly maxOutstanding: number;
  readonly maxLost: number;
  /** What became of the NOTIFY. */
  feed(subscription: ServedSubscription, input: NotifierInput): void;
}

/** Sends NOTIFYs (RFC 6665 §4.2.2): one at a time for a subscription, so many at a time for all. */
export class NotifySender {
  readonly #options: NotifySenderOptions;
  #queue: ServedSubscription[] = [];
  #next = 0;
  #outstanding = 0;
  #pumping = false;

  constructor(options: NotifySenderOptions) {
    this.#options = options;
  }

  /** Sends what the subscription wants, when its turn comes. */
  enqueue(subscription: ServedSubscription): void {
    subscription.queued = true;
    this.#queue.push(subscription);
    this.#pump();
  }

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    while (this.#next < this.#queue.length && this.#outstanding < this.#options.maxOutstanding) {
      const subscription = this.#queue[this.#next] as ServedSubscription;
      this.#next += 1;
      subscription.queued = false;
      if (subscription.dialog !== undefined && !subscription.busy && subscription.wanted !== 'nothing') this.#start(subscription);
    }
    if (this.#next === this.#queue.length) {
      this.#queue = [];
      this.#next = 0;
    }
    this.#pumping = false;
  }

  #start(subscription: ServedSubscription): void {
    const { wanted, resource } = subscription;
    const { generation } = resource;
    subscription.wanted = 'nothing';
    subscription.busy = true;
    this.#outstanding += 1;
    if (!showsState(subscription)) {
      this.#send(subscription, undefined, wanted, generation);
      return;
    }
    try {
      const state = resource.state(subscription.asWatcher(), wanted === 'change' ? subscription.seen : undefined);
      if (!(state instanceof Promise)) this.#send(subscription, state, wanted, generation);
      else {
        state.then(
          (made) => this.#send(subscription, made, wanted, generation),
          (error: unknown) => this.#stateless(subscription, wanted, error),
        );
      }
    } catch (error) {
      this.#stateless(subscription, wanted, error);
    }
  }

  /** The package could not say what the state is: what is owed for a SUBSCRIBE goes without it. */
  #stateless(subscription: ServedSubscription, wanted: Wanted, error: unknown): void {
    this.#options.agent.endpoint.report(error as Error);
    if (wanted === 'NOTIFY') this.#send(subscription, undefined, wanted, undefined);
    else this.#settle(subscription, 'NOTIFY answered');
  }

  #send(subscription: ServedSubscription, state: TaggedState | undefined, wanted: Wanted, generation: number | undefined): void {
    const { dialog, resource } = subscription;
    if (dialog === undefined) {
      this.#settle(subscription, 'dialog over');
      return;
    }
    const suppressed = state !== undefined && subscription.suppresses(state.etag);
    if (suppressed && wanted === 'change' && subscription.state === 'active') {
      subscription.seen = generation;
      this.#settle(subscription, 'NOTIFY answered');
      return;
    }
    const now = this.#now;
    const headers: [string, string][] = [
      ['Event', formatEvent(resource.package.name, subscription.id)], ['Subscription-State', subscription.subscriptionState(now)],
    ];
    // It may have ended while the state was made; then this is the last NOTIFY, and the state may be no more for its eyes.
    const shown = showsState(subscription) ? state : undefined;
    if (shown !== undefined) headers.push(['SIP-ETag', shown.etag]);
    const document = suppressed ? undefined : shown?.document;
    if (document !== undefined) subscription.version += 1;
    if (subscription.state === 'terminated') {
      subscription.done = true;
      subscription.wanted = 'nothing';
    }
    subscription.notBefore = now + (resource.package.minInterval ?? 1000);
    const told = shown === undefined ? undefined : generation;
    try {
      dialog.send('NOTIFY', { headers, contentType: document?.contentType, body: document?.body, usage: subscription }, {
        answered: (response) => this.#answered(subscription, response, told),
        failed: (error) => this.#failed(subscription, error),
      });
    } catch (error) {
      this.#failed(subscription, error);
    }
  }

  #answered(subscription: ServedSubscription, response: SipResponse, generation: number | undefined): void {
    const { status } = response;
    if (status < 300) {
      subscription.lost = 0;
      subscription.seen = generation;
      this.#settle(subscription, 'NOTIFY answered');
    } else if (failureReach(status) !== 'transaction') this.#settle(subscription, 'NOTIFY failed');
    else if (status === 408 || (status >= 500 && status < 600)) this.#lost(subscription, retryAfterOf(response.headers.get('Retry-After')));
    else {
      // The watcher did not like this one; nothing says that it would like it better a second time (RFC 5057 §5.1).
      subscription.seen = undefined;
      this.#settle(subscription, 'NOTIFY answered');
    }
  }

  #failed(subscription: ServedSubscription, error: unknown): void {
    if (!ProtocolError.is(error)) this.#options.agent.endpoint.report(error as Error);
    if (ProtocolError.is(error) && error.code === 'SIP_DIALOG_ENDED') this.#settle(subscription, 'NOTIFY failed');
    else this.#lost(subscription, undefined);
  }

  /** RFC 6665 §4.2.2 has a lost NOTIFY end the subscription; one more try spares whoever only changed networks. */
  #lost(subscription: ServedSubscription, retryAfter: number | undefined): void {
    subscription.lost += 1;
    subscription.seen = undefined;
    const again = subscription.lost >= this.#options.maxLost;
    if (retryAfter !== undefined) subscription.notBefore = this.#now + retryAfter * 1000;
    this.#settle(subscription, again ? 'NOTIFY lost again' : 'NOTIFY lost');
  }

  #settle(subscription: ServedSubscription, input: NotifierInput): void {
    subscription.busy = false;
    this.#outstanding -= 1;
    this.#options.feed(subscription, input);
    this.#pump();
  }

  get #now(): number {
    return this.#options.agent.endpoint.clock.now();
  }
}

function showsState(subscription: ServedSubscription): boolean {
  return subscription.state === 'active' || (subscription.state === 'terminated' && subscription.lastState);
}

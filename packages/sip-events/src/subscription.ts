import { copied, ProtocolError } from '@simple-im/grammar';
import { failureReach } from '@simple-im/sip';
import type { DialogOpening, DialogUsage, OutOfDialogOptions, SipRequest, SipResponse, UaDialog, UaRequest, UsageEnd } from '@simple-im/sip';
import type { Dated } from './agenda.js';
import { eventsError } from './errors.js';
import { retryAfterOf, sameEvent } from './event-header.js';
import { errorOf } from './retry-rules.js';
import type { EndCause } from './retry-rules.js';
import { subscribeRequest } from './subscribe-options.js';
import type { SubscribeOptions, SubscriptionHost } from './subscribe-options.js';
import { EventQueue, readNotification } from './subscription-events.js';
import type { Notification, SubscriptionEvent } from './subscription-events.js';
import { SubscriptionMachine } from './subscription-machine.js';
import type { SubscriptionCommand, SubscriptionFacts } from './subscription-machine.js';
import type { SubscriptionInput, SubscriptionState } from './subscription-table.js';

/** A subscription of ours: subscribed, refreshed, and made anew when it is lost, until it is over. Made by {@link Subscriber}. */
export class Subscription implements DialogUsage, Dated {
  readonly uri: string;
  readonly event: string;
  readonly id: string | undefined;
  /** Every event, in order; besides, a subscription can be read with `for await`. What it throws is reported to the endpoint. */
  onEvent: ((event: SubscriptionEvent) => void) | undefined;
  /** With `forks: 'accept'`: the subscription of a further branch, before its first event. */
  onFork: ((subscription: Subscription) => void) | undefined;
  /** Resolves when it is over, with the error that ended it, or without one after `unsubscribe`. */
  readonly done: Promise<ProtocolError | undefined>;
  due = 0;
  place = -1;
  readonly #host: SubscriptionHost;
  readonly #options: SubscribeOptions;
  readonly #machine: SubscriptionMachine;
  readonly #queue: EventQueue;
  #finish: (error: ProtocolError | undefined) => void = () => {};
  #dialog: UaDialog | undefined;
  #opening: DialogOpening | undefined;
  #openingEnds = Infinity;
  #etag: string | undefined;
  #conditional = true;
  #leaving = false;
  /** Counts the SUBSCRIBEs, so that a late answer to an earlier one is known as such. */
  #asked = 0;
  #failure: ProtocolError | undefined;

  /** For the subscriber. */
  constructor(host: SubscriptionHost, uri: string, options: SubscribeOptions) {
    const { event, id, expires = 3600, retry = true, maxQueued = 256, dialog } = options;
    this.#host = host;
    this.#options = options;
    this.uri = uri;
    this.event = event;
    this.id = id;
    this.#etag = options.suppressIfMatch;
    const { T1 } = host.agent.endpoint.timers;
    const again = retry && expires > 0 && dialog === undefined;
    this.#machine = new SubscriptionMachine({ T1, expires, retry: again, fraction: () => host.fraction() });
    this.#queue = new EventQueue(maxQueued, () => this.#giveUp(eventsError('EVENTS_READER_TOO_SLOW')));
    this.done = new Promise((resolve) => (this.#finish = resolve));
    if (dialog !== undefined) {
      dialog.attach(this);
      this.#dialog = dialog;
    }
  }

  get state(): SubscriptionState {
    return this.#machine.state;
  }

  /** The dialog it lives in; undefined before the first NOTIFY. */
  get dialog(): UaDialog | undefined {
    return this.#dialog;
  }

  /** The entity tag of the last state that came (RFC 5839). */
  get etag(): string | undefined {
    return this.#etag;
  }

  /** When it is to be woken, for the subscriber. */
  deadline(): number | undefined {
    const due = Math.min(this.#machine.deadline() ?? Infinity, this.#openingEnds);
    return due === Infinity ? undefined : due;
  }

  /** For the subscriber. */
  start(): void {
    this.#machine.start(this.#now);
    this.#obey();
  }

  wake(): void {
    const now = this.#now;
    if (this.#openingEnds <= now) this.#closeOpening();
    this.#machine.wake(now);
    this.#obey();
  }

  /** SUBSCRIBEs now: the state comes unless we have it; `whole`: in any case, one was lost. Without effect unless pending or active. */
  refresh({ whole = false }: { readonly whole?: boolean } = {}): void {
    if (whole) this.#etag = undefined;
    this.#feed('refresh');
  }

  /** Ends it (RFC 6665 §4.1.2.3); resolves when the last NOTIFY has come, or none has in time. */
  async unsubscribe(): Promise<void> {
    this.#leaving = true;
    this.#feed('unsubscribe');
    await this.done;
  }

  [Symbol.asyncIterator](): AsyncGenerator<SubscriptionEvent, void, undefined> {
    return this.#queue.read();
  }

  owns(request: SipRequest): boolean {
    return request.method === 'NOTIFY' && sameEvent(request.headers.get('Event'), this.event, this.id);
  }

  /** A NOTIFY in our dialog. */
  receive(notify: UaRequest): void {
    this.#accept(notify, () => {});
  }

  ended(end: UsageEnd): void {
    this.#dialog = undefined;
    if (end === 'closed') this.close();
    else this.#feed('dialog over', { cause: { lost: 'dialog' } });
  }

  /** Forgets it without a message. */
  close(): void {
    this.#giveUp(eventsError('EVENTS_CLOSED'));
  }

  get #now(): number {
    return this.#host.agent.endpoint.clock.now();
  }

  /** A NOTIFY that belongs to no dialog yet (RFC 6665 §4.4.1). */
  #notified(notify: UaRequest): void {
    if (!this.owns(notify.request)) this.#host.refuse(notify);
    else if (this.#dialog === undefined && this.state === 'notify_wait') {
      this.#accept(notify, () => (this.#dialog = notify.establish(this)));
    } else if (this.#options.forks === 'accept') this.#fork(notify);
    else notify.respond(481);
  }

  #fork(notify: UaRequest): void {
    const fork = new Subscription(this.#host, this.uri, { ...this.#options, retry: false });
    this.onFork?.(fork);
    fork.#accept(notify, () => (fork.#dialog = notify.establish(fork)));
  }

  #accept(notify: UaRequest, establish: () => void): void {
    const { request } = notify;
    const notification = readNotification(request);
    const { contentType, state, etag } = notification;
    const { accept } = this.#options;
    if (accept !== undefined && contentType !== undefined && !accept.includes(contentType)) {
      notify.respond(415, { headers: [['Accept', accept.join(', ')]] });
      return;
    }
    if (state !== 'terminated') establish();
    if (this.#options.suppressIfMatch !== '*') this.#etag = copied(etag) ?? this.#etag;
    const { expires, reason, retryAfter } = notification.subscriptionState;
    this.#machine.receive(`NOTIFY ${state}`, this.#now, { expires, cause: { reason, retryAfter } });
    // Answered first: a reader may take its time (RFC 6665 §4.1.3).
    notify.respond(200);
    if (this.#options.forks !== 'accept') this.#closeOpening();
    this.#obey(notification);
  }

  #feed(input: SubscriptionInput, facts: SubscriptionFacts = {}): void {
    this.#machine.receive(input, this.#now, facts);
    this.#obey();
  }

  #obey(notification?: Notification): void {
    for (let command = this.#machine.next(); command !== undefined; command = this.#machine.next()) this.#do(command, notification);
    this.#host.arm(this);
  }

  #do(command: SubscriptionCommand, notification: Notification | undefined): void {
    switch (command.type) {
      case 'SUBSCRIBE':
        if (command.kind === 'initial' && this.#dialog === undefined) this.#open(command.expires);
        else this.#subscribeInDialog(command.expires, command.kind !== 'initial');
        return;
      case 'notification':
        if (notification !== undefined) this.#tell(notification);
        return;
      case 'drop condition':
        this.#conditional = false;
        return;
      case 'end':
        this.#leave(command.cause, command.retryIn);
    }
  }

  #open(expires: number): void {
    this.#closeOpening();
    const { agent } = this.#host;
    this.#openingEnds = this.#now + 64 * agent.endpoint.timers.T1;
    this.#opening = agent.open('SUBSCRIBE', this.uri, (notify) => this.#notified(notify), this.#request(expires, true));
    this.#follow(this.#opening.response);
  }

  #subscribeInDialog(expires: number, refresh: boolean): void {
    const dialog = this.#dialog;
    if (dialog === undefined) return;
    this.#follow(dialog.request('SUBSCRIBE', { ...this.#request(expires, !refresh), usage: this }));
  }

  #request(expires: number, isFirst: boolean): OutOfDialogOptions {
    return subscribeRequest(this.#options, expires, this.#conditional ? this.#etag : undefined, isFirst);
  }

  #follow(answer: Promise<SipResponse>): void {
    this.#asked += 1;
    const asked = this.#asked;
    answer.then(
      (response) => {
        if (asked === this.#asked) this.#answered(response);
      },
      (error: unknown) => {
        if (asked === this.#asked && ProtocolError.is(error)) this.#failed(error, error.status ?? 500, undefined);
      },
    );
  }

  #answered(response: SipResponse): void {
    const { status, expires, minExpires } = response;
    if (status === 204) this.#feed('204', { expires });
    else if (status < 300) this.#feed('2xx', { expires });
    else if (status === 423 && minExpires !== undefined && minExpires > (this.#options.expires ?? 3600)) {
      this.#feed('423', { expires: minExpires });
    } else if (status === 412 && this.#conditional && this.#etag !== undefined) this.#feed('412');
    else {
      const error = eventsError('EVENTS_REJECTED', { status, detail: `${status} ${response.reason}`, cause: response });
      this.#failed(error, status, retryAfterOf(response.headers.get('Retry-After')));
    }
  }

  #failed(error: ProtocolError, status: number, retryAfter: number | undefined): void {
    const ends = this.state === 'notify_wait' || failureReach(status) !== 'transaction';
    if (ends) this.#failure = error;
    this.#feed(ends ? 'failure' : 'passing failure', { cause: { status, retryAfter } });
    this.#failure = undefined;
  }

  #leave(cause: EndCause, retryIn: number | undefined): void {
    this.#closeOpening();
    this.#asked += 1;
    this.#conditional = true;
    const dialog = this.#dialog;
    this.#dialog = undefined;
    dialog?.detach(this);
    const error = this.#failure ?? errorOf(cause);
    if (retryIn !== undefined) this.#tell({ type: 'waiting', error, retryIn });
    else this.#over(this.#wished(cause) ? undefined : error);
  }

  /** Whether it ended as we asked: unsubscribed, or fetched. */
  #wished({ reason, status, lost }: EndCause): boolean {
    const fetched = this.#options.expires === 0 && status === undefined && lost === undefined;
    return this.#leaving || (fetched && (reason === undefined || reason === 'timeout'));
  }

  #giveUp(error: ProtocolError): void {
    if (this.#machine.over) return;
    this.#machine.abandon();
    this.#closeOpening();
    const dialog = this.#dialog;
    this.#dialog = undefined;
    dialog?.detach(this);
    this.#over(error);
  }

  #over(error: ProtocolError | undefined): void {
    this.#host.ended(this);
    this.#tell({ type: 'ended', error });
    this.#finish(error);
  }

  #closeOpening(): void {
    this.#opening?.close();
    this.#opening = undefined;
    this.#openingEnds = Infinity;
  }

  #tell(event: SubscriptionEvent): void {
    try {
      this.onEvent?.(event);
    } catch (error) {
      this.#host.agent.endpoint.report(error as Error);
    }
    this.#queue.push(event);
  }
}

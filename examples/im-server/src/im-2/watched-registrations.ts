/*
 * The IM server as a watcher of registrations (3GPP TS 24.229 §5.7.1.1, RFC 3680): a third-party REGISTER says that a user is registered,
 * the subscription says with which devices. Where the core knows no registration events, the third-party REGISTER is all there is.
 */
import { aorOf, parseUri, ProtocolError } from '@simple-im/grammar';
import type { Hash } from '@simple-im/digest';
import { UserAgent, type IncomingRequest, type SipEndpoint, type SipRequest } from '@simple-im/sip';
import { Subscriber, type Subscription, type SubscriptionEvent } from '@simple-im/sip-events';
import { applyRegInfo, parseRegInfo, REG_INFO_MEDIA_TYPE, type RegInfo } from '@simple-im/sip-events/documents/reg';
import type { KnownDevice } from '../internal-ports.js';
import type { Log, Metrics } from '../observe/ports.js';
import { deviceOf } from './known-device.js';

export interface WatchedRegistrationsOptions {
  readonly endpoint: SipEndpoint;
  /** URI of our Contact. */
  readonly contact: string;
  readonly hash: Hash;
  /** Users watched at once; of further ones only third-party REGISTERs tell. */
  readonly maxWatched: number;
  readonly log: Log;
  readonly metrics: Metrics;
  /** All devices a user has now. */
  onDevices(aor: string, devices: readonly KnownDevice[]): void;
}

interface Watch {
  readonly subscription: Subscription;
  /** What its NOTIFYs say, put together; undefined before the first one of a dialog. */
  info: RegInfo | undefined;
  /** Nothing has come of the SUBSCRIBE yet. */
  isOpening: boolean;
}

/** SUBSCRIBEs under way at once, so that a core which tells of thousands of users is not asked for all of them before it has answered. */
const WINDOW = 64;
/** Answers of a core that has no registration events (RFC 6665 §4.1.2.2, §8.3.2), and milliseconds until it is asked again. */
const NOT_THERE: readonly (number | undefined)[] = [405, 489, 501];
const PAUSE = 600_000;

export class WatchedRegistrations {
  readonly #options: WatchedRegistrationsOptions;
  readonly #agent: UserAgent;
  readonly #receive: (incoming: IncomingRequest) => void;
  readonly #subscriber: Subscriber;
  readonly #watches = new Map<string, Watch>();
  /** Users to be subscribed to, each with the URI by which the core calls us. */
  readonly #waiting = new Map<string, string>();
  #opening = 0;
  #pausedUntil = 0;

  constructor(options: WatchedRegistrationsOptions) {
    this.#options = options;
    const { endpoint, contact, hash } = options;
    const { onRequest } = endpoint;
    this.#agent = new UserAgent({ endpoint, aor: contact, contact, hash });
    // The sockets are the IM server's, which hands on what is for the agent.
    this.#receive = endpoint.onRequest;
    endpoint.onRequest = onRequest;
    this.#subscriber = new Subscriber({ agent: this.#agent });
  }

  /** Users there are subscriptions to. */
  get size(): number {
    return this.#watches.size;
  }

  /** Whether a request is a NOTIFY to our Contact. */
  isFor({ method, parsedUri: uri }: SipRequest): boolean {
    const own = parseUri(this.#options.contact);
    return method === 'NOTIFY' && uri.scheme === 'sip' && own.scheme === 'sip' && uri.user === own.user;
  }

  /** Such a request, from the core. */
  receive(incoming: IncomingRequest): void {
    this.#receive(incoming);
  }

  /**
   * A third-party REGISTER: To is the user, Expires 0 says that nobody is registered any more, the Request-URI is what the core calls us.
   * `route` leads to the core.
   */
  told(register: SipRequest, route: string): void {
    this.#agent.serviceRoute = [route];
    const { clock } = this.#options.endpoint;
    const user = register.to === undefined ? undefined : aorOf(register.to.uri);
    if (user === undefined) return;
    if ((register.expires ?? 0) === 0) return this.#forget(user);
    const watch = this.#watches.get(user);
    // A core that tells again, without the REGISTER of a client, may have begun anew and forgotten us.
    if (watch !== undefined) return register.body.length === 0 ? watch.subscription.refresh() : undefined;
    if (clock.now() < this.#pausedUntil || this.#watches.size + this.#waiting.size >= this.#options.maxWatched) return;
    this.#waiting.set(user, register.uri);
    this.#subscribe();
  }

  close(): void {
    this.#waiting.clear();
    this.#subscriber.close();
    this.#agent.close();
  }

  #subscribe(): void {
    for (const [user, identity] of this.#waiting) {
      if (this.#opening >= WINDOW) return;
      this.#waiting.delete(user);
      this.#watch(user, identity);
    }
  }

  #watch(user: string, identity: string): void {
    this.#opening += 1;
    const subscription = this.#subscriber.subscribe(user, {
      event: 'reg', from: identity, accept: [REG_INFO_MEDIA_TYPE], headers: [['P-Asserted-Identity', `<${identity}>`]],
    });
    const watch: Watch = { subscription, info: undefined, isOpening: true };
    this.#watches.set(user, watch);
    this.#count();
    subscription.onEvent = (event) => this.#happened(user, watch, event);
  }

  #happened(user: string, watch: Watch, event: SubscriptionEvent): void {
    if (event.type === 'ended') this.#ended(user, watch, event.error);
    // It begins anew, and so do its numbers (RFC 3680 §5.1).
    else if (event.type === 'waiting') watch.info = undefined;
    else if (event.body !== undefined && this.#watches.get(user) === watch) this.#read(user, watch, event.body);
    if (!watch.isOpening) return;
    watch.isOpening = false;
    this.#opening -= 1;
    this.#subscribe();
  }

  #ended(user: string, watch: Watch, error: ProtocolError | undefined): void {
    const { log, endpoint } = this.#options;
    if (this.#watches.get(user) === watch) this.#watches.delete(user);
    this.#count();
    if (error === undefined) return;
    log.debug({ user, code: error.code, status: error.status }, 'registrations are not watched any more');
    if (error.code !== 'EVENTS_REJECTED' || !NOT_THERE.includes(error.status)) return;
    if (endpoint.clock.now() >= this.#pausedUntil) log.info({ status: error.status }, 'the core has no registration events');
    this.#pausedUntil = endpoint.clock.now() + PAUSE;
    this.#waiting.clear();
  }

  #read(user: string, watch: Watch, body: Uint8Array): void {
    try {
      const { state, isApplied, needsRefresh } = applyRegInfo(watch.info, parseRegInfo(body));
      if (!isApplied) return;
      watch.info = state;
      if (needsRefresh) watch.subscription.refresh({ whole: true });
    } catch (error) {
      if (!ProtocolError.is(error)) throw error;
      return this.#options.log.debug({ user, code: error.code }, 'registration information that cannot be read');
    }
    const registration = watch.info.registrations.find(({ aor }) => aorOf(parseUri(aor)) === user);
    if (registration === undefined) return;
    this.#options.onDevices(user, registration.contacts.filter(({ state }) => state === 'active').map(deviceOf));
    if (registration.state !== 'active') this.#forget(user);
  }

  #forget(user: string): void {
    this.#waiting.delete(user);
    const watch = this.#watches.get(user);
    if (!this.#watches.delete(user)) return;
    this.#count();
    void watch?.subscription.unsubscribe();
  }

  #count(): void {
    this.#options.metrics.gauge('im_watched_registrations', this.#watches.size);
  }
}

import { copied, ProtocolError } from '@simple-im/grammar';
import type { SipResponse, UserAgent } from '@simple-im/sip';
import { Alarm } from '@simple-im/transport';
import { eventsError } from './errors.js';
import { retryAfterOf } from './event-header.js';
import { fraction } from './fraction.js';
import { publicationTable } from './publication-table.js';
import type { PublicationAction, PublicationInput, PublicationState } from './publication-table.js';

export interface PublicationOptions {
  readonly agent: UserAgent;
  /** The resource: our address of record. */
  readonly uri: string;
  /** The event package. */
  readonly event: string;
  /** Seconds to ask for. Default 3600. */
  readonly expires?: number | undefined;
  /** On every PUBLISH. */
  readonly headers?: readonly (readonly [name: string, value: string])[] | undefined;
  /** A refresh failed for good, after which the state is no longer published. Failures of `publish` reject its promise. */
  readonly onFailure?: ((error: ProtocolError) => void) | undefined;
}

interface Waiter {
  /** The number of the state waited for; Infinity: for the removal. */
  readonly revision: number;
  resolve(): void;
  reject(error: ProtocolError): void;
}

/** Responses that may be another one next time. */
const PASSING = new Set([408, 480, 500, 503, 504]);
const FIRST_PAUSE = 2_000;
const LAST_PAUSE = 600_000;

/**
 * Publishes one state and keeps it published (RFC 3903 §4): the publication agent. One PUBLISH at a time; states that come
 * meanwhile are not queued, the last one is sent. All have one Call-ID, by which a compositor can tell that a publication made
 * anew is the old one's heir.
 */
export class PublicationClient {
  readonly #options: PublicationOptions;
  readonly #alarm: Alarm;
  readonly #callId: string;
  #cseq = 0;
  #state: PublicationState = publicationTable.initial.next;
  #document: { readonly contentType: string; readonly body: Uint8Array } | undefined;
  #revision = 0;
  #sentRevision = 0;
  #sent: PublicationAction = 'send initial';
  #etag: string | undefined;
  #expires: number;
  #wish: 'publish' | 'remove' | undefined;
  #waiters: Waiter[] = [];
  #timer: { readonly input: 'timer refresh' | 'timer retry'; readonly due: number } | undefined;
  #failures = 0;
  #closed = false;

  constructor(options: PublicationOptions) {
    this.#options = options;
    this.#expires = options.expires ?? 3600;
    const { endpoint } = options.agent;
    this.#callId = endpoint.newCallId();
    this.#alarm = new Alarm(endpoint.clock, () => this.#wake());
  }

  get state(): PublicationState {
    return this.#state;
  }

  /** The entity tag of what is published. */
  get etag(): string | undefined {
    return this.#etag;
  }

  /**
   * Publishes a state in place of the one before. Resolves when it, or a later one, was accepted; after a timeout or a server
   * error it goes on trying. Rejects with EVENTS_REJECTED for a final refusal, with EVENTS_CLOSED, and with errors of our own making.
   */
  publish(contentType: string, body: Uint8Array): Promise<void> {
    this.#document = { contentType, body };
    this.#revision += 1;
    return this.#want('publish', this.#revision);
  }

  /** Takes the state back (RFC 3903 §4.5). Resolves when it is gone, or the compositor could not be asked. */
  remove(): Promise<void> {
    return this.#want('remove', Infinity);
  }

  /** Stops refreshing; the state goes when its time is over. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#alarm.cancel();
    for (const waiter of this.#waiters.splice(0)) waiter.reject(eventsError('EVENTS_CLOSED'));
  }

  #want(wish: 'publish' | 'remove', revision: number): Promise<void> {
    if (this.#closed) return Promise.reject(eventsError('EVENTS_CLOSED'));
    return new Promise((resolve, reject) => {
      this.#waiters.push({ revision, resolve, reject });
      this.#feed(wish);
    });
  }

  #feed(input: PublicationInput, response?: SipResponse, error?: ProtocolError): void {
    const row = publicationTable.states[this.#state]?.[input];
    if (row === undefined || this.#closed) return;
    this.#state = row.next;
    for (const action of row.actions) this.#act(action, input, response, error);
  }

  #act(action: PublicationAction, input: PublicationInput, response: SipResponse | undefined, error: ProtocolError | undefined): void {
    switch (action) {
      case 'send initial':
      case 'send modify':
      case 'send refresh':
      case 'send remove':
        this.#sent = action;
        this.#send();
        return;
      case 'send again':
        this.#send();
        return;
      case 'hold wish':
        this.#wish = input as 'publish' | 'remove';
        return;
      case 'release wish': {
        const wish = this.#wish;
        this.#wish = undefined;
        // A failed attempt has a retry before it, which sends the last state anyway.
        if (wish !== undefined && !(wish === 'publish' && this.#timer?.input === 'timer retry')) this.#feed(wish);
        return;
      }
      case 'raise expiry':
        this.#expires = response?.minExpires ?? this.#expires;
        return;
      case 'take tag':
        this.#etag = copied(response?.headers.get('SIP-ETag')) ?? this.#etag;
        this.#failures = 0;
        return;
      case 'drop tag':
        this.#etag = undefined;
        return;
      case 'start refresh':
        this.#startRefresh(response?.expires ?? this.#expires);
        return;
      case 'start retry':
        this.#startRetry(retryAfterOf(response?.headers.get('Retry-After')));
        return;
      case 'stop timers':
        this.#timer = undefined;
        return;
      case 'tell published':
        this.#settle((waiter) => waiter.revision <= this.#sentRevision, undefined);
        return;
      case 'tell removed':
        this.#settle((waiter) => waiter.revision === Infinity || waiter.revision < this.#revision || this.#wish !== 'publish', undefined);
        return;
      case 'tell failure':
        if (error === undefined) return;
        if (!this.#settle((waiter) => waiter.revision <= this.#sentRevision, error)) this.#options.onFailure?.(error);
    }
  }

  #send(): void {
    const { agent, uri, event, headers = [] } = this.#options;
    const fields: [string, string][] = [['Event', event], ['Expires', this.#sent === 'send remove' ? '0' : String(this.#expires)]];
    if (this.#sent !== 'send initial' && this.#etag !== undefined) fields.push(['SIP-If-Match', this.#etag]);
    for (const [name, value] of headers) fields.push([name, value]);
    const document = this.#sent === 'send initial' || this.#sent === 'send modify' ? this.#document : undefined;
    if (document !== undefined) this.#sentRevision = this.#revision;
    // Room for a retry with credentials, which takes the number after this one, and more for stale nonces.
    this.#cseq += 8;
    const options = { callId: this.#callId, cseq: this.#cseq, headers: fields, contentType: document?.contentType, body: document?.body };
    agent.request('PUBLISH', uri, options).then((response) => this.#answered(response), (error: unknown) => this.#failed(error));
  }

  #answered(response: SipResponse): void {
    const { status, minExpires } = response;
    if (status < 300) this.#feed('2xx', response);
    else if (status === 412) this.#feed('412', response, rejected(response));
    else if (status === 423 && minExpires !== undefined && minExpires > this.#expires) this.#feed('423', response);
    else this.#feed(PASSING.has(status) ? 'passing failure' : 'failure', response, rejected(response));
  }

  #failed(error: unknown): void {
    if (ProtocolError.is(error)) this.#feed(error.fault === 'remote' ? 'passing failure' : 'failure', undefined, error);
    else this.#options.agent.endpoint.report(error as Error);
  }

  #startRefresh(expires: number): void {
    const { endpoint } = this.#options.agent;
    const latest = Math.max(expires * 500, expires * 1000 - 64 * endpoint.timers.T1);
    this.#setTimer('timer refresh', latest * (0.8 + 0.2 * fraction(endpoint.random)));
  }

  #startRetry(retryAfter: number | undefined): void {
    const pause = Math.min(FIRST_PAUSE * 2 ** this.#failures, LAST_PAUSE);
    this.#failures += 1;
    this.#setTimer('timer retry', Math.max(pause, (retryAfter ?? 0) * 1000));
  }

  #setTimer(input: 'timer refresh' | 'timer retry', delay: number): void {
    const due = this.#options.agent.endpoint.clock.now() + delay;
    this.#timer = { input, due };
    this.#alarm.set(due);
  }

  #wake(): void {
    const timer = this.#timer;
    if (timer === undefined) return;
    if (timer.due > this.#options.agent.endpoint.clock.now()) this.#alarm.set(timer.due);
    else {
      this.#timer = undefined;
      this.#feed(timer.input);
    }
  }

  /** Whether there was anybody to tell. */
  #settle(concerned: (waiter: Waiter) => boolean, error: ProtocolError | undefined): boolean {
    const settled = this.#waiters.filter(concerned);
    this.#waiters = this.#waiters.filter((waiter) => !concerned(waiter));
    for (const waiter of settled) {
      if (error === undefined) waiter.resolve();
      else waiter.reject(error);
    }
    return settled.length > 0;
  }
}

function rejected(response: SipResponse): ProtocolError {
  return eventsError('EVENTS_REJECTED', { status: response.status, detail: `${response.status} ${response.reason}`, cause: response });
}

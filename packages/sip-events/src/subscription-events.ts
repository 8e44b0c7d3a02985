import type { ProtocolError } from '@simple-im/grammar';
import type { SipRequest } from '@simple-im/sip';
import { eventsError } from './errors.js';
import { parseSubscriptionState } from './event-header.js';
import type { SubscriptionStateHeader } from './event-header.js';

/** A NOTIFY (RFC 6665 §4.1.3). */
export interface Notification {
  readonly type: 'notification';
  readonly state: 'active' | 'pending' | 'terminated';
  readonly subscriptionState: SubscriptionStateHeader;
  /** `type/subtype` in lower case; undefined, as `body`, when the NOTIFY has none. */
  readonly contentType: string | undefined;
  readonly body: Uint8Array | undefined;
  /** Of the state (RFC 5839). */
  readonly etag: string | undefined;
  readonly request: SipRequest;
}

export type SubscriptionEvent =
  | Notification
  /** It ended, but `error` lets it be tried again: it subscribes anew in `retryIn` milliseconds. */
  | { readonly type: 'waiting'; readonly error: ProtocolError; readonly retryIn: number }
  /** The last event. No `error`: we unsubscribed. */
  | { readonly type: 'ended'; readonly error: ProtocolError | undefined };

/** Reads a NOTIFY. Throws EVENTS_MISSING_HEADER, EVENTS_BAD_HEADER, SIP_BAD_HEADER. */
export function readNotification(request: SipRequest): Notification {
  const text = request.headers.get('Subscription-State');
  if (text === undefined) throw eventsError('EVENTS_MISSING_HEADER', { header: 'Subscription-State', detail: 'Subscription-State' });
  const subscriptionState = parseSubscriptionState(text);
  // Extension states are not ours to know; what is not over goes on.
  const state = subscriptionState.state === 'terminated' || subscriptionState.state === 'pending' ? subscriptionState.state : 'active';
  const contentType = request.body.length === 0 ? undefined : request.contentType?.type;
  const body = contentType === undefined ? undefined : request.body;
  return { type: 'notification', state, subscriptionState, contentType, body, etag: request.headers.get('SIP-ETag'), request };
}

/** Events for `for await`; whoever does not read falls behind at most `limit` events. */
export class EventQueue {
  readonly #limit: number;
  readonly #overflow: () => void;
  readonly #events: SubscriptionEvent[] = [];
  #wake: (() => void) | undefined;
  #reading = false;
  #done = false;

  constructor(limit: number, overflow: () => void) {
    this.#limit = limit;
    this.#overflow = overflow;
  }

  push(event: SubscriptionEvent): void {
    // Whoever has not begun to read uses `onEvent`.
    if (!this.#reading || this.#done) return;
    if (event.type !== 'ended' && this.#events.length >= this.#limit) this.#overflow();
    else this.#events.push(event);
    this.#wake?.();
  }

  async *read(): AsyncGenerator<SubscriptionEvent, void, undefined> {
    this.#reading = true;
    try {
      for (;;) {
        const event = this.#events.shift();
        if (event === undefined) await new Promise<void>((resolve) => (this.#wake = resolve));
        else {
          yield event;
          if (event.type === 'ended') return;
        }
      }
    } finally {
      this.#done = true;
    }
  }
}

import type { OutOfDialogOptions, UaDialog, UaRequest, UserAgent } from '@simple-im/sip';
import { formatEvent } from './event-header.js';
import type { Subscription } from './subscription.js';

export interface SubscribeOptions {
  /** The event package: `presence`, `presence.winfo`. */
  readonly event: string;
  /** The id parameter of Event, a token: tells subscriptions of one package in one dialog apart. */
  readonly id?: string | undefined;
  /** Seconds; default 3600. The notifier may shorten it. */
  readonly expires?: number | undefined;
  /** Media types of bodies we take; a NOTIFY with another is answered 415. Default: any, and no Accept field. */
  readonly accept?: readonly string[] | undefined;
  /** For each SUBSCRIBE that makes a subscription: a filter (RFC 4660), for example. */
  readonly contentType?: string | undefined;
  readonly body?: Uint8Array | undefined;
  /** The From URI when it is not the user agent's address of record. */
  readonly from?: string | undefined;
  /** On every SUBSCRIBE. */
  readonly headers?: readonly (readonly [name: string, value: string])[] | undefined;
  /** The entity tag of a state we have: the NOTIFY comes without body while it is current (RFC 5839). `*`: never send one. */
  readonly suppressIfMatch?: string | undefined;
  /** Whether to subscribe anew when what ended a subscription allows it (`retryRules`). Default true. */
  readonly retry?: boolean | undefined;
  /** What the NOTIFYs of further branches of a fork make (RFC 6665 §5.4.9): nothing, 481 (default), or subscriptions of their own. */
  readonly forks?: 'refuse' | 'accept' | undefined;
  /** Subscribes within this dialog, as old peers do (RFC 6665 §4.5.2); its end is the end. */
  readonly dialog?: UaDialog | undefined;
  /** Events that may wait for a slow `for await`. Default 256. */
  readonly maxQueued?: number | undefined;
}

/** What subscriptions need of their subscriber. */
export interface SubscriptionHost {
  readonly agent: UserAgent;
  fraction(): number;
  /** The deadline has changed. */
  arm(subscription: Subscription): void;
  ended(subscription: Subscription): void;
  /** 481, or 489 for a package that nobody here has asked for. */
  refuse(notify: UaRequest): void;
}

/** A SUBSCRIBE (RFC 6665 §4.1.2.1), with the condition of RFC 5839 if there is a tag. */
export function subscribeRequest(options: SubscribeOptions, expires: number, etag: string | undefined, isFirst: boolean): OutOfDialogOptions {
  const { event, id, from, accept, headers = [], contentType, body } = options;
  const fields: [string, string][] = [['Event', formatEvent(event, id)], ['Expires', String(expires)]];
  if (accept !== undefined) fields.push(['Accept', accept.join(', ')]);
  if (etag !== undefined) fields.push(['Suppress-If-Match', etag]);
  for (const [name, value] of headers) fields.push([name, value]);
  return isFirst ? { from, headers: fields, contentType, body } : { headers: fields };
}

import { isToken, Params, parseParams, ProtocolError, trimBlanks } from '@simple-im/grammar';
import { eventsError } from './errors.js';

/** The Event field (RFC 6665 §8.4): a package, perhaps with templates as in `presence.winfo`, and what tells subscriptions apart. */
export interface EventHeader {
  readonly package: string;
  readonly id: string | undefined;
  readonly params: Params;
}

export type SubscriptionStateValue = 'active' | 'pending' | 'terminated';

/** The Subscription-State field (RFC 6665 §8.4). */
export interface SubscriptionStateHeader {
  /** Extension states come as they are. */
  readonly state: string;
  /** Of a terminated one: deactivated, probation, rejected, timeout, giveup, noresource, invariant, or another. */
  readonly reason: string | undefined;
  /** Seconds. */
  readonly expires: number | undefined;
  /** Seconds. */
  readonly retryAfter: number | undefined;
}

const MOST_SECONDS = 2 ** 32 - 1;

/** Reads an Event field. Throws EVENTS_BAD_HEADER. */
export function parseEvent(text: string): EventHeader {
  const [head, params] = tokenAndParams(text, 'Event');
  if (head.split('.').includes('')) throw bad('Event');
  return { package: head, id: params.get('id'), params };
}

/** `presence`, `dialog;id=4`. */
export function formatEvent(name: string, id: string | undefined): string {
  return id === undefined ? name : `${name};id=${id}`;
}

/** RFC 6665 §8.2.1: the type and the id are compared octet by octet, other parameters are not. */
export function sameEvent(text: string | undefined, name: string, id: string | undefined): boolean {
  if (text === undefined) return false;
  if (text === name) return id === undefined;
  if (!text.startsWith(name)) return false;
  try {
    const event = parseEvent(text);
    return event.package === name && event.id === id;
  } catch (error) {
    // What cannot be read is nobody's; whoever answers it reads it again and says what is wrong.
    if (ProtocolError.is(error)) return false;
    throw error;
  }
}

/** Reads a Subscription-State field. Throws EVENTS_BAD_HEADER. */
export function parseSubscriptionState(text: string): SubscriptionStateHeader {
  const [state, params] = tokenAndParams(text, 'Subscription-State');
  return {
    state: state.toLowerCase(),
    reason: params.get('reason')?.toLowerCase(),
    expires: seconds(params.get('expires')),
    retryAfter: seconds(params.get('retry-after')),
  };
}

/** `active;expires=600`, `terminated;reason=probation;retry-after=30`. */
export function formatSubscriptionState(
  state: SubscriptionStateValue, values: { expires?: number; reason?: string; retryAfter?: number | undefined },
): string {
  const expires = values.expires === undefined ? '' : `;expires=${values.expires}`;
  const reason = values.reason === undefined ? '' : `;reason=${values.reason}`;
  const retryAfter = values.retryAfter === undefined ? '' : `;retry-after=${values.retryAfter}`;
  return state + reason + expires + retryAfter;
}

/** Those of our media types that an Accept field lists (RFC 3261 §20.1), in our order; all when there is none. */
export function acceptable(accept: readonly string[], ours: readonly string[]): readonly string[] {
  if (accept.length === 0) return ours;
  const ranges = accept.map((range) => trimBlanks(range.split(';')[0] as string).toLowerCase());
  const covers = (range: string, type: string): boolean =>
    range === '*/*' || range === type || (range.endsWith('/*') && type.startsWith(range.slice(0, -1)));
  const taken = ours.filter((type) => ranges.some((range) => covers(range, type)));
  // The one array of the package, where it can be: there is a subscription to keep it for each watcher.
  return taken.length === ours.length ? ours : taken;
}

/** Seconds of a Retry-After field (RFC 3261 §20.33), without its comment and parameters. */
export function retryAfterOf(text: string | undefined): number | undefined {
  const digits = /^\d+/.exec(text ?? '')?.[0];
  return digits === undefined ? undefined : Math.min(Number(digits), MOST_SECONDS);
}

/** An entity tag (RFC 3903 §11.3.1): a token. */
export function isEntityTag(text: string): boolean {
  return isToken(text);
}

function tokenAndParams(text: string, header: string): [token: string, params: Params] {
  const semicolon = text.indexOf(';');
  const end = semicolon < 0 ? text.length : semicolon;
  const token = trimBlanks(text.slice(0, end));
  if (!isToken(token)) throw bad(header);
  if (semicolon < 0) return [token, NO_PARAMS];
  try {
    return [token, parseParams(text.slice(end))];
  } catch (cause) {
    if (ProtocolError.is(cause)) throw bad(header, cause);
    throw cause;
  }
}

const NO_PARAMS = Params.of({});

function seconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) throw bad('Subscription-State');
  return Math.min(Number(text), MOST_SECONDS);
}

function bad(header: string, cause?: unknown): ProtocolError {
  return eventsError('EVENTS_BAD_HEADER', { header, detail: header, cause });
}

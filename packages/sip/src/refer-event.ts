import { badField, singleValue, withParams } from './field-reading.js';
import type { SipRequest } from './message.js';
import { sipError } from './errors.js';

/** The id of an Event field of the refer package; `null` without id, `undefined` when it is another package (RFC 3515 §2.4.6). */
export function referEventId(request: SipRequest): number | null | undefined {
  const text = request.headers.get('Event');
  if (text === undefined) return undefined;
  const [name = ''] = text.split(';', 1);
  if (name.trim().toLowerCase() !== 'refer') return undefined;
  const id = withParams('Event', text).params.get('id');
  if (id === undefined) return null;
  return /^\d{1,10}$/.test(id) ? Number(id) : undefined;
}

/** Subscription-State of a NOTIFY (RFC 6665 §8.2.3), as far as the refer package needs it; `expires` in seconds. */
export function readReferState(request: SipRequest): { readonly over: boolean; readonly expires: number | undefined } {
  const text = singleValue(request.headers, 'Subscription-State');
  if (text === undefined) throw sipError('SIP_MISSING_HEADER', { header: 'Subscription-State', detail: 'Subscription-State' });
  const { value, params } = withParams('Subscription-State', text);
  const expires = params.get('expires');
  if (expires !== undefined && !/^\d+$/.test(expires)) throw badField('Subscription-State');
  return { over: value.toLowerCase() === 'terminated', expires: expires === undefined ? undefined : Number(expires) };
}

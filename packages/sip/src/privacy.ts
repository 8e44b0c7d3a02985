import { isToken } from '@simple-im/grammar';
import { sipError } from './errors.js';
import { badField } from './field-reading.js';
import type { Headers } from './headers.js';
import { trimBlanks } from './lists.js';

/** What a user wants hidden (RFC 3323 §4.2). */
export interface Privacy {
  /** In lower case, `critical` left out: `header`, `session`, `user`, `none`, `id` (RFC 3325), `history` (RFC 7044) and others. */
  readonly values: readonly string[];
  /** The request is rather to fail than to go on without this privacy. */
  readonly critical: boolean;
}

const MOST_VALUES = 16;

/**
 * Privacy of a message; `undefined` when absent. Commas between values are taken too, as older senders wrote them. Throws
 * SIP_BAD_HEADER for no or malformed values and for `none` among others, SIP_TOO_MANY_VALUES for more than 16.
 */
export function readPrivacy(headers: Headers): Privacy | undefined {
  const texts = headers.all('Privacy');
  if (texts.length === 0) return undefined;
  const words = texts.join(';').split(/[;,]/).map((word) => trimBlanks(word).toLowerCase());
  if (words.length > MOST_VALUES) throw sipError('SIP_TOO_MANY_VALUES', { header: 'Privacy', detail: `${words.length} values` });
  if (!words.every(isToken)) throw badField('Privacy');
  const values = [...new Set(words.filter((word) => word !== 'critical'))];
  const critical = words.includes('critical');
  // §4.2: with `none` there is nothing to add.
  if (values.length === 0 || (values.includes('none') && (values.length > 1 || critical))) throw badField('Privacy');
  return { values, critical };
}

/** A value of Privacy. Throws SIP_UNSAFE_FIELD. */
export function formatPrivacy({ values, critical = false }: { readonly values: readonly string[]; readonly critical?: boolean }): string {
  if (values.length === 0 || !values.every(isToken)) throw sipError('SIP_UNSAFE_FIELD', { header: 'Privacy', detail: 'Privacy' });
  return [...values, ...(critical ? ['critical'] : [])].join(';');
}

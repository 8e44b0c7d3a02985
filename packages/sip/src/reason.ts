import { byteStringToText, isToken, quote, textToByteString, type Params } from '@simple-im/grammar';
import { sipError } from './errors.js';
import { badField, listedValues, withParams } from './field-reading.js';
import type { Headers } from './headers.js';

/** One value of Reason (RFC 3326 §2): why a request was sent. */
export interface Reason {
  /** `SIP`, `Q.850` or another token, as it came. */
  readonly protocol: string;
  /** A SIP status or a Q.850 cause. */
  readonly cause: number | undefined;
  readonly text: string | undefined;
}

const MOST_CAUSE = 999_999;

/** The values of Reason, in order. Throws SIP_BAD_HEADER, SIP_TOO_MANY_VALUES. */
export function readReasons(headers: Headers): Reason[] {
  return listedValues(headers, 'Reason').map((text) => {
    const { value, params } = withParams('Reason', text);
    if (!isToken(value)) throw badField('Reason');
    const words = params.get('text');
    return { protocol: value, cause: causeOf(params), text: words === undefined ? undefined : byteStringToText(words) };
  });
}

/** A value of Reason. Throws SIP_UNSAFE_FIELD. */
export function formatReason({ protocol, cause, text }: Partial<Reason> & Pick<Reason, 'protocol'>): string {
  if (!isToken(protocol) || (cause !== undefined && !isCause(cause))) {
    throw sipError('SIP_UNSAFE_FIELD', { header: 'Reason', detail: 'Reason' });
  }
  const words = text === undefined ? '' : ` ;text=${byteStringToText(quote(textToByteString(text)))}`;
  return `${protocol}${cause === undefined ? '' : ` ;cause=${cause}`}${words}`;
}

function causeOf(params: Params): number | undefined {
  const text = params.get('cause');
  if (text === undefined) return undefined;
  const cause = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!isCause(cause)) throw badField('Reason');
  return cause;
}

function isCause(cause: number): boolean {
  return Number.isInteger(cause) && cause >= 0 && cause <= MOST_CAUSE;
}

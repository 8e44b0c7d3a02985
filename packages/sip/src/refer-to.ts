import { formatNameAddr, formatUri, isSipUri, parseUri, unescapeUri, type NameAddr } from '@simple-im/grammar';
import { sipError } from './errors.js';
import { addressOf, badField, listedValues, reading, singleValue } from './field-reading.js';
import type { Headers } from './headers.js';
import { formatReplaces, parseReplaces, type Replaces } from './replaces.js';

/** Whom or what a REFER is about (RFC 3515 §2.1). */
export interface ReferTo {
  readonly address: NameAddr;
  /** Where to send the request: without `method` and header fields if it is a SIP URI. */
  readonly uri: string;
  /** The method to use; INVITE when a SIP URI names none. Undefined for other URIs. */
  readonly method: string | undefined;
  /** The dialog there that an INVITE is to replace (RFC 3891 §4). Other header fields of the URI are not followed (RFC 3261 §19.1.5). */
  readonly replaces: Replaces | undefined;
}

/** Refer-To of a REFER. Throws SIP_BAD_HEADER unless there is exactly one value (RFC 3515 §2.4.2). */
export function readReferTo(headers: Headers): ReferTo {
  const [text, ...others] = listedValues(headers, 'Refer-To');
  if (text === undefined || others.length > 0) throw badField('Refer-To');
  return reading('Refer-To', () => {
    const address = addressOf(text);
    const { uri } = address;
    if (!isSipUri(uri)) return { address, uri: address.uriText, method: undefined, replaces: undefined };
    const named = uri.headers.filter(([name]) => name.toLowerCase() === 'replaces');
    if (named.length > 1) throw badField('Refer-To');
    const value = named[0]?.[1];
    return {
      address,
      uri: formatUri({ ...uri, params: uri.params.without('method'), headers: [] }),
      method: uri.params.get('method') ?? 'INVITE',
      replaces: value === undefined ? undefined : parseReplaces(unescapeUri(value)),
    };
  });
}

/** A value of Refer-To. `method` and `replaces` are for SIP URIs. Throws GRAMMAR_UNENCODABLE, SIP_UNSAFE_FIELD and as `parseUri`. */
export function formatReferTo(
  target: string, options: { readonly method?: string | undefined; readonly replaces?: Replaces | undefined } = {},
): string {
  const { method, replaces } = options;
  if (method === undefined && replaces === undefined) return formatNameAddr({ uri: target });
  const uri = parseUri(target);
  if (!isSipUri(uri)) throw sipError('SIP_UNSAFE_FIELD', { header: 'Refer-To', detail: 'Refer-To' });
  const plain = formatUri({ ...uri, params: method === undefined ? uri.params : uri.params.with('method', method), headers: [] });
  return `<${plain}${replaces === undefined ? '' : `?Replaces=${encodeURIComponent(formatReplaces(replaces))}`}>`;
}

/** Referred-By (RFC 3892 §3): who sent the REFER; `undefined` when absent. Throws SIP_BAD_HEADER, SIP_DUPLICATE_HEADER. */
export function readReferredBy(headers: Headers): NameAddr | undefined {
  const text = singleValue(headers, 'Referred-By');
  return text === undefined ? undefined : reading('Referred-By', () => addressOf(text));
}

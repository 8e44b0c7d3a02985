import { Params, type NameAddr } from '@simple-im/grammar';
import { sipError } from './errors.js';
import { addressOf, addressText, badField, listedValues, reading } from './field-reading.js';
import type { Headers } from './headers.js';

/** How a request came to be sent to the URI of an entry (RFC 7044 §5): `rc` same user, `mp` another user, `np` no change. */
export interface HistoryTarget {
  readonly kind: 'rc' | 'mp' | 'np';
  /** The index of the entry it was derived from. */
  readonly from: string;
}

/** One entry of History-Info (RFC 7044 §5). */
export interface HistoryEntry {
  /** Where the request was sent. Reason and Privacy stand in the header fields of its URI. */
  readonly address: NameAddr;
  /** `1`, `1.1`, `1.2.1`. */
  readonly index: string;
  readonly target: HistoryTarget | undefined;
}

const INDEX = /^(?:0|[1-9]\d{0,8})(?:\.(?:0|[1-9]\d{0,8})){0,31}$/;
const KINDS = ['rc', 'mp', 'np'] as const;

/** The entries of History-Info, in order. Throws SIP_BAD_HEADER, also for an entry without index, and SIP_TOO_MANY_VALUES. */
export function readHistoryInfo(headers: Headers): HistoryEntry[] {
  return listedValues(headers, 'History-Info').map((text) => {
    const address = reading('History-Info', () => addressOf(text));
    const index = address.params.get('index') ?? '';
    if (!INDEX.test(index)) throw badField('History-Info');
    return { address, index, target: targetOf(address.params) };
  });
}

/** An entry. Throws SIP_UNSAFE_FIELD, GRAMMAR_UNENCODABLE. */
export function formatHistoryEntry({ uri, index, target, params = Params.none }: {
  readonly uri: string;
  readonly index: string;
  readonly target?: HistoryTarget | undefined;
  /** Further parameters. */
  readonly params?: Params;
}): string {
  const indices = target === undefined ? [index] : [index, target.from];
  if (!indices.every((one) => INDEX.test(one))) throw sipError('SIP_UNSAFE_FIELD', { header: 'History-Info', detail: 'index' });
  const indexed = params.with('index', index);
  return addressText({ uri, params: target === undefined ? indexed : indexed.with(target.kind, target.from) });
}

function targetOf(params: Params): HistoryTarget | undefined {
  const [kind, ...others] = KINDS.filter((one) => params.has(one));
  if (kind === undefined) return undefined;
  const from = params.get(kind) ?? '';
  if (others.length > 0 || !INDEX.test(from)) throw badField('History-Info');
  return { kind, from };
}

import { isToken } from '@simple-im/grammar';
import { sipError } from './errors.js';
import { badField, singleValue } from './field-reading.js';
import type { Headers } from './headers.js';

const MOST = 2 ** 32 - 1;

/** The value of RAck (RFC 3262 §7.2): which reliable provisional response a PRACK acknowledges. */
export interface Rack {
  readonly rseq: number;
  readonly cseq: number;
  /** The method in the CSeq of the response. */
  readonly method: string;
}

/**
 * RSeq of a response (RFC 3262 §7.1), 1 to 2^32-1; `undefined` when absent. Throws SIP_BAD_HEADER, SIP_OUT_OF_RANGE,
 * SIP_DUPLICATE_HEADER.
 */
export function readRseq(headers: Headers): number | undefined {
  const text = singleValue(headers, 'RSeq');
  if (text === undefined) return undefined;
  const rseq = numberOf(text, 'RSeq');
  if (rseq === 0) throw sipError('SIP_OUT_OF_RANGE', { header: 'RSeq', detail: 'RSeq' });
  return rseq;
}

/** RAck of a PRACK; `undefined` when absent. Throws SIP_BAD_HEADER, SIP_OUT_OF_RANGE, SIP_DUPLICATE_HEADER. */
export function readRack(headers: Headers): Rack | undefined {
  const text = singleValue(headers, 'RAck');
  if (text === undefined) return undefined;
  const [rseq = '', cseq = '', method = '', more] = text.split(/[ \t]+/);
  if (!isToken(method) || more !== undefined) throw badField('RAck');
  return { rseq: numberOf(rseq, 'RAck'), cseq: numberOf(cseq, 'RAck'), method };
}

export function formatRack({ rseq, cseq, method }: Rack): string {
  return `${rseq} ${cseq} ${method}`;
}

function numberOf(text: string, header: string): number {
  if (!/^\d+$/.test(text)) throw badField(header);
  const number = Number(text);
  if (number > MOST) throw sipError('SIP_OUT_OF_RANGE', { header, detail: header });
  return number;
}

import { parseParams } from '@simple-im/grammar';
import { sipError } from './errors.js';
import type { Headers } from './headers.js';
import { trimBlanks } from './lists.js';

/** Who sends the refreshes: the sender of the request that the value stands in or answers, or its receiver. */
export type Refresher = 'uac' | 'uas';

/** The value of Session-Expires (RFC 4028 §4). */
export interface SessionExpires {
  /** Seconds. */
  readonly interval: number;
  readonly refresher: Refresher | undefined;
}

const MOST_SECONDS = 2 ** 32 - 1;

/** Session-Expires of a message; `undefined` when absent. Throws SIP_BAD_HEADER, SIP_OUT_OF_RANGE. */
export function readSessionExpires(headers: Headers): SessionExpires | undefined {
  const text = headers.get('Session-Expires');
  if (text === undefined) return undefined;
  const semicolon = text.indexOf(';');
  const refresher = semicolon < 0 ? undefined : refresherOf(text.slice(semicolon));
  return { interval: seconds(semicolon < 0 ? text : text.slice(0, semicolon), 'Session-Expires'), refresher };
}

/** Min-SE of a message, in seconds; `undefined` when absent. Throws SIP_BAD_HEADER, SIP_OUT_OF_RANGE. */
export function readMinSe(headers: Headers): number | undefined {
  const text = headers.get('Min-SE');
  if (text === undefined) return undefined;
  const semicolon = text.indexOf(';');
  return seconds(semicolon < 0 ? text : text.slice(0, semicolon), 'Min-SE');
}

export function formatSessionExpires({ interval, refresher }: SessionExpires): string {
  return refresher === undefined ? String(interval) : `${interval};refresher=${refresher}`;
}

/** delta-seconds */
function seconds(text: string, header: string): number {
  const digits = trimBlanks(text);
  if (!/^\d+$/.test(digits)) throw sipError('SIP_BAD_HEADER', { header, detail: header });
  const value = Number(digits);
  if (value > MOST_SECONDS) throw sipError('SIP_OUT_OF_RANGE', { header, detail: header });
  return value;
}

/** A value that is neither of the two is an extension nobody knows: as if it were not there. */
function refresherOf(params: string): Refresher | undefined {
  try {
    const value = parseParams(params).get('refresher')?.toLowerCase();
    return value === 'uac' || value === 'uas' ? value : undefined;
  } catch (cause) {
    throw sipError('SIP_BAD_HEADER', { header: 'Session-Expires', detail: 'Session-Expires', cause });
  }
}

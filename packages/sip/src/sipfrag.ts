import { strictUtf8Text, utf8 } from '@simple-im/grammar';
import { sipError } from './errors.js';
import { reasonPhrase } from './reason-phrases.js';

/** How far the request has come that a REFER asked for (RFC 3515 §2.4.5). */
export interface ReferStatus {
  /** 100 to 699. */
  readonly status: number;
  readonly reason: string;
}

/** Octets looked at for the status line. */
const MOST_OCTETS = 1024;
const STATUS_LINE = /^SIP\/2\.0 ([1-6]\d\d) ([^\r\n]*)/i;

/** The status line a message/sipfrag begins with (RFC 3420 §2.1, RFC 3515 §2.4.5). Throws SIP_BAD_SIPFRAG. */
export function readSipfrag(body: Uint8Array): ReferStatus {
  const newline = body.subarray(0, MOST_OCTETS).indexOf(0x0a);
  if (newline < 0 && body.length > MOST_OCTETS) throw sipError('SIP_BAD_SIPFRAG');
  const line = STATUS_LINE.exec(text(newline < 0 ? body : body.subarray(0, newline)));
  if (line === null) throw sipError('SIP_BAD_SIPFRAG');
  return { status: Number(line[1]), reason: line[2] ?? '' };
}

/** A body of message/sipfrag with nothing but a status line; the registered phrase when there is none. Throws SIP_UNSAFE_FIELD. */
export function formatSipfrag({ status, reason = reasonPhrase(status) }: Partial<ReferStatus> & Pick<ReferStatus, 'status'>): Uint8Array {
  if (/[\r\n]/.test(reason)) throw sipError('SIP_UNSAFE_FIELD', { detail: 'line end in the reason phrase' });
  return utf8(`SIP/2.0 ${status} ${reason}\r\n`);
}

function text(octets: Uint8Array): string {
  const decoded = strictUtf8Text(octets);
  if (decoded === undefined) throw sipError('SIP_BAD_SIPFRAG');
  return decoded;
}

import type { ProtocolError } from '@simple-im/grammar';
import { sipError } from './errors.js';
import { UNKNOWN, fieldIdAt } from './field-names.js';
import { Headers } from './headers.js';
import type { Limits } from './limits.js';
import { TOKEN, isBlank } from './lists.js';
import type { FieldRows } from './row-layout.js';

const COLON = 0x3a;

// Rows are collected here and copied once, at their final length; a growing array would be copied several times a message.
const scratch: FieldRows = [];

/** Header fields, and what was wrong with the first bad line. */
export interface SplitFields {
  readonly headers: Headers;
  readonly flaw: ProtocolError | undefined;
}

/**
 * The fields of a head from its second line, at `start`, to its empty line (RFC 3261 §7.3.1). The head is the byte string of
 * the octets from `base` on: names are looked up as octets, which cost less than the characters of a string, and line ends
 * are found in the string, whose search for a character is the fastest there is. Throws SIP_TOO_MANY_FIELDS.
 */
export function splitFields(octets: Uint8Array, base: number, head: string, start: number, limits: Limits): SplitFields {
  const end = head.length - 2;
  let flaw: ProtocolError | undefined;
  let folded = false; // whether a field is on several lines
  let length = 0;
  for (let at = start; at < end;) {
    let lineFeed = head.indexOf('\n', at);
    let carriageReturn = head.indexOf('\r', at);
    while (carriageReturn === lineFeed - 1 && isBlank(octets[base + lineFeed + 1] as number)) { // the field goes on
      folded = true;
      carriageReturn = head.indexOf('\r', lineFeed + 1);
      lineFeed = head.indexOf('\n', lineFeed + 1);
    }
    if (carriageReturn !== lineFeed - 1) {
      flaw ??= sipError('SIP_BAD_LINE', { offset: at, detail: 'CR or LF alone' });
      lineFeed = head.indexOf('\r\n', at) + 1;
    }
    if (length === 4 * limits.fields) throw sipError('SIP_TOO_MANY_FIELDS', { offset: at });

    // header = header-name HCOLON header-value
    const from = base + at;
    let next = from;
    while (TOKEN[octets[next] as number] === 1) next++;
    const nameEnd = next;
    while (isBlank(octets[next] as number)) next++;
    const isField = nameEnd > from && octets[next] === COLON;
    if (isField) {
      next++;
      while (isBlank(octets[next] as number)) next++;
    } else {
      flaw ??= sipError('SIP_BAD_LINE', { offset: at, detail: 'no name and colon' });
    }
    scratch[length] = isField ? fieldIdAt(octets, from, nameEnd) : UNKNOWN;
    scratch[length + 1] = at;
    scratch[length + 2] = isField ? next - base : at;
    scratch[length + 3] = lineFeed - 1;
    length += 4;
    at = lineFeed + 1;
  }
  return { headers: Headers.fromHead(head, scratch.slice(0, length), folded), flaw };
}

import { isToken, textToByteString } from '@simple-im/grammar';
import { sipError } from './errors.js';
import { UNKNOWN, fieldName } from './field-names.js';
import { trimBlanks } from './lists.js';

const CR = 0x0d;
const LF = 0x0a;

/** The value of a line to be made, as a byte string. Throws SIP_UNSAFE_FIELD if name and value would not make one line. */
export function valueOfLine(id: number, name: string, value: string): string {
  if (id === UNKNOWN && !isToken(name)) throw sipError('SIP_UNSAFE_FIELD', { detail: 'the name is not a token' });
  let octets = 0;
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at);
    if (code === CR || code === LF) {
      const written = id === UNKNOWN ? name : fieldName(id);
      throw sipError('SIP_UNSAFE_FIELD', { header: written, detail: `line end in ${written}` });
    }
    octets |= code;
  }
  return octets > 0x7f ? textToByteString(value) : value;
}

/** A value on one line: each fold becomes one space (RFC 3261 §7.3.1). */
export function unfold(value: string): string {
  const lines = value.split('\n').map((line) => trimBlanks(line.endsWith('\r') ? line.slice(0, -1) : line));
  return lines.filter((line) => line !== '').join(' ');
}

/** Reads a value where it stands in a byte string, from `from` to before `to`: folds are undone, no blanks are around it. */
export type ReadValue<T> = (text: string, from: number, to: number, id: number) => T;

/** The value as a text. */
export function slice(text: string, from: number, to: number): string {
  return text.slice(from, to);
}

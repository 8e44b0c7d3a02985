import { isToken } from '@simple-im/grammar';
import { sipError } from './errors.js';
import { UNKNOWN, fieldName } from './field-names.js';
import { trimBlanks } from './lists.js';

/** Throws SIP_UNSAFE_FIELD for a name and a value that would not make one header field line. */
export function checkField(id: number, name: string, value: string): void {
  if (id === UNKNOWN && !isToken(name)) throw sipError('SIP_UNSAFE_FIELD', { detail: 'the name is not a token' });
  if (!value.includes('\n') && !value.includes('\r')) return;
  const written = id === UNKNOWN ? name : fieldName(id);
  throw sipError('SIP_UNSAFE_FIELD', { header: written, detail: `line end in ${written}` });
}

/** A value on one line: each fold becomes one space (RFC 3261 §7.3.1). */
export function unfold(value: string): string {
  const lines = value.split('\n').map((line) => trimBlanks(line.endsWith('\r') ? line.slice(0, -1) : line));
  return lines.filter((line) => line !== '').join(' ');
}

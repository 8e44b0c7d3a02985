import { trimBlanks } from '@simple-im/grammar';
import { cpimError } from './errors.js';

/** A MIME header of the content (RFC 3862 §2.4). */
export interface EntityHeader {
  /** As written; names of MIME headers are compared without case. */
  readonly name: string;
  /** A byte string, folds undone. */
  readonly value: string;
  /** The line or lines as they came, a byte string without the last CR LF. */
  readonly line: string;
}

// RFC 2045 leans on RFC 822: field-name is any visible ASCII but the colon; in the value only TAB of all controls.
const FIELD = /^([!-9;-~]+)[\t ]*:([\t\r\n -~\x80-\xff]*)$/;

/** Makes a MIME header of a line with its continuation lines, joined by CR LF. */
export function entityHeaderOf(line: string, offset: number): EntityHeader {
  const found = FIELD.exec(line);
  if (found === null) throw cpimError('CPIM_BAD_ENTITY_HEADER', { offset });
  const [, name, value] = found as unknown as [string, string, string];
  return { name, value: trimBlanks(value.replaceAll('\r\n', '')), line };
}

/** Writes a MIME header of a name and a byte string. */
export function makeEntityHeader(name: string, value: string): EntityHeader {
  const line = `${name}: ${value}`;
  if (/[\r\n]/.test(value) || !FIELD.test(line) || /[\t :]/.test(name)) {
    throw cpimError('CPIM_UNENCODABLE', { header: name.slice(0, 40), section: 'RFC 2045 §2' });
  }
  return { name, value, line };
}

/** The media type in lower case without parameters. */
export function mediaTypeOf(contentType: string | undefined): string | undefined {
  return contentType?.split(';', 1)[0]?.trim().toLowerCase();
}

import {
  byteStringToText, formatNameAddr, parseNameAddr, parseParams, ProtocolError, splitList, textToByteString,
  type NameAddr, type NameAddrLike, type NameAddrOptions, type Params,
} from '@simple-im/grammar';
import { sipError } from './errors.js';
import type { Headers } from './headers.js';
import { trimBlanks } from './lists.js';

/** Values that are read of one field with a list, such as Reason or History-Info. */
const MOST_VALUES = 64;

/** SIP_BAD_HEADER of a field. */
export function badField(header: string, cause?: unknown): ProtocolError {
  return sipError('SIP_BAD_HEADER', { header, detail: header, cause });
}

/** What `read` gives; an error of the grammar is one of the header field. */
export function reading<T>(header: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!ProtocolError.is(cause) || cause.code.startsWith('SIP_')) throw cause;
    throw badField(header, cause);
  }
}

/** The value of a field that may stand in a message once; `undefined` when absent. Throws SIP_DUPLICATE_HEADER. */
export function singleValue(headers: Headers, header: string): string | undefined {
  if (headers.count(header) > 1) throw sipError('SIP_DUPLICATE_HEADER', { header, detail: header });
  return headers.get(header);
}

/** The elements of a list field. Throws SIP_TOO_MANY_VALUES for more than 64. */
export function listedValues(headers: Headers, header: string): string[] {
  const values = reading(header, () => headers.all(header).flatMap(splitList).filter((one) => one !== ''));
  if (values.length > MOST_VALUES) throw sipError('SIP_TOO_MANY_VALUES', { header, detail: `${values.length} values` });
  return values;
}

/** `value *(SEMI generic-param)`, the value without blanks, the parameters as byte strings. */
export function withParams(header: string, text: string): { readonly value: string; readonly params: Params } {
  const semicolon = text.indexOf(';');
  const end = semicolon < 0 ? text.length : semicolon;
  return { value: trimBlanks(text.slice(0, end)), params: reading(header, () => parseParams(textToByteString(text.slice(end)))) };
}

/** The address that a value of a header field is: {@link Headers} gives text, the grammar reads byte strings. Throws as `parseNameAddr`. */
export function addressOf(value: string, options?: NameAddrOptions): NameAddr {
  return parseNameAddr(textToByteString(value), options);
}

/** An address as the value of a header field; `formatNameAddr` writes a byte string, {@link Headers} takes text. Throws GRAMMAR_UNENCODABLE. */
export function addressText(address: NameAddrLike): string {
  return byteStringToText(formatNameAddr(address));
}

const CALL_ID = /^[A-Za-z0-9\-.!%*_+`'~()<>:\\"/[\]?{}]+(?:@[A-Za-z0-9\-.!%*_+`'~()<>:\\"/[\]?{}]+)?$/;

/** Whether the text is a callid (RFC 3261 §25.1). */
export function isCallId(text: string): boolean {
  return CALL_ID.test(text);
}

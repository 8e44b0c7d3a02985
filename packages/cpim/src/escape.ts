import { byteStringToText, textToByteString } from '@simple-im/grammar';
import { cpimError } from './errors.js';

const ESCAPE = /\\(?:u([0-9A-Fa-f]{4})|([^]))?/g;
const SPECIAL: Readonly<Record<string, string>> = { b: '\b', t: '\t', n: '\n', r: '\r' };

/**
 * The text a header value (a byte string) stands for (RFC 3862 §2.3). UTF-8 is decoded first, because escapes are of UCS-2
 * characters; an unknown escape is the character behind the backslash, a backslash at the end is nothing (§2.3.1).
 */
export function unescapeText(value: string): string {
  const text = byteStringToText(value);
  if (!text.includes('\\')) return text;
  return text.replace(ESCAPE, (_, hex: string | undefined, character: string | undefined) => {
    if (hex !== undefined) return String.fromCharCode(parseInt(hex, 16));
    return character === undefined ? '' : SPECIAL[character] ?? character;
  });
}

const LONE_SURROGATE = /\p{Surrogate}/u;
const TO_ESCAPE = /[\\\u0000-\u001f\u007f]/g;
const NAMED: Readonly<Record<string, string>> = { '\\': '\\\\', '\b': '\\b', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** A text as a header value: control characters and backslashes escaped, all else as UTF-8 (RFC 3862 §2.3.1). */
export function escapeText(text: string): string {
  if (LONE_SURROGATE.test(text)) throw cpimError('CPIM_UNENCODABLE', { detail: 'lone surrogate', section: 'RFC 3862 §2.3' });
  return textToByteString(text.replace(TO_ESCAPE, (c) => NAMED[c] ?? `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`));
}

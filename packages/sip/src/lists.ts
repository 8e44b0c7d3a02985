/*
 * Characters, and the scanning of values that RFC 3261 §7.3.1 lets a sender write as a comma-separated list: a comma inside a quoted string or
 * inside angle brackets belongs to the element.
 */

const QUOTE = 0x22;
const COMMA = 0x2c;
const LESS = 0x3c;
const GREATER = 0x3e;
const BACKSLASH = 0x5c;

/** 1 at the octets of a token (RFC 3261 §25.1). */
export const TOKEN: Uint8Array = new Uint8Array(256);
for (const char of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.!%*_+`'~") TOKEN[char.charCodeAt(0)] = 1;

/** Whether the octet is a space or a tab. */
export function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** The text without spaces and tabs at both ends. `trim` would also take U+00A0, half of a UTF-8 character here. */
export function trimBlanks(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  return from === 0 && to === text.length ? text : text.slice(from, to);
}

/** The offset of the comma that ends the list element at `from`, or `to` if no other follows it. */
export function elementEnd(text: string, from: number, to: number): number {
  let inAngles = false;
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE && !inAngles) {
      at = quoteEnd(text, at, to);
    } else if (code === LESS) {
      inAngles = true;
    } else if (code === GREATER) {
      inAngles = false;
    } else if (code === COMMA && !inAngles) {
      return at;
    }
  }
  return to;
}

/** The offset of the quote that closes the quoted string opened at `from`, or `to`. */
function quoteEnd(text: string, from: number, to: number): number {
  for (let at = from + 1; at < to; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at++;
    else if (code === QUOTE) return at;
  }
  return to;
}

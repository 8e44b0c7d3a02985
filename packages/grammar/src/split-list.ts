import { trimBlanks } from './blanks.js';

const DQUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const LAQUOT = 0x3c;

/**
 * The elements of a comma-separated list, trimmed: commas inside quoted strings and between `<` and `>` separate nothing.
 * Blank text gives no elements; an empty element is kept as an empty text, for the caller to refuse. Linear in the text.
 */
export function splitList(text: string): string[] {
  if (!text.includes(',')) {
    const only = trimBlanks(text);
    return only === '' ? [] : [only];
  }
  const elements: string[] = [];
  let start = 0;
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === COMMA) {
      elements.push(trimBlanks(text.slice(start, at)));
      start = at + 1;
    } else if (code === DQUOTE) {
      at = endOfQuotes(text, at);
    } else if (code === LAQUOT) {
      const close = text.indexOf('>', at);
      if (close < 0) break;
      at = close;
    }
    at++;
  }
  elements.push(trimBlanks(text.slice(start)));
  return elements;
}

/** Where the closing DQUOTE is, or the end of the text when there is none. */
function endOfQuotes(text: string, open: number): number {
  let at = open + 1;
  while (at < text.length && text.charCodeAt(at) !== DQUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at;
}

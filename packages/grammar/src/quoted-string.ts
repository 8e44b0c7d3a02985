import { abnf } from './abnf.js';
import { grammarError } from './grammar-errors.js';

const wholeQuotedString = new RegExp(`^${abnf.quotedString.source}$`);
const quotedPair = /\\([^])/g;
// Looks behind so that a run of blanks is tried once only, from its start.
const fold = /(?<![ \t])[ \t]*\r\n[ \t]+/g;
const needsEscape = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f"\\]/g;

/**
 * A byte string as a quoted-string (RFC 3261 §25.1): DQUOTE, backslash and control characters escaped.
 * @throws GRAMMAR_UNENCODABLE for CR and LF, which no quoting can carry, and for characters above U+00FF.
 */
export function quote(text: string): string {
  if (/[\r\n\u0100-\uffff]/.test(text)) {
    throw grammarError('GRAMMAR_UNENCODABLE', { detail: 'a line break or a character that is not an octet' });
  }
  return `"${text.replace(needsEscape, '\\$&')}"`;
}

/**
 * What a quoted-string stands for, as a byte string: without the quotes and escapes, a folded line as one space.
 * @throws GRAMMAR_BAD_QUOTED_STRING
 */
export function unquote(text: string): string {
  if (!isQuotedString(text)) throw grammarError('GRAMMAR_BAD_QUOTED_STRING');
  return unquoteValid(text);
}

/** True for a quoted-string from its first to its last DQUOTE. */
export function isQuotedString(text: string): boolean {
  return wholeQuotedString.test(text);
}

/** {@link unquote} for what is known to be a quoted-string. */
export function unquoteValid(text: string): string {
  const inner = text.slice(1, -1);
  if (!inner.includes('\\') && !inner.includes('\r')) return inner;
  return inner.replace(fold, ' ').replace(quotedPair, '$1');
}

/*
 * Classes of octets, for scanning byte strings without regular expressions. A character is in a class when
 * `(CLASSES[code] & CLASS) !== 0`. The names are those of RFC 3261 §25.1; "%" is in no URI class, escapes are read apart.
 */

/** token */
export const TOKEN = 1;
/** unreserved = alphanum / mark */
export const UNRESERVED = 2;
/** unreserved / user-unreserved */
export const USER = 4;
/** param-unreserved / unreserved */
export const PARAM = 8;
/** alphanum */
export const ALPHANUM = 16;
/** DIGIT */
export const DIGIT = 32;
/** What may stand between "<" and ">": visible ASCII other than `<`, `>` and DQUOTE. */
export const ANGLED = 64;
/** qdtext without line folds; octets from 0x80 on are taken as they are, UTF-8 or not. */
export const QDTEXT = 128;

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';
const MARKS = "-_.!~*'()";

/** The classes of each octet. */
export const CLASSES: Uint8Array = new Uint8Array(256);

function classify(characters: string, classes: number): void {
  for (let i = 0; i < characters.length; i++) (CLASSES[characters.charCodeAt(i)] as number) |= classes;
}

classify(LETTERS, TOKEN | UNRESERVED | USER | PARAM | ALPHANUM);
classify(DIGITS, TOKEN | UNRESERVED | USER | PARAM | ALPHANUM | DIGIT);
classify("-.!%*_+`'~", TOKEN);
classify(MARKS, UNRESERVED | USER | PARAM);
classify('&=+$,;?/', USER);
classify('[]/:&+$', PARAM);
for (let code = 0x21; code <= 0x7e; code++) if (!'<>"'.includes(String.fromCharCode(code))) (CLASSES[code] as number) |= ANGLED;
for (let code = 0x20; code <= 0xff; code++) if (code !== 0x22 && code !== 0x5c && code !== 0x7f) (CLASSES[code] as number) |= QDTEXT;
classify('\t', QDTEXT);

/** True when every character from `from` to before `to` is in the class; false above U+00FF. */
export function allIn(text: string, from: number, to: number, charClass: number): boolean {
  for (let at = from; at < to; at++) if (((CLASSES[text.charCodeAt(at)] as number) & charClass) === 0) return false;
  return true;
}

/** True for a token (RFC 3261 §25.1): what a method, an option tag or an unquoted parameter value is made of. */
export function isToken(text: string): boolean {
  return text.length > 0 && allIn(text, 0, text.length, TOKEN);
}

import { ALPHANUM, ANGLED, CLASSES, QDTEXT, TOKEN } from './chars.js';
import type { NameAddrParts } from './name-addr.js';

const SPACE = 0x20;
const DQUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const SEMICOLON = 0x3b;
const LAQUOT = 0x3c;
const EQUAL = 0x3d;
const RAQUOT = 0x3e;
const QUESTION = 0x3f;

/**
 * Addresses of the common forms, `"Name" <uri>`, `Name <uri>`, `<uri>` and `uri`, with at most one parameter behind them that
 * is a token and no blanks around; `undefined` for everything else, which the grammar reads.
 */
export function parseNameAddrByLane(text: string): NameAddrParts | undefined {
  let display: string | undefined;
  let open = 0;
  const first = text.charCodeAt(0);
  if (first === DQUOTE) {
    const close = endOf(text, 1, QDTEXT);
    if (text.charCodeAt(close) !== DQUOTE) return undefined;
    open = text.charCodeAt(close + 1) === SPACE ? close + 2 : close + 1;
    display = text.slice(0, close + 1);
  } else if (first !== LAQUOT) {
    open = endOf(text, 0, TOKEN);
    if (text.charCodeAt(open) === COLON) return readAddrSpec(text, open);
    if (open === 0) return undefined;
    display = text.slice(0, open);
    if (text.charCodeAt(open) === SPACE) open++;
  }
  if (text.charCodeAt(open) !== LAQUOT) return undefined;
  const uriStart = open + 1;
  const uriEnd = endOf(text, uriStart, ANGLED);
  if (text.charCodeAt(uriEnd) !== RAQUOT || !hasScheme(text, uriStart, uriEnd) || !isSimpleParam(text, uriEnd + 1)) return undefined;
  return { display, uriText: text.slice(uriStart, uriEnd), params: text.slice(uriEnd + 1) };
}

function readAddrSpec(text: string, colon: number): NameAddrParts | undefined {
  if (!hasScheme(text, 0, text.length)) return undefined;
  let end = colon + 1;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (code === SEMICOLON) break;
    if (code === COMMA || code === QUESTION || ((CLASSES[code] as number) & ANGLED) === 0) return undefined;
  }
  if (end === colon + 1 || !isSimpleParam(text, end)) return undefined;
  return { display: undefined, uriText: text.slice(0, end), params: text.slice(end) };
}

function endOf(text: string, from: number, charClass: number): number {
  let at = from;
  while (at < text.length && ((CLASSES[text.charCodeAt(at)] as number) & charClass) !== 0) at++;
  return at;
}

/** A scheme of letters and digits, a colon, and something behind it. */
function hasScheme(text: string, from: number, to: number): boolean {
  const colon = endOf(text, from, ALPHANUM);
  return colon > from && text.charCodeAt(from) >= 0x41 && text.charCodeAt(colon) === COLON && colon + 1 < to;
}

/** Nothing, or `;name` or `;name=token` up to the end of the text. */
function isSimpleParam(text: string, from: number): boolean {
  if (from === text.length) return true;
  if (text.charCodeAt(from) !== SEMICOLON) return false;
  const nameEnd = endOf(text, from + 1, TOKEN);
  if (nameEnd === from + 1) return false;
  if (nameEnd === text.length) return true;
  if (text.charCodeAt(nameEnd) !== EQUAL || nameEnd + 1 === text.length) return false;
  return endOf(text, nameEnd + 1, TOKEN) === text.length;
}

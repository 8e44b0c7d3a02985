import type { NameAddrParts } from './name-addr.js';

const SPACE = 0x20;
const DQUOTE = 0x22;

/*
 * Whether a text has a common form one regular expression says, faster than a loop over its characters; where its parts are
 * single characters say then. Each repetition ends where the next part begins, so that the time is linear.
 */
const display = /(?:"[\t !#-[\]-~\x80-\xff]*" ?|[A-Za-z0-9\-.!%*_+`'~]+ ?)?/;
const scheme = /[A-Za-z][A-Za-z0-9]*:/;
const param = /(?:;[A-Za-z0-9\-.!%*_+`'~]+(?:=[A-Za-z0-9\-.!%*_+`'~]+)?)?/;
const nameAddr = new RegExp(`${display.source}<${scheme.source}[!#-;=?-~]+>${param.source}`, 'y');
const addrSpec = new RegExp(`${scheme.source}[!#-+\\--:=@-~]+${param.source}`, 'y');

/**
 * The address that stands from `from` to before `to` in one of the common forms, `"Name" <uri>`, `Name <uri>`, `<uri>` and
 * `uri`, with at most one parameter behind it that is a token and no blanks around; `undefined` for everything else, which
 * the grammar reads.
 */
export function parseNameAddrByLane(text: string, from: number, to: number): NameAddrParts | undefined {
  if (!isWhole(nameAddr, text, from, to)) return isWhole(addrSpec, text, from, to) ? readAddrSpec(text, from, to) : undefined;
  const quoteEnd = text.charCodeAt(from) === DQUOTE ? text.indexOf('"', from + 1) + 1 : from;
  const open = text.indexOf('<', quoteEnd);
  const close = text.indexOf('>', open);
  const displayEnd = text.charCodeAt(open - 1) === SPACE ? open - 1 : open;
  return { display: open === from ? undefined : text.slice(from, displayEnd), uriText: text.slice(open + 1, close), params: text.slice(close + 1, to) };
}

function readAddrSpec(text: string, from: number, to: number): NameAddrParts {
  const semicolon = text.slice(from, to).indexOf(';');
  const uriEnd = semicolon < 0 ? to : from + semicolon;
  return { display: undefined, uriText: text.slice(from, uriEnd), params: text.slice(uriEnd, to) };
}

function isWhole(form: RegExp, text: string, from: number, to: number): boolean {
  form.lastIndex = from;
  return form.test(text) && form.lastIndex === to;
}

/*
 * Core rules (RFC 5234 appendix B) and the rules RFC 3261 §25.1 shares among header fields, as regular expressions that can
 * be composed: a parsimmon grammar takes one by `P.regexp(abnf.token)`. All are written so that they match in linear time.
 * IPv6address follows RFC 3986 §3.2.2, which RFC 5954 put in the place of the faulty rule of RFC 3261.
 */

const ALPHA = '[A-Za-z]';
const DIGIT = '[0-9]';
const HEXDIG = '[0-9A-Fa-f]';
const alphanum = '[A-Za-z0-9]';
const WSP = '[ \\t]';
const LWS = `(?:(?:${WSP}*\\r\\n)?${WSP}+)`;
const SWS = `${LWS}?`;
const token = "[A-Za-z0-9\\-.!%*_+`'~]+";
const unreserved = "[A-Za-z0-9\\-_.!~*'()]";
const escaped = `%${HEXDIG}${HEXDIG}`;

// LWS is spelt out one character at a time: `(LWS / ...)*` would nest two repetitions and take exponential time on blanks.
// Octets from 0x80 on are taken without checking that they are UTF-8: who shows them to a person decodes them leniently.
const qdtext = '(?:\\r\\n[ \\t]|[\\t !#-\\[\\]-~\\x80-\\xff])';
const quotedPair = '\\\\[\\x00-\\x09\\x0b\\x0c\\x0e-\\x7f]';
const quotedString = `"(?:${qdtext}|${quotedPair})*"`;

const label = `${alphanum}(?:-*${alphanum})*`;
const toplabel = `${ALPHA}(?:-*${alphanum})*`;
const hostname = `(?:${label}\\.)*${toplabel}\\.?`;
const decOctet = '(?:25[0-5]|2[0-4][0-9]|[01]?[0-9]?[0-9])';
const IPv4address = `${decOctet}(?:\\.${decOctet}){3}(?![0-9])`;
const h16 = `${HEXDIG}{1,4}`;
const ls32 = `(?:${h16}:${h16}|${IPv4address})`;
const IPv6address = '(?:' + [
  `(?:${h16}:){6}${ls32}`,
  `::(?:${h16}:){5}${ls32}`,
  `(?:${h16})?::(?:${h16}:){4}${ls32}`,
  `(?:(?:${h16}:){0,1}${h16})?::(?:${h16}:){3}${ls32}`,
  `(?:(?:${h16}:){0,2}${h16})?::(?:${h16}:){2}${ls32}`,
  `(?:(?:${h16}:){0,3}${h16})?::${h16}:${ls32}`,
  `(?:(?:${h16}:){0,4}${h16})?::${ls32}`,
  `(?:(?:${h16}:){0,5}${h16})?::${h16}`,
  `(?:(?:${h16}:){0,6}${h16})?::`,
].join('|') + ')';
const IPv6reference = `\\[${IPv6address}\\]`;
const host = `(?:${hostname}|${IPv4address}|${IPv6reference})`;

function rule(source: string): RegExp {
  return new RegExp(source);
}

/** Shared productions by their names in RFC 3261 §25.1, for composing grammars. None is anchored, none has a flag. */
export const abnf = {
  ALPHA: rule(ALPHA),
  DIGIT: rule(DIGIT),
  HEXDIG: rule(HEXDIG),
  alphanum: rule(alphanum),
  LWS: rule(LWS),
  SWS: rule(SWS),
  HCOLON: rule(`${WSP}*:${SWS}`),
  COMMA: rule(`${SWS},${SWS}`),
  SEMI: rule(`${SWS};${SWS}`),
  EQUAL: rule(`${SWS}=${SWS}`),
  SLASH: rule(`${SWS}/${SWS}`),
  COLON: rule(`${SWS}:${SWS}`),
  LAQUOT: rule(`${SWS}<`),
  RAQUOT: rule(`>${SWS}`),
  token: rule(token),
  unreserved: rule(unreserved),
  escaped: rule(escaped),
  quotedString: rule(quotedString),
  hostname: rule(hostname),
  IPv4address: rule(IPv4address),
  IPv6address: rule(IPv6address),
  IPv6reference: rule(IPv6reference),
  host: rule(host),
  port: rule(`${DIGIT}+`),
} as const satisfies Record<string, RegExp>;

/*
 * Message headers as RFC 3862 §3.6 and §4 and RFC 5438 §10 define them, over byte strings. The rules have the names of the
 * RFCs. Everything is matched by expressions without nested repetition, so that the time is linear in the line.
 */
import P from 'parsimmon';
import { trimBlanks } from '@simple-im/grammar';
import { unescapeText } from './escape.js';

/** A parameter of a header or of a list item; the value with quotes and escapes taken off, as text. */
export interface CpimParameter {
  readonly name: string;
  readonly value: string;
}

/** A header name as written. */
export interface WrittenName {
  readonly prefix: string;
  readonly name: string;
}

/** A line without its CR LF, taken apart. */
export interface HeaderParts extends WrittenName {
  readonly parameters: readonly CpimParameter[];
  readonly value: string;
}

/** [ Formal-name ] "<" URI ">", the name as text. */
export interface AddressParts {
  readonly name?: string;
  readonly uri: string;
}

export interface NotifyRequest {
  readonly value: string;
  readonly parameters: readonly CpimParameter[];
}

const namechar = '!#-\'*+\\-^-`|~A-Za-z0-9';
// The older UTF-8 with up to six octets, which §3.6 keeps for compatibility.
const utf8multi = '[\\xc0-\\xdf][\\x80-\\xbf]|[\\xe0-\\xef][\\x80-\\xbf]{2}'
  + '|[\\xf0-\\xf7][\\x80-\\xbf]{3}|[\\xf8-\\xfb][\\x80-\\xbf]{4}|[\\xfc\\xfd][\\x80-\\xbf]{5}';

const Name = P.regexp(new RegExp(`[${namechar}]+`));
const Token = P.regexp(new RegExp(`(?:[${namechar}.]|${utf8multi})+`));
const quotedText = new RegExp(`"(?:[ !#-\\[\\]-~]|${utf8multi}|\\\\(?:u[0-9A-Fa-f]{4}|[btnr"'\\\\]))*"`);
const Str = P.regexp(quotedText).map((quoted) => unescapeText(quoted.slice(1, -1)));
const HeaderValue = P.regexp(new RegExp(`(?:[ -~]|${utf8multi})*`));
const SP = P.string(' ');
const spaces = P.regexp(/ */);

const HeaderName: P.Parser<WrittenName> = P.alt(
  P.seqMap(Name.skip(P.string('.')), Name, (prefix, name) => ({ prefix, name })),
  Name.map((name) => ({ prefix: '', name })),
);

// Lang-param is a case of this rule; whether the value is a language tag is looked at where it is used.
const Parameter: P.Parser<CpimParameter> = P.seqMap(
  Name.skip(P.string('=')),
  P.alt(Str, Token.map(unescapeText)),
  (name, value) => ({ name, value }),
);

// §2.2: exactly one space behind the colon, and no white space at the end of a line; RFC 5438 §7.1.1.3 has empty values.
const outerSpace = /^ | $/;
const Header: P.Parser<HeaderParts> = P.seqMap(
  HeaderName.skip(P.string(':')),
  P.string(';').then(Parameter).many(),
  SP.then(HeaderValue).assert((value) => !outerSpace.test(value), 'a value without white space around it'),
  ({ prefix, name }, parameters, value) => ({ prefix, name, parameters, value }),
);

// What is tolerated on request: any white space around the value, none behind the colon, octets that are not UTF-8.
const liberalHeader: P.Parser<HeaderParts> = P.seqMap(
  HeaderName.skip(P.string(':')),
  P.string(';').then(Parameter).many(),
  P.regexp(/[\t -~\x80-\xff]*/),
  ({ prefix, name }, parameters, value) => ({ prefix, name, parameters, value: trimBlanks(value) }),
);

// absolute-URI of RFC 2396, with the brackets of an IPv6 address that RFC 3986 added.
const absoluteUri = "[A-Za-z][A-Za-z0-9+.\\-]*:(?:[;/?:@&=+$,A-Za-z0-9_.!~*'()\\[\\]\\-]|%[0-9A-Fa-f]{2})+";
const URI = P.regexp(new RegExp(absoluteUri));
const angledUri = P.string('<').then(URI).skip(P.string('>'));

// 1*( Token SP ) / String; the examples of RFC 3862 and all implementations write a space behind a String too.
const words = P.regexp(new RegExp(`(?:(?:[${namechar}.]|${utf8multi})+ )+`)).map((text) => unescapeText(text.slice(0, -1)));
const FormalName = P.alt(Str.skip(spaces), words);
const Address: P.Parser<AddressParts> = P.alt(
  angledUri.map((uri) => ({ uri })),
  P.seqMap(FormalName, angledUri, (name, uri) => ({ name, uri })),
);

const liberalUri = /[A-Za-z][A-Za-z0-9+.-]*:[!-;=?-~\x80-\xff]+/;
const liberalAddress: P.Parser<AddressParts> = P.alt(
  P.seqMap(P.regexp(/[^<]*/), P.regexp(/< */).then(P.regexp(liberalUri)).skip(P.regexp(/ *> */)), (text, uri) => {
    const name = unescapeText(trimBlanks(text).replace(/^"([^"]*)"$/, '$1'));
    return name === '' ? { uri } : { name, uri };
  }),
  P.regexp(liberalUri).map((uri) => ({ uri })),
);

// [ Name-prefix ] "<" URI ">": the ABNF has no space between them, every example does.
const NS: P.Parser<{ prefix: string; uri: string }> = P.seqMap(
  Name.fallback(''),
  spaces.then(angledUri),
  (prefix, uri) => ({ prefix, uri }),
);

const Require: P.Parser<WrittenName[]> = P.sepBy1(HeaderName, P.string(','));
const liberalRequire: P.Parser<WrittenName[]> = P.sepBy1(HeaderName, P.regexp(/ *, */));

// RFC 5438 §10. SEMI and COMMA may have spaces around them.
const notifyReq: P.Parser<NotifyRequest> = P.seqMap(
  Token,
  P.regexp(/ *; */).then(Parameter).many(),
  (value, parameters) => ({ value, parameters }),
);
const DispositionNotification: P.Parser<NotifyRequest[]> = P.sepBy(notifyReq, P.regexp(/ *, */));

// parsimmon uses its whole input as the key of a plain object: an input such as "__proto__" would write into
// Object.prototype. With a line feed in front no input is the name of an inherited property.
const START = '\n';
const start = P.string(START);

function rule<T>(parser: P.Parser<T>): (text: string) => T | undefined {
  const whole = start.then(parser);
  return (text) => {
    const result = whole.parse(START + text);
    return result.status ? result.value : undefined;
  };
}

/** Each takes a whole byte string and gives `undefined` when it does not follow the rule. */
export const grammar = {
  Header: rule(Header),
  liberalHeader: rule(liberalHeader),
  Address: rule(Address),
  liberalAddress: rule(liberalAddress),
  NS: rule(NS),
  Require: rule(Require),
  liberalRequire: rule(liberalRequire),
  DispositionNotification: rule(DispositionNotification),
  Name: rule(Name),
  Token: rule(Token),
  URI: rule(URI),
};

/*
 * RFC 4975 §9 in parsimmon, rule by rule under the RFC's names. It defines what is valid; fast-lane.ts takes the common
 * form only. Text is a byte string (one character per octet). Framing and the splitting of header lines are done by hand,
 * so the rules here end at a line's value.
 *
 * Where this is wider than the letter, for peers in the field: `headers` may hold the two paths alone (the RFC's own
 * example responses do), and spaces may stand around the ";" of a media type.
 */
import P from 'parsimmon';

const ALPHA = P.regexp(/[A-Za-z]/);
const ALPHANUM = P.regexp(/[A-Za-z0-9]/);
const SP = P.string(' ');
const token = P.regexp(/[\x21\x23-\x27*+\-.0-9A-Z\x5e-\x7e]+/);

// utf8text: the five- and six-octet forms of the RFC's ABNF were never valid UTF-8 (RFC 3629), but are let through as it says.
const UTF8_NONASCII = [
  '[\\xc0-\\xdf][\\x80-\\xbf]',
  '[\\xe0-\\xef][\\x80-\\xbf]{2}',
  '[\\xf0-\\xf7][\\x80-\\xbf]{3}',
  '[\\xf8-\\xfb][\\x80-\\xbf]{4}',
  '[\\xfc\\xfd][\\x80-\\xbf]{5}',
].join('|');
const utf8text = P.regexp(new RegExp(`(?:[\\t\\x20-\\x7e]|${UTF8_NONASCII})*`));

const ident = P.regexp(/[A-Za-z0-9][A-Za-z0-9.\-+%=]{3,31}/);
const method = P.regexp(/[A-Z]+/);
const statusCode = P.regexp(/[0-9]{3}/).map(Number);
const comment = utf8text;

// MSRP-URI. authority, userinfo, unreserved and IP-literal are those of RFC 3986.
const mayBe = <T>(parser: P.Parser<T>): P.Parser<T | undefined> => P.alt<T | undefined>(parser, P.succeed(undefined));
const msrpScheme = P.alt(P.regexp(/msrps/i), P.regexp(/msrp/i)).map((scheme) => scheme.toLowerCase() as 'msrp' | 'msrps');
const userinfo = P.regexp(/((?:[A-Za-z0-9\-._~!$&'()*+,;=:]|%[0-9A-Fa-f]{2})*)@/, 1);
const ipLiteral = P.regexp(/\[(?:[0-9A-Fa-f:.]{2,}|v[0-9A-Fa-f]+\.[A-Za-z0-9\-._~!$&'()*+,;=:]+)\]/i);
// reg-name allows ";" and may be empty, which would swallow the parameters of "msrp://host;tcp": neither makes sense for a host.
const regName = P.regexp(/(?:[A-Za-z0-9\-._~!$&'()*+,=]|%[0-9A-Fa-f]{2})+/);
const port = P.regexp(/:([0-9]{1,5})/, 1).map(Number).chain((value) => (value <= 65535 ? P.succeed(value) : P.fail('a port up to 65535')));
const sessionId = P.regexp(/\/([A-Za-z0-9\-._~+=/]+)/, 1);
const transport = ALPHANUM.atLeast(1).tie();
const uriParameter = P.seqMap(token, mayBe(P.string('=').then(token)), (name, value) => [name, value] as const);

const msrpUri = P.seqObj<UriParts>(
  ['scheme', msrpScheme],
  P.string('://'),
  ['userinfo', mayBe(userinfo)],
  ['host', P.alt(ipLiteral, regName)],
  ['port', mayBe(port)],
  ['sessionId', mayBe(sessionId)],
  P.string(';'),
  ['transport', transport],
  ['parameters', P.string(';').then(uriParameter).many()],
);

const path = P.sepBy1(msrpUri.mark().map(({ start, end }) => [start.offset, end.offset] as const), SP);

const number = P.regexp(/[0-9]+/)
  .map(Number)
  .chain((value) => (Number.isSafeInteger(value) ? P.succeed(value) : P.fail('a number below 2^53')));
const numberOrStar = P.alt(number, P.string('*').result(undefined));
const byteRange = P.seqObj<ByteRange>(['start', number], P.string('-'), ['end', numberOrStar], P.string('/'), ['total', numberOrStar]);

const successReport = P.regexp(/yes|no/i).map((value) => value.toLowerCase() === 'yes');
const failureReport = P.regexp(/yes|no|partial/i).map((value) => value.toLowerCase() as 'yes' | 'no' | 'partial');

const namespace = P.regexp(/[0-9]{3}/);
const status = P.seqMap(namespace, SP, statusCode, mayBe(SP.then(comment)), (space, _sp, code, text) => ({
  namespace: space,
  code,
  ...(text === undefined ? {} : { comment: text }),
}));

const quotedString = P.regexp(/"(?:[\t\x20\x21\x23-\x5b\x5d-\x7e\x80-\xfd]|\\["\\])*"/);
const genParam = P.seq(token, mayBe(P.string('=').then(P.alt(quotedString, token))));
const mediaType = P.seq(token, P.string('/'), token, P.regexp(/ *; */).then(genParam).many());

const reqStart = P.seqMap(P.string('MSRP '), ident, SP, method, (_msrp, transactionId, _sp, name) => ({
  transactionId,
  method: name as string | undefined,
  status: undefined as number | undefined,
  comment: undefined as string | undefined,
}));
const respStart = P.seqMap(P.string('MSRP '), ident, SP, statusCode, mayBe(SP.then(comment)), (_msrp, transactionId, _sp, code, text) => ({
  transactionId,
  method: undefined as string | undefined,
  status: code as number | undefined,
  comment: text,
}));
const startLine = P.alt(reqStart, respStart);

const hname = P.seq(ALPHA, mayBe(token));

/** The parts of an MSRP-URI as they came in; the scheme in lower case. */
export interface UriParts {
  readonly scheme: 'msrp' | 'msrps';
  readonly userinfo: string | undefined;
  readonly host: string;
  readonly port: number | undefined;
  readonly sessionId: string | undefined;
  readonly transport: string;
  readonly parameters: readonly (readonly [name: string, value: string | undefined])[];
}

export interface StartLine {
  readonly transactionId: string;
  readonly method: string | undefined;
  readonly status: number | undefined;
  readonly comment: string | undefined;
}

export interface ByteRange {
  /** Position of the chunk's first octet; the message's first octet is 1. */
  readonly start: number;
  /** Position of the chunk's last octet; `undefined` stands for "*". */
  readonly end: number | undefined;
  /** Octets in the whole message; `undefined` stands for "*". */
  readonly total: number | undefined;
}

export interface StatusHeader {
  /** Three digits; `000` says that `code` is a response code of RFC 4975. */
  readonly namespace: string;
  readonly code: number;
  readonly comment?: string;
}

export type FailureReport = 'yes' | 'no' | 'partial';

/** A rule of the grammar as a function: the value, or where (characters from the start) and what it expected. */
export type Rule<T> = (text: string) => { readonly value: T } | { readonly at: number; readonly expected: string };

// parsimmon uses its whole input as the key of a plain object: an input such as "__proto__" would write into
// Object.prototype. With one more character at its end no input is the name of an inherited property.
const END = '\n';
const end = P.string(END).desc('the end');

function rule<T>(parser: P.Parser<T>): Rule<T> {
  const whole = parser.skip(end);
  return (text) => {
    const result = whole.parse(text + END);
    return result.status ? { value: result.value } : { at: result.index.offset, expected: result.expected.join(' or ') };
  };
}

export const startLineRule: Rule<StartLine> = rule(startLine);
export const msrpUriRule: Rule<UriParts> = rule(msrpUri);
/** To-Path and From-Path: where each URI stands in the text. */
export const pathRule: Rule<readonly (readonly [from: number, to: number])[]> = rule(path);
export const identRule: Rule<string> = rule(ident);
export const byteRangeRule: Rule<ByteRange> = rule(byteRange);
export const successReportRule: Rule<boolean> = rule(successReport);
export const failureReportRule: Rule<FailureReport> = rule(failureReport);
export const statusRule: Rule<StatusHeader> = rule(status);
export const mediaTypeRule: Rule<unknown> = rule(mediaType);
export const hnameRule: Rule<unknown> = rule(hname);
export const utf8textRule: Rule<unknown> = rule(utf8text);

import P from 'parsimmon';
import { abnf } from './abnf.js';
import { grammarError } from './grammar-errors.js';
import { checkedParams, type Param, Params } from './params.js';
import type { ImUri, OtherUri, SipUri, TelUri, Uri, UriHeader } from './uri.js';
import { parseWhole } from './whole.js';

const HOST_MAX = 255;
const PORT_MAX = 65535;
const escaped = abnf.escaped.source;

/** One character of the class, or an escape. */
function characters(charClass: string): string {
  return `(?:[${charClass}]|${escaped})`;
}

const unreserved = "A-Za-z0-9\\-_.!~*'()";
const user = P.regexp(new RegExp(`${characters(`${unreserved}&=+$,;?/`)}+`));
const password = P.regexp(new RegExp(`${characters(`${unreserved}&=+$,`)}*`));
const host = P.regexp(abnf.host).chain((text) => (text.length <= HOST_MAX ? P.succeed(text) : P.fail('a host of at most 255 characters')));
const port = P.regexp(abnf.port).chain((text) => (Number(text) <= PORT_MAX ? P.succeed(Number(text)) : P.fail('a port up to 65535')));
const paramchar = characters(`${unreserved}[\\]/:&+$`);
const pname = P.regexp(new RegExp(`${paramchar}+`));
const pvalue = P.regexp(new RegExp(`${paramchar}+`));
const uriParameter = P.seqMap(P.string(';').then(pname), P.string('=').then(pvalue).times(0, 1),
  (name, values): Param => [name, values[0]]);
const hnv = characters(`${unreserved}[\\]/?:+$`);
const header = P.seqMap(P.regexp(new RegExp(`${hnv}+`)).skip(P.string('=')), P.regexp(new RegExp(`${hnv}*`)),
  (name, value): UriHeader => [name, value]);
const headers = P.string('?').then(P.sepBy1(header, P.string('&')));

interface Userinfo { user: string; password: string | undefined }

const userinfo = P.seqMap(user, P.string(':').then(password).times(0, 1), P.string('@'), (name, passwords): Userinfo =>
  ({ user: name, password: passwords[0] }));

const uriParameters = uriParameter.many();

/** SIP-URI and SIPS-URI behind the scheme. */
const sipUri = P.seqMap(userinfo.times(0, 1), host, P.string(':').then(port).times(0, 1), uriParameters, headers.times(0, 1),
  (infos, hostText, ports, params, headerLists) => ({
    user: infos[0]?.user,
    password: infos[0]?.password,
    host: hostText,
    port: ports[0],
    params,
    headers: headerLists[0] ?? [],
  }));

// RFC 3966 §3. phonedigit may be a visual separator alone, so at least one digit is asked for apart.
const globalNumberDigits = P.regexp(/\+[-.()]*[0-9][0-9\-.()]*/);
const localNumberDigits = P.regexp(/[-.()]*[0-9A-Fa-f*#][0-9A-Fa-f*#\-.()]*/);
const telParameter = P.seqMap(P.regexp(/;([A-Za-z0-9-]+)/, 1), P.string('=').then(pvalue).times(0, 1),
  (name, values): Param => [name, values[0]]);
const uric = characters(`${unreserved};/?:@&=+$,`);
const isdnSubaddress = P.seqMap(P.regexp(/;(isub)=/i, 1), P.regexp(new RegExp(`(?:(?!;)${uric})+`)),
  (name, value): Param => [name, value]);
const extension = P.seqMap(P.regexp(/;(ext)=/i, 1), P.regexp(/[-.()]*[0-9][0-9\-.()]*(?=;|$)/), (name, value): Param => [name, value]);
const telParameters = P.alt(isdnSubaddress, extension, telParameter).many();
const telUri = P.seqMap(P.alt(globalNumberDigits, localNumberDigits), telParameters, (digits, params) => ({ digits, params }));

const wholeHostname = new RegExp(`^${abnf.hostname.source}$`);
const wholeGlobalNumber = /^\+[-.()]*[0-9][0-9\-.()]*$/;

// RFC 3860 and 3859 appendix A: [ to ] [ headers ] with an encoded mailbox, here always local-part "@" host.
const imUri = P.seqMap(P.regexp(new RegExp(`${characters(`${unreserved}&=+$,;/`)}+`)).skip(P.string('@')), host, headers.times(0, 1),
  (name, hostText, headerLists) => ({ user: name, host: hostText, headers: headerLists[0] ?? [] }));

const scheme = /^([A-Za-z][A-Za-z0-9+\-.]*):/;
// absoluteURI (RFC 2396), with the brackets RFC 3986 added and "#" for what is a reference.
const otherUri = new RegExp(`^${characters(`${unreserved};/?:@&=+$,[\\]#`)}+$`);

/**
 * Reads any absolute URI by its grammar.
 * @throws GRAMMAR_BAD_URI, GRAMMAR_DUPLICATE_PARAMETER, GRAMMAR_TOO_MANY_PARAMETERS
 */
export function parseUriByGrammar(text: string): Uri {
  const found = scheme.exec(text);
  if (found === null) throw grammarError('GRAMMAR_BAD_URI', { detail: 'no scheme', offset: 0 });
  const name = (found[1] as string).toLowerCase();
  const rest = text.slice(name.length + 1);
  if (name === 'sip' || name === 'sips') return readSipUri(name, rest, text);
  if (name === 'tel') return readTelUri(rest, text);
  if ((name === 'im' || name === 'pres') && rest.includes('@')) return readImUri(name, rest, text);
  return readOtherUri(name, rest, text);
}

function readSipUri(name: 'sip' | 'sips', rest: string, text: string): SipUri {
  const { params, ...parts } = read(sipUri, name, rest);
  return { scheme: name, ...parts, params: new Params(checkedParams(params, 'uri'), 'uri'), text };
}

function readTelUri(rest: string, text: string): TelUri {
  const { digits, params: entries } = read(telUri, 'tel', rest);
  const params = new Params(checkedParams(entries, 'uri'), 'uri');
  const context = params.raw('phone-context');
  const global = digits.startsWith('+');
  if (!global && context === undefined) {
    throw grammarError('GRAMMAR_BAD_URI', { detail: 'a local number without phone-context', section: 'RFC 3966 §5.1.5' });
  }
  if (context !== undefined && !wholeHostname.test(context) && !wholeGlobalNumber.test(context)) {
    throw grammarError('GRAMMAR_BAD_URI', { detail: 'phone-context', section: 'RFC 3966 §3' });
  }
  const phoneContext = context?.startsWith('+') === true ? withoutSeparators(context) : context;
  return { scheme: 'tel', number: withoutSeparators(digits), global, phoneContext, params, text };
}

function readImUri(name: 'im' | 'pres', rest: string, text: string): ImUri {
  return { scheme: name, ...read(imUri, name, rest), text };
}

function readOtherUri(name: string, rest: string, text: string): OtherUri {
  if (!otherUri.test(rest)) throw grammarError('GRAMMAR_BAD_URI', { detail: `after ${name}:`, offset: name.length + 1 });
  return { scheme: 'other', name, text };
}

function read<T>(parser: P.Parser<T>, name: string, rest: string): T {
  const result = parseWhole(parser, rest);
  if ('value' in result) return result.value;
  throw grammarError('GRAMMAR_BAD_URI', { offset: name.length + 1 + result.offset });
}

/** Digits without visual separators (RFC 3966 §5.1.1). */
export function withoutSeparators(digits: string): string {
  return digits.replace(/[-.()]/g, '');
}

import { byteStringToText, isQuotedString, isToken, quote, splitList, textToByteString, trimBlanks, unquote } from '@simple-im/grammar';

/** One challenge or one set of credentials: the scheme in lower case and its parameters, names in lower case, values unquoted. */
export interface AuthValue {
  readonly scheme: string;
  readonly params: ReadonlyMap<string, string>;
}

const schemeAndFirst = /^([^\s"=,]+)(?:[ \t]+(.*))?$/s;
const parameter = /^([^\s"=]+)[ \t]*=[ \t]*(.*)$/s;

/**
 * Reads `scheme name=value, name=value ...`, several of them one behind the other as RFC 7235 §4.1 allows.
 * `undefined` when anything of it is malformed, a parameter that comes twice included.
 */
export function readAuthValues(field: string): AuthValue[] | undefined {
  const values: { scheme: string; params: Map<string, string> }[] = [];
  for (const element of splitList(textToByteString(field))) {
    let assignment = element;
    if (!parameter.test(element) || startsWithScheme(element)) {
      const found = schemeAndFirst.exec(element);
      if (found === null || !isToken(found[1] as string)) return undefined;
      values.push({ scheme: (found[1] as string).toLowerCase(), params: new Map() });
      if (found[2] === undefined || found[2] === '') continue;
      assignment = found[2];
    }
    const current = values.at(-1);
    if (current === undefined || !addParameter(current.params, current.scheme, assignment)) return undefined;
  }
  return values;
}

/** `Digest realm="x"` and `Basic abc==` begin a value, `realm="x"` and `realm = "x"` go on with one. */
function startsWithScheme(element: string): boolean {
  return /^[^\s"=,]+[ \t]+[^\s=]/.test(element);
}

function addParameter(params: Map<string, string>, scheme: string, text: string): boolean {
  const found = parameter.exec(text);
  // Other schemes may carry a token68 instead, which is none of our business.
  if (found === null) return scheme !== 'digest';
  const name = (found[1] as string).toLowerCase();
  const value = trimBlanks(found[2] as string);
  if (params.has(name) || !isToken(name)) return scheme !== 'digest';
  if (isQuotedString(value)) params.set(name, byteStringToText(unquote(value)));
  else if (isPlain(value)) params.set(name, value);
  else return scheme !== 'digest';
  return true;
}

/** A token, and what peers leave unquoted although they should not: URIs and base64 digits. */
function isPlain(value: string): boolean {
  return /^[!#-+\--~]+$/.test(value) && !value.includes('\\');
}

/** A text in quotes. */
export function quoted(text: string): string {
  return byteStringToText(quote(textToByteString(text)));
}

import { grammarError } from './grammar-errors.js';
import { allIn, isToken, TOKEN } from './chars.js';
import { unescapeUri } from './escapes.js';
import { isHost, isIPv6 } from './host.js';
import { quote, unquoteValid } from './quoted-string.js';
import { parseParamsByGrammar } from './params-grammar.js';

/** A parameter as it came: its name, and its value with quotes and escapes, or `undefined` when it has no `=`. */
export type Param = readonly [name: string, value: string | undefined];

/** What a parameter may be set to: a text, `undefined` or `true` for a name alone; `false` for nothing at all. */
export type ParamValue = string | number | boolean | undefined;

/** How the names and values are written: `header` (tokens, quoted strings) or `uri` (percent escapes). */
export type ParamsSyntax = 'header' | 'uri';

/** At most this many parameters are read from one value. */
export const PARAMS_MAX = 64;

/**
 * An ordered, immutable list of parameters. Names compare without case (and in URIs without escapes, so that `%6Cr` is
 * `lr`); values are kept as they came.
 */
export class Params {
  static readonly none: Params = new Params([]);
  static readonly #noneOfUri: Params = new Params([], 'uri');
  readonly #entries: readonly Param[];
  readonly #syntax: ParamsSyntax;

  /** Takes entries that are already in the written form; {@link Params.of} quotes and checks. */
  constructor(entries: readonly Param[], syntax: ParamsSyntax = 'header') {
    this.#entries = entries;
    this.#syntax = syntax;
  }

  /**
   * Parameters from plain values: quoted where they are no token, escaped in a URI.
   * @throws GRAMMAR_UNENCODABLE for a name that is no token or a value with a line break.
   */
  static of(values: Readonly<Record<string, ParamValue>>, syntax: ParamsSyntax = 'header'): Params {
    let params = syntax === 'uri' ? Params.#noneOfUri : Params.none;
    for (const [name, value] of Object.entries(values)) if (value !== false) params = params.with(name, value);
    return params;
  }

  get size(): number {
    return this.#entries.length;
  }

  has(name: string): boolean {
    return this.#find(name) !== undefined;
  }

  /**
   * The value: without quotes and their escapes, or with percent escapes undone in a URI, as a byte string.
   * Empty for a parameter that is a name alone, `undefined` when there is none of that name.
   */
  get(name: string): string | undefined {
    const entry = this.#find(name);
    if (entry === undefined) return undefined;
    const value = entry[1];
    if (value === undefined) return '';
    if (this.#syntax === 'uri') return unescapeUri(value);
    return value.charCodeAt(0) === 0x22 ? unquoteValid(value) : value;
  }

  /** The value as it came; `undefined` for a name alone and for an absent parameter. */
  raw(name: string): string | undefined {
    return this.#find(name)?.[1];
  }

  /** In the order they came. */
  entries(): readonly Param[] {
    return this.#entries;
  }

  [Symbol.iterator](): Iterator<Param> {
    return this.#entries[Symbol.iterator]();
  }

  /**
   * The same parameters with one replaced in its place, or appended.
   * @throws GRAMMAR_UNENCODABLE as {@link Params.of}
   */
  with(name: string, value?: ParamValue): Params {
    if (value === false) return this.without(name);
    const written: Param = [name, this.#write(name, value === undefined || value === true ? undefined : String(value))];
    const old = this.#find(name);
    const entries = old === undefined ? [...this.#entries, written] : this.#entries.map((entry) => (entry === old ? written : entry));
    return new Params(entries, this.#syntax);
  }

  without(name: string): Params {
    const old = this.#find(name);
    return old === undefined ? this : new Params(this.#entries.filter((entry) => entry !== old), this.#syntax);
  }

  /** `;name=value` for each, as they came; an empty text for none. */
  toString(): string {
    let text = '';
    for (const [name, value] of this.#entries) text += value === undefined ? `;${name}` : `;${name}=${value}`;
    return text;
  }

  #find(name: string): Param | undefined {
    for (const entry of this.#entries) if (entry[0] === name) return entry;
    const wanted = name.toLowerCase();
    for (const entry of this.#entries) if (paramKey(entry[0], this.#syntax) === wanted) return entry;
    return undefined;
  }

  #write(name: string, value: string | undefined): string | undefined {
    if (this.#syntax === 'uri') {
      if (!uriParam.test(name)) throw grammarError('GRAMMAR_UNENCODABLE', { detail: 'parameter name' });
      return value === undefined ? undefined : escapeParam(value);
    }
    if (!isToken(name)) throw grammarError('GRAMMAR_UNENCODABLE', { detail: 'parameter name' });
    if (value === undefined || isToken(value) || isHost(value) || isIPv6(value)) return value;
    return quote(value);
  }
}

const uriParam = /^(?:[A-Za-z0-9\-_.!~*'()[\]/:&+$]|%[0-9A-Fa-f]{2})+$/;
const notParam = /[^A-Za-z0-9\-_.!~*'()[\]/:&+$]/g;

function escapeParam(value: string): string {
  if (value === '' || /[\u0100-\uffff]/.test(value)) throw grammarError('GRAMMAR_UNENCODABLE', { detail: 'value of a URI parameter' });
  return value.replace(notParam, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

/** What two equal parameter names have in common. */
export function paramKey(name: string, syntax: ParamsSyntax): string {
  return (syntax === 'uri' ? unescapeUri(name) : name).toLowerCase();
}

/**
 * Reads `*( SEMI generic-param )` (RFC 3261 §25.1), all of the text.
 * @throws GRAMMAR_BAD_PARAMETERS, GRAMMAR_DUPLICATE_PARAMETER, GRAMMAR_TOO_MANY_PARAMETERS
 */
export function parseParams(text: string): Params {
  if (text === '') return Params.none;
  const entries = parseParamsByLane(text, 0);
  return new Params(entries ?? checkedParams(parseParamsByGrammar(text), 'header'));
}

/** Text of parameters as they came, `;` before each. */
export function formatParams(params: Params): string {
  return params.toString();
}

/** The common form, tokens without blanks, from `from` to the end of the text; `undefined` when it is not that. */
export function parseParamsByLane(text: string, from: number): Param[] | undefined {
  const entries: Param[] = [];
  let at = from;
  while (at < text.length) {
    if (text.charCodeAt(at) !== 0x3b) return undefined;
    const semicolon = text.indexOf(';', at + 1);
    const end = semicolon < 0 ? text.length : semicolon;
    const equal = text.indexOf('=', at + 1);
    const nameEnd = equal < 0 || equal > end ? end : equal;
    if (nameEnd === at + 1 || !allIn(text, at + 1, nameEnd, TOKEN)) return undefined;
    if (nameEnd < end && (nameEnd + 1 === end || !allIn(text, nameEnd + 1, end, TOKEN))) return undefined;
    entries.push([text.slice(at + 1, nameEnd), nameEnd < end ? text.slice(nameEnd + 1, end) : undefined]);
    at = end;
  }
  return entries.length > 1 ? checkedParams(entries, 'header') : entries;
}

/**
 * The entries, if no name comes twice (RFC 3261 §7.3.1, §19.1.1) and there are not too many.
 * @throws GRAMMAR_DUPLICATE_PARAMETER, GRAMMAR_TOO_MANY_PARAMETERS
 */
export function checkedParams(entries: Param[], syntax: ParamsSyntax): Param[] {
  if (entries.length > PARAMS_MAX) throw grammarError('GRAMMAR_TOO_MANY_PARAMETERS', { detail: `more than ${PARAMS_MAX}` });
  const seen = new Set<string>();
  for (const [name] of entries) {
    const key = paramKey(name, syntax);
    if (seen.has(key)) throw grammarError('GRAMMAR_DUPLICATE_PARAMETER', { detail: key });
    seen.add(key);
  }
  return entries;
}


import { byteStringToText, textToByteString } from './bytes.js';
import { grammarError } from './grammar-errors.js';
import { parseNameAddrByGrammar } from './name-addr-grammar.js';
import { parseNameAddrByLane } from './name-addr-fast-lane.js';
import { type Param, Params, parseParamsByLane } from './params.js';
import { quote, unquoteValid } from './quoted-string.js';
import { formatUri, parseUri, type Uri } from './uri.js';

/** What both readers of name-addr find. */
export interface NameAddrParts {
  /** As it came: a quoted-string or words, without blanks around it. */
  readonly display: string | undefined;
  readonly uriText: string;
  /** Already separated, or the text of parameters that are tokens without blanks. */
  readonly params: string | readonly Param[];
}

export interface NameAddrOptions {
  /** Longest text in octets; 8192 by default. */
  readonly maxLength?: number;
  /** Also takes unquoted display names of any characters and blanks inside `<` `>` (RFC 4475 §3.1.2.14, §3.1.2.15). */
  readonly liberal?: boolean;
}

const NAME_ADDR_MAX = 8192;

/** An address of a From, To, Contact, Route ...: name-addr or addr-spec with its header parameters (RFC 3261 §20.10). */
export class NameAddr {
  /** The URI as it came. */
  readonly uriText: string;
  readonly #display: string | undefined;
  readonly #paramsText: string;
  #params: Params | undefined;
  #uri: Uri | undefined;
  #displayName: string | undefined;

  constructor(parts: NameAddrParts) {
    this.uriText = parts.uriText;
    this.#display = parts.display;
    if (typeof parts.params === 'string') {
      this.#paramsText = parts.params;
    } else {
      this.#paramsText = '';
      this.#params = new Params(parts.params);
    }
  }

  /** The display name as text: unquoted, unescaped, decoded from UTF-8; `undefined` when there is none. */
  get displayName(): string | undefined {
    if (this.#display === undefined) return undefined;
    this.#displayName ??= byteStringToText(this.#display.charCodeAt(0) === 0x22 ? unquoteValid(this.#display) : this.#display);
    return this.#displayName;
  }

  /** The URI, read when first asked for. @throws as `parseUri` */
  get uri(): Uri {
    this.#uri ??= parseUri(this.uriText);
    return this.#uri;
  }

  /** The parameters of the header field, such as `tag`; those of the URI are in `uri`. */
  get params(): Params {
    this.#params ??= this.#paramsText === '' ? Params.none : new Params(parseParamsByLane(this.#paramsText, 0) ?? []);
    return this.#params;
  }

  /** The tag of a From or To (RFC 3261 §19.3). */
  get tag(): string | undefined {
    // Most have this parameter alone, and no other is read of them.
    const text = this.#paramsText;
    return text.startsWith(';tag=') && !text.includes(';', 1) ? text.slice(5) : this.params.get('tag');
  }
}

/**
 * Reads one name-addr or addr-spec, a byte string, and the header parameters behind it. In an addr-spec without `<` `>` parameters belong to
 * the header, and a URI with a comma, question mark or semicolon is refused (RFC 3261 §20.10).
 * @throws GRAMMAR_BAD_NAME_ADDR, GRAMMAR_NAME_ADDR_TOO_LONG, GRAMMAR_DUPLICATE_PARAMETER, GRAMMAR_TOO_MANY_PARAMETERS
 */
export function parseNameAddr(text: string, options?: NameAddrOptions): NameAddr {
  if (text.length > (options?.maxLength ?? NAME_ADDR_MAX)) {
    throw grammarError('GRAMMAR_NAME_ADDR_TOO_LONG', { detail: `${text.length} octets` });
  }
  return new NameAddr(parseNameAddrByLane(text, 0, text.length) ?? parseNameAddrByGrammar(text, options?.liberal ?? false));
}

/**
 * The address that stands in a byte string from `from` to before `to`, if it is of a common form: what {@link parseNameAddr}
 * would give, read without a text of its own. `undefined` for everything else, right or wrong.
 */
export function parseUsualNameAddr(text: string, from: number, to: number): NameAddr | undefined {
  const parts = to - from > NAME_ADDR_MAX ? undefined : parseNameAddrByLane(text, from, to);
  return parts === undefined ? undefined : new NameAddr(parts);
}

/** What a name-addr is written from; a {@link NameAddr} is one. */
export interface NameAddrLike {
  /** Text; written in quotes. */
  readonly displayName?: string | undefined;
  /** Text or URI; `uriText` wins, so that what was read is written as it came. */
  readonly uri?: Uri | string | undefined;
  readonly uriText?: string | undefined;
  readonly params?: Params | undefined;
}

const notAngled = /[^!#-;=?-~]/;

/**
 * Writes a name-addr as a byte string, always with `<` `>`; `byteStringToText` makes the text of it that a header field takes.
 * @throws GRAMMAR_UNENCODABLE for a display name with a line break and for a URI with blanks, `<`, `>` or DQUOTE.
 */
export function formatNameAddr(address: NameAddrLike): string {
  const uri = address.uriText ?? (typeof address.uri === 'object' ? formatUri(address.uri) : address.uri);
  if (uri === undefined || uri === '' || notAngled.test(uri)) throw grammarError('GRAMMAR_UNENCODABLE', { detail: 'URI of a name-addr' });
  const name = address.displayName === undefined ? '' : `${quote(textToByteString(address.displayName))} `;
  return `${name}<${uri}>${address.params === undefined ? '' : address.params.toString()}`;
}

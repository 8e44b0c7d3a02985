import { parseAddress, type CpimAddress } from './address.js';
import { parseDateTime, type CpimDateTime } from './date-time.js';
import { mediaTypeOf, type EntityHeader } from './entity.js';
import { cpimError } from './errors.js';
import { unescapeText } from './escape.js';
import { grammar } from './grammar.js';
import { isNamed, type CpimHeader } from './header.js';
import { CPIM_HEADERS, PrefixScope, type QualifiedName } from './namespaces.js';

/** A Subject header. */
export interface CpimSubject {
  readonly text: string;
  /** Absent for the language `i-default`. */
  readonly lang?: string;
}

/**
 * A message (RFC 3862). It does not change: the functions that edit give another one, which shares the body and every
 * header that stayed. The typed getters read their headers when they are first asked, and throw `CPIM_BAD_VALUE` then.
 */
export class CpimMessage {
  /** In order, all of them. */
  readonly headers: readonly CpimHeader[];
  /** The MIME headers of the content, in order. */
  readonly entityHeaders: readonly EntityHeader[];
  /** The content: a view of the octets that were decoded, never a copy. */
  readonly body: Uint8Array;
  /** Whether values may deviate from the syntax as they do in the field. */
  readonly liberal: boolean;
  private readonly read = new Map<string, unknown>();

  constructor(headers: readonly CpimHeader[], entityHeaders: readonly EntityHeader[], body: Uint8Array, liberal = false) {
    this.headers = headers;
    this.entityHeaders = entityHeaders;
    this.body = body;
    this.liberal = liberal;
  }

  /** The headers of this name in this namespace, in order. */
  all(namespace: string, name: string): CpimHeader[] {
    return this.headers.filter((header) => isNamed(header, namespace, name));
  }

  /** The one header of this name. @throws CPIM_DUPLICATE_HEADER when there are two */
  single(namespace: string, name: string): CpimHeader | undefined {
    const [first, second] = this.all(namespace, name);
    if (second !== undefined) throw cpimError('CPIM_DUPLICATE_HEADER', { header: name });
    return first;
  }

  /** The sender (§4.1). */
  get from(): CpimAddress | undefined {
    return this.cached('From', () => {
      const header = this.single(CPIM_HEADERS, 'From');
      return header && addressOf(header, this.liberal);
    });
  }

  /** The recipients (§4.2). */
  get to(): readonly CpimAddress[] {
    return this.several('To', (header) => addressOf(header, this.liberal));
  }

  /** Who gets a copy (§4.3). */
  get cc(): readonly CpimAddress[] {
    return this.several('cc', (header) => addressOf(header, this.liberal));
  }

  /** When the message was sent (§4.4). */
  get dateTime(): CpimDateTime | undefined {
    return this.cached('DateTime', () => {
      const header = this.single(CPIM_HEADERS, 'DateTime');
      return header && valueOf(header, parseDateTime(header.value, this.liberal), 'RFC 3862 §4.4');
    });
  }

  /** The subjects, one for each language (§4.5). */
  get subjects(): readonly CpimSubject[] {
    return this.several('Subject', ({ value, lang }) => {
      const text = unescapeText(value);
      return lang === undefined ? { text } : { text, lang };
    });
  }

  /** What the recipient must understand (§3.5, §4.7), prefixes resolved where the Require header stands. */
  get required(): readonly QualifiedName[] {
    return this.cached('Require', () => requiredBy(this.headers, this.liberal));
  }

  /** The value of a MIME header of the content, a byte string; case does not matter. */
  entityHeader(name: string): string | undefined {
    const wanted = name.toLowerCase();
    return this.entityHeaders.find((header) => header.name.toLowerCase() === wanted)?.value;
  }

  /** The Content-Type of the content with its parameters. */
  get contentType(): string | undefined {
    return this.entityHeader('Content-Type');
  }

  /** The media type of the content in lower case without parameters; without Content-Type it is `text/plain` (RFC 2045 §5.2). */
  get mediaType(): string {
    return mediaTypeOf(this.contentType) ?? 'text/plain';
  }

  private several<T>(name: string, read: (header: CpimHeader) => T): readonly T[] {
    return this.cached(name, () => this.all(CPIM_HEADERS, name).map(read));
  }

  private cached<T>(name: string, read: () => T): T {
    if (!this.read.has(name)) this.read.set(name, read());
    return this.read.get(name) as T;
  }
}

/** The address in a header. @throws CPIM_BAD_VALUE */
export function addressOf(header: CpimHeader, liberal: boolean): CpimAddress {
  return valueOf(header, parseAddress(header.value, liberal), 'RFC 3862 §4.1');
}

/** What was read of a header, or the error that it could not be. */
export function valueOf<T>(header: CpimHeader, value: T | undefined, section: string): T {
  if (value === undefined) throw cpimError('CPIM_BAD_VALUE', { header: header.name, section });
  return value;
}

/** @throws CPIM_REQUIRED_UNKNOWN when the message requires anything that is not in `understood` (RFC 3862 §3.5) */
export function checkRequired(message: CpimMessage, understood: readonly QualifiedName[]): void {
  for (const { namespace, name } of message.required) {
    const core = namespace === CPIM_HEADERS && CORE.includes(name);
    if (!core && !understood.some((one) => isNamed(one, namespace, name))) {
      throw cpimError('CPIM_REQUIRED_UNKNOWN', { header: name.slice(0, 40) });
    }
  }
}

const CORE = ['From', 'To', 'cc', 'DateTime', 'Subject', 'NS', 'Require'];

function requiredBy(headers: readonly CpimHeader[], liberal: boolean): QualifiedName[] {
  const scope = new PrefixScope(liberal);
  const required: QualifiedName[] = [];
  for (const header of headers) {
    if (isNamed(header, CPIM_HEADERS, 'NS')) declareIn(scope, header);
    if (!isNamed(header, CPIM_HEADERS, 'Require')) continue;
    const names = grammar.Require(header.value) ?? (liberal ? grammar.liberalRequire(header.value) : undefined);
    for (const { prefix, name } of valueOf(header, names, 'RFC 3862 §4.7')) {
      const namespace = scope.namespaceOf(prefix);
      if (namespace === undefined) throw cpimError('CPIM_UNDECLARED_PREFIX', { detail: prefix.slice(0, 40), header: 'Require' });
      required.push({ namespace, name });
    }
  }
  return required;
}

/** Adds to the scope what an NS header, which was valid when it was read or written, declares. */
export function declareIn(scope: PrefixScope, header: CpimHeader): void {
  const declared = valueOf(header, grammar.NS(header.value), 'RFC 3862 §4.6');
  scope.declare(declared.prefix, declared.uri);
}

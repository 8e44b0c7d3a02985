import { makeEntityHeader } from './entity.js';
import { cpimError } from './errors.js';
import { grammar } from './grammar.js';
import { headerLine, headerOf, isNamed, type CpimHeader } from './header.js';
import { CpimMessage, declareIn } from './message.js';
import { CPIM_HEADERS, IMDN_HEADERS, PrefixScope, type QualifiedName } from './namespaces.js';

/** A header to be written. The prefix is found, or declared by an NS header before it. */
export interface NewHeader extends QualifiedName {
  /** A byte string in the form of the wire: made by `escapeText` or `formatAddress`, or a token. */
  readonly value: string;
  readonly lang?: string;
}

/**
 * Puts the header in the place of the first of its name and takes the others away, or adds it at the end. RFC 3862 §6
 * forbids this to a gateway; RFC 5438 §8 asks intermediaries for it.
 */
export function setHeader(message: CpimMessage, header: NewHeader): CpimMessage {
  const isSame = (one: CpimHeader) => isNamed(one, header.namespace, header.name);
  const first = message.headers.findIndex(isSame);
  if (first < 0) return addHeader(message, header);
  const before = message.headers.slice(0, first);
  const after = message.headers.slice(first + 1).filter((one) => !isSame(one));
  return rebuilt(message, [...before, ...written(before, header, message.liberal), ...after]);
}

/** Adds the header before the one at `index`, or at the end. */
export function addHeader(message: CpimMessage, header: NewHeader, index = message.headers.length): CpimMessage {
  const before = message.headers.slice(0, index);
  return rebuilt(message, [...before, ...written(before, header, message.liberal), ...message.headers.slice(index)]);
}

/** Takes all headers of this name away. */
export function removeHeaders(message: CpimMessage, { namespace, name }: QualifiedName): CpimMessage {
  return rebuilt(message, message.headers.filter((one) => !isNamed(one, namespace, name)));
}

/** Takes one header away, one of `message.headers`. */
export function removeHeader(message: CpimMessage, header: CpimHeader): CpimMessage {
  return rebuilt(message, message.headers.filter((one) => one !== header));
}

/** Puts a MIME header of the content in the place of the first of its name, or adds it. The value is a byte string. */
export function setEntityHeader(message: CpimMessage, name: string, value: string): CpimMessage {
  const isSame = (one: { name: string }) => one.name.toLowerCase() === name.toLowerCase();
  const first = message.entityHeaders.findIndex(isSame);
  const others = message.entityHeaders.filter((one, index) => index === first || !isSame(one));
  const header = makeEntityHeader(name, value);
  const entityHeaders = first < 0 ? [...others, header] : others.map((one, index) => (index === first ? header : one));
  return new CpimMessage(message.headers, entityHeaders, message.body, message.liberal);
}

/** Writes headers one behind the other, for a new message. */
export function writtenHeaders(headers: readonly NewHeader[]): CpimHeader[] {
  const all: CpimHeader[] = [];
  for (const header of headers) all.push(...written(all, header, false));
  return all;
}

/** The header with the NS header it needs behind `before`. */
function written(before: readonly CpimHeader[], header: NewHeader, liberal: boolean): CpimHeader[] {
  const scope = scopeBehind(before, liberal);
  const { namespace, name, value, lang } = header;
  if (isNamed(header, CPIM_HEADERS, 'NS') && grammar.NS(value) === undefined) throw cpimError('CPIM_UNENCODABLE', { header: 'NS' });
  const declared = scope.prefixOf(namespace);
  if (declared !== undefined) return [headerOf(headerLine(declared, name, value, lang), scope, false, 0)];
  const prefix = freePrefix(scope, namespace);
  const forNs = scope.prefixOf(CPIM_HEADERS);
  if (forNs === undefined || grammar.URI(namespace) === undefined) {
    throw cpimError('CPIM_UNENCODABLE', { detail: 'namespace', header: name.slice(0, 40) });
  }
  const ns = headerOf(headerLine(forNs, 'NS', `${prefix} <${namespace}>`), scope, false, 0);
  return [ns, headerOf(headerLine(prefix, name, value, lang), scope, false, 0)];
}

const USUAL: Readonly<Record<string, string>> = { [IMDN_HEADERS]: 'imdn', [CPIM_HEADERS]: 'cpim' };

function freePrefix(scope: PrefixScope, namespace: string): string {
  const usual = USUAL[namespace] ?? 'ns';
  let prefix = usual;
  for (let number = 1; scope.isDeclared(prefix); number++) prefix = `${usual}${number}`;
  return prefix;
}

function scopeBehind(headers: readonly CpimHeader[], liberal: boolean): PrefixScope {
  const scope = new PrefixScope(liberal);
  for (const header of headers) if (isNamed(header, CPIM_HEADERS, 'NS')) declareIn(scope, header);
  return scope;
}

/** Refuses an edit of NS headers by which another header would come to mean something else. */
function rebuilt({ entityHeaders, body, liberal }: CpimMessage, headers: readonly CpimHeader[]): CpimMessage {
  const scope = new PrefixScope(liberal);
  for (const header of headers) {
    if (scope.namespaceOf(header.prefix) !== header.namespace) {
      throw cpimError('CPIM_UNENCODABLE', { detail: 'its prefix is no longer declared', header: header.name.slice(0, 40) });
    }
    if (isNamed(header, CPIM_HEADERS, 'NS')) declareIn(scope, header);
  }
  return new CpimMessage(headers, entityHeaders, body, liberal);
}

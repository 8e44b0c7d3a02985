import { cpimError } from './errors.js';
import { headerByLane } from './fast-lane.js';
import { grammar, type CpimParameter, type HeaderParts } from './grammar.js';
import { CPIM_HEADERS, type PrefixScope, type QualifiedName } from './namespaces.js';

/** One message header. Nothing in it is ever changed: an edit puts another one in its place. */
export interface CpimHeader extends QualifiedName {
  /** As written before the dot; empty when there is none. */
  readonly prefix: string;
  /** The name without its prefix; case matters. */
  readonly name: string;
  /** The URI of the namespace the name belongs to. */
  readonly namespace: string;
  readonly parameters: readonly CpimParameter[];
  /** The language of the value (RFC 3862 §3.3). */
  readonly lang?: string;
  /** A byte string, escapes as they came; `unescapeText` gives the text. */
  readonly value: string;
  /** The whole line as it came or will go, a byte string without CR LF. */
  readonly line: string;
}

const LANGUAGE_TAG = /^[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*$/; // RFC 3066 §2.1

/** Takes a line without CR LF apart: the fast lane for what is common, the grammar for the rest. */
export function parseHeaderLine(line: string, liberal: boolean): HeaderParts | undefined {
  return headerByLane(line) ?? grammar.Header(line) ?? (liberal ? grammar.liberalHeader(line) : undefined);
}

/** Makes a header of a line and adds to the scope what it declares. `offset` of the line is for the error. */
export function headerOf(line: string, scope: PrefixScope, liberal: boolean, offset: number): CpimHeader {
  const parts = parseHeaderLine(line, liberal);
  if (parts === undefined) throw cpimError('CPIM_BAD_HEADER', { offset, detail: /^[\w.-]{1,40}(?=:)/.exec(line)?.[0] ?? 'no header name' });
  const namespace = scope.namespaceOf(parts.prefix);
  if (namespace === undefined) {
    throw cpimError('CPIM_UNDECLARED_PREFIX', { offset, detail: parts.prefix.slice(0, 40), header: parts.name.slice(0, 40) });
  }
  const lang = parts.parameters.find(({ name, value }) => name === 'lang' && LANGUAGE_TAG.test(value))?.value;
  const header = { ...parts, namespace, line };
  if (isNamed(header, CPIM_HEADERS, 'NS')) declare(header, scope, offset);
  return lang === undefined ? header : { ...header, lang };
}

export function isNamed(header: QualifiedName, namespace: string, name: string): boolean {
  return header.name === name && header.namespace === namespace;
}

function declare({ value }: HeaderParts, scope: PrefixScope, offset: number): void {
  const declared = grammar.NS(value);
  if (declared === undefined) throw cpimError('CPIM_BAD_VALUE', { offset, header: 'NS', section: 'RFC 3862 §4.6' });
  scope.declare(declared.prefix, declared.uri);
}

/** Writes a header. The value is a byte string in the form of the wire. */
export function headerLine(prefix: string, name: string, value: string, lang?: string): string {
  if (lang !== undefined && !LANGUAGE_TAG.test(lang)) {
    throw cpimError('CPIM_UNENCODABLE', { detail: 'language tag', header: name, section: 'RFC 3862 §3.3' });
  }
  const line = `${prefix === '' ? '' : `${prefix}.`}${name}:${lang === undefined ? '' : `;lang=${lang}`} ${value}`;
  if (grammar.Header(line) === undefined) throw cpimError('CPIM_UNENCODABLE', { header: name.slice(0, 40) });
  return line;
}

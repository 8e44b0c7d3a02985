import { readXml, XML_NAMESPACE, XMLNS_NAMESPACE, type XmlDocument } from '@simple-im/xml';
import { writeXmlBytes, type AttributeDescription, type ElementDescription } from '@simple-im/xml/write';
import { documentError } from '../errors.js';
import type { DocumentReadOptions } from '../options.js';
import { isElement } from './extension.js';
import { ReadContext } from './reader.js';
import { described, type ElementType } from './record.js';

/** A document type: its root element. */
export interface DocumentType<T> {
  readonly ns: string;
  readonly root: string;
  readonly type: ElementType<T>;
}

/** Reads a document of a type. @throws ProtocolError `EVENT_DOCUMENT_...`, or `XML_...` of `@simple-im/xml` */
export function readDocument<T>(document: DocumentType<T>, bytes: Uint8Array, options: DocumentReadOptions = {}): T {
  return readTree(document, readXml(bytes, options), options);
}

/** As {@link readDocument}, of XML that has been read. */
export function readTree<T>({ ns, root, type }: DocumentType<T>, xml: XmlDocument, options: DocumentReadOptions = {}): T {
  const context = new ReadContext(xml, options);
  const found = xml.root;
  if (found.local !== root || found.namespace !== ns) {
    throw documentError('EVENT_DOCUMENT_WRONG_ROOT', { detail: `${found.local.slice(0, 40)}, not ${root}` });
  }
  return type.read(found, context);
}

/** Writes a document of a type. @throws EVENT_DOCUMENT_UNWRITABLE, and `XML_WRITE_...` of `@simple-im/xml` */
export function writeDocument<T>({ ns, root, type }: DocumentType<T>, value: T): Uint8Array {
  return writeXmlBytes(withDeclarations(described(ns, root, type.write(value))));
}

/** The element with declarations of all prefixes in it, so that they need not be repeated. */
export function withDeclarations(root: ElementDescription): ElementDescription {
  const declared = new Map<string, string>();
  const pending = [root];
  for (let element = pending.pop(); element !== undefined; element = pending.pop()) {
    note(declared, element);
    for (const attribute of listOf(element)) note(declared, attribute);
    for (const child of element.children ?? []) if (isElement(child)) pending.push(child);
  }
  const declarations = [...declared].map(([prefix, ns]) => ({ ns: XMLNS_NAMESPACE, prefix: 'xmlns', name: prefix, value: ns }));
  const main = mainNamespace(root);
  if (main !== undefined) declarations.unshift({ ns: XMLNS_NAMESPACE, prefix: '', name: 'xmlns', value: main });
  return { ...root, attributes: [...declarations, ...listOf(root)] };
}

/** The default namespace of an element that has a prefix itself: that of its first child without one. */
function mainNamespace({ prefix = '', children = [] }: ElementDescription): string | undefined {
  if (prefix === '') return undefined;
  const first = children.filter(isElement).find((child) => (child.prefix ?? '') === '' && (child.ns ?? '') !== '');
  return first?.ns;
}

function note(declared: Map<string, string>, { ns = '', prefix = '' }: { readonly ns?: string; readonly prefix?: string }): void {
  if (prefix === '' || ns === '' || ns === XML_NAMESPACE || ns === XMLNS_NAMESPACE || declared.has(prefix)) return;
  declared.set(prefix, ns);
}

/** Attributes of extensions may be given as an object. */
function listOf({ attributes = [] }: ElementDescription): readonly AttributeDescription[] {
  if (Array.isArray(attributes)) return attributes as readonly AttributeDescription[];
  return Object.entries(attributes as Readonly<Record<string, string>>).map(([name, value]) => ({ name, value }));
}

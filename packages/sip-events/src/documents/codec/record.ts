import { XML_NAMESPACE, type XmlElement } from '@simple-im/xml';
import type { AttributeDescription, ChildDescription, ElementDescription } from '@simple-im/xml/write';
import { documentError } from '../errors.js';
import { ElementReader, type ReadContext } from './reader.js';
import type { SimpleType } from './values.js';

/** What is written into one element. */
export interface ElementContent {
  readonly attributes: AttributeDescription[];
  readonly children: ChildDescription[];
}

/** A complex type: how an element becomes an object and an object the content of an element. */
export interface ElementType<T> {
  read(element: XmlElement, context: ReadContext): T;
  write(value: T): ElementContent;
}

/** One property of an object, and where in the element it stands. */
export interface Field<V> {
  read(from: ElementReader): V | undefined;
  write(value: V, into: ElementContent): void;
  /** Whether the property takes what the others leave. */
  readonly takesRest?: true;
}

/** A field for each property, in the order in which the schema has them. */
export type Fields<T> = { readonly [K in keyof T]-?: Field<Exclude<T[K], undefined>> };

/** An element that is an object: its properties are attributes, children or its content. */
export function record<T extends object>(fields: Fields<T>): ElementType<T> {
  const all = Object.entries(fields) as [keyof T, Field<unknown>][];
  const restLast = [...all.filter(([, field]) => field.takesRest !== true), ...all.filter(([, field]) => field.takesRest === true)];
  return {
    read(element, context) {
      const reader = new ElementReader(element, context);
      const result: Partial<Record<keyof T, unknown>> = {};
      for (const [name, field] of restLast) {
        const value = field.read(reader);
        if (value !== undefined) result[name] = value;
      }
      return result as T;
    },
    write(value) {
      const content: ElementContent = { attributes: [], children: [] };
      for (const [name, field] of all) if (value[name] !== undefined) field.write(value[name], content);
      return content;
    },
  };
}

/** The property must be there. */
export function required<V>(field: Field<V>, name: string): Field<V> {
  return {
    ...field,
    read(from) {
      const value = field.read(from);
      if (value === undefined) throw from.fail('EVENT_DOCUMENT_MISSING', name);
      return value;
    },
  };
}

/** An element whose text is a value; it has no children that count. */
export function textElement<T>(type: SimpleType<T>): ElementType<T> {
  return {
    read(element, context) {
      return new ElementReader(element, context).value(type, directText(element), 'the content');
    },
    write(value) {
      return { attributes: [], children: [written(type, value, 'the content')] };
    },
  };
}

/** The text of an element without that of its children. */
export function directText(element: XmlElement): string {
  return element.children.map((node) => (node.type === 'text' || node.type === 'cdata' ? node.value : '')).join('');
}

/** The text of a value, which must read back as one. */
export function written<T>(type: SimpleType<T>, value: T, name: string): string {
  const text = type.format(value);
  if (type.parse(text) === undefined) throw documentError('EVENT_DOCUMENT_UNWRITABLE', { detail: `${name}, which is ${type.name}` });
  return text;
}

/** The prefixes that are written for namespaces known here; the namespace of the document itself has none. */
const prefixes = new Map([
  ['urn:ietf:params:xml:ns:pidf:data-model', 'dm'],
  ['urn:ietf:params:xml:ns:pidf:rpid', 'rpid'],
  ['urn:ietf:params:xml:ns:pidf:cipid', 'c'],
  ['urn:ietf:params:xml:ns:pidf:timed-status', 'ts'],
  ['urn:ietf:params:xml:ns:location-type', 'lt'],
  ['urn:ietf:params:xml:ns:pidf-diff', 'p'],
  ['urn:ietf:params:xml:ns:gruuinfo', 'gr'],
  ['urn:oma:xml:prs:pidf:oma-pres', 'op'],
  [XML_NAMESPACE, 'xml'],
]);

export function prefixOf(ns: string): string {
  return prefixes.get(ns) ?? '';
}

export function described(ns: string, name: string, { attributes, children }: ElementContent): ElementDescription {
  return { ns, prefix: prefixOf(ns), name, attributes, children };
}

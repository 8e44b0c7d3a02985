import { XML_NAMESPACE } from '@simple-im/xml';
import type { AttributeDescription, ElementDescription } from '@simple-im/xml/write';
import { extensionOf, plainAttribute } from './extension.js';
import { described, directText, prefixOf, textElement, written, type ElementType, type Field } from './record.js';
import { string, type SimpleType } from './values.js';

/** An attribute without a namespace. */
export function attribute<T>(name: string, type: SimpleType<T>): Field<T> {
  return attributeOf('', name, type);
}

/** `xml:lang`. */
export const lang: Field<string> = attributeOf(XML_NAMESPACE, 'lang', string);

function attributeOf<T>(ns: string, name: string, type: SimpleType<T>): Field<T> {
  return {
    read(from) {
      const text = from.attribute(ns, name);
      return text === undefined ? undefined : from.value(type, text, name);
    },
    write(value, into) {
      into.attributes.push({ ns, prefix: prefixOf(ns), name, value: written(type, value, name) });
    },
  };
}

/** The text of the element itself. */
export function content<T>(type: SimpleType<T>): Field<T> {
  return {
    read: (from) => from.value(type, directText(from.element), 'the content'),
    write: (value, into) => void into.children.push(written(type, value, 'the content')),
  };
}

/** The text of the element itself, where there is more than white space. */
export const contentIfAny: Field<string> = {
  read: (from) => directText(from.element).trim() || undefined,
  write: (value, into) => void into.children.push(value),
};

/** A child that stands at most once. */
export function child<T>(ns: string, name: string, type: ElementType<T>): Field<T> {
  return {
    read(from) {
      const element = from.onlyElement(ns, name);
      return element === undefined ? undefined : type.read(element, from.context);
    },
    write: (value, into) => void into.children.push(described(ns, name, type.write(value))),
  };
}

/** A child that stands at most once and is a text. */
export function value<T>(ns: string, name: string, type: SimpleType<T>): Field<T> {
  return child(ns, name, textElement(type));
}

/** Any number of children; `undefined` when there are none. `key` gives what no two of them may share. */
export function some<T>(ns: string, name: string, type: ElementType<T>, key?: (one: T) => string): Field<readonly T[]> {
  const list = any(ns, name, type, key);
  return {
    ...list,
    read(from) {
      const found = list.read(from) ?? [];
      return found.length === 0 ? undefined : found;
    },
  };
}

/** Any number of children; a list in any case. `key` gives what no two of them may share. */
export function any<T>(ns: string, name: string, type: ElementType<T>, key?: (one: T) => string): Field<readonly T[]> {
  return {
    read(from) {
      const keys = new Set<string>();
      return from.elements(ns, name).map((element) => {
        from.context.entry(element);
        const one = type.read(element, from.context);
        const own = key?.(one);
        if (own !== undefined && keys.has(own)) throw from.context.fail('EVENT_DOCUMENT_DUPLICATE_ID', element, name);
        if (own !== undefined) keys.add(own);
        return one;
      });
    },
    write(values, into) {
      for (const one of values) into.children.push(described(ns, name, type.write(one)));
    },
  };
}

/** Children without content that are words of an enumeration, such as `<away/>`; in the order of the document. */
export function emptyElements<T extends string>(ns: string, isWord: (local: string) => local is T): Field<readonly T[]> {
  return {
    read(from) {
      const found = from.elementsOf(ns, isWord);
      for (const element of found) from.context.entry(element);
      return found.map(({ local }) => local as T);
    },
    write(words, into) {
      for (const name of words) into.children.push(described(ns, name, { attributes: [], children: [] }));
    },
  };
}

/** Exactly one child without content that is a word of an enumeration. */
export function emptyElement<T extends string>(ns: string, isWord: (local: string) => local is T): Field<T> {
  return {
    read(from) {
      const [first, second] = from.elementsOf(ns, isWord);
      if (second !== undefined) throw from.fail('EVENT_DOCUMENT_REPEATED', second.local);
      return first?.local as T | undefined;
    },
    write: (name, into) => void into.children.push(described(ns, name, { attributes: [], children: [] })),
  };
}

/** Whether a name is one of `names`. */
export function among<T extends string>(names: readonly T[]): (local: string) => local is T {
  const known = new Set<string>(names);
  return (local): local is T => known.has(local);
}

/** The children that no other field takes, to be written back as they came. */
export const extensions: Field<readonly ElementDescription[]> = {
  takesRest: true,
  read(from) {
    const left = from.remainingElements();
    return left.length === 0 ? undefined : left.map(extensionOf);
  },
  write(elements, into) {
    for (const element of elements) into.children.push(element);
  },
};

/** The attributes that no other field takes. */
export const extensionAttributes: Field<readonly AttributeDescription[]> = {
  takesRest: true,
  read(from) {
    const left = from.remainingAttributes();
    if (left.length === 0) return undefined;
    return left.map(plainAttribute);
  },
  write(attributes, into) {
    for (const one of attributes) into.attributes.push(one);
  },
};

import { describe, XMLNS_NAMESPACE, type XmlAttribute, type XmlElement } from '@simple-im/xml';
import type { AttributeDescription, ChildDescription, ElementDescription } from '@simple-im/xml/write';

/**
 * An element this package does not know, as something to write. Declarations of namespaces are left out, since the writer
 * makes those that names need; a prefix that stands only in a value is not followed.
 */
export function extensionOf(element: XmlElement): ElementDescription {
  return withoutDeclarations(describe(element));
}

// Calls itself for each level: reading has seen to it that there are few.
function withoutDeclarations(described: ElementDescription): ElementDescription {
  const { ns = '', prefix = '', name } = described;
  const attributes = (described.attributes as readonly AttributeDescription[]).filter(({ ns: of }) => of !== XMLNS_NAMESPACE)
    .map((one) => plainAttribute({ namespace: one.ns ?? '', prefix: one.prefix ?? '', local: one.name, value: one.value }));
  const children = (described.children ?? []).map((child) => (isElement(child) ? withoutDeclarations(child) : child));
  return {
    ...(ns === '' ? {} : { ns }),
    ...(prefix === '' ? {} : { prefix }),
    name,
    ...(attributes.length === 0 ? {} : { attributes }),
    ...(children.length === 0 ? {} : { children }),
  };
}

type NamedValue = Pick<XmlAttribute, 'namespace' | 'prefix' | 'local' | 'value'>;

/** An attribute as something to write. */
export function plainAttribute({ namespace, prefix, local, value }: NamedValue): AttributeDescription {
  return namespace === '' ? { name: local, value } : { ns: namespace, prefix, name: local, value };
}

export function isElement(child: ChildDescription): child is ElementDescription {
  return typeof child === 'object' && 'name' in child;
}

import type { XmlElement, XmlNode } from './tree.js';

/** An element to be written. */
export interface ElementDescription {
  /** The namespace; absent or empty for none. */
  readonly ns?: string;
  /** The prefix to write. Without one the namespace becomes the default namespace. */
  readonly prefix?: string;
  /** The local name. */
  readonly name: string;
  /** Attributes in no namespace as an object, or any attributes as a list. */
  readonly attributes?: Readonly<Record<string, string>> | readonly AttributeDescription[];
  readonly children?: readonly ChildDescription[];
}

export interface AttributeDescription {
  /** The namespace; absent or empty for none. One of `XMLNS_NAMESPACE` is a declaration, to be written where it is. */
  readonly ns?: string;
  /** Without one, a prefix that is bound to the namespace is taken, or one is made up. */
  readonly prefix?: string;
  readonly name: string;
  readonly value: string;
}

/** A string is text, which is escaped. */
export type ChildDescription =
  | string
  | ElementDescription
  | { readonly cdata: string }
  | { readonly comment: string }
  | { readonly target: string; readonly instruction: string };

/** What to give the writer to get this element again, prefixes and declarations as they were. */
export function describe(element: XmlElement): ElementDescription {
  const root = shallow(element);
  const pending: { from: XmlElement; to: OpenDescription }[] = [{ from: element, to: root }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const node of next.from.children) {
      if (node.type !== 'element') next.to.children.push(leaf(node));
      else {
        const inner = shallow(node);
        next.to.children.push(inner);
        pending.push({ from: node, to: inner });
      }
    }
  }
  return root;
}

type OpenDescription = ElementDescription & { readonly children: ChildDescription[] };

function shallow({ namespace, prefix, local, attributes }: XmlElement): OpenDescription {
  return {
    ns: namespace,
    prefix,
    name: local,
    attributes: attributes.map((one) => ({ ns: one.namespace, prefix: one.prefix, name: one.local, value: one.value })),
    children: [],
  };
}

function leaf(node: Exclude<XmlNode, XmlElement>): ChildDescription {
  switch (node.type) {
    case 'text': return node.value;
    case 'cdata': return { cdata: node.value };
    case 'comment': return { comment: node.value };
    case 'instruction': return { target: node.target, instruction: node.value };
  }
}

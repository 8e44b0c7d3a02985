/*
 * The tree that reading gives. Every node knows where it stood: offsets count UTF-16 units of `XmlDocument.source`, from
 * `start` to before `end`, so that an edit can splice the source and leave the rest of it as it came.
 */

/** The namespace of `xmlns` and `xmlns:...` attributes. */
export const XMLNS_NAMESPACE = 'http://www.w3.org/2000/xmlns/';
/** The namespace of `xml:...` attributes. */
export const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace';

/** A piece of `XmlDocument.source`: `source.slice(start, end)`. */
export interface XmlRange {
  readonly start: number;
  readonly end: number;
}

/** A qualified name as written and as meant. */
export interface XmlName {
  /** As written, prefix included. */
  readonly name: string;
  /** Empty when there is none. */
  readonly prefix: string;
  readonly local: string;
  /** Empty when the name is in no namespace. An attribute without a prefix is in none; `xmlns` ones are in {@link XMLNS_NAMESPACE}. */
  readonly namespace: string;
}

/** The range goes from the name to behind the closing quote. */
export interface XmlAttribute extends XmlName, XmlRange {
  /** References resolved, white space normalised (XML 1.0 §3.3.3). */
  readonly value: string;
  /** What is between the quotes. */
  readonly valueRange: XmlRange;
}

export interface XmlElement extends XmlName, XmlRange {
  readonly type: 'element';
  readonly attributes: readonly XmlAttribute[];
  readonly children: readonly XmlNode[];
  /** From `<` to behind `>`. For `<a/>` that is the whole element. */
  readonly startTag: XmlRange;
  /** From `</` to behind `>`; empty, at the end of the element, for `<a/>`. */
  readonly endTag: XmlRange;
}

/** Text between two pieces of markup; references are resolved, line ends are `\n` (XML 1.0 §2.11). */
export interface XmlText extends XmlRange {
  readonly type: 'text';
  readonly value: string;
}

export interface XmlCdata extends XmlRange {
  readonly type: 'cdata';
  readonly value: string;
}

export interface XmlComment extends XmlRange {
  readonly type: 'comment';
  readonly value: string;
}

export interface XmlInstruction extends XmlRange {
  readonly type: 'instruction';
  readonly target: string;
  readonly value: string;
}

export type XmlNode = XmlElement | XmlText | XmlCdata | XmlComment | XmlInstruction;

export interface XmlDocument {
  /** The decoded text without a byte order mark; all offsets are into it. */
  readonly source: string;
  readonly encoding: XmlEncoding;
  /** Octets of the byte order mark before the source: 0, 2 or 3. */
  readonly markOctets: number;
  /** Octets of the whole input. */
  readonly octets: number;
  readonly root: XmlElement;
  /** The root with the comments and processing instructions around it. */
  readonly children: readonly (XmlElement | XmlComment | XmlInstruction)[];
}

export type XmlEncoding = 'UTF-8' | 'UTF-16LE' | 'UTF-16BE';

/** The child elements, in order. */
export function elements(parent: XmlElement): XmlElement[] {
  return parent.children.filter((node): node is XmlElement => node.type === 'element');
}

/** The child elements of this namespace and local name, in order. */
export function children(parent: XmlElement, namespace: string, local: string): XmlElement[] {
  return elements(parent).filter((element) => element.local === local && element.namespace === namespace);
}

/** The first child element of this namespace and local name. */
export function child(parent: XmlElement, namespace: string, local: string): XmlElement | undefined {
  for (const node of parent.children) {
    if (node.type === 'element' && node.local === local && node.namespace === namespace) return node;
  }
  return undefined;
}

/** The value of an attribute; without a namespace, one that is written without a prefix. */
export function attribute(element: XmlElement, local: string, namespace = ''): string | undefined {
  return element.attributes.find((one) => one.local === local && one.namespace === namespace)?.value;
}

/** All text and CDATA inside the element and its descendants, as it came: white space is kept. */
export function text(element: XmlElement): string {
  let result = '';
  // A list of what is still to be visited, the next one last: deep documents must not use up the stack.
  const pending: XmlNode[] = [...element.children].reverse();
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (node.type === 'text' || node.type === 'cdata') result += node.value;
    else if (node.type === 'element') for (let i = node.children.length - 1; i >= 0; i--) pending.push(node.children[i] as XmlNode);
  }
  return result;
}

/**
 * The prefixes bound inside the last of `path`, the elements from the root down. The key of the default namespace is the
 * empty string. Pass it to `readXml` to read a fragment that stands there.
 */
export function namespacesInScope(path: readonly XmlElement[]): Map<string, string> {
  const bound = new Map([['xml', XML_NAMESPACE]]);
  for (const element of path) {
    for (const one of element.attributes) {
      if (one.namespace !== XMLNS_NAMESPACE) continue;
      const prefix = one.prefix === '' ? '' : one.local;
      if (one.value === '') bound.delete(prefix);
      else bound.set(prefix, one.value);
    }
  }
  return bound;
}

/** Where an offset into the source stands in the octets that were read. Linear in the offset unless the document is ASCII. */
export function octetOffset(document: Pick<XmlDocument, 'source' | 'encoding' | 'markOctets' | 'octets'>, offset: number): number {
  const { source, encoding, markOctets, octets } = document;
  if (encoding !== 'UTF-8') return markOctets + 2 * offset;
  if (source.length + markOctets === octets) return markOctets + offset;
  let at = markOctets;
  for (let i = 0; i < offset; i++) {
    const unit = source.charCodeAt(i);
    if (unit < 0x80) at += 1;
    else if (unit < 0x800 || (unit >= 0xd800 && unit < 0xe000)) at += 2; // a surrogate is half of four octets
    else at += 3;
  }
  return at;
}

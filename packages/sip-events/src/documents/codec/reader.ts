import { octetOffset, XMLNS_NAMESPACE, type XmlAttribute, type XmlDocument, type XmlElement } from '@simple-im/xml';
import { documentError, type documentErrors } from '../errors.js';
import { MAX_ENTRIES, type DocumentReadOptions } from '../options.js';
import type { SimpleType } from './values.js';

/** What reading one document goes by. */
export class ReadContext {
  private readonly document: XmlDocument;
  private entriesLeft: number;

  constructor(document: XmlDocument, { maxEntries = MAX_ENTRIES }: DocumentReadOptions) {
    this.document = document;
    this.entriesLeft = maxEntries;
  }

  fail(code: keyof typeof documentErrors, at: XmlElement, detail: string): Error {
    return documentError(code, { detail, offset: octetOffset(this.document, at.start) });
  }

  /** Counts an entry of a list. */
  entry(at: XmlElement): void {
    if (--this.entriesLeft < 0) throw this.fail('EVENT_DOCUMENT_TOO_MANY_ENTRIES', at, at.local.slice(0, 40));
  }
}

/** Hands out the attributes and children of one element, each once, so that what nobody asked for is what is left. */
export class ElementReader {
  readonly element: XmlElement;
  readonly context: ReadContext;
  private readonly named = new Map<string, XmlElement[]>();
  private readonly attributes = new Map<string, XmlAttribute>();

  constructor(element: XmlElement, context: ReadContext) {
    this.element = element;
    this.context = context;
    for (const one of element.attributes) {
      if (one.namespace !== XMLNS_NAMESPACE) this.attributes.set(expanded(one.namespace, one.local), one);
    }
    for (const node of element.children) {
      if (node.type !== 'element') continue;
      const key = expanded(node.namespace, node.local);
      const list = this.named.get(key);
      if (list === undefined) this.named.set(key, [node]);
      else list.push(node);
    }
  }

  attribute(ns: string, local: string): string | undefined {
    const key = expanded(ns, local);
    const found = this.attributes.get(key);
    this.attributes.delete(key);
    return found?.value;
  }

  elements(ns: string, local: string): readonly XmlElement[] {
    const key = expanded(ns, local);
    const found = this.named.get(key) ?? [];
    this.named.delete(key);
    return found;
  }

  onlyElement(ns: string, local: string): XmlElement | undefined {
    const [first, second] = this.elements(ns, local);
    if (second !== undefined) throw this.fail('EVENT_DOCUMENT_REPEATED', local);
    return first;
  }

  /** The children of a namespace that `wanted` says yes to, in the order of the document. */
  elementsOf(ns: string, wanted: (local: string) => boolean): XmlElement[] {
    const found: XmlElement[] = [];
    for (const [key, list] of this.named) {
      const [first] = list;
      if (first === undefined || first.namespace !== ns || !wanted(first.local)) continue;
      for (const element of list) found.push(element);
      this.named.delete(key);
    }
    return found.sort((a, b) => a.start - b.start);
  }

  remainingElements(): XmlElement[] {
    return [...this.named.values()].flat().sort((a, b) => a.start - b.start);
  }

  remainingAttributes(): XmlAttribute[] {
    return [...this.attributes.values()];
  }

  value<T>(type: SimpleType<T>, text: string, name: string): T {
    const value = type.parse(text);
    if (value !== undefined) return value;
    throw this.fail(name === 'version' ? 'EVENT_DOCUMENT_BAD_VERSION' : 'EVENT_DOCUMENT_BAD_VALUE', `${name}, which is ${type.name}`);
  }

  fail(code: keyof typeof documentErrors, detail: string): Error {
    return this.context.fail(code, this.element, `${this.element.local.slice(0, 40)}: ${detail}`);
  }
}

function expanded(ns: string, local: string): string {
  return `${local} ${ns}`;
}

/*
 * The little a case has to read in an XML document: elements by namespace, whatever their prefix. It is its own reader on
 * purpose, and strict about well-formedness, as that is asked of the target. Namespaces in XML 1.0; no document type declarations.
 */
import { Buffer } from 'node:buffer';
import { fail } from './expectation.js';

export interface XmlElement {
  readonly namespace: string;
  readonly name: string;
  /** Those without a prefix. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** Its own character data. */
  readonly text: string;
}

const mostElements = 10_000;
const deepest = 32;

const namePattern = '[A-Za-z_\\u0080-\\uffff][\\w.\\-\\u0080-\\uffff]*';
const qualified = `(?:${namePattern}:)?${namePattern}`;
const startTag = new RegExp(`<(${qualified})((?:\\s+${qualified}\\s*=\\s*(?:"[^"<]*"|'[^'<]*'))*)\\s*(/?)>`, 'y');
const endTag = new RegExp(`</(${qualified})\\s*>`, 'y');
const attribute = new RegExp(`(${qualified})\\s*=\\s*(?:"([^"]*)"|'([^']*)')`, 'g');
const passedOver = /\s+|<!--(?:(?!--)[^])*-->|<\?[^]*?\?>/y;
const cdata = /<!\[CDATA\[([^]*?)\]\]>/y;
const characters = /[^<]+/y;
const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: '\'' };

/** Reads a document, a byte string in UTF-8, and gives its root. The case fails when it is not well-formed. */
export function readXml(octets: string): XmlElement {
  return new Reader(decoded(octets)).document();
}

function decoded(octets: string): string {
  try {
    return checked(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(octets, 'latin1')));
  } catch (error) {
    if (error instanceof TypeError) return fail('the document is not UTF-8');
    throw error;
  }
}

/** Only characters that XML 1.0 allows (§2.2). */
function checked(text: string): string {
  const wrong = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.exec(text)?.[0];
  if (wrong !== undefined) fail(`the document has the character U+${wrong.codePointAt(0)?.toString(16)}, which XML does not allow`);
  return text;
}

type Scope = ReadonlyMap<string, string>;

class Reader {
  readonly #text: string;
  #at = 0;
  #elements = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): XmlElement {
    if (/^\s+<\?xml/.test(this.#text)) this.#wrong('something stands before the XML declaration');
    this.#pass();
    const root = this.#element(new Map([['xml', 'http://www.w3.org/XML/1998/namespace']]), 0);
    this.#pass();
    if (this.#at < this.#text.length) this.#wrong('something follows the root element');
    return root;
  }

  /** White space, comments and processing instructions. */
  #pass(): void {
    while (this.#take(passedOver) !== undefined) continue;
  }

  #element(outer: Scope, depth: number): XmlElement {
    const [, tag = '', written = '', empty = ''] = this.#take(startTag) ?? this.#wrong('expected a start tag');
    if (++this.#elements > mostElements || depth > deepest) this.#wrong('more elements than any case asks for');
    const given = this.#attributes(written);
    const scope = new Map(outer);
    for (const [name, value] of given) {
      if (name === 'xmlns') scope.set('', value);
      else if (name.startsWith('xmlns:')) scope.set(name.slice(6), value);
    }
    const attributes = new Map([...given].filter(([name]) => !name.includes(':') && name !== 'xmlns'));
    const children: XmlElement[] = [];
    const text = empty === '/' ? '' : this.#content(tag, scope, depth, children);
    const prefix = tag.includes(':') ? tag.slice(0, tag.indexOf(':')) : '';
    const namespace = scope.get(prefix) ?? (prefix === '' ? '' : this.#wrong(`the prefix ${prefix} has no namespace`));
    return { namespace, name: tag.slice(tag.indexOf(':') + 1), attributes, children, text };
  }

  #content(tag: string, scope: Scope, depth: number, children: XmlElement[]): string {
    let text = '';
    for (;;) {
      const data = this.#take(characters);
      if (data !== undefined) text += this.#plain(data[0]);
      const section = this.#take(cdata);
      if (section !== undefined) text += section[1] ?? '';
      else if (this.#text.startsWith('</', this.#at)) {
        const [, closed] = this.#take(endTag) ?? this.#wrong('expected an end tag');
        if (closed !== tag) this.#wrong(`<${tag}> is ended by </${closed}>`);
        return text;
      } else if (this.#take(passedOver) === undefined) children.push(this.#element(scope, depth + 1));
    }
  }

  #attributes(written: string): Map<string, string> {
    const all = new Map<string, string>();
    for (const [, name = '', quoted, apostrophed] of written.matchAll(attribute)) {
      if (all.has(name)) this.#wrong(`the attribute ${name} stands twice`);
      all.set(name, this.#plain(quoted ?? apostrophed ?? ''));
    }
    return all;
  }

  /** Text with its references resolved. */
  #plain(text: string): string {
    return text.replace(/&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(\w+));|&/g, (reference, decimal?: string, hex?: string, name?: string) => {
      const code = decimal !== undefined ? Number(decimal) : hex !== undefined ? parseInt(hex, 16) : undefined;
      if (code !== undefined && code <= 0x10_ffff) return checked(String.fromCodePoint(code));
      return named[name ?? ''] ?? this.#wrong(`${JSON.stringify(reference)} is no reference`);
    });
  }

  #take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text) ?? undefined;
    if (found !== undefined) this.#at = pattern.lastIndex;
    return found;
  }

  #wrong(reason: string): never {
    return fail(`the document is not well-formed at character ${this.#at}: ${reason}`);
  }
}

/** The children of this name in the namespace of their parent, or in another. */
export function childrenOf(parent: XmlElement, name: string, namespace = parent.namespace): readonly XmlElement[] {
  return parent.children.filter((child) => child.name === name && child.namespace === namespace);
}

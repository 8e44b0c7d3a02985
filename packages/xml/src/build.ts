import type { XmlFail } from './errors.js';
import { isNcName } from './names.js';
import { declaredPrefix, NamespaceScope } from './namespaces.js';
import type { XmlLimits } from './limits.js';
import type { XmlSource } from './source.js';
import type { XmlAttribute, XmlComment, XmlDocument, XmlElement, XmlInstruction, XmlName, XmlNode, XmlRange } from './tree.js';

/** An element whose start tag or content is still being read. */
interface OpenElement {
  readonly written: string;
  readonly start: number;
  readonly raw: RawAttribute[];
  readonly children: XmlNode[];
  readonly declared: string[];
  /** Known once the start tag has been read. */
  head?: Pick<XmlElement, keyof XmlName | 'attributes' | 'startTag'>;
}

type RawAttribute = Pick<XmlAttribute, 'name' | 'value' | 'start' | 'end' | 'valueRange'>;

const WHITE_SPACE = '\t\n\r ';

/** Makes the tree of the parser's events, knows where each thing stood, and holds the document to its limits. */
export class TreeBuilder {
  private readonly source: string;
  private readonly limits: XmlLimits;
  private readonly position: () => number;
  private readonly fail: XmlFail;
  private readonly scope: NamespaceScope;
  private readonly open: OpenElement[] = [];
  private readonly top: (XmlElement | XmlComment | XmlInstruction)[] = [];
  private root: XmlElement | undefined;
  private names = new Set<string>();
  private nodes = 0;
  /** Behind the last thing read: where the next one begins. */
  private cursor = 0;

  constructor({ source }: XmlSource, limits: XmlLimits, position: () => number, fail: XmlFail, outer?: ReadonlyMap<string, string>) {
    this.source = source;
    this.limits = limits;
    this.position = position;
    this.fail = fail;
    this.scope = new NamespaceScope(fail, outer);
  }

  result(): Pick<XmlDocument, 'root' | 'children'> {
    if (this.root === undefined) throw this.fail('XML_MALFORMED', 'there is no element');
    return { root: this.root, children: this.top };
  }

  /** `<?xml ...?>` has been read. */
  declaration(): void {
    this.cursor = this.position();
  }

  /** `<name` has been read. */
  startTagBegins(name: string): void {
    this.count();
    if (this.open.length >= this.limits.maxDepth) throw this.fail('XML_TOO_DEEP', `${this.limits.maxDepth} levels allowed`);
    const start = this.cursor;
    this.open.push({ written: name, start, raw: [], children: [], declared: [] });
    if (this.names.size > 0) this.names = new Set();
    this.cursor = start + 1 + name.length;
  }

  attribute(name: string, value: string): void {
    this.count();
    const { raw } = this.innermost();
    const { maxAttributes, maxAttributeLength } = this.limits;
    if (raw.length >= maxAttributes) throw this.fail('XML_TOO_MANY_ATTRIBUTES', `${maxAttributes} allowed`);
    if (value.length > maxAttributeLength) throw this.fail('XML_ATTRIBUTE_TOO_LONG', `${maxAttributeLength} allowed`);
    if (this.names.has(name)) throw this.fail('XML_DUPLICATE_ATTRIBUTE', name.slice(0, 40));
    this.names.add(name);
    const start = this.skipSpace(this.cursor);
    const equals = this.skipSpace(start + name.length);
    const quote = this.skipSpace(equals + 1);
    const end = this.position();
    raw.push({ name, value, start, end, valueRange: { start: quote + 1, end: end - 1 } });
    this.cursor = end;
  }

  /** The `>` or `/>` of a start tag has been read. */
  startTagEnds(): void {
    const element = this.innermost();
    this.cursor = this.position();
    for (const { name, value } of element.raw) {
      const prefix = declaredPrefix(name);
      if (prefix === undefined) continue;
      this.scope.declare(prefix, value);
      element.declared.push(prefix);
    }
    const startTag = { start: element.start, end: this.cursor };
    element.head = { ...this.scope.resolve(element.written, false), startTag, attributes: this.resolved(element.raw) };
  }

  /** An end tag has been read, or a start tag that is its own. */
  endTag(isSelfClosing: boolean): void {
    const { head, start, children, declared } = this.innermost() as Required<OpenElement>;
    const end = this.position();
    const endTag = { start: isSelfClosing ? end : this.cursor, end };
    const element: XmlElement = { type: 'element', ...head, start, end, endTag, children };
    this.scope.withdraw(declared);
    this.open.pop();
    this.cursor = end;
    const parent = this.open.at(-1);
    if (parent !== undefined) parent.children.push(element);
    else {
      this.root = element;
      this.top.push(element);
    }
  }

  text(value: string): void {
    // The parser has already taken the `<` behind the text, unless the input ends here.
    const end = this.source.indexOf('<', this.cursor);
    const range = { start: this.cursor, end: end < 0 ? this.source.length : end };
    this.cursor = range.end;
    const parent = this.open.at(-1);
    if (parent === undefined) return; // white space around the root
    this.count();
    this.checkLength(range);
    parent.children.push({ type: 'text', value, ...range });
  }

  cdata(value: string): void {
    this.count();
    this.innermost().children.push({ type: 'cdata', value, ...this.range(this.position()) });
  }

  comment(value: string): void {
    this.count();
    // The `>` behind `--` is still to come; the parser refuses anything else there.
    const comment: XmlComment = { type: 'comment', value, ...this.range(this.position() + 1) };
    (this.open.at(-1)?.children ?? this.top).push(comment);
  }

  instruction(target: string, value: string): void {
    this.count();
    if (!isNcName(target)) throw this.fail('XML_BAD_NAMESPACE', 'a colon in the target of a processing instruction');
    const instruction: XmlInstruction = { type: 'instruction', target, value, ...this.range(this.position()) };
    (this.open.at(-1)?.children ?? this.top).push(instruction);
  }

  private resolved(attributes: readonly RawAttribute[]): XmlAttribute[] {
    const names = new Set<string>();
    return attributes.map((raw) => {
      const attribute = { ...this.scope.resolve(raw.name, true), ...raw };
      // Two prefixes may stand for one namespace (Namespaces in XML 1.0 §6.3). A space is in no local name.
      const expanded = `${attribute.local} ${attribute.namespace}`;
      if (attribute.prefix !== '' && names.has(expanded)) throw this.fail('XML_DUPLICATE_ATTRIBUTE', raw.name.slice(0, 40));
      names.add(expanded);
      return attribute;
    });
  }

  private innermost(): OpenElement {
    return this.open.at(-1) as OpenElement;
  }

  private range(end: number): XmlRange {
    const range = { start: this.cursor, end };
    this.cursor = end;
    this.checkLength(range);
    return range;
  }

  private checkLength({ start, end }: XmlRange): void {
    if (end - start > this.limits.maxTextLength) throw this.fail('XML_TEXT_TOO_LONG', `${this.limits.maxTextLength} allowed`);
  }

  private count(): void {
    if (++this.nodes > this.limits.maxNodes) throw this.fail('XML_TOO_MANY_NODES', `${this.limits.maxNodes} allowed`);
  }

  private skipSpace(from: number): number {
    let at = from;
    while (at < this.source.length && WHITE_SPACE.includes(this.source.charAt(at))) at++;
    return at;
  }
}

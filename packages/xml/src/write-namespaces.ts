import type { AttributeDescription, ElementDescription } from './describe.js';
import { xmlError } from './errors.js';
import { isNcName } from './names.js';
import { XML_NAMESPACE, XMLNS_NAMESPACE } from './tree.js';

/** Prefix to namespace; the empty prefix is the default namespace, the empty namespace none. */
export type WrittenScope = ReadonlyMap<string, string>;

export const outermostScope: WrittenScope = new Map([['', ''], ['xml', XML_NAMESPACE]]);

/** One tag with its names as they are written. */
export interface WrittenTag {
  readonly name: string;
  readonly attributes: readonly (readonly [name: string, value: string])[];
  readonly scope: WrittenScope;
}

/** Finds the qualified names of an element and its attributes, and adds the declarations that are missing. */
export function writtenTag(element: ElementDescription, outer: WrittenScope): WrittenTag {
  const given = listed(element.attributes);
  const tag = new TagScope(outer);
  const ordinary: AttributeDescription[] = [];
  for (const one of given) {
    if (one.ns === XMLNS_NAMESPACE) tag.declare(one.prefix === 'xmlns' ? one.name : '', one.value);
    else ordinary.push(one);
  }
  const name = qualified(tag.forElement(element.ns ?? '', element.prefix ?? ''), element.name);
  const named = ordinary.map((one) => [qualified(tag.forAttribute(one.ns ?? '', one.prefix ?? ''), one.name), one.value] as const);
  refuseDuplicates(ordinary);
  return { name, attributes: [...tag.declarations(), ...named], scope: tag.scope };
}

function listed(attributes: ElementDescription['attributes'] = []): readonly AttributeDescription[] {
  if (Array.isArray(attributes)) return attributes as readonly AttributeDescription[];
  return Object.entries(attributes as Readonly<Record<string, string>>).map(([name, value]) => ({ name, value }));
}

function qualified(prefix: string, local: string): string {
  // An attribute that is called xmlns would be a declaration; those have their own namespace in a description.
  if (!isNcName(local) || (prefix === '' && local === 'xmlns')) throw xmlError('XML_WRITE_NAME', { detail: local.slice(0, 40) });
  return prefix === '' ? local : `${prefix}:${local}`;
}

function refuseDuplicates(attributes: readonly AttributeDescription[]): void {
  const seen = new Set<string>();
  for (const { ns = '', name } of attributes) {
    const expanded = `${name} ${ns}`;
    if (seen.has(expanded)) throw xmlError('XML_WRITE_DUPLICATE_ATTRIBUTE', { detail: name.slice(0, 40) });
    seen.add(expanded);
  }
}

/** The scope of one tag while its declarations are being decided. */
class TagScope {
  private readonly outer: WrittenScope;
  private own: Map<string, string> | undefined;
  private readonly declared = new Map<string, string>();

  constructor(outer: WrittenScope) {
    this.outer = outer;
  }

  get scope(): WrittenScope {
    return this.own ?? this.outer;
  }

  declarations(): (readonly [string, string])[] {
    return [...this.declared].map(([prefix, ns]) => [prefix === '' ? 'xmlns' : `xmlns:${prefix}`, ns] as const);
  }

  declare(prefix: string, ns: string): void {
    const allowed = prefix === '' ? ns !== XML_NAMESPACE && ns !== XMLNS_NAMESPACE : this.isBindable(prefix, ns);
    if (!allowed || this.declared.has(prefix)) throw refused(prefix, ns);
    this.own ??= new Map(this.outer);
    this.own.set(prefix, ns);
    this.declared.set(prefix, ns);
  }

  forElement(ns: string, prefix: string): string {
    if (this.scope.get(prefix) !== ns) this.declare(prefix, ns);
    return prefix;
  }

  forAttribute(ns: string, prefix: string): string {
    if (ns === '') {
      if (prefix !== '') throw refused(prefix, ns);
      return prefix;
    }
    if (prefix === '') return this.anyPrefix(ns);
    if (this.scope.get(prefix) !== ns) this.declare(prefix, ns);
    return prefix;
  }

  private anyPrefix(ns: string): string {
    for (const [prefix, bound] of this.scope) if (bound === ns && prefix !== '') return prefix;
    let number = 1;
    while (this.scope.has(`ns${number}`)) number++;
    this.declare(`ns${number}`, ns);
    return `ns${number}`;
  }

  private isBindable(prefix: string, ns: string): boolean {
    if (prefix === 'xml') return ns === XML_NAMESPACE;
    return prefix !== 'xmlns' && isNcName(prefix) && ns !== '' && ns !== XML_NAMESPACE && ns !== XMLNS_NAMESPACE;
  }
}

function refused(prefix: string, ns: string): Error {
  return xmlError('XML_WRITE_NAMESPACE', { detail: `"${prefix.slice(0, 40)}" for "${ns.slice(0, 80)}"` });
}

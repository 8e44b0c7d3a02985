import { isNcName } from './names.js';
import { xmlPatchError } from './patch-errors.js';

/** A name as a selector means it: the prefixes are those of the diff document (RFC 5261 §4.2.1). */
export interface SelectorName { readonly ns: string; readonly prefix: string; readonly local: string }

export type Predicate =
  | { readonly kind: 'position'; readonly position: number }
  | { readonly kind: 'attribute'; readonly name: SelectorName; readonly value: string }
  | { readonly kind: 'child'; readonly name: SelectorName; readonly value: string }
  | { readonly kind: 'self'; readonly value: string };

export type Step =
  | { readonly kind: 'element'; /** Absent for `*`. */ readonly name?: SelectorName; readonly predicates: readonly Predicate[] }
  | { readonly kind: 'attribute'; readonly name: SelectorName }
  | { readonly kind: 'namespace'; readonly prefix: string }
  | { readonly kind: 'text' | 'comment'; readonly position?: number }
  | { readonly kind: 'instruction'; readonly target?: string; readonly position?: number };

export interface Selector {
  /** The argument of `id()`, when the selector begins with it. */
  readonly id?: string;
  readonly steps: readonly Step[];
}

/** Prefix to namespace, where the patch operation stands. */
export type SelectorScope = ReadonlyMap<string, string>;

/** Steps of one selector, and predicates of one step. */
const MAX_PARTS = 64;

/** The subset of XPath that `sel` is in: the type xpath of the schema in RFC 5261 §8, white space around `/` allowed. */
export function parseSelector(text: string, scope: SelectorScope): Selector {
  const scanner = new Scanner(text, scope);
  scanner.take('/');
  const id = scanner.id();
  const steps: Step[] = [];
  if (id === undefined || scanner.take('/')) {
    do {
      if (steps.length === MAX_PARTS) throw scanner.refused('too many steps');
      const last = steps.at(-1);
      if (last !== undefined && last.kind !== 'element') throw scanner.refused('a step behind one that has no children');
      steps.push(scanner.step());
    } while (scanner.take('/'));
  }
  if (!scanner.ended) throw scanner.refused(`at ${scanner.at}`);
  return id === undefined ? { steps } : { id, steps };
}

/** The value of `type`: an attribute or a prefix to be declared. */
export function parseTypeSelector(text: string, scope: SelectorScope): Extract<Step, { kind: 'attribute' | 'namespace' }> {
  const scanner = new Scanner(text, scope);
  const step = scanner.step();
  if (!scanner.ended || (step.kind !== 'attribute' && step.kind !== 'namespace')) throw scanner.refused('type');
  return step;
}

class Scanner {
  at = 0;
  private readonly text: string;
  private readonly scope: SelectorScope;

  constructor(text: string, scope: SelectorScope) {
    this.text = text;
    this.scope = scope;
    this.match(/\s*/y);
  }

  get ended(): boolean {
    return this.at === this.text.length;
  }

  refused(detail: string): Error {
    return xmlPatchError('XML_PATCH_INVALID_ATTRIBUTE_VALUE', { detail });
  }

  take(literal: string): boolean {
    if (!this.text.startsWith(literal, this.at)) return false;
    this.at += literal.length;
    this.match(/\s*/y);
    return true;
  }

  id(): string | undefined {
    const found = this.match(/id\(\s*(?:'([^']*)'|"([^"]*)")\s*\)\s*/y);
    if (found === undefined) return undefined;
    const value = found[1] ?? found[2] ?? '';
    if (!isNcName(value)) throw this.refused('the argument of id()');
    return value;
  }

  step(): Step {
    if (this.take('@')) return { kind: 'attribute', name: this.name('attribute') };
    if (this.take('namespace::')) return { kind: 'namespace', prefix: this.ncName() };
    const test = this.match(/(text|comment)\(\s*\)\s*/y);
    if (test !== undefined) return { kind: test[1] as 'text' | 'comment', ...this.position() };
    const instruction = this.match(/processing-instruction\(\s*(?:'([^']*)'|"([^"]*)")?\s*\)\s*/y);
    if (instruction !== undefined) {
      const target = instruction[1] ?? instruction[2];
      return { kind: 'instruction', ...(target === undefined ? {} : { target }), ...this.position() };
    }
    if (this.take('*')) return { kind: 'element', predicates: this.predicates() };
    return { kind: 'element', name: this.name('element'), predicates: this.predicates() };
  }

  private position(): { position?: number } {
    const [predicate, more] = this.predicates();
    if (predicate === undefined) return {};
    if (predicate.kind !== 'position' || more !== undefined) throw this.refused('a predicate of a node that is no element');
    return { position: predicate.position };
  }

  private predicates(): Predicate[] {
    const predicates: Predicate[] = [];
    while (this.take('[')) {
      if (predicates.length === MAX_PARTS) throw this.refused('too many predicates');
      predicates.push(this.predicate());
      if (!this.take(']')) throw this.refused('a predicate that does not end');
    }
    return predicates;
  }

  private predicate(): Predicate {
    const digits = this.match(/([0-9]{1,9})\s*(?=\])/y)?.[1];
    if (digits !== undefined) return { kind: 'position', position: Number(digits) };
    if (this.take('.')) return { kind: 'self', value: this.equalTo() };
    const kind = this.take('@') ? 'attribute' : 'child';
    const name = this.name(kind === 'attribute' ? 'attribute' : 'element');
    return { kind, name, value: this.equalTo() };
  }

  private equalTo(): string {
    const found = this.match(/=\s*(?:'([^']*)'|"([^"]*)")\s*/y);
    if (found === undefined) throw this.refused('a predicate that compares nothing');
    return found[1] ?? found[2] ?? '';
  }

  /** The default namespace of the diff document counts for elements, unlike in XPath (RFC 5261 §4.2.2). */
  private name(of: 'element' | 'attribute'): SelectorName {
    const first = this.ncName();
    const qualified = this.text[this.at] === ':' && this.text[this.at + 1] !== ':';
    if (!qualified) return { ns: of === 'element' ? this.scope.get('') ?? '' : '', prefix: '', local: first };
    this.at++;
    const ns = this.scope.get(first);
    if (ns === undefined) throw xmlPatchError('XML_PATCH_INVALID_NAMESPACE_PREFIX', { detail: first.slice(0, 40) });
    return { ns, prefix: first, local: this.ncName() };
  }

  private ncName(): string {
    const name = this.match(/[^\s/[\]@=:()'"*,]+/y)?.[0] ?? '';
    if (!isNcName(name)) throw this.refused(`a name at ${this.at}`);
    this.match(/\s*/y);
    return name;
  }

  private match(sticky: RegExp): RegExpExecArray | undefined {
    sticky.lastIndex = this.at;
    const found = sticky.exec(this.text);
    if (found === null) return undefined;
    this.at = sticky.lastIndex;
    return found;
  }
}

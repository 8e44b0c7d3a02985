import { xmlPatchError } from './patch-errors.js';
import type { PatchAttribute, PatchBudget, PatchElement, PatchNode, PatchParent } from './patch-tree.js';
import { XML_NAMESPACE, XMLNS_NAMESPACE } from './tree.js';

/** Prefix to namespace where an element's children stand; the empty prefix is the default namespace. */
export function scopeOf(context: PatchParent, budget: PatchBudget): Map<string, string> {
  const path: PatchElement[] = [];
  for (let at: PatchParent = context; at.type === 'element'; at = at.parent) path.push(at);
  const bound = new Map([['xml', XML_NAMESPACE]]);
  for (const element of path.reverse()) {
    budget.visit(1 + element.attributes.length);
    for (const [prefix, ns] of declarationsOf(element)) {
      if (ns === '') bound.delete(prefix);
      else bound.set(prefix, ns);
    }
  }
  return bound;
}

function declarationsOf({ attributes }: PatchElement): (readonly [prefix: string, ns: string])[] {
  return attributes.filter(({ ns }) => ns === XMLNS_NAMESPACE)
    .map(({ prefix, local, value }) => [prefix === '' ? '' : local, value] as const);
}

/**
 * Gives new content the prefixes that its names have where it is put: those its own declarations bind stay, the others,
 * which the diff document bound, become those of the document (RFC 5261 §4.2.3).
 */
export function adopt(nodes: readonly PatchNode[], context: PatchParent, budget: PatchBudget): void {
  const scope = scopeOf(context, budget);
  const own = context.type === 'element' ? context : undefined;
  const pending: { readonly node: PatchNode; readonly local: Bound }[] = nodes.map((node) => ({ node, local: new Map() }));
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { node } = next;
    if (node.type !== 'element') continue;
    const declared = declarationsOf(node);
    budget.visit(1 + declared.length * next.local.size);
    const local = declared.length === 0 ? next.local : new Map([...next.local, ...declared]);
    if (local.get(node.prefix) !== node.ns) node.prefix = prefixFor(node, scope, local, own);
    for (const attribute of node.attributes) {
      if (attribute.ns === '' || attribute.ns === XMLNS_NAMESPACE || local.get(attribute.prefix) === attribute.ns) continue;
      attribute.prefix = attributePrefixFor(attribute, scope, local, own);
    }
    for (const child of node.children) pending.push({ node: child, local });
  }
}

type Bound = ReadonlyMap<string, string>;

function prefixFor(element: PatchElement, scope: Bound, local: Bound, own: PatchElement | undefined): string {
  const { ns, prefix } = element;
  if (ns === '') {
    // No prefix can say this: an element in no namespace cannot stand where there is a default one.
    if ((local.get('') ?? scope.get('') ?? '') !== '') throw undeclared('an element in no namespace, inside a default one');
    return '';
  }
  const candidates = [...scope].filter(([one, bound]) => bound === ns && !local.has(one)).map(([one]) => one);
  return choose(prefix, candidates, own?.ns === ns ? own.prefix : undefined, ns);
}

/** The prefix for an attribute that has a namespace: the default one does not count (§4.3.2). */
export function attributePrefixFor(
  attribute: Pick<PatchAttribute, 'ns' | 'prefix'>, scope: Bound, local: Bound, own: PatchElement | undefined,
): string {
  const candidates = [...scope].filter(([one, bound]) => one !== '' && bound === attribute.ns && !local.has(one)).map(([one]) => one);
  const context = own?.ns === attribute.ns && own.prefix !== '' ? own.prefix : undefined;
  return choose(attribute.prefix, candidates, context, attribute.ns);
}

/** The three rules of §4.2.3: the same prefix, that of the context, the one just before it in the alphabet. */
function choose(prefix: string, candidates: readonly string[], context: string | undefined, ns: string): string {
  if (candidates.includes(prefix)) return prefix;
  if (context !== undefined && candidates.includes(context)) return context;
  const sorted = [...candidates].sort();
  const [first] = sorted;
  if (first === undefined) throw undeclared(ns.slice(0, 80));
  return sorted.filter((one) => one < prefix).at(-1) ?? first;
}

function undeclared(detail: string): Error {
  return xmlPatchError('XML_PATCH_INVALID_NAMESPACE_URI', { detail });
}

/**
 * Everything below and at `element` that has the prefix, unless a declaration further down binds it anew: elements and
 * attributes, to be looked at or given another namespace.
 */
export function usersOf(prefix: string, element: PatchElement, budget: PatchBudget): (PatchElement | PatchAttribute)[] {
  const users: (PatchElement | PatchAttribute)[] = [];
  const pending = [element];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    budget.visit();
    if (next !== element && declarationsOf(next).some(([one]) => one === prefix)) continue;
    if (next.prefix === prefix) users.push(next);
    for (const one of next.attributes) if (one.prefix === prefix && one.ns !== XMLNS_NAMESPACE) users.push(one);
    for (const child of next.children) if (child.type === 'element') pending.push(child);
  }
  return users;
}

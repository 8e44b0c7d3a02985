import { xmlPatchError } from './patch-errors.js';
import type { Predicate, Selector, SelectorName, Step } from './patch-selector.js';
import {
  stringValue, type PatchAttribute, type PatchBudget, type PatchElement, type PatchNode, type PatchParent, type PatchRoot,
} from './patch-tree.js';
import { XML_NAMESPACE, XMLNS_NAMESPACE } from './tree.js';

/** What a selector found: a node, or an attribute or declaration of an element. */
export type Located =
  | { readonly kind: 'node'; readonly node: PatchNode }
  | { readonly kind: 'attribute'; readonly element: PatchElement; readonly attribute: PatchAttribute }
  | { readonly kind: 'namespace'; readonly element: PatchElement; readonly attribute: PatchAttribute };

/** Finds the one node a selector is for (RFC 5261 §4.1). `idAttributes` are the attributes without a namespace that are of type ID. */
export function locate(root: PatchRoot, selector: Selector, budget: PatchBudget, idAttributes: readonly string[]): Located {
  let contexts: PatchParent[] = [root];
  let found: Located[] = [];
  if (selector.id !== undefined) {
    contexts = elementsOfId(root, selector.id, budget, idAttributes);
    found = contexts.map((node) => ({ kind: 'node', node: node as PatchElement }));
  }
  for (const step of selector.steps) {
    found = contexts.flatMap((context) => follow(context, step, budget));
    contexts = found.flatMap((one) => (one.kind === 'node' && one.node.type === 'element' ? [one.node] : []));
  }
  const [only] = found;
  if (only === undefined || found.length > 1) throw xmlPatchError('XML_PATCH_UNLOCATED_NODE', { detail: `${found.length} nodes` });
  return only;
}

function elementsOfId(root: PatchRoot, id: string, budget: PatchBudget, idAttributes: readonly string[]): PatchElement[] {
  const result: PatchElement[] = [];
  const pending: PatchNode[] = [...root.children];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    budget.visit();
    if (node.type !== 'element') continue;
    for (const child of node.children) pending.push(child);
    if (node.attributes.some((one) => one.value.trim() === id && isId(one, idAttributes))) result.push(node);
  }
  return result;
}

function isId({ ns, local }: PatchAttribute, idAttributes: readonly string[]): boolean {
  return ns === XML_NAMESPACE ? local === 'id' : ns === '' && idAttributes.includes(local);
}

function follow(context: PatchParent, step: Step, budget: PatchBudget): Located[] {
  if (step.kind === 'attribute' || step.kind === 'namespace') return context.type === 'root' ? [] : onElement(context, step);
  budget.visit(context.children.length);
  let nodes = context.children.filter((node) => passes(node, step));
  if (step.kind === 'element') for (const predicate of step.predicates) nodes = filtered(nodes as PatchElement[], predicate, budget);
  else if (step.position !== undefined) nodes = nodes.slice(step.position - 1, step.position);
  return nodes.map((node) => ({ kind: 'node', node }));
}

function onElement(element: PatchElement, step: Extract<Step, { kind: 'attribute' | 'namespace' }>): Located[] {
  const attribute = step.kind === 'attribute' ? findAttribute(element, step.name) : findDeclaration(element, step.prefix);
  return attribute === undefined ? [] : [{ kind: step.kind, element, attribute }];
}

export function findAttribute(element: PatchElement, { ns, local }: SelectorName): PatchAttribute | undefined {
  return element.attributes.find((one) => one.local === local && one.ns === ns && ns !== XMLNS_NAMESPACE);
}

/** The declaration of a prefix on this very element (§4.4.3). */
export function findDeclaration(element: PatchElement, prefix: string): PatchAttribute | undefined {
  return element.attributes.find((one) => one.ns === XMLNS_NAMESPACE && one.prefix !== '' && one.local === prefix);
}

function passes(node: PatchNode, step: Exclude<Step, { kind: 'attribute' | 'namespace' }>): boolean {
  if (node.type !== step.kind) return false;
  if (node.type === 'element' && step.kind === 'element') {
    return step.name === undefined || (node.local === step.name.local && node.ns === step.name.ns);
  }
  return node.type !== 'instruction' || step.kind !== 'instruction' || step.target === undefined || node.target === step.target;
}

function filtered(elements: readonly PatchElement[], predicate: Predicate, budget: PatchBudget): PatchElement[] {
  switch (predicate.kind) {
    case 'position': return elements.slice(Math.max(predicate.position - 1, 0), predicate.position);
    case 'attribute': return elements.filter((one) => findAttribute(one, predicate.name)?.value === predicate.value);
    case 'self': return elements.filter((one) => stringValue(one, budget) === predicate.value);
    case 'child': return elements.filter((one) => one.children.some((child) => {
      budget.visit();
      return child.type === 'element' && child.local === predicate.name.local && child.ns === predicate.name.ns
        && stringValue(child, budget) === predicate.value;
    }));
  }
}

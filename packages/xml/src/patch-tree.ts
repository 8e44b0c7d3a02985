import type { AttributeDescription, ChildDescription, ElementDescription } from './describe.js';
import { xmlPatchError } from './patch-errors.js';
import type { XmlDocument, XmlElement, XmlNode } from './tree.js';
import { MAX_WRITTEN_DEPTH, writeXml } from './write.js';

/*
 * A tree that can be changed, in the data model of XPath 1.0: no two text nodes stand side by side, and CDATA sections are
 * pieces of them (RFC 5261 §4.3.5).
 */

export interface PatchAttribute {
  /** `XMLNS_NAMESPACE` for a declaration. */
  ns: string;
  prefix: string;
  readonly local: string;
  value: string;
}

export interface PatchElement {
  readonly type: 'element';
  ns: string;
  prefix: string;
  readonly local: string;
  parent: PatchParent;
  readonly attributes: PatchAttribute[];
  readonly children: PatchNode[];
}

export interface PatchText { readonly type: 'text'; parent: PatchParent; readonly pieces: (string | { readonly cdata: string })[] }
export interface PatchComment { readonly type: 'comment'; parent: PatchParent; readonly value: string }
export interface PatchInstruction { readonly type: 'instruction'; parent: PatchParent; readonly target: string; readonly value: string }
export type PatchNode = PatchElement | PatchText | PatchComment | PatchInstruction;

/** The root node of XPath: the parent of the root element and of the comments and instructions around it. */
export interface PatchRoot { readonly type: 'root'; readonly children: PatchNode[] }
export type PatchParent = PatchElement | PatchRoot;

/** Counts the nodes that patching looks at and leaves, so that its cost has a bound. */
export class PatchBudget {
  private left: number;

  constructor(maxVisits: number) {
    this.left = maxVisits;
  }

  visit(nodes = 1): void {
    this.left -= nodes;
    if (this.left < 0) throw xmlPatchError('XML_PATCH_TOO_COSTLY');
  }
}

export function changeable(document: XmlDocument, budget: PatchBudget): PatchRoot {
  const root: PatchRoot = { type: 'root', children: [] };
  append(root, changeableNodes(document.children, root, budget));
  return root;
}

interface Copying { readonly from: readonly XmlNode[]; readonly to: PatchNode[]; readonly parent: PatchParent }

/** Copies of nodes, to be children of `parent`; text and CDATA that stand side by side become one. */
export function changeableNodes(nodes: readonly XmlNode[], parent: PatchParent, budget: PatchBudget): PatchNode[] {
  const result: PatchNode[] = [];
  const pending: Copying[] = [{ from: nodes, to: result, parent }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const node of next.from) {
      budget.visit();
      if (node.type === 'element') {
        const element = elementOf(node, next.parent);
        next.to.push(element);
        pending.push({ from: node.children, to: element.children, parent: element });
      } else {
        push(next.to, leafOf(node, next.parent));
      }
    }
  }
  return result;
}

function elementOf({ namespace, prefix, local, attributes }: XmlElement, parent: PatchParent): PatchElement {
  return {
    type: 'element',
    ns: namespace,
    prefix,
    local,
    parent,
    attributes: attributes.map((one) => ({ ns: one.namespace, prefix: one.prefix, local: one.local, value: one.value })),
    children: [],
  };
}

function leafOf(node: Exclude<XmlNode, XmlElement>, parent: PatchParent): PatchNode {
  switch (node.type) {
    case 'text': return { type: 'text', parent, pieces: [node.value] };
    case 'cdata': return { type: 'text', parent, pieces: [{ cdata: node.value }] };
    case 'comment': return { type: 'comment', parent, value: node.value };
    case 'instruction': return { type: 'instruction', parent, target: node.target, value: node.value };
  }
}

function push(list: PatchNode[], node: PatchNode): void {
  const last = list.at(-1);
  if (node.type === 'text' && last?.type === 'text') for (const piece of node.pieces) last.pieces.push(piece);
  else list.push(node);
}

export function append(parent: PatchParent, nodes: readonly PatchNode[]): void {
  insert(parent, parent.children.length, nodes);
}

/** Puts nodes in front of the child number `at` and joins texts that come to stand side by side. */
export function insert(parent: PatchParent, at: number, nodes: readonly PatchNode[]): void {
  for (const node of nodes) node.parent = parent;
  const behind = parent.children.splice(at);
  for (const node of [...nodes, ...behind]) push(parent.children, node);
}

/** Takes `count` children out and joins the texts around them (RFC 5261 §4.5.6). */
export function takeOut(parent: PatchParent, at: number, count = 1): void {
  const behind = parent.children.splice(at).slice(count);
  for (const node of behind) push(parent.children, node);
}

/** The string-value of XPath 1.0 §5. */
export function stringValue(node: PatchNode, budget: PatchBudget): string {
  let result = '';
  const pending: PatchNode[] = [node];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    budget.visit();
    if (next.type === 'text') result += textOf(next);
    else if (next.type === 'element') for (let i = next.children.length - 1; i >= 0; i--) pending.push(next.children[i] as PatchNode);
  }
  return result;
}

export function textOf({ pieces }: PatchText): string {
  return pieces.map((piece) => (typeof piece === 'string' ? piece : piece.cdata)).join('');
}

/** The document as text, with a declaration. */
export function written(root: PatchRoot): string {
  const parts = root.children.map((node) => {
    switch (node.type) {
      case 'element': return writeXml(descriptionOf(node, 1), { declaration: false });
      case 'comment': return `<!--${node.value}-->`;
      case 'instruction': return `<?${node.target}${node.value === '' ? '' : ` ${node.value}`}?>`;
      case 'text': return textOf(node);
    }
  });
  return `<?xml version="1.0" encoding="UTF-8"?>${parts.join('')}`;
}

function descriptionOf(element: PatchElement, depth: number): ElementDescription {
  if (depth > MAX_WRITTEN_DEPTH) throw xmlPatchError('XML_PATCH_TOO_COSTLY', { detail: `${MAX_WRITTEN_DEPTH} levels` });
  const attributes: AttributeDescription[] = element.attributes.map(({ ns, prefix, local, value }) => ({ ns, prefix, name: local, value }));
  const children = element.children.flatMap((node) => childOf(node, depth));
  return { ns: element.ns, prefix: element.prefix, name: element.local, attributes, children };
}

function childOf(node: PatchNode, depth: number): readonly ChildDescription[] {
  switch (node.type) {
    case 'element': return [descriptionOf(node, depth + 1)];
    case 'text': return node.pieces;
    case 'comment': return [{ comment: node.value }];
    case 'instruction': return [{ target: node.target, instruction: node.value }];
  }
}

import { xmlPatchError } from './patch-errors.js';
import { findAttribute, findDeclaration, type Located } from './patch-locate.js';
import { adopt, attributePrefixFor, scopeOf, usersOf } from './patch-namespaces.js';
import { parseTypeSelector, type SelectorScope } from './patch-selector.js';
import {
  append, changeableNodes, insert, takeOut, textOf, type PatchBudget, type PatchElement, type PatchNode, type PatchParent, type PatchText,
} from './patch-tree.js';
import { attribute, text, XML_NAMESPACE, XMLNS_NAMESPACE, type XmlElement } from './tree.js';
import { MAX_WRITTEN_ATTRIBUTES } from './write.js';

/** `<add>` (RFC 5261 §4.3). */
export function add(operation: XmlElement, target: Located, scope: SelectorScope, budget: PatchBudget): void {
  const type = attribute(operation, 'type');
  const pos = attribute(operation, 'pos');
  if (target.kind !== 'node') throw invalid('sel of an add finds an attribute or declaration');
  if (type !== undefined) {
    if (pos !== undefined) throw invalid('pos beside type');
    addOnElement(operation, elementOnly(target.node), parseTypeSelector(type, scope), budget);
    return;
  }
  const { node } = target;
  switch (pos) {
    case 'before': case 'after': {
      const at = node.parent.children.indexOf(node) + (pos === 'after' ? 1 : 0);
      insert(node.parent, at, contentFor(operation, node.parent, budget));
      break;
    }
    case 'prepend': {
      const element = elementOnly(node);
      budget.visit(element.children.length);
      insert(element, 0, contentFor(operation, element, budget));
      break;
    }
    case undefined: append(elementOnly(node), contentFor(operation, elementOnly(node), budget)); break;
    default: throw invalid('pos');
  }
}

type Added = ReturnType<typeof parseTypeSelector>;

function addOnElement(operation: XmlElement, element: PatchElement, added: Added, budget: PatchBudget): void {
  if (element.attributes.length >= MAX_WRITTEN_ATTRIBUTES) throw xmlPatchError('XML_PATCH_TOO_COSTLY', { detail: 'attributes' });
  const value = onlyText(operation);
  if (added.kind === 'attribute') {
    const { name } = added;
    if (findAttribute(element, name) !== undefined) throw invalid('the attribute is there already');
    const prefix = name.ns === '' ? '' : attributePrefixFor(name, scopeOf(element, budget), new Map(), undefined);
    element.attributes.push({ ns: name.ns, prefix, local: name.local, value });
    return;
  }
  const { prefix } = added;
  checkDeclaration(prefix, value);
  // A declaration that changes what names below mean would be another operation than the one asked for.
  if (findDeclaration(element, prefix) !== undefined || usersOf(prefix, element, budget).length > 0) throw prefixInUse(prefix);
  element.attributes.push({ ns: XMLNS_NAMESPACE, prefix: 'xmlns', local: prefix, value });
}

/** `<replace>` (§4.4). */
export function replace(operation: XmlElement, target: Located, budget: PatchBudget): void {
  if (target.kind === 'attribute') {
    target.attribute.value = onlyText(operation);
    return;
  }
  if (target.kind === 'namespace') {
    const { element, attribute: declaration } = target;
    const value = onlyText(operation);
    checkDeclaration(declaration.local, value);
    for (const user of usersOf(declaration.local, element, budget)) user.ns = value;
    declaration.value = value;
    return;
  }
  const { node } = target;
  const { parent } = node;
  const content = node.type === 'text' ? textContent(operation, parent) : [ofSameType(operation, node, parent, budget)];
  const at = parent.children.indexOf(node);
  if (content.length === 0) takeOut(parent, at); // §4.4.6: a text node has at least one character
  else {
    for (const one of content) one.parent = parent;
    parent.children.splice(at, 1, ...content);
  }
}

function textContent(operation: XmlElement, parent: PatchParent): PatchText[] {
  const value = onlyText(operation, 'XML_PATCH_INVALID_NODE_TYPES');
  return value === '' ? [] : [{ type: 'text', parent, pieces: [value] }];
}

/** The one child that takes the place of an element, comment or instruction; white space around it is only for the eye. */
function ofSameType(operation: XmlElement, node: PatchNode, parent: PatchParent, budget: PatchBudget): PatchNode {
  const content = changeableNodes(operation.children, parent, budget).filter((one) => one.type !== 'text' || !isWhiteSpace(one));
  const [only] = content;
  if (only === undefined || content.length > 1 || only.type !== node.type) throw xmlPatchError('XML_PATCH_INVALID_NODE_TYPES');
  adopt([only], parent, budget);
  return only;
}

/** `<remove>` (§4.5). */
export function remove(operation: XmlElement, target: Located, budget: PatchBudget): void {
  const ws = attribute(operation, 'ws');
  if (operation.children.some((node) => node.type === 'element') || text(operation).trim() !== '') {
    throw xmlPatchError('XML_PATCH_INVALID_DIFF_FORMAT', { detail: 'a remove with content' });
  }
  if (ws !== undefined && ws !== 'before' && ws !== 'after' && ws !== 'both') throw invalid('ws');
  if (ws !== undefined && (target.kind !== 'node' || target.node.type === 'text')) throw invalid('ws for a text, attribute or declaration');
  if (target.kind === 'node') removeNode(target.node, ws);
  else {
    const { element, attribute: removed } = target;
    if (target.kind === 'namespace' && usersOf(removed.local, element, budget).length > 0) throw prefixInUse(removed.local);
    element.attributes.splice(element.attributes.indexOf(removed), 1);
  }
}

function removeNode(node: PatchNode, ws: 'before' | 'after' | 'both' | undefined): void {
  const { parent } = node;
  if (parent.type === 'root' && node.type === 'element') throw xmlPatchError('XML_PATCH_INVALID_ROOT_ELEMENT_OPERATION');
  const at = parent.children.indexOf(node);
  const before = ws === 'before' || ws === 'both' ? 1 : 0;
  const after = ws === 'after' || ws === 'both' ? 1 : 0;
  for (const beside of [...(before === 1 ? [at - 1] : []), ...(after === 1 ? [at + 1] : [])]) {
    const sibling = parent.children[beside];
    if (sibling?.type !== 'text' || !isWhiteSpace(sibling)) throw xmlPatchError('XML_PATCH_INVALID_WHITESPACE_DIRECTIVE');
  }
  takeOut(parent, at - before, 1 + before + after);
}

function contentFor(operation: XmlElement, parent: PatchParent, budget: PatchBudget): PatchNode[] {
  const content = changeableNodes(operation.children, parent, budget);
  if (parent.type === 'root' && content.some((node) => node.type === 'element' || (node.type === 'text' && !isWhiteSpace(node)))) {
    throw xmlPatchError('XML_PATCH_INVALID_ROOT_ELEMENT_OPERATION');
  }
  adopt(content, parent, budget);
  return content;
}

function elementOnly(node: PatchNode): PatchElement {
  if (node.type !== 'element') throw invalid('sel finds no element');
  return node;
}

type NotText = 'XML_PATCH_INVALID_DIFF_FORMAT' | 'XML_PATCH_INVALID_NODE_TYPES';

function onlyText(operation: XmlElement, code: NotText = 'XML_PATCH_INVALID_DIFF_FORMAT'): string {
  const other = operation.children.some((node) => node.type !== 'text' && node.type !== 'cdata');
  if (other) throw xmlPatchError(code, { detail: 'more than text' });
  return text(operation);
}

function isWhiteSpace(node: PatchText): boolean {
  return /^[\t\n\r ]*$/.test(textOf(node));
}

/** Namespaces in XML 1.0 §3: what a prefix cannot be bound to. */
function checkDeclaration(prefix: string, ns: string): void {
  if (prefix === 'xml' || prefix === 'xmlns') throw prefixInUse(prefix);
  if (ns === '' || ns === XML_NAMESPACE || ns === XMLNS_NAMESPACE) throw xmlPatchError('XML_PATCH_INVALID_NAMESPACE_URI');
}

function prefixInUse(prefix: string): Error {
  return xmlPatchError('XML_PATCH_INVALID_NAMESPACE_PREFIX', { detail: prefix.slice(0, 40) });
}

function invalid(detail: string): Error {
  return xmlPatchError('XML_PATCH_INVALID_ATTRIBUTE_VALUE', { detail });
}

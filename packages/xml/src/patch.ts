/**
 * Patch operations on XML documents (RFC 5261): add, replace and remove, found by the subset of XPath that the standard
 * allows in `sel`.
 */
import { utf8 } from '@simple-im/grammar';
import { xmlPatchError } from './patch-errors.js';
import { locate } from './patch-locate.js';
import { add, remove, replace } from './patch-operations.js';
import { parseSelector } from './patch-selector.js';
import { changeable, PatchBudget, written } from './patch-tree.js';
import { attribute, elements, namespacesInScope, type XmlDocument, type XmlElement } from './tree.js';

export { xmlPatchErrors } from './patch-errors.js';

export interface XmlPatchOptions {
  /** Attributes without a namespace that are of type ID, for `id()`; none. `xml:id` always is. */
  readonly idAttributes?: readonly string[];
  /** Patch operations in one call; 1000. */
  readonly maxOperations?: number;
  /** Nodes looked at, copied and added by all operations together; 1,000,000. */
  readonly maxVisits?: number;
}

/**
 * Applies the operations one after the other and gives the octets of the patched document, in UTF-8. When one fails,
 * nothing is patched.
 *
 * @param path the elements of the diff document from its root down to the one whose children are the operations, which are
 *   in the namespace of that one
 * @throws ProtocolError `XML_PATCH_...`, named as the error elements of RFC 5261 §5.1
 */
export function patchXml(target: XmlDocument, path: readonly XmlElement[], options: XmlPatchOptions = {}): Uint8Array {
  const { idAttributes = [], maxOperations = 1000, maxVisits = 1_000_000 } = options;
  const container = path.at(-1);
  const operations = container === undefined ? [] : elements(container);
  if (operations.length > maxOperations) throw xmlPatchError('XML_PATCH_TOO_MANY_OPERATIONS', { detail: `${maxOperations} allowed` });
  const budget = new PatchBudget(maxVisits);
  const root = changeable(target, budget);
  for (const operation of operations) {
    if (operation.namespace !== container?.namespace) throw notUnderstood(operation);
    const sel = attribute(operation, 'sel');
    if (sel === undefined) throw xmlPatchError('XML_PATCH_INVALID_DIFF_FORMAT', { detail: 'no sel' });
    const scope = namespacesInScope([...path, operation]);
    const found = locate(root, parseSelector(sel, scope), budget, idAttributes);
    switch (operation.local) {
      case 'add': add(operation, found, scope, budget); break;
      case 'replace': replace(operation, found, budget); break;
      case 'remove': remove(operation, found, budget); break;
      default: throw notUnderstood(operation);
    }
  }
  return utf8(written(root));
}

function notUnderstood({ local }: XmlElement): Error {
  return xmlPatchError('XML_PATCH_INVALID_PATCH_DIRECTIVE', { detail: local.slice(0, 40) });
}

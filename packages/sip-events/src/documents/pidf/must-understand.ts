import type { ElementDescription } from '@simple-im/xml/write';
import { isElement } from '../codec/extension.js';
import { boolean } from '../codec/values.js';
import { PIDF_NAMESPACE } from './namespaces.js';

/**
 * Whether an extension must be ignored: it or something inside it has `mustUnderstand` and is not understood
 * (RFC 3863 §4.2.3).
 * @param understands says whether an element is known to the caller
 */
export function mustBeIgnored(extension: ElementDescription, understands: (element: ElementDescription) => boolean): boolean {
  const pending = [extension];
  for (let element = pending.pop(); element !== undefined; element = pending.pop()) {
    if (isMandatory(element) && !understands(element)) return true;
    for (const child of element.children ?? []) if (isElement(child)) pending.push(child);
  }
  return false;
}

function isMandatory({ attributes }: ElementDescription): boolean {
  if (!Array.isArray(attributes)) return false;
  return attributes.some(({ ns, name, value }) => ns === PIDF_NAMESPACE && name === 'mustUnderstand' && boolean.parse(value) === true);
}

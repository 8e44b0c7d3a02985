import type { ChildDescription, ElementDescription } from '@simple-im/xml/write';
import { PIDF_DIFF_NAMESPACE } from './namespace.js';

/** A change to write (RFC 5261 §4). `sel` uses the prefixes of the diff document; a name without one is in the PIDF namespace. */
export type PatchOperation =
  | {
    readonly operation: 'add';
    readonly sel: string;
    readonly pos?: 'before' | 'after' | 'prepend';
    /** `@name` or `namespace::prefix`: the content is then a text. */
    readonly type?: string;
    readonly content: readonly ChildDescription[];
  }
  | { readonly operation: 'replace'; readonly sel: string; readonly content: readonly ChildDescription[] }
  | { readonly operation: 'remove'; readonly sel: string; readonly ws?: 'before' | 'after' | 'both' };

export function describedOperation(given: PatchOperation): ElementDescription {
  const attributes: Record<string, string> = { sel: given.sel };
  if (given.operation === 'add' && given.pos !== undefined) attributes['pos'] = given.pos;
  if (given.operation === 'add' && given.type !== undefined) attributes['type'] = given.type;
  if (given.operation === 'remove' && given.ws !== undefined) attributes['ws'] = given.ws;
  const children = given.operation === 'remove' ? [] : given.content;
  return { ns: PIDF_DIFF_NAMESPACE, prefix: 'p', name: given.operation, attributes, children };
}

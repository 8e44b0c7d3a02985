import { writeXml, type ElementDescription } from '@simple-im/xml/write';
import { withDeclarations } from '../codec/document.js';
import { described, type ElementType } from '../codec/record.js';
import { DATA_MODEL_NAMESPACE, PIDF_NAMESPACE } from '../pidf/namespaces.js';
import { deviceType, personType, presenceType, tupleType, type Presence } from '../pidf/presence.js';
import type { PatchOperation } from './patch-operation.js';

/** Changes for `buildPidfDiff`. */
export interface PresenceChanges {
  readonly operations: readonly PatchOperation[];
  readonly namespaces: Readonly<Record<string, string>>;
}

/**
 * What a watcher that has `before` must change to have `after`: tuples, persons and devices that were added, removed, or
 * replaced as a whole. `undefined` when something else differs, and the whole document is to be sent.
 */
export function changesOfPresence(before: Presence, after: Presence): PresenceChanges | undefined {
  if (frame(before) !== frame(after)) return undefined;
  const kinds = [
    changesOf({ ns: PIDF_NAMESPACE, name: 'tuple', step: 'tuple', type: tupleType, pos: 'prepend' }, before.tuples, after.tuples),
    changesOf({ ns: DATA_MODEL_NAMESPACE, name: 'person', step: 'dm:person', type: personType }, before.persons, after.persons),
    changesOf({ ns: DATA_MODEL_NAMESPACE, name: 'device', step: 'dm:device', type: deviceType }, before.devices, after.devices),
  ];
  const operations: PatchOperation[] = [];
  for (const kind of kinds) {
    if (kind === undefined) return undefined;
    operations.push(...kind);
  }
  return { operations, namespaces: { dm: DATA_MODEL_NAMESPACE } };
}

/** Everything that has no identifier. */
function frame({ entity, notes = [], extensions = [] }: Presence): string {
  return writeXml(described(PIDF_NAMESPACE, 'presence', presenceType.write({ entity, tuples: [], notes, extensions })));
}

interface Kind<T> {
  readonly ns: string;
  readonly name: string;
  readonly step: string;
  readonly type: ElementType<T>;
  /** Tuples come first in the document, the others last (RFC 3863 §4.4). */
  readonly pos?: 'prepend';
}

function changesOf<T extends { readonly id: string }>(
  { ns, name, step, type, pos }: Kind<T>, before: readonly T[] = [], after: readonly T[] = [],
): PatchOperation[] | undefined {
  // The content declares what it needs: a document need not have the prefixes in scope where it is put (RFC 5261 §4.2.3).
  const elementOf = (one: T): ElementDescription => withDeclarations(described(ns, name, type.write(one)));
  const old = new Map(before.map((one) => [one.id, one]));
  if ([...before, ...after].some(({ id }) => id.includes("'"))) return undefined;
  const operations: PatchOperation[] = [];
  for (const one of after) {
    const was = old.get(one.id);
    old.delete(one.id);
    const element = elementOf(one);
    if (was === undefined) operations.push({ operation: 'add', sel: '*', ...(pos === undefined ? {} : { pos }), content: [element] });
    else if (writeXml(elementOf(was)) !== writeXml(element)) {
      operations.push({ operation: 'replace', sel: `*/${step}[@id='${one.id}']`, content: [element] });
    }
  }
  for (const id of old.keys()) operations.push({ operation: 'remove', sel: `*/${step}[@id='${id}']` });
  return operations;
}

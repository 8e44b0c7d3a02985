/**
 * Partial presence documents, `application/pidf-diff+xml` (RFC 5262): a whole document with a version, or changes to one that a
 * watcher keeps (RFC 5263).
 */
import { XMLNS_NAMESPACE } from '@simple-im/xml';
import { writeXmlBytes } from '@simple-im/xml/write';
import { readDocument, writeDocument } from './codec/document.js';
import { written } from './codec/record.js';
import { unsignedInt } from './codec/values.js';
import type { DocumentReadOptions } from './options.js';
import { PIDF_NAMESPACE } from './pidf/namespaces.js';
import { fullDocument, type PidfDiffHead, type PidfFull } from './pidf-diff/format.js';
import { PIDF_DIFF_NAMESPACE } from './pidf-diff/namespace.js';
import { describedOperation, type PatchOperation } from './pidf-diff/patch-operation.js';

export type { DocumentReadOptions } from './options.js';
export type { PidfDiffHead, PidfFull } from './pidf-diff/format.js';
export { PIDF_DIFF_NAMESPACE } from './pidf-diff/namespace.js';
export type { PatchOperation } from './pidf-diff/patch-operation.js';
export { applyPidfDiff, type PartialPresence } from './pidf-diff/update.js';
export { changesOfPresence, type PresenceChanges } from './pidf-diff/changes.js';
export type { UpdateResult } from './update.js';

/** The media type of partial presence documents. */
export const PIDF_DIFF_MEDIA_TYPE = 'application/pidf-diff+xml';

/** Changes to a presence document. */
export interface PidfDiff extends PidfDiffHead {
  readonly operations: readonly PatchOperation[];
  /** Prefixes that the selectors use, by prefix. */
  readonly namespaces?: Readonly<Record<string, string>>;
}

/** Reads a `pidf-full` document. @throws ProtocolError `EVENT_DOCUMENT_...`, or `XML_...` of `@simple-im/xml` */
export function parsePidfFull(bytes: Uint8Array, options: DocumentReadOptions = {}): PidfFull {
  return readDocument(fullDocument, bytes, options);
}

/** Writes a `pidf-full` document. @throws EVENT_DOCUMENT_UNWRITABLE, and `XML_WRITE_...` of `@simple-im/xml` */
export function buildPidfFull(full: PidfFull): Uint8Array {
  return writeDocument(fullDocument, full);
}

/** Writes a `pidf-diff` document. @throws EVENT_DOCUMENT_UNWRITABLE, and `XML_WRITE_...` of `@simple-im/xml` */
export function buildPidfDiff({ version, entity, operations, namespaces = {} }: PidfDiff): Uint8Array {
  const declarations = Object.entries({ ...namespaces, p: PIDF_DIFF_NAMESPACE });
  return writeXmlBytes({
    ns: PIDF_DIFF_NAMESPACE,
    prefix: 'p',
    name: 'pidf-diff',
    attributes: [
      { ns: XMLNS_NAMESPACE, name: 'xmlns', value: PIDF_NAMESPACE },
      ...declarations.map(([prefix, value]) => ({ ns: XMLNS_NAMESPACE, prefix: 'xmlns', name: prefix, value })),
      ...(entity === undefined ? [] : [{ name: 'entity', value: entity }]),
      ...(version === undefined ? [] : [{ name: 'version', value: written(unsignedInt, version, 'version') }]),
    ],
    children: operations.map(describedOperation),
  });
}

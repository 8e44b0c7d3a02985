import { attribute, describe, readXml, type XmlDocument } from '@simple-im/xml';
import { patchXml, type XmlPatchOptions } from '@simple-im/xml/patch';
import { writeXmlBytes, type AttributeDescription } from '@simple-im/xml/write';
import { readTree } from '../codec/document.js';
import { unsignedInt } from '../codec/values.js';
import { documentError } from '../errors.js';
import type { DocumentReadOptions } from '../options.js';
import { parsePidf, PIDF_NAMESPACE, type Presence } from '../pidf.js';
import { compareVersions, type UpdateResult } from '../update.js';
import { diffDocument, fullDocument } from './format.js';
import { PIDF_DIFF_NAMESPACE } from './namespace.js';

/** The presence document that a watcher keeps. */
export interface PartialPresence {
  readonly version: number;
  readonly presence: Presence;
  /** The same as `application/pidf+xml`, which changes are applied to. */
  readonly document: Uint8Array;
}

/**
 * Takes a partial presence document of a notification into the one kept (RFC 5263 §4.5). What the patch breaks off with is
 * thrown: the subscription should then be refreshed.
 *
 * @param state what the update before gave; `undefined` at the start of a subscription
 * @throws ProtocolError `EVENT_DOCUMENT_...`, PIDF_DIFF_OTHER_ENTITY, `XML_PATCH_...` and `XML_...` of `@simple-im/xml`
 */
export function applyPidfDiff(
  state: PartialPresence | undefined, bytes: Uint8Array, options: DocumentReadOptions & XmlPatchOptions = {},
): UpdateResult<PartialPresence | undefined> {
  const xml = readXml(bytes, options);
  const version = versionOf(xml);
  const order = compareVersions(state?.version, version);
  if (order === 'old') return { state, isApplied: false, needsRefresh: false };
  if (xml.root.local === 'pidf-full' && xml.root.namespace === PIDF_DIFF_NAMESPACE) {
    const { presence } = readTree(fullDocument, xml, options);
    return { state: { version, presence, document: asPidf(xml) }, isApplied: true, needsRefresh: false };
  }
  const { entity } = readTree(diffDocument, xml, options);
  if (state === undefined || order === 'gap') return { state, isApplied: false, needsRefresh: true };
  if (entity !== undefined && entity !== state.presence.entity) throw documentError('PIDF_DIFF_OTHER_ENTITY');
  // The schemas have `id` as xs:ID, which RFC 5262 §3 wants id() to know.
  const document = patchXml(readXml(state.document, options), [xml.root], { idAttributes: ['id'], ...options });
  return { state: { version, presence: parsePidf(document, options), document }, isApplied: true, needsRefresh: false };
}

/** RFC 5263 §4.4: a notification has a version, which is optional in the format. */
function versionOf({ root }: XmlDocument): number {
  const text = attribute(root, 'version');
  if (text === undefined) throw documentError('EVENT_DOCUMENT_MISSING', { detail: 'version', section: 'RFC 5263 §4.4' });
  const version = unsignedInt.parse(text);
  if (version === undefined) throw documentError('EVENT_DOCUMENT_BAD_VERSION');
  return version;
}

/** The content of `pidf-full` is that of `presence` (RFC 5262 §3), and selectors name the root so. */
function asPidf({ root }: XmlDocument): Uint8Array {
  const described = describe(root);
  const attributes = (described.attributes as readonly AttributeDescription[]).filter(({ ns, name }) => ns !== '' || name !== 'version');
  const declared = root.attributes.find(({ value, name }) => value === PIDF_NAMESPACE && (name === 'xmlns' || name.startsWith('xmlns:')));
  const prefix = declared === undefined || declared.name === 'xmlns' ? '' : declared.local;
  return writeXmlBytes({ ...described, ns: PIDF_NAMESPACE, prefix, name: 'presence', attributes });
}

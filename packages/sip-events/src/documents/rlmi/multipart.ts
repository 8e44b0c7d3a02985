import { textToByteString, type ParamValue } from '@simple-im/grammar';
import {
  buildMultipart, parseContentId, parseContentType, splitMultipart, type BodyPart, type BuiltMultipart, type MultipartLimits,
} from '@simple-im/mime';
import { documentError } from '../errors.js';
import type { DocumentReadOptions } from '../options.js';
import { buildRlmi, parseRlmi, RLMI_MEDIA_TYPE, type ResourceList } from './document.js';

/** A part with the state of a resource. */
export interface ListPart {
  /** The Content-ID without angle brackets. */
  readonly cid: string;
  /** The value of its Content-Type, or `undefined` when there is none. */
  readonly contentType: string | undefined;
  readonly body: Uint8Array;
}

/** A notification of a resource list taken apart. */
export interface ListNotification {
  readonly list: ResourceList;
  /** The parts beside the list by their Content-ID; a part may be the multipart body of another list. */
  readonly parts: ReadonlyMap<string, ListPart>;
}

export interface NewListPart {
  /** The Content-ID without angle brackets, as an instance of the list has it. */
  readonly cid: string;
  readonly contentType: string;
  readonly body: Uint8Array;
}

/**
 * Takes the body of a list notification apart (RFC 4662 §5). Parts without a Content-ID are passed over.
 *
 * @param contentType of the body: `multipart/related`
 * @throws ProtocolError RLMI_NO_ROOT_PART, RLMI_DUPLICATE_CID, RLMI_UNKNOWN_CID for a list that refers to a part that is not
 *   there, `MIME_...` of `@simple-im/mime`, and what `parseRlmi` throws
 */
export function parseListNotification(
  body: Uint8Array, contentType: string, options: DocumentReadOptions & MultipartLimits = {},
): ListNotification {
  const { maxParts, ...documentOptions } = options;
  const { parts } = splitMultipart(body, contentType, { ...options, maxParts: maxParts ?? 1000 });
  const root = rootOf(parts, contentType);
  if (root?.headers.contentType?.type !== RLMI_MEDIA_TYPE) throw documentError('RLMI_NO_ROOT_PART');
  const list = parseRlmi(root.body, documentOptions);
  const byCid = new Map<string, ListPart>();
  for (const part of parts) {
    const cid = cidOf(part);
    if (part === root || cid === undefined) continue;
    if (byCid.has(cid)) throw documentError('RLMI_DUPLICATE_CID');
    byCid.set(cid, { cid, contentType: part.headers.get('Content-Type'), body: part.body });
  }
  for (const cid of cidsOf(list)) if (!byCid.has(cid)) throw documentError('RLMI_UNKNOWN_CID');
  return { list, parts: byCid };
}

/**
 * Writes the body of a list notification and the value of its Content-Type.
 *
 * @param random for the boundary and the Content-ID of the list
 * @throws RLMI_UNKNOWN_CID when the list refers to a part that is not given, RLMI_DUPLICATE_CID; what `buildRlmi` and
 *   `buildMultipart` throw
 */
export function buildListNotification(
  list: ResourceList, parts: readonly NewListPart[], random: { bytes(length: number): Uint8Array },
): BuiltMultipart {
  const given = new Set(parts.map(({ cid }) => cid));
  if (given.size < parts.length) throw documentError('RLMI_DUPLICATE_CID');
  for (const cid of cidsOf(list)) if (!given.has(cid)) throw documentError('RLMI_UNKNOWN_CID');
  const start = `<${hex(random.bytes(12))}@rlmi.invalid>`;
  const params: Record<string, ParamValue> = { type: RLMI_MEDIA_TYPE, start };
  return buildMultipart([
    newPart(start, `${RLMI_MEDIA_TYPE};charset="UTF-8"`, buildRlmi(list)),
    ...parts.map(({ cid, contentType, body }) => newPart(`<${textToByteString(cid)}>`, contentType, body)),
  ], { subtype: 'related', params, random });
}

function newPart(contentId: string, contentType: string, body: Uint8Array): Parameters<typeof buildMultipart>[0][number] {
  return { headers: [['Content-Transfer-Encoding', 'binary'], ['Content-ID', contentId], ['Content-Type', contentType]], body };
}

/** The part that `start` names, or the first (RFC 2387 §3.2). */
function rootOf(parts: readonly BodyPart[], contentType: string): BodyPart | undefined {
  const start = parseContentType(contentType).params.get('start');
  if (start === undefined) return parts[0];
  const cid = parseContentId(start);
  return parts.find((part) => cidOf(part) === cid);
}

function cidOf(part: BodyPart): string | undefined {
  const value = part.headers.get('Content-ID');
  return value === undefined ? undefined : parseContentId(value);
}

/** All Content-IDs that a list refers to. */
function cidsOf({ cid, resources }: ResourceList): string[] {
  const own = cid === undefined ? [] : [cid];
  return [...own, ...resources.flatMap(({ instances = [] }) => instances.flatMap((one) => (one.cid === undefined ? [] : [one.cid])))];
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (octet) => octet.toString(16).padStart(2, '0')).join('');
}

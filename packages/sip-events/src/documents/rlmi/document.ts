import type { AttributeDescription, ElementDescription } from '@simple-im/xml/write';
import { any, attribute, content, extensionAttributes, extensions, lang, some } from '../codec/fields.js';
import { readDocument, writeDocument, type DocumentType } from '../codec/document.js';
import { record, required, type ElementType } from '../codec/record.js';
import { anyUri, boolean, oneOf, string, unsignedInt } from '../codec/values.js';
import type { DocumentReadOptions, UpdateOptions } from '../options.js';
import { checkEntries, compareVersions, overlaid, type UpdateResult } from '../update.js';

/** The media type of resource list meta-information. */
export const RLMI_MEDIA_TYPE = 'application/rlmi+xml';
/** The namespace of resource list meta-information (RFC 4662 §5.1). */
export const RLMI_NAMESPACE = 'urn:ietf:params:xml:ns:rlmi';

/** RFC 4662 §5.2. */
export interface ResourceList {
  /** Of the list. */
  readonly uri: string;
  /** 0 to 4294967295. */
  readonly version: number;
  /** Whether all resources of the list are here. */
  readonly fullState: boolean;
  /** The Content-ID, without angle brackets, of a part about the list as a whole. */
  readonly cid?: string;
  readonly names?: readonly ListedName[];
  readonly resources: readonly ListedResource[];
  /** What is not known here is written back as it came. */
  readonly extensions?: readonly ElementDescription[];
  readonly attributes?: readonly AttributeDescription[];
}

/** A name for people (RFC 4662 §5.4). */
export interface ListedName {
  readonly text: string;
  readonly lang?: string;
}

/** RFC 4662 §5.3. */
export interface ListedResource {
  readonly uri: string;
  readonly names?: readonly ListedName[];
  /** None as long as nothing is known; several when a subscription forked. */
  readonly instances?: readonly ResourceInstance[];
  readonly extensions?: readonly ElementDescription[];
  readonly attributes?: readonly AttributeDescription[];
}

/** One notifier of a resource (RFC 4662 §5.5). */
export interface ResourceInstance {
  /** Unique within the resource. */
  readonly id: string;
  readonly state: 'active' | 'pending' | 'terminated';
  /** As in Subscription-State; always with `terminated`. */
  readonly reason?: string;
  /** The Content-ID, without angle brackets, of the part with the state of the resource. */
  readonly cid?: string;
  readonly extensions?: readonly ElementDescription[];
  readonly attributes?: readonly AttributeDescription[];
}

const NS = RLMI_NAMESPACE;
const names = some(NS, 'name', record<ListedName>({ text: content(string), lang }));
const rest = { extensions, attributes: extensionAttributes };

const instance: ElementType<ResourceInstance> = record<ResourceInstance>({
  id: required(attribute('id', string), 'id'),
  state: required(attribute('state', oneOf(['active', 'pending', 'terminated'])), 'state'),
  reason: attribute('reason', string),
  cid: attribute('cid', string),
  ...rest,
});

const resource: ElementType<ListedResource> = record<ListedResource>({
  uri: required(attribute('uri', anyUri), 'uri'),
  names,
  instances: some(NS, 'instance', instance, ({ id }) => id),
  ...rest,
});

const document: DocumentType<ResourceList> = {
  ns: NS,
  root: 'list',
  type: record<ResourceList>({
    uri: required(attribute('uri', anyUri), 'uri'),
    version: required(attribute('version', unsignedInt), 'version'),
    fullState: required(attribute('fullState', boolean), 'fullState'),
    cid: attribute('cid', string),
    names,
    resources: any(NS, 'resource', resource, ({ uri }) => uri),
    ...rest,
  }),
};

/** Reads resource list meta-information. @throws ProtocolError `EVENT_DOCUMENT_...`, or `XML_...` of `@simple-im/xml` */
export function parseRlmi(bytes: Uint8Array, options: DocumentReadOptions = {}): ResourceList {
  return readDocument(document, bytes, options);
}

/** Writes resource list meta-information. @throws EVENT_DOCUMENT_UNWRITABLE, and `XML_WRITE_...` of `@simple-im/xml` */
export function buildRlmi(list: ResourceList): Uint8Array {
  return writeDocument(document, list);
}

/**
 * Takes a document of a notification into the resources kept (RFC 4662 §5.6). Resources of which every instance is terminated
 * stay, so that a person sees them; those that a full document does not name go. After a gap the document is used and a
 * refresh is wanted as well.
 *
 * @param state what the update before gave; `undefined` at the start of a subscription
 * @throws EVENT_DOCUMENT_TOO_MANY_ENTRIES
 */
export function applyRlmi(state: ResourceList | undefined, list: ResourceList, options: UpdateOptions = {}): UpdateResult<ResourceList> {
  const order = compareVersions(state?.version, list.version);
  if (state !== undefined && order === 'old') return { state, isApplied: false, needsRefresh: false };
  const old = list.fullState || state === undefined ? [] : state.resources;
  const resources = overlaid(old, list.resources, ({ uri }) => uri, (_was, now) => now);
  checkEntries(resources.reduce((sum, { instances = [] }) => sum + 1 + instances.length, 0), options);
  return { state: { ...list, fullState: true, resources }, isApplied: true, needsRefresh: !list.fullState && order !== 'next' };
}

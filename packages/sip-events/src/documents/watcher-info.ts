/**
 * Watcher information, `application/watcherinfo+xml` (RFC 3858): who watches a resource, whole or what changed.
 */
import type { ElementDescription } from '@simple-im/xml/write';
import { any, attribute, content, extensions, lang } from './codec/fields.js';
import { readDocument, writeDocument, type DocumentType } from './codec/document.js';
import { record, required, type ElementType } from './codec/record.js';
import { anyUri, oneOf, string, token, unsignedInt, unsignedLong } from './codec/values.js';
import type { DocumentReadOptions, UpdateOptions } from './options.js';
import { checkEntries, compareVersions, overlaid, type UpdateResult } from './update.js';

export type { DocumentReadOptions, UpdateOptions } from './options.js';
export type { UpdateResult } from './update.js';

/** The media type of watcher information. */
export const WATCHER_INFO_MEDIA_TYPE = 'application/watcherinfo+xml';
/** The namespace of watcher information (RFC 3858 §3). */
export const WATCHER_INFO_NAMESPACE = 'urn:ietf:params:xml:ns:watcherinfo';

/** RFC 3858 §3. */
export interface WatcherInfo {
  /** 0 to 4294967295. */
  readonly version: number;
  readonly state: 'full' | 'partial';
  readonly watcherLists: readonly WatcherList[];
  /** Elements that are not known here; they are written back as they came. */
  readonly extensions?: readonly ElementDescription[];
}

/** The watchers of one resource and event package. */
export interface WatcherList {
  readonly resource: string;
  readonly package: string;
  readonly watchers: readonly Watcher[];
  readonly extensions?: readonly ElementDescription[];
}

export type WatcherStatus = 'pending' | 'active' | 'waiting' | 'terminated';
export type WatcherEvent =
  'subscribe' | 'approved' | 'deactivated' | 'probation' | 'rejected' | 'timeout' | 'giveup' | 'noresource';

export interface Watcher {
  readonly uri: string;
  /** Of the subscription; the same in every notification. */
  readonly id: string;
  readonly status: WatcherStatus;
  /** What brought about the status. */
  readonly event: WatcherEvent;
  readonly displayName?: string;
  /** Seconds from now. */
  readonly expiration?: number;
  /** Seconds until now. */
  readonly durationSubscribed?: number;
  /** The language of the display name. */
  readonly lang?: string;
}

const watcher: ElementType<Watcher> = record<Watcher>({
  uri: content(anyUri),
  id: required(attribute('id', string), 'id'),
  status: required(attribute('status', oneOf<WatcherStatus>(['pending', 'active', 'waiting', 'terminated'])), 'status'),
  event: required(attribute('event', oneOf<WatcherEvent>([
    'subscribe', 'approved', 'deactivated', 'probation', 'rejected', 'timeout', 'giveup', 'noresource',
  ])), 'event'),
  displayName: attribute('display-name', string),
  expiration: attribute('expiration', unsignedLong),
  durationSubscribed: attribute('duration-subscribed', unsignedLong),
  lang,
});

const watcherList: ElementType<WatcherList> = record<WatcherList>({
  resource: required(attribute('resource', anyUri), 'resource'),
  package: required(attribute('package', token), 'package'),
  watchers: any(WATCHER_INFO_NAMESPACE, 'watcher', watcher, ({ id }) => id),
  extensions,
});

const document: DocumentType<WatcherInfo> = {
  ns: WATCHER_INFO_NAMESPACE,
  root: 'watcherinfo',
  type: record<WatcherInfo>({
    version: required(attribute('version', unsignedInt), 'version'),
    state: required(attribute('state', oneOf(['full', 'partial'])), 'state'),
    watcherLists: any(WATCHER_INFO_NAMESPACE, 'watcher-list', watcherList, keyOf),
    extensions,
  }),
};

/** Reads watcher information. @throws ProtocolError `EVENT_DOCUMENT_...`, or `XML_...` of `@simple-im/xml` */
export function parseWatcherInfo(bytes: Uint8Array, options: DocumentReadOptions = {}): WatcherInfo {
  return readDocument(document, bytes, options);
}

/** Writes watcher information. @throws EVENT_DOCUMENT_UNWRITABLE, and `XML_WRITE_...` of `@simple-im/xml` */
export function buildWatcherInfo(info: WatcherInfo): Uint8Array {
  return writeDocument(document, info);
}

/**
 * Takes a document of a notification into the lists kept (RFC 3858 §4). Terminated watchers are left out of the state; look at
 * the document for them. After a gap the document is used and a refresh is wanted as well.
 *
 * @param state what the update before gave; `undefined` at the start of a subscription
 * @throws EVENT_DOCUMENT_TOO_MANY_ENTRIES
 */
export function applyWatcherInfo(
  state: WatcherInfo | undefined, info: WatcherInfo, options: UpdateOptions = {},
): UpdateResult<WatcherInfo> {
  const order = compareVersions(state?.version, info.version);
  if (state !== undefined && order === 'old') return { state, isApplied: false, needsRefresh: false };
  const isPartial = info.state === 'partial';
  const old = isPartial && state !== undefined ? state.watcherLists : [];
  const watcherLists = overlaid(old, info.watcherLists, keyOf, (was, now) => ({
    ...now,
    watchers: overlaid(was?.watchers ?? [], now.watchers, ({ id }) => id, (_row, row) => (row.status === 'terminated' ? undefined : row)),
  }));
  checkEntries(watcherLists.reduce((sum, { watchers }) => sum + 1 + watchers.length, 0), options);
  return { state: { ...info, state: 'full', watcherLists }, isApplied: true, needsRefresh: isPartial && order !== 'next' };
}

/** Lists are told apart by their resource; those of two packages are two lists. */
function keyOf({ resource, package: name }: WatcherList): string {
  return `${name} ${resource}`;
}

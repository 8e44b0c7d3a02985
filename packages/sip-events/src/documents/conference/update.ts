import type { ElementDescription } from '@simple-im/xml/write';
import { documentError } from '../errors.js';
import type { UpdateOptions } from '../options.js';
import { checkEntries, compareVersions, overlaid, type UpdateResult } from '../update.js';
import type { ConferenceInfo, ConferenceStateType, Endpoint, SidebarsByVal, Uris, User, Users } from './types.js';

/** What became of a conference document. */
export interface ConferenceUpdate extends UpdateResult<ConferenceInfo | undefined> {
  /** The conference has ceased to exist: the subscription should be ended (RFC 4575 §4.6). */
  readonly hasEnded: boolean;
}

/**
 * Takes a document of a notification into the state kept, as RFC 4575 §4.6 says. A state that it gives has no `state` attributes
 * but that of the conference itself, and nothing that is deleted.
 *
 * @param state what the update before gave; `undefined` at the start of a subscription
 * @throws EVENT_DOCUMENT_MISSING for a document without a version, EVENT_DOCUMENT_TOO_MANY_ENTRIES
 */
export function applyConferenceUpdate(
  state: ConferenceInfo | undefined, document: ConferenceInfo, options: UpdateOptions = {},
): ConferenceUpdate {
  const { version, state: kind = 'full' } = document;
  if (version === undefined) throw withoutVersion();
  const order = compareVersions(state?.version, version);
  if (order === 'old') return { state, isApplied: false, needsRefresh: false, hasEnded: false };
  if (kind !== 'partial') {
    const replaced: ConferenceInfo = { ...settledConference(document), state: kind };
    checkEntries(entriesOf(replaced), options);
    return { state: replaced, isApplied: true, needsRefresh: false, hasEnded: kind === 'deleted' };
  }
  if (state === undefined || order === 'gap') return { state, isApplied: false, needsRefresh: true, hasEnded: false };
  const merged: ConferenceInfo = { ...mergedConference(state, document), version, state: 'full' };
  checkEntries(entriesOf(merged), options);
  return { state: merged, isApplied: true, needsRefresh: false, hasEnded: false };
}

/** The schema has the version optional for the sake of sidebars, which are of the same type. */
export function withoutVersion(): Error {
  return documentError('EVENT_DOCUMENT_MISSING', { detail: 'conference-info: version', section: 'RFC 4575 §4.3' });
}

interface Stateful {
  readonly state?: ConferenceStateType;
}

/** Takes an element that stands at most once into the state: replaced, removed, merged, or left as it is when absent. */
function applied<T extends Stateful>(
  old: T | undefined, update: T | undefined, merge: (old: T, update: T) => T, settle: (given: T) => T,
): T | undefined {
  if (update === undefined) return old;
  if (update.state === 'deleted') return undefined;
  return update.state === 'partial' && old !== undefined ? merge(old, update) : settle(update);
}

/** §4.6 step 3 for a conference or a sidebar: elements without a state are replaced as a whole. */
function mergedConference(old: ConferenceInfo, update: ConferenceInfo): ConferenceInfo {
  const { users, sidebarsByRef, sidebarsByVal, ...kept } = old;
  const { users: newUsers, sidebarsByRef: newRefs, sidebarsByVal: newSidebars, ...changes } = update;
  return present({
    ...kept,
    ...changes,
    ...extensionsOf(old, update),
    users: applied(users, newUsers, mergedUsers, settledUsers),
    sidebarsByRef: applied(sidebarsByRef, newRefs, mergedUris, settledUris),
    sidebarsByVal: applied(sidebarsByVal, newSidebars, mergedSidebars, settledSidebars),
  });
}

function mergedUsers(old: Users, update: Users): Users {
  const users = overlaid(old.users, update.users, ({ entity }) => entity, (was, now) => applied(was, now, mergedUser, settledUser));
  return stateless({ ...old, ...update, ...extensionsOf(old, update), users });
}

function mergedUser(old: User, update: User): User {
  const endpoints = overlaid(
    old.endpoints ?? [], update.endpoints ?? [], ({ entity }) => entity, (was, now) => applied(was, now, mergedEndpoint, stateless),
  );
  const { endpoints: _before, ...row } = { ...old, ...update, ...extensionsOf(old, update) };
  return stateless<User>(endpoints.length === 0 ? row : { ...row, endpoints });
}

/** A media element has a key and no state: one of the same key is replaced as a whole. */
function mergedEndpoint(old: Endpoint, update: Endpoint): Endpoint {
  const media = overlaid(old.media ?? [], update.media ?? [], ({ id }) => id, (_was, now) => now);
  return stateless({ ...old, ...update, ...extensionsOf(old, update), ...(media.length === 0 ? {} : { media }) });
}

function mergedUris(old: Uris, update: Uris): Uris {
  const entries = overlaid(old.entries, update.entries, ({ uri }) => uri, (_was, now) => now);
  return stateless({ ...old, ...update, ...extensionsOf(old, update), entries });
}

function mergedSidebars(old: SidebarsByVal, update: SidebarsByVal): SidebarsByVal {
  const entries = overlaid(
    old.entries, update.entries, ({ entity }) => entity, (was, now) => applied(was, now, mergedSidebar, settledSidebar),
  );
  return stateless({ ...old, ...update, ...extensionsOf(old, update), entries });
}

function mergedSidebar(old: ConferenceInfo, update: ConferenceInfo): ConferenceInfo {
  return stateless(mergedConference(old, update));
}

/** An element as it is kept when nothing was there before: without what is deleted, and without states. */
function settledConference(given: ConferenceInfo): ConferenceInfo {
  const { users, sidebarsByRef, sidebarsByVal, ...others } = given;
  return present({
    ...others,
    users: applied(undefined, users, mergedUsers, settledUsers),
    sidebarsByRef: applied(undefined, sidebarsByRef, mergedUris, settledUris),
    sidebarsByVal: applied(undefined, sidebarsByVal, mergedSidebars, settledSidebars),
  });
}

const settledUsers = (given: Users): Users => mergedUsers({ users: [] }, given);
const settledUser = (given: User): User => mergedUser({ entity: given.entity }, given);
const settledUris = (given: Uris): Uris => mergedUris({ entries: [] }, given);
const settledSidebars = (given: SidebarsByVal): SidebarsByVal => mergedSidebars({ entries: [] }, given);
const settledSidebar = (given: ConferenceInfo): ConferenceInfo => stateless(settledConference(given));

/** Extensions that the update has replace those of the same name. */
function extensionsOf(
  { extensions: old = [] }: { readonly extensions?: readonly ElementDescription[] },
  { extensions: update = [] }: { readonly extensions?: readonly ElementDescription[] },
): { extensions?: readonly ElementDescription[] } {
  const nameOf = ({ ns = '', name }: ElementDescription): string => `${name} ${ns}`;
  const replaced = new Set(update.map(nameOf));
  const extensions = [...old.filter((one) => !replaced.has(nameOf(one))), ...update];
  return extensions.length === 0 ? {} : { extensions };
}

function stateless<T extends Stateful>(given: T): T {
  const { state: _state, ...others } = given;
  return others as T;
}

/** The object without the properties that are `undefined`. */
function present<T>(given: { readonly [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(given).filter(([, one]) => one !== undefined)) as T;
}

function entriesOf({ users, sidebarsByRef, sidebarsByVal }: ConferenceInfo): number {
  let entries = sidebarsByRef?.entries.length ?? 0;
  for (const { endpoints = [] } of users?.users ?? []) {
    entries += 1 + endpoints.length;
    for (const { media = [] } of endpoints) entries += media.length;
  }
  for (const sidebar of sidebarsByVal?.entries ?? []) entries += 1 + entriesOf(sidebar);
  return entries;
}

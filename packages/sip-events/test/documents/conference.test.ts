import { utf8 } from '@simple-im/grammar';
import { codeOf } from '@simple-im/testkit';
import { describe, expect, it } from 'vitest';
import { applyConferenceUpdate, buildConference, parseConference, type ConferenceInfo, type User } from '../../src/documents/conference.js';
import { vector } from './support.js';

const basic = parseConference(vector('4575-7.1.xml'));
const rich = parseConference(vector('4575-7.2.xml'));
const entity = 'sips:conf233@example.com';
const partial = (version: number, changes: Partial<ConferenceInfo>): ConferenceInfo => ({ entity, state: 'partial', version, ...changes });
const start = applyConferenceUpdate(undefined, basic).state as ConferenceInfo;
const usersOf = (state: ConferenceInfo | undefined): readonly User[] => state?.users?.users ?? [];
const applied = (document: ConferenceInfo, state = start): ConferenceInfo | undefined => {
  const result = applyConferenceUpdate(state, document);
  expect(result).toMatchObject({ isApplied: true, needsRefresh: false });
  return result.state;
};

describe('conference documents (RFC 4575)', () => {
  it('§7.1: the basic example', () => {
    expect(basic).toMatchObject({ entity, state: 'full', version: 1, conferenceState: { userCount: 33 } });
    expect(usersOf(basic).map((user) => user.endpoints?.[0]?.status)).toEqual(['disconnected', 'connected']);
    expect(usersOf(basic)[0]?.endpoints?.[0]).toMatchObject({ disconnectionMethod: 'departed', media: [{ id: '1', srcId: '432424' }] });
  });

  it('§7.2: the rich example', () => {
    expect(rich.description).toMatchObject({ keywords: ['sales', 'meeting', 'weekly'], maximumUserCount: 100 });
    expect(rich.description?.availableMedia?.entries.map(({ label, status }) => [label, status]))
      .toEqual([['34567', 'sendrecv'], ['34569', 'inactive']]);
    expect(rich.conferenceState).toEqual({ userCount: 32, active: true, locked: false });
    expect(usersOf(rich)[0]?.endpoints?.[0]?.callInfo?.sip).toMatchObject({ callId: 'hsjh8980vhsb78', toTag: '8954jgjg8432' });
    expect(rich.sidebarsByVal?.entries[0]?.users?.users.map((user) => user.entity)).toEqual(
      ['sip:bob@example.com', 'sip:mark@example.com', 'sip:dan@example.com'],
    );
  });

  it.each([
    ['EVENT_DOCUMENT_MISSING', ''],
    ['EVENT_DOCUMENT_BAD_VERSION', 'version="-1"'],
    ['EVENT_DOCUMENT_BAD_VERSION', 'version="4294967296"'],
    ['EVENT_DOCUMENT_BAD_VERSION', 'version="one"'],
  ])('§4.3: %s for %s', (code, version) => {
    const bytes = utf8(`<conference-info xmlns="urn:ietf:params:xml:ns:conference-info" entity="${entity}" ${version}/>`);
    expect(codeOf(() => parseConference(bytes))).toBe(code);
  });

  it('§4.5: two users of one key are refused', () => {
    const twice = buildConference({ entity, version: 1, users: { users: [{ entity: 'sip:a@b' }, { entity: 'sip:a@b' }] } });
    expect(codeOf(() => parseConference(twice))).toBe('EVENT_DOCUMENT_DUPLICATE_ID');
  });
});

describe('constructing coherent state (RFC 4575 §4.6)', () => {
  it('a full document replaces the state, whatever the gap', () => {
    expect(start).toMatchObject({ version: 1, users: { users: [{ entity: 'sip:bob@example.com' }, { entity: 'sip:alice@example.com' }] } });
    expect(applied({ entity, version: 9, users: { users: [] } })?.users).toEqual({ users: [] });
  });

  it('a version that is not higher is discarded', () => {
    for (const version of [0, 1]) {
      expect(applyConferenceUpdate(start, { entity, version }))
        .toEqual({ state: start, isApplied: false, needsRefresh: false, hasEnded: false });
    }
  });

  it('a gap before a partial document asks for a refresh and leaves the state', () => {
    expect(applyConferenceUpdate(start, rich)).toEqual({ state: start, isApplied: false, needsRefresh: true, hasEnded: false });
    expect(applyConferenceUpdate(undefined, partial(1, {}))).toMatchObject({ state: undefined, needsRefresh: true });
  });

  it('the examples in sequence: the rich one updates the basic one (§7.2)', () => {
    const state = applied({ ...rich, version: 2 });
    expect(state).toMatchObject({ version: 2, state: 'full', conferenceState: { userCount: 32 }, hostInfo: { displayText: 'Sales Host' } });
    // Its users have no state attribute, which is full: Bob is all that is left.
    expect(usersOf(state).map((user) => user.entity)).toEqual(['sip:bob@example.com']);
    expect(state?.sidebarsByVal?.entries[0]?.users?.users).toHaveLength(3);
    expect(state?.sidebarsByRef?.entries.map(({ uri }) => uri))
      .toEqual(['sips:conf233@example.com;grid=45', 'sips:conf233@example.com;grid=21']);
    const closed = applied(partial(3,
      { sidebarsByVal: { state: 'partial', entries: [{ entity: 'sips:conf233@example.com;grid=77', state: 'deleted' }] } }), state);
    expect(closed?.sidebarsByVal?.entries).toEqual([]);
    expect(closed?.description).toEqual(rich.description);
  });

  it('3.1.1: an unknown user is added; 2: a deleted one removed; others stay', () => {
    const users = { state: 'partial',
      users: [{ entity: 'sip:carol@example.com', displayText: 'Carol' }, { entity: 'sip:bob@example.com', state: 'deleted' }] } as const;
    const state = applied(partial(2, { users }));
    expect(usersOf(state).map((user) => user.entity)).toEqual(['sip:alice@example.com', 'sip:carol@example.com']);
    expect(state?.conferenceState).toEqual({ userCount: 33 });
  });

  it('3.2, 3.3: a partial user keeps what the update does not name, down to the endpoint', () => {
    const alice = 'sip:alice@example.com';
    const endpoint = 'sip:4kfk4j392jsu@example.com;grid=433kj4j3u';
    const state = applied(partial(2, {
      users: { state: 'partial', users: [{ entity: alice, state: 'partial', roles: { entries: ['moderator'] }, endpoints: [
        { entity: endpoint, state: 'partial', status: 'on-hold', media: [{ id: '2', type: 'message' }] },
        { entity: 'sip:alice@phone.example.com', status: 'alerting' },
      ] }] },
    }));
    const user = usersOf(state).find((one) => one.entity === alice);
    expect(user).toMatchObject({ displayText: 'Alice', roles: { entries: ['moderator'] } });
    expect(user?.endpoints?.map((one) => one.status)).toEqual(['on-hold', 'alerting']);
    expect(user?.endpoints?.[0])
      .toMatchObject({ joiningMethod: 'dialed-out', media: [{ id: '1', type: 'audio' }, { id: '2', type: 'message' }] });
    expect(JSON.stringify(state)).not.toContain('"partial"');
    const gone = applied(partial(3, {
      users: { state: 'partial', users: [{ entity: alice, state: 'partial', endpoints: [{ entity: endpoint, state: 'deleted' }] }] },
    }), state);
    expect(usersOf(gone).find((one) => one.entity === alice)?.endpoints?.map((one) => one.entity)).toEqual(['sip:alice@phone.example.com']);
  });

  it('a full user replaces the one before', () => {
    const state = applied(partial(2, { users: { state: 'partial', users: [{ entity: 'sip:alice@example.com', state: 'full' }] } }));
    expect(usersOf(state).find((one) => one.entity === 'sip:alice@example.com')).toEqual({ entity: 'sip:alice@example.com' });
  });

  it('a deleted users element empties the list; atomic elements are replaced as a whole', () => {
    expect(applied(partial(2, { users: { state: 'deleted', users: [] } }))?.users).toBeUndefined();
    expect(applied(partial(2, { description: { displayText: 'New' } }))?.description).toEqual({ displayText: 'New' });
  });

  it('a deleted conference has ended', () => {
    expect(applyConferenceUpdate(start, { entity, version: 7, state: 'deleted' }))
      .toMatchObject({ hasEnded: true, state: { state: 'deleted' } });
  });

  it('the state does not grow beyond maxEntries', () => {
    const users = { state: 'partial', users: [{ entity: 'sip:carol@example.com' }] } as const;
    expect(codeOf(() => applyConferenceUpdate(start, partial(2, { users }), { maxEntries: 6 }))).toBe('EVENT_DOCUMENT_TOO_MANY_ENTRIES');
    expect(applyConferenceUpdate(start, partial(2, { users }), { maxEntries: 7 }).isApplied).toBe(true);
  });
});

import { codeOf, hostileBytes, mutations, valueOrProtocolError, vectors } from '@simple-im/testkit';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { applyConferenceUpdate, buildConference, parseConference, type ConferenceInfo } from '../../src/documents/conference.js';
import { activityWords, buildPidf, moodWords, parsePidf, type Presence } from '../../src/documents/pidf.js';
import { applyPidfDiff, buildPidfDiff, buildPidfFull, changesOfPresence } from '../../src/documents/pidf-diff.js';
import { buildRegInfo, parseRegInfo, type RegInfo } from '../../src/documents/reg.js';
import { parseRlmi } from '../../src/documents/rlmi.js';
import { buildWatcherInfo, parseWatcherInfo, type WatcherInfo } from '../../src/documents/watcher-info.js';

const text = fc.string({ unit: fc.constantFrom('a', 'B', ' ', '<', '&', '"', "'", 'ä', '\n', ']]>', '😀'), minLength: 1, maxLength: 10 });
const uri = fc.constantFrom('sip:alice@example.com', 'sips:b@c;d=e', 'pres:x@y', 'tel:+1', 'mailto:a@b?c&d');
const id = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1', '_'), minLength: 1, maxLength: 6 });
const time = fc.constantFrom('2001-10-27T16:49:29Z', '2005-05-30T12:00:00.5+05:00');
const basic = fc.constantFrom('open' as const, 'closed' as const);
const note = fc.record({ text, lang: fc.constantFrom('en', 'de-AT') }, { requiredKeys: ['text'] });
const notes = fc.array(note, { minLength: 1, maxLength: 2 });
const extension = fc.record({
  ns: fc.constant('urn:example:x'), prefix: fc.constant('x'), name: id.map((name) => `n${name}`),
  children: fc.array(text, { minLength: 1, maxLength: 1 }),
});
const extensions = fc.array(extension, { minLength: 1, maxLength: 2 });
/** All that is not required may be missing. */
type Some<T, K extends keyof T> = fc.Arbitrary<Pick<T, K> & Partial<T>>;
const some = <T extends object, K extends keyof T>(shape: { [P in keyof T]: fc.Arbitrary<T[P]> }, requiredKeys: K[]): Some<T, K> =>
  fc.record(shape, { requiredKeys }) as Some<T, K>;
const unique = <T extends object>(one: fc.Arbitrary<T>, key: keyof T, minLength = 0): fc.Arbitrary<T[]> =>
  fc.uniqueArray(one, { selector: (row) => row[key], minLength, maxLength: 3 });

const presence: fc.Arbitrary<Presence> = some({
  entity: uri,
  tuples: unique(some({
    id: id.map((one) => `t${one}`), status: some({ basic, extensions }, []),
    contact: some({ uri, priority: fc.constantFrom(0, 0.5, 1) }, ['uri']),
    notes, timestamp: time, extensions, class: id, deviceIds: fc.array(uri, { minLength: 1, maxLength: 2 }),
    timedStatuses: fc.array(some({ from: time, until: time, basic, notes, extensions }, ['from']), { minLength: 1, maxLength: 2 }),
    willingness: some({ basic }, []), registrationState: fc.constantFrom('active' as const, 'terminated' as const), card: uri,
    displayName: text,
  }, ['id', 'status']), 'id'),
  notes,
  persons: unique(some({
    id: id.map((one) => `p${one}`),
    activities: fc.array(some({
      values: fc.uniqueArray(fc.constantFrom(...activityWords), { maxLength: 3 }), others: notes, notes, from: time, id,
    }, ['values']), { minLength: 1, maxLength: 2 }),
    moods: fc.array(some({ values: fc.array(fc.constantFrom(...moodWords), { maxLength: 3 }) }, ['values']),
      { minLength: 1, maxLength: 2 }),
    timeOffsets: fc.array(some({ minutes: fc.integer({ min: -720, max: 840 }), description: text }, ['minutes']),
      { minLength: 1, maxLength: 1 }),
    notes, timestamp: time, extensions,
  }, ['id']), 'id', 1),
  devices: unique(some({ id: id.map((one) => `d${one}`), deviceId: uri, notes, timestamp: time }, ['id', 'deviceId']), 'id', 1),
  extensions,
}, ['entity', 'tuples']);

const state = fc.constantFrom('full' as const, 'partial' as const, 'deleted' as const);
const user = some({
  entity: uri, state, displayText: text, roles: fc.record({ entries: fc.array(text, { maxLength: 2 }) }),
  languages: fc.constant(['en', 'de']), extensions,
  endpoints: unique(some({
    entity: id, state, status: fc.constantFrom('connected' as const, 'on-hold' as const),
    joiningInfo: some({ when: time, reason: text, by: uri }, []),
    media: unique(some({ id, type: text, status: fc.constantFrom('sendrecv' as const) }, ['id']), 'id', 1),
  }, ['entity']), 'entity', 1),
}, ['entity']);
const conference: fc.Arbitrary<ConferenceInfo> = some({
  entity: uri, state, version: fc.nat({ max: 9 }), description: some({ subject: text, maximumUserCount: fc.nat() }, []),
  users: some({ users: unique(user, 'entity'), state }, ['users']),
  sidebarsByRef: some({ state, entries: unique(some({ uri, displayText: text }, ['uri']), 'uri') }, ['entries']),
  extensions,
}, ['entity', 'version']);

const watchers: fc.Arbitrary<WatcherInfo> = fc.record({
  version: fc.nat(), state: fc.constantFrom('full', 'partial'),
  watcherLists: unique(some({
    resource: uri, package: fc.constant('presence'), extensions,
    watchers: unique(some({
      uri, id, status: fc.constantFrom('active', 'pending'), event: fc.constantFrom('subscribe', 'approved'), displayName: text,
      expiration: fc.nat(),
    }, ['uri', 'id', 'status', 'event']), 'id'),
  }, ['resource', 'package', 'watchers']), 'resource'),
}) as fc.Arbitrary<WatcherInfo>;

const registrations: fc.Arbitrary<RegInfo> = fc.record({
  version: fc.nat(), state: fc.constantFrom('full', 'partial'),
  registrations: unique(some({
    aor: uri, id, state: fc.constantFrom('init', 'active'),
    contacts: unique(some({
      id, state: fc.constantFrom('active', 'terminated'), event: fc.constantFrom('created', 'expired'), uri, q: fc.constant('0.5'),
      cseq: fc.nat(),
      displayName: note, unknownParams: fc.array(fc.record({ name: id, value: text }), { minLength: 1, maxLength: 2 }),
      pubGruu: fc.record({ uri }),
    }, ['id', 'state', 'event', 'uri']), 'id'),
  }, ['aor', 'id', 'state', 'contacts']), 'id'),
}) as fc.Arbitrary<RegInfo>;

describe('what is written is read the same', () => {
  it('presence', () => fc.assert(fc.property(presence, (value) => void expect(parsePidf(buildPidf(value))).toEqual(value))));
  it('conferences', () =>
    fc.assert(fc.property(conference, (value) => void expect(parseConference(buildConference(value))).toEqual(value))));
  it('watcher information', () =>
    fc.assert(fc.property(watchers, (value) => void expect(parseWatcherInfo(buildWatcherInfo(value))).toEqual(value))));
  it('registration information', () =>
    fc.assert(fc.property(registrations, (value) => void expect(parseRegInfo(buildRegInfo(value))).toEqual(value))));
});

describe('state', () => {
  it('changes between two presence documents make the one into the other', () => {
    fc.assert(fc.property(presence, presence, (before, given) => {
      const { notes: _n, extensions: _e, ...others } = given;
      const after = { ...others, entity: before.entity, ...(before.notes && { notes: before.notes }),
        ...(before.extensions && { extensions: before.extensions }) };
      const changes = changesOfPresence(before, after);
      const first = applyPidfDiff(undefined, buildPidfFull({ version: 1, presence: before })).state;
      const second = applyPidfDiff(first, buildPidfDiff({ version: 2, operations: [], ...changes })).state;
      expect(sorted(second?.presence as Presence)).toEqual(sorted(after));
    }), { numRuns: 60 });
  });

  it('a conference keeps no state attributes and no deleted elements, and full state wins', () => {
    fc.assert(fc.property(conference, fc.array(conference, { maxLength: 4 }), (first, documents) => {
      let kept = applyConferenceUpdate(undefined, { ...first, state: 'full', version: 0 }).state;
      documents.forEach((document, index) => {
        kept = applyConferenceUpdate(kept, { ...document, state: document.state ?? 'full', version: index + 1 }).state;
      });
      const { state: _state, ...content } = kept as ConferenceInfo;
      expect(JSON.stringify(content)).not.toMatch(/"state":"(partial|deleted|full)"/);
      expect(parseConference(buildConference(kept as ConferenceInfo))).toEqual(kept);
    }));
  });
});

/** Changes do not keep the order of what has identifiers. */
function sorted(given: Presence): unknown {
  const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : 1);
  return { ...given, tuples: [...given.tuples].sort(byId), persons: [...given.persons ?? []].sort(byId),
    devices: [...given.devices ?? []].sort(byId) };
}

describe('hostile input', () => {
  const samples = vectors(new URL('./vectors/', import.meta.url), '.xml').map(({ bytes }) => bytes);
  const full = samples.find((bytes) => new TextDecoder().decode(bytes).includes('version="567"')) as Uint8Array;
  const kept = applyPidfDiff(undefined, full).state;
  const patch = (bytes: Uint8Array): unknown => applyPidfDiff(kept, bytes);
  const readers = [parsePidf, parseConference, parseWatcherInfo, parseRegInfo, parseRlmi, patch];

  it('gives a value or a ProtocolError', () => {
    fc.assert(fc.property(fc.oneof({ weight: 5, arbitrary: mutations(samples) }, hostileBytes()), (bytes) => {
      for (const read of readers) valueOrProtocolError<unknown>(() => read(bytes));
    }), { numRuns: 300 });
  });

  it('names such as __proto__ are names', () => {
    const bytes = new TextEncoder().encode('<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="a:b" __proto__="x"><__proto__/><constructor/></presence>');
    expect(parsePidf(bytes).extensions?.map(({ name }) => name)).toEqual(['__proto__', 'constructor']);
    expect(codeOf(() => parseRlmi(bytes))).toBe('EVENT_DOCUMENT_WRONG_ROOT');
  });
});

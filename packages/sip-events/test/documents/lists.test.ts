import { utf8 } from '@simple-im/grammar';
import { codeOf } from '@simple-im/testkit';
import { describe, expect, it } from 'vitest';
import { applyRegInfo, buildRegInfo, parseRegInfo, type RegInfo } from '../../src/documents/reg.js';
import { applyWatcherInfo, buildWatcherInfo, parseWatcherInfo, type Watcher, type WatcherInfo } from '../../src/documents/watcher-info.js';
import { vector } from './support.js';

describe('watcher information (RFC 3858)', () => {
  const example = parseWatcherInfo(vector('3858-5.xml'));
  const info = (version: number, state: 'full' | 'partial', ...watchers: Watcher[]): WatcherInfo =>
    ({ version, state, watcherLists: [{ resource: 'sip:professor@example.net', package: 'presence', watchers }] });
  const carol: Watcher = { uri: 'sip:carol@example.net', id: 'c', status: 'pending', event: 'subscribe' };
  const idsOf = (state: WatcherInfo): string[] => state.watcherLists.flatMap(({ watchers }) => watchers.map(({ id }) => id));

  it('§5: the example', () => {
    expect(example).toEqual(info(0, 'full',
      { uri: 'sip:userA@example.net', id: '8ajksjda7s', status: 'active', event: 'approved', durationSubscribed: 509 },
      { uri: 'sip:userB@example.org', id: 'hh8juja87s997-ass7', status: 'pending', event: 'subscribe', displayName: 'Mr. Subscriber' }));
  });

  it('§4: partial state adds and updates rows; terminated ones go', () => {
    const { state } = applyWatcherInfo(undefined, example);
    const added = applyWatcherInfo(state, info(1, 'partial', carol));
    expect([idsOf(added.state), added.needsRefresh]).toEqual([['8ajksjda7s', 'hh8juja87s997-ass7', 'c'], false]);
    const ended = applyWatcherInfo(added.state, info(2, 'partial', { ...carol, status: 'terminated', event: 'timeout' }));
    expect(idsOf(ended.state)).toEqual(['8ajksjda7s', 'hh8juja87s997-ass7']);
    expect(ended.state).toMatchObject({ version: 2, state: 'full' });
  });

  it('§4: after a gap the document is used and a refresh wanted; an old one is discarded; a full one flushes', () => {
    const { state } = applyWatcherInfo(undefined, example);
    expect(applyWatcherInfo(state, info(5, 'partial', carol)))
      .toMatchObject({ isApplied: true, needsRefresh: true, state: { version: 5 } });
    expect(applyWatcherInfo(state, info(0, 'full'))).toEqual({ state, isApplied: false, needsRefresh: false });
    expect(applyWatcherInfo(state, info(5, 'full', carol)))
      .toMatchObject({ needsRefresh: false, state: { watcherLists: [{ watchers: [carol] }] } });
    expect(applyWatcherInfo(undefined, info(3, 'partial', carol)).needsRefresh).toBe(true);
  });

  it('the state does not grow beyond maxEntries', () => {
    expect(codeOf(() => applyWatcherInfo(example, info(1, 'partial', carol), { maxEntries: 3 }))).toBe('EVENT_DOCUMENT_TOO_MANY_ENTRIES');
  });

  it.each([
    ['EVENT_DOCUMENT_BAD_VERSION', 'version="x" state="full"'],
    ['EVENT_DOCUMENT_MISSING', 'state="full"'],
    ['EVENT_DOCUMENT_BAD_VALUE', 'version="1" state="half"'],
  ])('%s', (code, attributes) => {
    expect(codeOf(() => parseWatcherInfo(utf8(`<watcherinfo xmlns="urn:ietf:params:xml:ns:watcherinfo" ${attributes}/>`)))).toBe(code);
  });

  it('a watcher id stands once in a list', () => {
    expect(codeOf(() => parseWatcherInfo(buildWatcherInfo(info(0, 'full', carol, carol))))).toBe('EVENT_DOCUMENT_DUPLICATE_ID');
  });
});

describe('registration information (RFC 3680)', () => {
  const initial = parseRegInfo(vector('3680-6-5.xml'));
  const registered = parseRegInfo(vector('3680-6-7.xml'));

  it('§5.3: the example', () => {
    const { registrations: [registration] } = parseRegInfo(vector('3680-5.3.xml'));
    expect(registration).toMatchObject({ aor: 'sip:user@example.com', id: 'as9', state: 'active' });
    expect(registration?.contacts).toEqual([
      { id: '76', state: 'active', event: 'registered', durationRegistered: 7322, q: '0.8', uri: 'sip:user@pc887.example.com' },
      { id: '77', state: 'terminated', event: 'expired', durationRegistered: 3600, q: '0.5', uri: 'sip:user@university.edu' },
    ]);
  });

  it('§6: the notifications of the call flow in sequence', () => {
    const first = applyRegInfo(undefined, initial);
    expect(first).toMatchObject({ needsRefresh: false, state: { registrations: [{ id: 'a7', state: 'init', contacts: [] }] } });
    const second = applyRegInfo(first.state, registered);
    expect(second).toMatchObject({
      isApplied: true,
      needsRefresh: false,
      state: { version: 1, state: 'full',
        registrations: [{ id: 'a7', state: 'active', contacts: [{ id: '76', uri: 'sip:joe@pc34.example.com' }] }] },
    });
    const expired: RegInfo = { version: 2, state: 'partial', registrations: [{
      aor: 'sip:joe@example.com', id: 'a7', state: 'terminated',
      contacts: [{ id: '76', state: 'terminated', event: 'expired', uri: 'sip:joe@pc34.example.com' }],
    }] };
    expect(applyRegInfo(second.state, expired).state.registrations).toEqual([
      { aor: 'sip:joe@example.com', id: 'a7', state: 'terminated', contacts: [] },
    ]);
    expect(applyRegInfo(second.state, registered)).toEqual({ state: second.state, isApplied: false, needsRefresh: false });
    expect(applyRegInfo(second.state, { ...expired, version: 4 })).toMatchObject({ isApplied: true, needsRefresh: true });
  });

  it('RFC 5628 §8.2: GRUUs and parameters of three addresses-of-record', () => {
    const { registrations } = parseRegInfo(vector('5628-8.2.xml'));
    expect(registrations.map(({ contacts: [contact] }) => contact?.pubGruu?.uri)).toEqual([
      'sip:user_aor_1@example.net;gr=hha9s8d-999a', 'sip:user_aor_2@example.net;gr=hha9s8d-999b',
      'sip:+358504821437@example.net;user=phone;gr=hha9s8d-999c',
    ]);
    expect(registrations[0]?.contacts[0]).toMatchObject({
      uri: 'sip:ua.example.com',
      cseq: 23001,
      tempGruu: { uri: 'sip:8ffkas08af7fasklzi9@example.net;gr', firstCseq: 54301 },
      unknownParams: [{ name: '+sip.instance', value: '"<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>"' }],
    });
  });

  it('§5.1: a parameter without a value is an empty element', () => {
    const info: RegInfo = { version: 0, state: 'full', registrations: [{
      aor: 'sip:a@b', id: '1', state: 'active', contacts: [
        { id: '2', state: 'active', event: 'created', uri: 'sip:c@d', displayName: { text: 'Ä', lang: 'de' },
          unknownParams: [{ name: 'mobility', value: '' }] },
      ],
    }] };
    expect(parseRegInfo(buildRegInfo(info))).toEqual(info);
  });
});

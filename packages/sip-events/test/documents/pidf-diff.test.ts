import { utf8, utf8Text } from '@simple-im/grammar';
import { codeOf } from '@simple-im/testkit';
import { describe, expect, it } from 'vitest';
import type { Presence } from '../../src/documents/pidf.js';
import {
  applyPidfDiff, buildPidfDiff, buildPidfFull, changesOfPresence, parsePidfFull, type PartialPresence,
} from '../../src/documents/pidf-diff.js';
import { vector } from './support.js';

const full = vector('5262-6-full.xml');
const diff = vector('5262-6-diff.xml');
const initial = applyPidfDiff(undefined, full).state as PartialPresence;
const change = (version: number, sel: string): Uint8Array => buildPidfDiff({ version, operations: [{ operation: 'remove', sel }] });
/** As the RFCs wrap notes differently in what is sent and what comes of it. */
const withoutNotes = (presence: Presence): Presence =>
  ({ ...presence, tuples: presence.tuples.map(({ notes: _notes, ...tuple }) => tuple) });

describe('partial presence (RFC 5262, RFC 5263)', () => {
  it('RFC 5262 §6: the changes applied to the full document give the result printed', () => {
    const { state, isApplied, needsRefresh } = applyPidfDiff(initial, diff);
    const result = parsePidfFull(vector('5262-6-result.xml'));
    expect([isApplied, needsRefresh, state?.version]).toEqual([true, false, 568]);
    expect(withoutNotes((state as PartialPresence).presence)).toEqual(withoutNotes(result.presence));
    expect(state?.presence.tuples[3]?.notes?.[0]).toMatchObject({ lang: 'en' });
    expect(state?.presence.tuples.map(({ id }) => id)).toEqual(['sg89ae', 'cg231jcr', 'r1230d', 'ert4773']);
  });

  it('RFC 5263 §5: the notifications F4 and F5', () => {
    const first = applyPidfDiff(undefined, vector('5263-5-F4.xml')).state;
    const { state } = applyPidfDiff(first, vector('5263-5-F5.xml'));
    expect(state?.version).toBe(2);
    expect(state?.presence.tuples.map(({ id, status, contact }) => [id, status.basic, contact?.priority])).toEqual([
      ['sg89ae', 'open', 0.8], ['cg231jcr', 'open', 0.7], ['r1230d', 'open', 0.9], ['ert4773', 'open', 0.4],
    ]);
    expect(state?.presence.persons?.[0]?.activities?.[0]?.values).toEqual(['on-the-phone']);
  });

  it('RFC 5263 §4.5: old versions are discarded, a gap asks for a refresh, a full document replaces', () => {
    expect(applyPidfDiff(initial, full)).toEqual({ state: initial, isApplied: false, needsRefresh: false });
    expect(applyPidfDiff(initial, change(569, '*/tuple[1]'))).toEqual({ state: initial, isApplied: false, needsRefresh: true });
    expect(applyPidfDiff(undefined, diff)).toEqual({ state: undefined, isApplied: false, needsRefresh: true });
    const later = buildPidfFull({ version: 900, presence: { entity: 'sip:a@b', tuples: [] } });
    expect(applyPidfDiff(initial, later).state).toMatchObject({ version: 900, presence: { entity: 'sip:a@b' } });
  });

  it('a patch that fails throws and changes nothing', () => {
    expect(codeOf(() => applyPidfDiff(initial, change(568, '*/tuple[9]')))).toBe('XML_PATCH_UNLOCATED_NODE');
    expect(codeOf(() => applyPidfDiff(initial, change(568, "*/tuple[@id='cg231jcr']/status")))).toBe('EVENT_DOCUMENT_MISSING');
    expect(applyPidfDiff(initial, change(568, "id('cg231jcr')")).state?.presence.tuples).toHaveLength(2);
  });

  it.each([
    ['EVENT_DOCUMENT_MISSING', '<p:pidf-diff xmlns:p="urn:ietf:params:xml:ns:pidf-diff"/>'],
    ['EVENT_DOCUMENT_BAD_VERSION', '<p:pidf-diff xmlns:p="urn:ietf:params:xml:ns:pidf-diff" version="1.5"/>'],
    ['EVENT_DOCUMENT_WRONG_ROOT', '<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="a:b" version="600"/>'],
    ['PIDF_DIFF_OTHER_ENTITY', '<p:pidf-diff xmlns:p="urn:ietf:params:xml:ns:pidf-diff" version="568" entity="sip:other@example.com"/>'],
  ])('%s', (code, text) => expect(codeOf(() => applyPidfDiff(initial, utf8(text)))).toBe(code));
});

describe('changes from one document to the next', () => {
  const before: Presence = {
    entity: 'sip:a@b',
    tuples: [{ id: 't1', status: { basic: 'open' } }, { id: 't2', status: { basic: 'open' } }],
    notes: [{ text: 'note' }],
    persons: [{ id: 'p1', activities: [{ values: ['away'] }] }],
  };
  const after: Presence = {
    ...before,
    tuples: [{ id: 't3', status: {}, serviceDescription: { serviceId: 's', version: '1' } }, { id: 't1', status: { basic: 'closed' } }],
    persons: [{ id: 'p1', moods: [{ values: ['happy'] }] }],
    devices: [{ id: 'd1', deviceId: 'urn:uuid:1', userInput: { value: 'active' } }],
  };

  it('make the one into the other, whatever prefixes the watcher has', () => {
    const first = applyPidfDiff(undefined, buildPidfFull({ version: 1, presence: before })).state;
    const changes = changesOfPresence(before, after);
    expect(changes?.operations.map(({ operation, sel }) => `${operation} ${sel}`)).toEqual([
      'add *', "replace */tuple[@id='t1']", "remove */tuple[@id='t2']", "replace */dm:person[@id='p1']", 'add *',
    ]);
    const bytes = buildPidfDiff({ version: 2, entity: 'sip:a@b', operations: [], ...changes });
    const second = applyPidfDiff(first, bytes);
    expect(second.state?.presence).toEqual(after);
    expect(utf8Text(second.state?.document ?? new Uint8Array())).toContain('<note>note</note>');
    const back = changesOfPresence(after, before);
    const backBytes = buildPidfDiff({ version: 3, operations: [], ...back });
    expect(applyPidfDiff(second.state, backBytes).state?.presence.persons).toEqual(before.persons);
  });

  it('declare what they add, since the document of a watcher may not (RFC 5261 §4.2.3)', () => {
    const { persons: _persons, ...plain } = before;
    const first = applyPidfDiff(undefined, buildPidfFull({ version: 1, presence: plain })).state;
    expect(utf8Text(first?.document ?? new Uint8Array())).not.toContain('data-model');
    const changes = changesOfPresence(plain, before);
    const { state } = applyPidfDiff(first, buildPidfDiff({ version: 2, operations: [], ...changes }));
    expect(state?.presence).toEqual(before);
  });

  it('are not to be had where something without an identifier differs', () => {
    expect(changesOfPresence(before, { ...after, notes: [{ text: 'other' }] })).toBeUndefined();
    expect(changesOfPresence(before, { ...before, entity: 'sip:c@d' })).toBeUndefined();
    expect(changesOfPresence(before, before)?.operations).toEqual([]);
  });
});

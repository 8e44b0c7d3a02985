import { utf8, utf8Text } from '@simple-im/grammar';
import { codeOf } from '@simple-im/testkit';
import { describe, expect, it } from 'vitest';
import {
  buildPidf, formatDateTime, IM_SESSION_SERVICE, mustBeIgnored, parseDateTime, parsePidf, PIDF_NAMESPACE, type Presence,
} from '../../src/documents/pidf.js';
import { vector } from './support.js';

const read = (name: string): Presence => parsePidf(vector(`${name}.xml`));
const document = (content: string, attributes = 'entity="sip:a@b"'): Uint8Array =>
  utf8(`<presence xmlns="${PIDF_NAMESPACE}" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" ${attributes}>${content}</presence>`);
const tuple = (content: string, id = 't'): string => `<tuple id="${id}"><status/>${content}</tuple>`;

describe('presence documents (RFC 3863)', () => {
  it('§4.2.2: a prefix and a default namespace mean the same', () => {
    expect(read('3863-4.2.2-prefix')).toEqual(read('3863-4.2.2-default'));
    expect(read('3863-4.2.2-default')).toEqual({
      entity: 'pres:someone@example.com',
      tuples: [{ id: 'sg89ae', status: { basic: 'open' }, contact: { uri: 'tel:+09012345678', priority: 0.8 } }],
    });
  });

  it('§4.3.1: status extensions, notes with languages, a timestamp', () => {
    const { tuples: [first, second], notes } = read('3863-4.3.1');
    expect(first?.status.extensions?.map(({ name, children }) => [name, children])).toEqual([['im', ['busy']], ['location', ['home']]]);
    expect(first?.notes?.map(({ lang }) => lang)).toEqual(['en', 'fr']);
    expect(parseDateTime(first?.timestamp ?? '')).toBe(Date.UTC(2001, 9, 27, 16, 49, 29));
    expect(second?.contact).toEqual({ uri: 'mailto:someone@example.com', priority: 1 });
    expect(notes).toEqual([{ text: "I'll be in Tokyo next week" }]);
  });

  it('§4.3.3: an extension with a part that must be understood is ignored by who does not', () => {
    const { tuples, extensions = [] } = read('3863-4.3.3');
    const [complex] = tuples[0]?.extensions ?? [];
    expect(complex).toBeDefined();
    if (complex === undefined) return;
    expect(mustBeIgnored(complex, () => false)).toBe(true);
    expect(mustBeIgnored(complex, ({ name }) => name === 'ex1')).toBe(false);
    expect(extensions.map((one) => mustBeIgnored(one, () => false))).toEqual([false]);
  });

  it('writes the parts of a tuple in the order of the schema (§4.4)', () => {
    const presence: Presence = {
      entity: 'sip:a@b',
      notes: [{ text: 'n' }],
      tuples: [{
        timestamp: '2020-01-01T00:00:00Z', notes: [{ text: 'x' }], contact: { uri: 'sip:c@d' },
        extensions: [{ ns: 'urn:x', prefix: 'x', name: 'y' }],
        status: { basic: 'closed' }, id: 't', willingness: { basic: 'open' }, class: 'im',
      }],
    };
    const names = Array.from(utf8Text(buildPidf(presence)).matchAll(/<([\w:]+)/g), ([, name]) => name);
    expect(names).toEqual([
      'presence', 'tuple', 'status', 'basic', 'rpid:class', 'op:willingness', 'op:basic', 'x:y', 'contact', 'note', 'timestamp', 'note',
    ]);
    expect(parsePidf(buildPidf(presence))).toEqual(presence);
  });

  it.each([
    ['EVENT_DOCUMENT_WRONG_ROOT', utf8('<presence entity="sip:a@b"/>')],
    ['EVENT_DOCUMENT_MISSING', document('', '')],
    ['EVENT_DOCUMENT_MISSING', document('<tuple id="a"/>')],
    ['EVENT_DOCUMENT_MISSING', document('<tuple><status/></tuple>')],
    ['EVENT_DOCUMENT_MISSING', document('<dm:device id="d"/>')],
    ['EVENT_DOCUMENT_BAD_VALUE', document('<tuple id="a"><status><basic>ajar</basic></status></tuple>')],
    ['EVENT_DOCUMENT_BAD_VALUE', document(tuple('<contact priority="2">sip:a@b</contact>'))],
    ['EVENT_DOCUMENT_BAD_VALUE', document(tuple('<timestamp>yesterday</timestamp>'))],
    ['EVENT_DOCUMENT_REPEATED', document(tuple('<contact>sip:a@b</contact><contact>sip:a@b</contact>'))],
    ['EVENT_DOCUMENT_DUPLICATE_ID', document(tuple('') + tuple(''))],
    ['EVENT_DOCUMENT_DUPLICATE_ID', document(`${tuple('')}<dm:person id="t"/>`)],
    ['XML_DOCTYPE', utf8('<!DOCTYPE presence><presence/>')],
  ])('%s', (code, bytes) => expect(codeOf(() => parsePidf(bytes))).toBe(code));

  it('counts entries (maxEntries)', () => {
    const five = document(['a', 'b', 'c', 'd', 'e'].map((id) => tuple('', id)).join(''));
    expect(codeOf(() => parsePidf(five, { maxEntries: 4 }))).toBe('EVENT_DOCUMENT_TOO_MANY_ENTRIES');
    expect(parsePidf(five, { maxEntries: 5 }).tuples).toHaveLength(5);
  });

  it('an extension is a description that can be written as it is, without its declarations', () => {
    const extensions = [
      { ns: 'urn:x', name: 'y', attributes: [{ name: 'a', value: '1' }, { ns: 'urn:z', prefix: 'z', name: 'b', value: '2' }] },
      { name: 'plain', children: ['text', { ns: 'urn:x', prefix: 'q', name: 'w' }] },
    ];
    const presence: Presence = { entity: 'sip:a@b', tuples: [], extensions };
    expect(parsePidf(buildPidf(presence))).toEqual(presence);
    const declared = document('<e:y xmlns:e="urn:e" xmlns:unused="urn:u"/>');
    expect(parsePidf(declared).extensions).toEqual([{ ns: 'urn:e', prefix: 'e', name: 'y' }]);
  });

  it('does not write what it could not read', () => {
    const write = (status: object): string =>
      codeOf(() => buildPidf({ entity: 'sip:a@b', tuples: [{ id: 'a', status, timestamp: 'now' }] }));
    expect(write({})).toBe('EVENT_DOCUMENT_UNWRITABLE');
  });
});

describe('extensions of presence', () => {
  it('RFC 4479 §7.1: person and device, capabilities kept', () => {
    const { tuples: [tupleOfIm], persons, devices } = read('4479-7.1');
    expect(tupleOfIm?.deviceIds).toEqual(['mac:8asd7d7d70']);
    expect(tupleOfIm?.extensions?.map(({ name }) => name)).toEqual(['servcaps']);
    expect(persons).toEqual([{ id: 'p1', activities: [{ values: ['on-the-phone'] }] }]);
    expect(devices).toEqual([{ id: 'pc122', userInput: { value: 'idle' }, deviceId: 'mac:8asd7d7d70' }]);
  });

  it('RFC 4480 §4: rich presence', () => {
    const { tuples, persons: [person] = [], devices: [device] = [] } = read('4480-4');
    expect(tuples.map(({ relationship }) => relationship?.values)).toEqual([['self'], ['assistant'], undefined]);
    expect(tuples[2]).toMatchObject({ class: 'email', serviceClass: { values: ['electronic'] },
      statusIcons: [{ uri: 'http://example.com/mail.png' }] });
    expect(device?.userInput).toEqual({ value: 'idle', idleThreshold: 600, lastInput: '2004-10-21T13:20:00-05:00' });
    expect(person).toMatchObject({
      activities: [{ values: ['away'], notes: [{ text: 'Far away' }], from: '2005-05-30T12:00:00+05:00',
        until: '2005-05-30T17:00:00+05:00' }],
      class: 'calendar',
      moods: [{ values: ['angry'], others: [{ text: 'brooding' }] }],
      placeIs: [{ audio: 'noisy' }],
      placeTypes: [{ values: ['residence'] }],
      privacy: [{ values: ['unknown'] }],
      spheres: [{ text: 'bowling league' }],
      timeOffsets: [{ minutes: -240 }],
    });
  });

  it('RFC 4481 §4: timed status', () => {
    expect(read('4481-4').tuples[0]?.timedStatuses).toEqual([
      { from: '2005-08-15T10:20:00.000-05:00', until: '2005-08-22T19:30:00.000-05:00', basic: 'closed' },
    ]);
  });

  it('RFC 4482 §4: contact information', () => {
    expect(read('4482-4-cipid').persons?.[0]).toMatchObject({ displayName: 'Alice Lewis', homepage: 'http://example.com/~alice' });
    expect(read('4482-4-rpid').tuples[1])
      .toMatchObject({ relationship: { values: ['assistant'] }, card: 'http://example.com/~assistant/card.vcd' });
  });

  it('the presence extensions of OMA', () => {
    const bytes = utf8(`<presence xmlns="${PIDF_NAMESPACE}" xmlns:op="urn:oma:xml:prs:pidf:oma-pres"
      xmlns:pdm="urn:ietf:params:xml:ns:pidf:data-model" entity="sip:a@b"><tuple id="a1"><status><basic>open</basic></status>
      <op:service-description><op:service-id>${IM_SESSION_SERVICE}</op:service-id><op:version>1.0</op:version></op:service-description>
      <op:willingness><op:basic>closed</op:basic></op:willingness>
      <op:session-participation><op:basic>open</op:basic></op:session-participation>
      <op:registration-state>active</op:registration-state><op:barring-state>terminated</op:barring-state></tuple>
      <pdm:person id="p"><op:overriding-willingness><op:basic>open</op:basic></op:overriding-willingness></pdm:person></presence>`);
    const presence = parsePidf(bytes);
    expect(presence.tuples[0]).toEqual({
      id: 'a1',
      status: { basic: 'open' },
      serviceDescription: { serviceId: IM_SESSION_SERVICE, version: '1.0' },
      willingness: { basic: 'closed' },
      sessionParticipation: { basic: 'open' },
      registrationState: 'active',
      barringState: 'terminated',
    });
    expect(presence.persons).toEqual([{ id: 'p', overridingWillingness: { basic: 'open' } }]);
    expect(parsePidf(buildPidf(presence))).toEqual(presence);
  });
});

describe('xs:dateTime', () => {
  it.each([
    ['2005-08-15T10:20:00.123456-05:00', Date.UTC(2005, 7, 15, 15, 20, 0, 123)],
    ['2005-05-30T16:09:44+05:00', Date.UTC(2005, 4, 30, 11, 9, 44)],
    ['2000-02-29T24:00:00Z', Date.UTC(2000, 2, 1)],
    ['2000-01-01T00:00:00', Date.UTC(2000, 0, 1)],
  ])('%s', (text, time) => expect(parseDateTime(text)).toBe(time));

  it.each([
    '', '2005-02-29T00:00:00Z', '2005-13-01T00:00:00Z', '2005-01-01T24:00:01Z', '2005-01-01T00:00:00+15:00', '2005-01-01 00:00:00Z',
  ])('refuses "%s"', (text) => expect(parseDateTime(text)).toBeUndefined());

  it('is written in UTC', () => {
    expect(formatDateTime(Date.UTC(2026, 0, 2, 3, 4, 5))).toBe('2026-01-02T03:04:05Z');
    expect(codeOf(() => formatDateTime(NaN))).toBe('EVENT_DOCUMENT_UNWRITABLE');
  });
});

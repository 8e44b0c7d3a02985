import { codeOf, hostileBytes, mutations, valueOrProtocolError } from '@simple-im/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildImSettings, parseImSettings, type ImSettings, type SettingsEntity } from '../../src/documents/im-settings.js';
import { buildRetrieval, parseRetrieval, type Retrieval } from '../../src/documents/retrieval.js';

const encoded = (text: string): Uint8Array => new TextEncoder().encode(text);
const words = fc.constantFrom('a', 'B7', 'x_y-z', 'urn:uuid:1');
const numbers = fc.nat();
const time = fc.constantFrom('2026-11-21T10:00:00Z', '2026-11-21T10:00:00.5+01:00');
const subject = fc.string({ unit: fc.constantFrom('a', ' ', '<', '&', '"', 'ä', '😀'), minLength: 1, maxLength: 8 });

describe('service settings (docs/profile.md)', () => {
  const entity = fc.record<SettingsEntity>({
    id: words,
    incomingBarring: fc.record({ active: fc.boolean() }),
    deferral: fc.record({ mode: fc.constantFrom('push' as const, 'hold' as const) }),
    recording: fc.record({ pager: fc.boolean(), large: fc.boolean(), session: fc.boolean() }, { requiredKeys: [] }),
  }, { requiredKeys: ['id'] });
  const settings: fc.Arbitrary<ImSettings> = fc.record({ entities: fc.uniqueArray(entity, { selector: ({ id }) => id, maxLength: 3 }) });

  it('read back what was written', () => {
    fc.assert(fc.property(settings, (value) => {
      expect(parseImSettings(buildImSettings(value))).toEqual(value);
    }));
  });

  it('keep what they do not know', () => {
    const bytes = encoded('<im-settings xmlns="urn:simple-im:settings"><entity id="1"><colour xmlns="urn:example:x">red</colour></entity></im-settings>');
    const value = parseImSettings(bytes);
    expect(value.entities[0]?.extensions?.[0]).toMatchObject({ name: 'colour', ns: 'urn:example:x' });
    expect(parseImSettings(buildImSettings(value))).toEqual(value);
  });

  it('refuse two entities of one device, words that are none, and other roots', () => {
    const inside = (text: string): Uint8Array => encoded(`<im-settings xmlns="urn:simple-im:settings">${text}</im-settings>`);
    expect(codeOf(() => parseImSettings(inside('<entity id="1"/><entity id="1"/>')))).toBe('EVENT_DOCUMENT_DUPLICATE_ID');
    expect(codeOf(() => parseImSettings(inside('<entity/>')))).toBe('EVENT_DOCUMENT_MISSING');
    expect(codeOf(() => parseImSettings(inside('<entity id="1"><deferral mode="later"/></entity>')))).toBe('EVENT_DOCUMENT_BAD_VALUE');
    expect(codeOf(() => parseImSettings(inside('<entity id="1"><incoming-barring active="yes"/></entity>')))).toBe('EVENT_DOCUMENT_BAD_VALUE');
    expect(codeOf(() => parseImSettings(encoded('<im-settings/>')))).toBe('EVENT_DOCUMENT_WRONG_ROOT');
  });
});

describe('retrieval (docs/profile.md)', () => {
  const entry = fc.record({
    id: words, sequence: numbers, mode: fc.constantFrom('pager' as const, 'large' as const, 'session' as const),
    from: fc.constant('sip:alice@example.com'), to: fc.constant('sip:bob@example.com'), subject, received: time, until: time,
    contentType: fc.constant('text/plain; charset="utf-8"'), size: numbers, fetched: fc.boolean(), messages: numbers,
  }, { requiredKeys: ['id', 'sequence', 'mode', 'received', 'size'] });
  const one = fc.oneof(
    fc.record({ list: fc.record({ after: numbers, max: numbers, conversation: words }, { requiredKeys: [] }) }),
    fc.record({ fetch: fc.record({ item: words, conversation: words }, { requiredKeys: [] }) }),
    fc.record({ delete: fc.record({ item: words }, { requiredKeys: [] }) }),
    fc.record({ record: fc.record({ conversation: words, active: fc.boolean() }) }),
    fc.record({
      page: fc.record({ entries: fc.uniqueArray(entry, { selector: ({ id }) => id, maxLength: 3 }), next: numbers }, { requiredKeys: ['entries'] }),
    }),
    fc.record({ done: fc.record({ count: numbers }) }),
    fc.record({ error: fc.record({ code: fc.constantFrom('not-found' as const, 'refused' as const), reason: subject }, { requiredKeys: ['code'] }) }),
  );

  it('reads back what was written', () => {
    fc.assert(fc.property(words, one, (id, request) => {
      const value = { id, ...request } as Retrieval;
      expect(parseRetrieval(buildRetrieval(value))).toEqual(value);
    }));
  });

  it('asks for one thing at a time', () => {
    const inside = (text: string): Uint8Array => encoded(`<retrieval xmlns="urn:simple-im:retrieval" id="1">${text}</retrieval>`);
    expect(parseRetrieval(inside('<list/>'))).toEqual({ id: '1', list: {} });
    expect(codeOf(() => parseRetrieval(inside('')))).toBe('EVENT_DOCUMENT_MISSING');
    expect(codeOf(() => parseRetrieval(inside('<list/><delete/>')))).toBe('EVENT_DOCUMENT_REPEATED');
    expect(codeOf(() => parseRetrieval(inside('<list/><list/>')))).toBe('EVENT_DOCUMENT_REPEATED');
    expect(codeOf(() => parseRetrieval(inside('<list after="-1"/>')))).toBe('EVENT_DOCUMENT_BAD_VALUE');
    expect(codeOf(() => parseRetrieval(encoded('<retrieval xmlns="urn:simple-im:retrieval"><list/></retrieval>')))).toBe('EVENT_DOCUMENT_MISSING');
  });

  it('gives a value or a ProtocolError, whatever comes', () => {
    const good = buildRetrieval({ id: '1', page: { entries: [{ id: 'a', sequence: 1, mode: 'pager', received: '2026-11-21T10:00:00Z', size: 2 }] } });
    fc.assert(fc.property(fc.oneof(hostileBytes(), mutations([good])), (bytes) => { valueOrProtocolError(() => parseRetrieval(bytes)); }), { numRuns: 300 });
  });
});

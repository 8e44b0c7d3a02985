import { utf8 } from '@simple-im/grammar';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addHeader, CPIM_HEADERS, decodeCpim, encodeCpim, encodeCpimHead, escapeText, formatAddress, formatDateTime, IMDN_HEADERS, isAnonymous, makeCpim,
  parseAddress, parseDateTime, removeHeader, removeHeaders, setEntityHeader, setHeader, unescapeText, type CpimHeader, type CpimMessage,
} from '../src/index.js';
import { codeOf } from '@simple-im/testkit';
import { octets, written } from './helpers.js';

const decoded = (...headers: string[]): CpimMessage => decodeCpim(octets(headers));
const tail = '\r\n\r\nContent-Type: text/plain\r\n\r\nHi';

describe('escapes (RFC 3862 §2.3)', () => {
  it('are used for control characters and backslashes, and for nothing else (§2.3.1)', () => {
    expect(escapeText('\\ \b\t\n\r \u0000\u001f\u007f "\' é')).toBe('\\\\ \\b\\t\\n\\r \\u0000\\u001f\\u007f "\' \xc3\xa9');
    expect(codeOf(() => escapeText('\ud800'))).toBe('CPIM_UNENCODABLE');
  });

  it('are recognised everywhere; unknown ones are the character, a backslash at the end is nothing', () => {
    expect(unescapeText('\\\\\\"\\\'\\b\\t\\n\\r')).toBe('\\"\'\b\t\n\r');
    expect(unescapeText('\\u0041\\u00e9\\uD83D\\uDE00\\u12x\\q\\')).toBe('Aé\u{1f600}u12xq');
  });

  it('bring every text back, as a subject and as a name', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(unescapeText(escapeText(text))).toBe(text);
      const from = { name: text, uri: 'im:a@b' };
      const message = decodeCpim(encodeCpim(makeCpim({ from, contentType: 'text/plain', body: utf8('') })));
      expect(message.from).toEqual(text === '' ? { uri: 'im:a@b' } : from);
      const subject = text.replace(/^ +| +$/g, '');
      const other = makeCpim({ subjects: [{ text: subject, lang: 'fr' }], contentType: 'text/plain', body: utf8('') });
      expect(decodeCpim(encodeCpim(other)).subjects).toEqual([{ text: subject, lang: 'fr' }]);
    }), { numRuns: 500 });
  });
});

describe('date-time (RFC 3339 §5.6)', () => {
  it.each([
    ['1985-04-12T23:20:50.52Z', Date.UTC(1985, 3, 12, 23, 20, 50, 520)],
    ['1996-12-19T16:39:57-08:00', Date.UTC(1996, 11, 20, 0, 39, 57)],
    ['1990-12-31T23:59:60Z', Date.UTC(1990, 11, 31, 23, 59, 59)],
    ['1937-01-01T12:00:27.87+00:20', Date.UTC(1937, 0, 1, 11, 40, 27, 870)],
    ['2000-02-29t00:00:00z', Date.UTC(2000, 1, 29)],
    ['0001-01-01T00:00:00Z', -62135596800000],
  ])('%s', (text, time) => {
    expect(parseDateTime(text)).toEqual({ text, time });
  });

  it.each(['2001-02-29T00:00:00Z', '1900-02-29T00:00:00Z', '2001-04-31T00:00:00Z', '2001-13-01T00:00:00Z', '2001-01-00T00:00:00Z', '2001-01-01T24:00:00Z',
    '2001-01-01T00:60:00Z', '2001-01-01T00:00:61Z', '2001-01-01T00:00:00', '2001-01-01T00:00:00+24:00', '2001-01-01T00:00:00+0100', '2001-01-01T00:00:00.Z', ''])(
    'refuses %s', (text) => {
      expect(parseDateTime(text)).toBeUndefined();
    });

  it('may be liberal', () => {
    expect(parseDateTime('2001-01-01 00:00:00+0100', true)?.time).toBe(Date.UTC(2000, 11, 31, 23));
  });

  it('is written in UTC', () => {
    expect(formatDateTime(Date.UTC(2001, 1, 1, 12, 16, 49))).toBe('2001-02-01T12:16:49Z');
    expect(parseDateTime(formatDateTime(1234567890123))?.time).toBe(1234567890123);
    for (const time of [Number.NaN, 1e15, -1e15]) expect(codeOf(() => formatDateTime(time))).toBe('CPIM_UNENCODABLE');
  });
});

describe('addresses', () => {
  it('are written with the name as a String (RFC 3862 §3.6)', () => {
    expect(formatAddress({ uri: 'im:a@b' })).toBe('<im:a@b>');
    expect(parseAddress(formatAddress({ name: 'A "B", <C>', uri: 'im:a@b' }))).toEqual({ name: 'A "B", <C>', uri: 'im:a@b' });
    for (const uri of ['a@b', 'im:a>b', 'im:a\r\nb', '']) expect(codeOf(() => formatAddress({ uri }))).toBe('CPIM_UNENCODABLE');
  });

  it('may be withheld (RFC 3323 §4.1.1.3)', () => {
    expect(['sip:anonymous@anonymous.invalid', 'sip:x@Anonymous.Invalid:5060', 'im:anonymous.invalid'].map((uri) => isAnonymous({ uri }))).toEqual([true, true, true]);
    expect(['sip:a@b', 'sip:anonymous.invalid@b', 'sip:a@anonymous.invalid.example'].map((uri) => isAnonymous({ uri }))).toEqual([false, false, false]);
  });
});

describe('edits', () => {
  const message = decoded('From: <im:a@b>', 'To: <im:c@d>', 'NS: i <urn:ietf:params:imdn>', 'i.Message-ID: m', 'Subject: \\x  odd');

  it('change the header where it stands and leave the others as they came', () => {
    const edited = setHeader(message, { namespace: CPIM_HEADERS, name: 'To', value: '<im:e@f>' });
    expect(written(edited)).toBe(written(message).replace('<im:c@d>', '<im:e@f>'));
    expect([edited.to[0]?.uri, message.to[0]?.uri]).toEqual(['im:e@f', 'im:c@d']);
    expect(edited.body).toBe(message.body);
  });

  it('leave one where there were several', () => {
    const edited = setHeader(decoded('To: <im:a@b>', 'From: <im:x@y>', 'To: <im:c@d>'), { namespace: CPIM_HEADERS, name: 'To', value: '<im:e@f>' });
    expect(written(edited)).toBe(`To: <im:e@f>\r\nFrom: <im:x@y>${tail}`);
  });

  it('take the prefix that is declared, or declare one', () => {
    const header = { namespace: IMDN_HEADERS, name: 'Original-To', value: '<im:x@y>' };
    expect(addHeader(message, header).headers.at(-1)?.line).toBe('i.Original-To: <im:x@y>');
    expect(written(addHeader(decoded('From: <im:a@b>'), header))).toBe(`From: <im:a@b>\r\nNS: imdn <urn:ietf:params:imdn>\r\nimdn.Original-To: <im:x@y>${tail}`);
    const taken = decoded('NS: imdn <urn:else>', 'imdn.x: y');
    expect(addHeader(taken, header).headers.slice(-2).map(({ line }) => line)).toEqual(['NS: imdn1 <urn:ietf:params:imdn>', 'imdn1.Original-To: <im:x@y>']);
    expect(decodeCpim(encodeCpim(addHeader(message, header, 0))).single(IMDN_HEADERS, 'Original-To')?.value).toBe('<im:x@y>');
  });

  it('refuse to leave a header without its declaration', () => {
    expect(codeOf(() => removeHeaders(message, { namespace: CPIM_HEADERS, name: 'NS' }))).toBe('CPIM_UNENCODABLE');
    expect(codeOf(() => addHeader(message, { namespace: CPIM_HEADERS, name: 'NS', value: '<urn:other>' }, 0))).toBe('CPIM_UNENCODABLE');
    expect(removeHeaders(message, { namespace: IMDN_HEADERS, name: 'Message-ID' }).headers).toHaveLength(4);
    expect(removeHeader(message, message.headers[1] as CpimHeader).to).toEqual([]);
  });

  it('refuse what would be another line', () => {
    for (const value of ['a\r\nTo: b', ' a', 'a ', '\0']) expect(codeOf(() => addHeader(message, { namespace: CPIM_HEADERS, name: 'X', value }))).toBe('CPIM_UNENCODABLE');
    for (const name of ['a b', 'a:', '', 'a.b.c']) expect(codeOf(() => addHeader(message, { namespace: CPIM_HEADERS, name, value: 'x' }))).toBe('CPIM_UNENCODABLE');
    expect(codeOf(() => addHeader(message, { namespace: CPIM_HEADERS, name: 'X', value: 'x', lang: 'a b' }))).toBe('CPIM_UNENCODABLE');
    expect(codeOf(() => setEntityHeader(message, 'X', 'a\r\nb'))).toBe('CPIM_UNENCODABLE');
  });

  it('change MIME headers of the content', () => {
    const edited = setEntityHeader(setEntityHeader(message, 'content-type', 'text/html'), 'Content-ID', '<x>');
    expect(edited.entityHeaders.map(({ line }) => line)).toEqual(['content-type: text/html', 'Content-ID: <x>']);
  });
});

describe('a new message', () => {
  it('has its headers in the order of RFC 3862 §5.1', () => {
    const message = makeCpim({
      from: { name: 'A', uri: 'im:a@b' }, to: [{ uri: 'im:c@d' }, { uri: 'im:e@f' }], cc: [{ uri: 'im:g@h' }], dateTime: 0,
      subjects: [{ text: 'Hi' }, { text: 'Salut', lang: 'fr' }], headers: [{ namespace: 'urn:a', name: 'x', value: '1' }],
      contentType: 'text/plain', entityHeaders: { 'Content-ID': '<x>' }, body: utf8('Hi'),
    });
    expect(written(message)).toBe([
      'From: "A" <im:a@b>', 'To: <im:c@d>', 'To: <im:e@f>', 'cc: <im:g@h>', 'DateTime: 1970-01-01T00:00:00Z', 'Subject: Hi', 'Subject:;lang=fr Salut',
      'NS: ns <urn:a>', 'ns.x: 1', '', 'Content-Type: text/plain', 'Content-ID: <x>', '', 'Hi',
    ].join('\r\n'));
  });

  it('is sent as its head and its body, which is not copied', () => {
    const body = utf8('Hi');
    const message = makeCpim({ contentType: 'text/plain', body });
    expect(message.body).toBe(body);
    expect([...encodeCpimHead(message), ...body]).toEqual([...encodeCpim(message)]);
  });
});

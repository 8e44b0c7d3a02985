import { byteStringToText, utf8, utf8Text } from '@simple-im/grammar';
import { codeOf, hostileBytes, mutations, valueOrProtocolError, vectors } from '@simple-im/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkRequired, CPIM_HEADERS, decodeCpim, encodeCpim, IMDN_HEADERS, type CpimMessage } from '../src/index.js';
import { headerByLane } from '../src/fast-lane.js';
import { grammar } from '../src/grammar.js';
import { octets } from './helpers.js';

const files = vectors(new URL('vectors/', import.meta.url), '.cpim');
const file = (name: string): Uint8Array => files.find((one) => one.name === name)?.bytes as Uint8Array;
const decoded = (...headers: string[]): CpimMessage => decodeCpim(octets(headers));
const MY = 'mid:MessageFeatures@id.foo.com';

describe('the examples of RFC 3862', () => {
  it.each(['rfc3862-5.1.cpim', 'rfc3862-5.2.cpim'])('%s', (name) => {
    const bytes = file(name);
    const message = decodeCpim(bytes);
    expect(message.from).toEqual({ name: 'MR SANDERS', uri: 'im:piglet@100akerwood.com' });
    expect(message.to).toEqual([name.includes('5.1') ? { name: 'Depressed Donkey', uri: 'im:eeyore@100akerwood.com' } : { name: 'Dopey Donkey', uri: 'im:eeyore@100akerwood.com' }]);
    expect(message.dateTime).toEqual({ text: '2000-12-13T13:40:00-08:00', time: Date.UTC(2000, 11, 13, 21, 40) });
    expect(message.subjects).toEqual([{ text: 'the weather will be fine today' }, { text: "beau temps prevu pour aujourd'hui", lang: 'fr' }]);
    expect(message.required).toEqual([{ namespace: MY, name: 'VitalMessageOption' }]);
    expect(message.single(MY, 'WackyMessageOption')?.value).toBe('Use-silly-font');
    expect([message.mediaType, message.entityHeader('content-id')]).toEqual(['text/xml', '<1234567890@foo.com>']);
    expect(utf8Text(message.body)).toBe('<body>\r\nHere is the text of my message.\r\n</body>\r\n');
    expect(encodeCpim(message)).toEqual(bytes);
  });

  it('takes every single header in it (§2 to §4)', () => {
    const lines = utf8Text(vectors(new URL('vectors/', import.meta.url), '.txt')[0]?.bytes as Uint8Array).trim().split('\r\n');
    expect(lines).toHaveLength(26);
    const declarations = ['NS: MyFeatures <mid:MessageFeatures@id.foo.com>', 'NS: MyAlias <mid:x@y>', 'NS: Locale <urn:l>', 'NS: acme <urn:a>', 'NS: widget <urn:w>'];
    for (const line of lines) {
      const message = decoded(...declarations, line);
      expect([message.headers.at(-1)?.line, message.required.length]).toEqual([line, line.startsWith('Require') ? 1 : 0]);
      expect([...message.to, ...message.cc].every(({ uri }) => uri.startsWith('im:'))).toBe(true);
    }
  });
});

describe('headers (RFC 3862 §2.2)', () => {
  it('match exactly: case matters, and what is not known is passed over', () => {
    const message = decoded('from: <im:a@b>', 'X-Unknown: x', 'From: <im:c@d>');
    expect(message.from?.uri).toBe('im:c@d');
    expect(message.headers.map(({ name }) => name)).toEqual(['from', 'X-Unknown', 'From']);
  });

  it('can stand several times, in order', () => {
    expect(decoded('To: <im:a@b>', 'cc: <im:e@f>', 'To: C <im:c@d>').to).toEqual([{ uri: 'im:a@b' }, { name: 'C', uri: 'im:c@d' }]);
  });

  it.each([
    ['no space behind the colon', 'Subject:x'],
    ['two spaces behind the colon', 'Subject:  x'],
    ['a space at the end', 'Subject: x '],
    ['a space before the name', ' Subject: x'],
    ['a space before the colon', 'Subject : x'],
    ['no colon', 'Subject'],
    ['no name', ': x'],
    ['a prefix without a name', 'a.: x'],
    ['a name without a prefix', '.a: x'],
    ['two dots', 'a.b.c: x'],
    ['a control character', 'Subject: a\u0001b'],
    ['a tab', 'Subject: a\tb'],
    ['DEL', 'Subject: a\u007fb'],
    ['a CR alone', 'Subject: a\rb'],
    ['a parameter without a value', 'Subject:;lang x'],
  ])('are refused with %s', (_, line) => {
    expect(codeOf(() => decoded(line))).toBe('CPIM_BAD_HEADER');
  });

  it('are refused when they are not UTF-8', () => {
    const bytes = octets(['Subject: ab']);
    bytes[10] = 0xff;
    expect(codeOf(() => decodeCpim(bytes))).toBe('CPIM_BAD_HEADER');
    expect(decodeCpim(bytes, { liberal: true }).subjects).toHaveLength(1);
  });

  it('end in CR LF', () => {
    const bytes = utf8('From: <im:a@b>\n\nContent-Type: text/plain\n\nHi');
    expect(codeOf(() => decodeCpim(bytes))).toBe('CPIM_BAD_LINE_END');
    expect(utf8Text(decodeCpim(bytes, { liberal: true }).body)).toBe('Hi');
  });

  it('may be empty (RFC 5438 §7.1.1.3)', () => {
    expect(decoded('Subject: ').subjects).toEqual([{ text: '' }]);
  });

  it('have a language (§3.3) and other parameters (§3.6)', () => {
    const [header] = decoded('Subject:;lang=en-GB;x=12;y="a;\\"b" the text').headers;
    expect([header?.lang, header?.value]).toEqual(['en-GB', 'the text']);
    expect(header?.parameters).toEqual([{ name: 'lang', value: 'en-GB' }, { name: 'x', value: '12' }, { name: 'y', value: 'a;"b' }]);
  });

  it('give their place in the error, in octets', () => {
    expect(() => decoded('Subject: é', 'bad')).toThrow(expect.objectContaining({ code: 'CPIM_BAD_HEADER', offset: 13, fault: 'remote' }));
  });
});

describe('namespaces (RFC 3862 §3.4)', () => {
  it('are declared before use', () => {
    expect(codeOf(() => decoded('a.x: 1', 'NS: a <urn:a>'))).toBe('CPIM_UNDECLARED_PREFIX');
    expect(decoded('NS: a <urn:a>', 'a.x: 1').single('urn:a', 'x')?.value).toBe('1');
  });

  it('mean the same by any prefix', () => {
    expect(decoded('NS: whatever <urn:ietf:params:imdn>', 'whatever.Message-ID: m').single(IMDN_HEADERS, 'Message-ID')?.value).toBe('m');
  });

  it('can be declared anew for what follows', () => {
    const message = decoded('NS: a <urn:a>', 'a.x: 1', 'NS: a <urn:b>', 'a.x: 2');
    expect([message.single('urn:a', 'x')?.value, message.single('urn:b', 'x')?.value]).toEqual(['1', '2']);
  });

  it('have a default that a declaration without a prefix changes', () => {
    const message = decoded('From: <im:a@b>', 'NS: c <urn:ietf:params:cpim-headers:>', 'NS: <urn:other>', 'To: x', 'c.To: <im:c@d>');
    expect(message.to).toEqual([{ uri: 'im:c@d' }]);
    expect(message.single('urn:other', 'To')?.value).toBe('x');
  });

  it('are absolute URIs', () => {
    expect(codeOf(() => decoded('NS: a <relative>'))).toBe('CPIM_BAD_VALUE');
    expect(codeOf(() => decoded('NS: a <urn:a#b>'))).toBe('CPIM_BAD_VALUE');
  });
});

describe('Require (RFC 3862 §3.5)', () => {
  const lines = ['NS: a <urn:a>', 'Require: a.x,Locale', 'a.x: 1'];

  it('is kept by who passes the message on and checked by who reads it', () => {
    const message = decoded(...lines);
    expect(message.required).toEqual([{ namespace: 'urn:a', name: 'x' }, { namespace: CPIM_HEADERS, name: 'Locale' }]);
    expect(codeOf(() => decodeCpim(octets(lines), { understands: [{ namespace: 'urn:a', name: 'x' }] }))).toBe('CPIM_REQUIRED_UNKNOWN');
    expect(codeOf(() => checkRequired(message, message.required))).toBe('nothing thrown');
    expect(codeOf(() => decodeCpim(octets(['Require: Subject']), { understands: [] }))).toBe('nothing thrown');
  });

  it('takes only prefixes that are declared, and no spaces', () => {
    expect(codeOf(() => decoded('Require: a.x').required)).toBe('CPIM_UNDECLARED_PREFIX');
    expect(codeOf(() => decoded('NS: a <urn:a>', 'Require: a.x, a.y').required)).toBe('CPIM_BAD_VALUE');
    expect(decodeCpim(octets(['NS: a <urn:a>', 'Require: a.x, a.y']), { liberal: true }).required).toHaveLength(2);
  });
});

describe('addresses (RFC 3862 §4.1)', () => {
  it.each([
    ['<im:a@b>', { uri: 'im:a@b' }],
    ['Winnie the Pooh <im:pooh@100akerwood.com>', { name: 'Winnie the Pooh', uri: 'im:pooh@100akerwood.com' }],
    ['"A \\"B\\" \\u0041<>"<sip:a@[2001:db8::1];transport=tcp>', { name: 'A "B" A<>', uri: 'sip:a@[2001:db8::1];transport=tcp' }],
    ['"Zoë à" <sip:anonymous@anonymous.invalid>', { name: 'Zoë à', uri: 'sip:anonymous@anonymous.invalid' }],
    ['Zoë à <tel:+4912>', { name: 'Zoë à', uri: 'tel:+4912' }],
  ])('%s', (value, address) => {
    expect(decoded(`From: ${value}`).from).toEqual(address);
  });

  it.each(['sip:a@b', 'A, B <sip:a@b>', 'A<sip:a@b>', '<a>', '<>', '', '<sip:a b>', '<sip:a@b> x', '"A <sip:a@b>'])('are refused as %s', (value) => {
    expect(codeOf(() => decoded(`From: ${value}`).from)).toBe('CPIM_BAD_VALUE');
  });

  it.each([
    ['sip:anonymous@anonymous.invalid', { uri: 'sip:anonymous@anonymous.invalid' }],
    ['A, B <sip:a@b>', { name: 'A, B', uri: 'sip:a@b' }],
    ['A<sip:a@b>', { name: 'A', uri: 'sip:a@b' }],
    ['  <sip:a@b> ', { uri: 'sip:a@b' }],
    ['Zoë à<sip:a@b>', { name: 'Zoë à', uri: 'sip:a@b' }],
  ])('may be liberal as %s', (value, address) => {
    expect(decodeCpim(octets([`From: ${value}`]), { liberal: true }).from).toEqual(address);
  });

  it('have one From', () => {
    expect(codeOf(() => decoded('From: <im:a@b>', 'From: <im:a@b>').from)).toBe('CPIM_DUPLICATE_HEADER');
  });
});

describe('the content (RFC 3862 §2.4)', () => {
  it('is a view of what was decoded', () => {
    const bytes = octets(['From: <im:a@b>'], ['Content-Type: application/octet-stream'], 'x\r\n\r\n\u0000y');
    const { body } = decodeCpim(bytes);
    expect([body.buffer, utf8Text(body)]).toEqual([bytes.buffer, 'x\r\n\r\n\u0000y']);
  });

  it('has MIME headers whose case does not matter and which may be folded', () => {
    const message = decodeCpim(octets([], ['Content-type: multipart/mixed;', '\tboundary="b"', 'CONTENT-ID: <x>']));
    expect([message.mediaType, message.contentType, message.entityHeader('content-id')]).toEqual(['multipart/mixed', 'multipart/mixed;\tboundary="b"', '<x>']);
    expect(encodeCpim(message)).toEqual(octets([], ['Content-type: multipart/mixed;', '\tboundary="b"', 'CONTENT-ID: <x>']));
  });

  it('keeps octets that look like white space to a program', () => {
    expect(byteStringToText(decodeCpim(octets([], ['Content-Type: text/plain', 'Content-Description: à'])).entityHeader('Content-Description') as string)).toBe('à');
  });

  it('needs a Content-Type, without which it is text/plain to the liberal', () => {
    const bytes = octets(['From: <im:a@b>'], ['Content-ID: <x>']);
    expect(codeOf(() => decodeCpim(bytes))).toBe('CPIM_NO_CONTENT_TYPE');
    expect(decodeCpim(bytes, { liberal: true }).mediaType).toBe('text/plain');
  });

  it('may have no body, and then no blank line (RFC 2046 §5.1.1)', () => {
    expect(decodeCpim(utf8('From: <im:a@b>\r\n\r\nContent-Type: text/plain\r\n')).body).toHaveLength(0);
  });

  it('refuses MIME headers that are none', () => {
    for (const entity of ['Hello World', ' folded: first', ': x', 'a\u0001: b', 'a: \u0000']) {
      expect(codeOf(() => decodeCpim(octets([], [entity])))).toBe('CPIM_BAD_ENTITY_HEADER');
    }
  });
});

describe('an end too early', () => {
  it('is an error at every octet before the body', () => {
    const bytes = octets(['From: <im:a@b>', 'Subject: x'], ['Content-Type: text/plain', 'Content-ID: <x>'], '');
    const complete = bytes.length;
    const withoutBlank = complete - 2;
    for (let length = 0; length < complete; length++) {
      const atLineEnd = length === withoutBlank || length === withoutBlank - 'Content-ID: <x>\r\n'.length;
      expect([length, codeOf(() => decodeCpim(bytes.subarray(0, length)))]).toEqual([length, atLineEnd ? 'nothing thrown' : 'CPIM_TRUNCATED']);
    }
  });
});

describe('limits', () => {
  it('hold for the octets before the body, not for the body', () => {
    const bytes = octets(['Subject: 0123456789'], ['Content-Type: text/plain'], 'x'.repeat(1000));
    const head = bytes.length - 1000;
    expect(codeOf(() => decodeCpim(bytes, { maxHeadOctets: head - 1 }))).toBe('CPIM_HEAD_TOO_LARGE');
    expect(codeOf(() => decodeCpim(bytes, { maxHeadOctets: head }))).toBe('nothing thrown');
    expect(codeOf(() => decodeCpim(utf8('x'.repeat(70_000))))).toBe('CPIM_HEAD_TOO_LARGE');
  });

  it('hold for the number of headers', () => {
    const bytes = octets(['a: 1', 'b: 2', 'c: 3']);
    expect(codeOf(() => decodeCpim(bytes, { maxHeaders: 3 }))).toBe('CPIM_TOO_MANY_HEADERS');
    expect(codeOf(() => decodeCpim(bytes, { maxHeaders: 4 }))).toBe('nothing thrown');
  });
});

describe('any input', () => {
  const everything = (message: CpimMessage) => [message.from, message.to, message.cc, message.dateTime, message.subjects, message.required, message.mediaType];

  it('gives a message or a ProtocolError', () => {
    const inputs = fc.oneof(hostileBytes(), mutations(files.map(({ bytes }) => bytes)));
    fc.assert(fc.property(inputs, fc.boolean(), (bytes, liberal) => {
      const outcome = valueOrProtocolError(() => decodeCpim(bytes, { liberal }));
      if ('value' in outcome) valueOrProtocolError(() => everything(outcome.value));
    }), { numRuns: 3000 });
  });

  it('is encoded as it was decoded', () => {
    let same = 0;
    fc.assert(fc.property(mutations(files.slice(0, 2).map(({ bytes }) => bytes)), (bytes) => {
      const outcome = valueOrProtocolError(() => decodeCpim(bytes));
      if (!('value' in outcome)) return;
      const again = encodeCpim(outcome.value);
      // Content that ends without the blank line gets it.
      expect(utf8Text(again).replace(/\r\n$/, '')).toBe(utf8Text(bytes).replace(/\r\n$/, ''));
      same++;
    }), { numRuns: 1000 });
    expect(same).toBeGreaterThan(50);
  });

  it('is the same to the fast lane and the grammar', () => {
    const name = fc.array(fc.constantFrom('From', 'a', 'b', 'c', '.', '-', '~', '('), { minLength: 1, maxLength: 3 }).map((parts) => parts.join(''));
    const between = fc.constantFrom(': ', ': ', ': ', ': ', ': ', ': ', ':', ':  ', ' : ', ':;lang=fr ', '');
    const value = fc.array(fc.constantFrom('<im:a@b>', 'x', 'y', 'z', ' ', '\\', '"', ';', ':', '\t', '\x7f', '\xc3\xa9', '\xff', '\0'), { maxLength: 4 }).map((parts) => parts.join(''));
    let taken = 0;
    fc.assert(fc.property(fc.tuple(name, between, value).map((parts) => parts.join('')), (line) => {
      const lane = headerByLane(line);
      if (lane === undefined) return;
      taken++;
      expect(lane).toEqual(grammar.Header(line));
    }), { numRuns: 3000 });
    expect(taken).toBeGreaterThan(100);
  });
});

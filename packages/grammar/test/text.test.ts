import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import {
  abnf, byteString, byteStringToText, bytesOf, concatBytes, defineErrors, escapeUser, grammarErrors, isHost, isIPv4, isIPv6, isToken, Params, parseParams, ProtocolError,
  quote, splitList, strictUtf8Text, textToByteString, unescapeUri, unquote, utf8, utf8Text, writeByteString,
} from '../src/index.js';

const octets = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) });

describe('byte strings', () => {
  it('carry every octet both ways', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => {
      expect(bytesOf(byteString(bytes))).toEqual(bytes);
    }));
    const all = Uint8Array.from({ length: 20_000 }, (_, i) => i);
    expect(bytesOf(byteString(all))).toEqual(all);
    expect(byteString(all, 65, 68)).toBe('ABC');
    expect(byteString(Buffer.from(all), 65, 68)).toBe('ABC');
  });

  it('are UTF-8 of text', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => byteStringToText(textToByteString(text)) === text));
    expect(textToByteString('é')).toBe('\xc3\xa9');
    expect(byteStringToText('\xff')).toBe('\ufffd');
    expect(strictUtf8Text(Uint8Array.of(0xff))).toBeUndefined();
    expect(strictUtf8Text(utf8('\ufeffé'))).toBe('\ufeffé');
    expect(utf8Text(utf8('é'))).toBe('é');
  });

  it('are written in place and joined', () => {
    const target = new Uint8Array(4);
    expect(writeByteString(target, 1, '\xffb')).toBe(3);
    expect(target).toEqual(Uint8Array.of(0, 255, 98, 0));
    expect(concatBytes([Uint8Array.of(1), Uint8Array.of(), Uint8Array.of(2, 3)])).toEqual(Uint8Array.of(1, 2, 3));
    const one = Uint8Array.of(1);
    expect(concatBytes([one])).toBe(one);
  });
});

describe('ProtocolError', () => {
  const error = defineErrors({ X_Y: { meaning: 'It broke', fault: 'remote', status: 400, section: 'RFC 1 §2' } });

  it('carries code, fault, status, section and place', () => {
    expect(error('X_Y', { detail: 'here', offset: 3, header: 'To' })).toMatchObject({
      name: 'ProtocolError', message: 'It broke: here', code: 'X_Y', fault: 'remote', status: 400, section: 'RFC 1 §2', offset: 3, header: 'To',
    });
    expect(error('X_Y', { status: 416, section: 'RFC 3 §4' })).toMatchObject({ message: 'It broke', status: 416, section: 'RFC 3 §4' });
    const cause = new Error('why');
    expect(error('X_Y', { cause }).cause).toBe(cause);
  });

  it('is known by its brand, whatever copy of the module made it', () => {
    expect(ProtocolError.is(error('X_Y'))).toBe(true);
    expect(ProtocolError.is({ [Symbol.for('@simple-im/ProtocolError')]: true })).toBe(true);
    for (const other of [new Error('x'), undefined, null, 'x', {}]) expect(ProtocolError.is(other)).toBe(false);
  });

  it('has a table whose codes name the package', () => {
    for (const code of Object.keys(grammarErrors)) expect(code).toMatch(/^GRAMMAR_[A-Z_]+$/);
  });
});

describe('quoted-string (RFC 3261 §25.1)', () => {
  it('carries everything but line breaks both ways', () => {
    fc.assert(fc.property(octets, (text) => {
      fc.pre(!/[\r\n]/.test(text));
      const quoted = quote(text);
      return unquote(quoted) === text && parseParams(`;a=${quoted}`).get('a') === text;
    }));
  });

  it('cannot carry CR, LF or what is not an octet', () => {
    for (const text of ['a\rb', 'a\nb', '\u0100']) expect(() => quote(text)).toThrow(expect.objectContaining({ code: 'GRAMMAR_UNENCODABLE' }) as Error);
  });

  it('reads a fold as one space and any escaped octet as itself', () => {
    expect(unquote('"a \r\n\t b\\c\\\\\\""')).toBe('a bc\\"');
  });

  it.each(['', '"', 'a', '"a', 'a"', '"a"b"', '"\\"', '"\x00"', '"\\\n"', '"\r\n"', '"a" '])('refuses %j', (text) => {
    expect(() => unquote(text)).toThrow(expect.objectContaining({ code: 'GRAMMAR_BAD_QUOTED_STRING' }) as Error);
  });
});

describe('parameters', () => {
  it('are ordered, found without case, kept as they came', () => {
    const params = parseParams(';B=1;a="x\\"y" ; c ;d= [::1];received=2001:db8::1');
    expect(params.entries()).toEqual([['B', '1'], ['a', '"x\\"y"'], ['c', undefined], ['d', '[::1]'], ['received', '2001:db8::1']]);
    expect(params.get('b')).toBe('1');
    expect(params.get('A')).toBe('x"y');
    expect(params.raw('A')).toBe('"x\\"y"');
    expect(params.get('c')).toBe('');
    expect(params.has('C')).toBe(true);
    expect(params.get('z')).toBeUndefined();
    expect(params.raw('c')).toBeUndefined();
    expect([...params]).toHaveLength(5);
    expect(params.toString()).toBe(';B=1;a="x\\"y";c;d=[::1];received=2001:db8::1');
  });

  it('do not unescape names of header parameters, where "%" is a token character', () => {
    expect(parseParams(';%6Cr').has('lr')).toBe(false);
  });

  it('are changed by copy, in place', () => {
    const params = parseParams(';a=1;b=2');
    expect(params.with('A', 'x y').toString()).toBe(';A="x y";b=2');
    expect(params.with('c').toString()).toBe(';a=1;b=2;c');
    expect(params.with('b', false).toString()).toBe(';a=1');
    expect(params.without('zz')).toBe(params);
    expect(params.toString()).toBe(';a=1;b=2');
    expect(Params.of({ a: 1, b: true, c: undefined, d: false, e: '' }).toString()).toBe(';a=1;b;c;e=""');
  });

  it.each([';', 'a', ';a=', ';a="', ';a b', ';a=b c', ';a=a@b', ';=', ';;a'])('refuses "%s"', (text) => {
    expect(() => parseParams(text)).toThrow(expect.objectContaining({ code: 'GRAMMAR_BAD_PARAMETERS' }) as Error);
  });
});

describe('lists', () => {
  it.each([
    ['', []],
    ['  ', []],
    ['a', ['a']],
    [' a , b,c ', ['a', 'b', 'c']],
    ['"a,b" <sip:a,b@c>;x="\\",", d', ['"a,b" <sip:a,b@c>;x="\\",",'.slice(0, -1), 'd']],
    ['a,,b', ['a', '', 'b']],
    ['\xc2\xa0,\xc2\xa0', ['\xc2\xa0', '\xc2\xa0']],
    [',', ['', '']],
    ['a,"b,c', ['a', '"b,c']],
    ['a,<b,c', ['a', '<b,c']],
    ['a,"b\\', ['a', '"b\\']],
  ])('%j has the elements %j', (text, elements) => expect(splitList(text)).toEqual(elements));

  it('joins again', () => {
    const element = fc.oneof(fc.constantFrom('a', '<sip:x,y@z>', 'b c'), octets.filter((text) => !/[\r\n]/.test(text)).map(quote));
    fc.assert(fc.property(fc.array(element, { minLength: 1 }), (elements) => {
      expect(splitList(elements.join(', '))).toEqual(elements);
    }));
  });

  it('is linear in unclosed brackets and quotes', () => {
    expect(splitList('<,'.repeat(200_000))).toHaveLength(1);
    expect(splitList('",'.repeat(200_000)).length).toBeGreaterThan(1);
  });
});

it('names tokens and addresses', () => {
  expect(isToken("aZ0-.!%*_+`'~")).toBe(true);
  for (const text of ['', 'a b', 'a;', '\xe9', '\u0101']) expect(isToken(text)).toBe(false);
  expect(isIPv4('192.0.2.1')).toBe(true);
  expect(isIPv4('192.0.2.256')).toBe(false);
  expect(isIPv6('2001:db8::1')).toBe(true);
  expect(isIPv6('2001:db8:::1')).toBe(false);
  expect(isHost('[::1]')).toBe(true);
  expect(isHost('::1')).toBe(false);
  expect(new RegExp(`^${abnf.IPv6reference.source}$`).test('[::1]')).toBe(true);
});

it('escapes and unescapes users', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => byteStringToText(unescapeUri(escapeUser(text))) === text));
  expect(escapeUser('a b;c')).toBe('a%20b;c');
});

import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { byteString, bytesOf, concatBytes } from '@simple-im/grammar';
import { codeOf } from '@simple-im/testkit';
import { buildMultipart, EntityHeaders, leafParts, partOfCid, splitMultipart, type MultipartLimits } from '../src/index.js';

function split(text: string, contentType = 'multipart/mixed; boundary=b', limits?: MultipartLimits): string[] {
  return splitMultipart(bytesOf(text), contentType, limits).parts.map((part) => byteString(part.body));
}

const random = { bytes: (length: number) => Uint8Array.from({ length }, () => Math.floor(Math.random() * 256)) };

describe('taking apart (RFC 2046 §5.1.1)', () => {
  it('reads the example of the section', () => {
    const body = bytesOf([
      'This is the preamble.  It is to be ignored, though it', 'is a handy place for composition agents to include an', 'explanatory note to non-MIME conformant readers.', '',
      '--simple boundary', '', 'This is implicitly typed plain US-ASCII text.', 'It does NOT end with a linebreak.',
      '--simple boundary', 'Content-type: text/plain; charset=us-ascii', '', 'This is explicitly typed plain US-ASCII text.', 'It DOES end with a linebreak.', '',
      '--simple boundary--', '', 'This is the epilogue.  It is also to be ignored.', '',
    ].join('\r\n'));
    const { parts, preamble, epilogue } = splitMultipart(body, 'multipart/mixed; boundary="simple boundary"');
    expect(parts.map((part) => byteString(part.body))).toEqual([
      'This is implicitly typed plain US-ASCII text.\r\nIt does NOT end with a linebreak.',
      'This is explicitly typed plain US-ASCII text.\r\nIt DOES end with a linebreak.\r\n',
    ]);
    expect(parts[0]?.headers.fields).toEqual([]);
    expect(parts[1]?.headers.contentType).toMatchObject({ type: 'text/plain' });
    expect(byteString(preamble)).toMatch(/^This is the preamble[^]*readers\.\r\n$/);
    expect(byteString(epilogue)).toMatch(/^\r\nThis is the epilogue/);
  });

  it('gives views, not copies', () => {
    const body = bytesOf('--b\r\n\r\nabc\r\n--b--');
    const [part] = splitMultipart(body, 'multipart/mixed;boundary=b').parts;
    expect(part?.body.buffer).toBe(body.buffer);
    expect(byteString(part?.bytes as Uint8Array)).toBe('\r\nabc');
  });

  it.each<[string, string[]]>([
    ['--b\r\n\r\na\r\n--b--', ['a']],
    ['--b\r\n\r\na\r\n--b\r\n\r\nb\r\n--b--\r\n', ['a', 'b']],
    ['--b  \t\r\n\r\na\r\n--b-- \r\n', ['a']],
    ['--b\r\n\r\n\r\n--b--', ['']],
    ['--b\r\n\r\n--b--', ['']],
    ['--b\r\n--b--', ['']],
    ['--b\r\nA: b\r\n--b--', ['']],
    ['--b\r\n\r\na\n--b--\r--b--\n\r\n--b--', ['a\n--b--\r--b--\n']],
    ['--b\r\n\r\na--b--\r\n--b--', ['a--b--']],
    ['--b\r\n\r\n--bb\r\n--b-\r\n--b x\r\n--b--x\r\n--b--', ['--bb\r\n--b-\r\n--b x\r\n--b--x']],
    ['--b\r\n\r\n\x00\xff\r\n\r\n\r\n--b--', ['\x00\xff\r\n\r\n']],
    ['\r\n--b\r\n\r\na\r\n--b--', ['a']],
    ['--b\r\n\r\na\r\n--b--\r\n--b\r\n\r\nignored\r\n--b--', ['a']],
  ])('%j', (text, bodies) => expect(split(text)).toEqual(bodies));

  it.each([
    ['', 'MIME_NO_DELIMITER'],
    ['a', 'MIME_NO_DELIMITER'],
    ['--b--', 'MIME_NO_DELIMITER'],
    ['--b\n\na\n--b--', 'MIME_NO_DELIMITER'],
    ['--b\r\n\r\na', 'MIME_NOT_CLOSED'],
    ['--b\r\n\r\na\r\n--b\r\n', 'MIME_NOT_CLOSED'],
    ['--b\r\nno colon\r\n\r\na\r\n--b--', 'MIME_BAD_HEADER'],
    ['--b\r\n: b\r\n\r\na\r\n--b--', 'MIME_BAD_HEADER'],
    ['--b\r\nA: \x00\r\n\r\na\r\n--b--', 'MIME_BAD_HEADER'],
  ])('refuses %j with %s', (text, code) => expect(codeOf(() => split(text))).toBe(code));

  it.each(['multipart/mixed', 'text/plain; boundary=b', 'multipart/mixed; boundary=""', 'multipart/mixed; boundary="b "', `multipart/mixed; boundary=${'b'.repeat(71)}`, 'multipart/mixed; boundary="a\\"b"'])(
    'refuses the type %s', (type) => expect(codeOf(() => split('--b\r\n\r\n\r\n--b--', type))).toBe('MIME_NOT_MULTIPART'));

  it('has limits', () => {
    const text = '--b\r\nA: 1\r\nB: 2\r\n\r\na\r\n--b\r\n\r\n\r\n--b--';
    expect(split(text, undefined, { maxParts: 2, maxHeaders: 2, maxHeaderBytes: 12 })).toHaveLength(2);
    expect(codeOf(() => split(text, undefined, { maxParts: 1 }))).toBe('MIME_TOO_MANY_PARTS');
    expect(codeOf(() => split(text, undefined, { maxHeaders: 1 }))).toBe('MIME_TOO_MANY_HEADERS');
    expect(codeOf(() => split(text, undefined, { maxHeaderBytes: 11 }))).toBe('MIME_HEADERS_TOO_LONG');
  });
});

describe('nested bodies', () => {
  const inner = buildMultipart([{ headers: [['Content-ID', '<x%y@h>']], body: bytesOf('1') }, { headers: [], body: bytesOf('2') }], { random });
  const outer = buildMultipart([{ headers: [['Content-Type', inner.contentType]], body: inner.body }, { headers: [['Content-ID', '<z@h>']], body: bytesOf('3') }], { random, subtype: 'related', params: { start: '<z@h>' } });

  it('give their leaves in order', () => {
    expect(leafParts(outer.body, outer.contentType).map((part) => byteString(part.body))).toEqual(['1', '2', '3']);
    expect(leafParts(bytesOf('x'), 'text/plain')).toEqual([]);
    expect(codeOf(() => leafParts(outer.body, outer.contentType, { maxDepth: 1 }))).toBe('MIME_TOO_DEEP');
  });

  it('are searched by cid (RFC 2392 §2)', () => {
    const parts = leafParts(outer.body, outer.contentType);
    expect(byteString(partOfCid(parts, 'cid:x%25y@h')?.body as Uint8Array)).toBe('1');
    expect(byteString(partOfCid(parts, 'CID:z%40h')?.body as Uint8Array)).toBe('3');
    expect(partOfCid(parts, 'cid:nobody@h')).toBeUndefined();
    expect(codeOf(() => partOfCid(parts, 'http://h'))).toBe('MIME_BAD_CID');
  });

  it('keep the parameters of multipart/related (RFC 2387)', () => {
    expect(outer.contentType).toMatch(/^multipart\/related;boundary=[0-9a-f]{36};start="<z@h>"$/);
  });
});

describe('writing', () => {
  const name = fc.constantFrom('Content-Type', 'Content-ID', 'X-Other');
  const value = fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[\r\n\x00]/g, '').replace(/^[ \t]+|[ \t]+$/g, ''));
  const body = fc.oneof(fc.uint8Array(), fc.array(fc.constantFrom('\r\n', '--', 'b', '-', '\n', '\r\n--b\r\n')).map((pieces) => bytesOf(pieces.join(''))));
  const part = fc.record({ headers: fc.array(fc.tuple(name, value), { maxLength: 3 }), body });

  it('gives the same parts when taken apart', () => {
    fc.assert(fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
      const built = buildMultipart(parts, { random });
      const { parts: read, preamble } = splitMultipart(built.body, built.contentType);
      expect(preamble).toHaveLength(0);
      expect(read.map((one) => ({ headers: one.headers.fields, body: [...one.body] }))).toEqual(parts.map((one) => ({ headers: one.headers, body: [...one.body] })));
    }), { numRuns: 300 });
  });

  it('sends the header of a part that was read as it came', () => {
    const came = '--b\r\ncontent-TYPE:text/plain;\r\n\tcharset=utf-8\r\nX :  y  \r\n\r\na\r\n--b--';
    const { parts } = splitMultipart(bytesOf(came), 'multipart/mixed;boundary=b');
    expect(parts[0]?.headers.get('Content-Type')).toBe('text/plain; charset=utf-8');
    expect(parts[0]?.headers.get('x')).toBe('y');
    expect(byteString(buildMultipart(parts, { random }).body)).toContain('\r\ncontent-TYPE:text/plain;\r\n\tcharset=utf-8\r\nX :  y  \r\n\r\na\r\n');
  });

  it('takes another boundary when the first occurs in a part', () => {
    const draws = [new Uint8Array(18), new Uint8Array(18).fill(1)];
    const built = buildMultipart([{ headers: [], body: bytesOf(`--${'00'.repeat(18)}`) }], { random: { bytes: () => draws.shift() as Uint8Array } });
    expect(built.contentType).toContain('01'.repeat(18));
    expect(splitMultipart(built.body, built.contentType).parts).toHaveLength(1);
  });

  it('gives up on random octets that never change', () => {
    const stuck = { bytes: (length: number) => new Uint8Array(length) };
    const inHeader: [string, string][] = [['X', `--${'00'.repeat(18)}`]];
    expect(codeOf(() => buildMultipart([{ headers: inHeader, body: new Uint8Array(0) }], { random: stuck }))).toBe('MIME_UNENCODABLE');
  });

  it('refuses what would become another field or part', () => {
    for (const headers of [[['A', 'b\r\nC: d']], [['A\r\n', 'b']], [['', 'b']], [['A', 'b\x00']]] as [string, string][][]) {
      expect(codeOf(() => buildMultipart([{ headers, body: new Uint8Array(0) }], { random }))).toBe('MIME_UNENCODABLE');
    }
    expect(codeOf(() => buildMultipart([], { random }))).toBe('MIME_UNENCODABLE');
    expect(codeOf(() => new EntityHeaders([['A', '\n']]))).toBe('MIME_UNENCODABLE');
  });
});

describe('hostile input', () => {
  it('ends with a value or a ProtocolError', () => {
    const piece = fc.constantFrom('--b', '\r\n', '--', ' ', 'A: b', 'Content-Type: multipart/mixed; boundary=b', ':', '\n', '\r', '\x00', '\xff', '\t');
    fc.assert(fc.property(fc.array(piece).map((pieces) => bytesOf(`--b\r\n${pieces.join('')}\r\n--b--`)), (bytes) => {
      codeOf(() => leafParts(bytes, 'multipart/mixed;boundary=b'));
    }), { numRuns: 2000 });
  });

  it('is read in linear time', () => {
    const size = 500_000;
    for (const unit of ['--b', '\r\n--b', '\r\n--b ', '\n', '\r\n', '-', '\r', ' ', '\r\n ', 'A:\r\n']) {
      const text = unit.repeat(size / unit.length);
      codeOf(() => split(`--b\r\n${text}`));
      codeOf(() => split(`--b\r\n${text}\r\n\r\n\r\n--b--`, undefined, { maxHeaderBytes: 1_000_000, maxHeaders: 1_000_000 }));
      codeOf(() => split(`--b ${text}`));
    }
    const parts = concatBytes([bytesOf('--b\r\n\r\n\r\n'.repeat(10_000)), bytesOf('--b--')]);
    expect(splitMultipart(parts, 'multipart/mixed;boundary=b', { maxParts: 10_000 }).parts).toHaveLength(10_000);
  });
});

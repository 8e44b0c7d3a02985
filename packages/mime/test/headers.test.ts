import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { bytesOf, Params } from '@simple-im/grammar';
import { codeOf } from '@simple-im/testkit';
import {
  cidOfContentId, contentIdOfCid, EntityHeaders, formatContentType, isMultipart, parseContentDisposition, parseContentId, parseContentType, parseEntityHeaders,
} from '../src/index.js';

describe('Content-Type (RFC 2045 §5.1)', () => {
  it('reads type without case and parameters as they came', () => {
    const value = parseContentType('Text/Plain; Charset = "utf-8" ;format=flowed;x=a$b{c}');
    expect(value.type).toBe('text/plain');
    expect(value.params.get('charset')).toBe('utf-8');
    expect(value.params.get('x')).toBe('a$b{c}');
    expect(formatContentType(value)).toBe('text/plain;Charset="utf-8";format=flowed;x=a$b{c}');
  });

  it('reads folded values and blanks around the slash (RFC 3261 §25.1 SLASH)', () => {
    expect(parseContentType(' application / sdp \r\n ;a=b').type).toBe('application/sdp');
  });

  it.each(['', 'text', 'text/', '/plain', 'text/plain;', 'text/plain;a', 'text/plain;a=', 'text/plain a=b', 'text/plain;a=b;A=c', 'text/plain;a="b', 'te xt/plain', 'text/plain;a=b c',
    `text/plain${Array.from({ length: 33 }, (_, i) => `;a${i}=b`).join('')}`])('refuses "%s"', (value) => {
    expect(codeOf(() => parseContentType(value))).toBe('MIME_BAD_HEADER');
  });

  it('is written only when it can be read', () => {
    expect(codeOf(() => formatContentType({ type: 'text/pl ain', params: Params.none }))).toBe('MIME_UNENCODABLE');
    const text = fc.string({ unit: 'binary-ascii' }).filter((value) => !/[\r\n]/.test(value));
    fc.assert(fc.property(text, (value) => parseContentType(formatContentType({ type: 'a/b', params: Params.of({ v: value }) })).params.get('v') === value));
  });

  it('tells multipart', () => {
    expect(isMultipart(parseContentType('Multipart/Related;boundary=b'))).toBe(true);
    expect(isMultipart(parseContentType('text/multipart'))).toBe(false);
    expect(isMultipart(undefined)).toBe(false);
  });
});

it('reads Content-Disposition (RFC 2183 §2)', () => {
  const value = parseContentDisposition('Recipient-List-History; handling=optional; filename="a b.txt"');
  expect(value.type).toBe('recipient-list-history');
  expect(value.params.get('handling')).toBe('optional');
  expect(value.params.get('filename')).toBe('a b.txt');
  for (const wrong of ['', ';a=b', 'a b', 'a;b']) expect(codeOf(() => parseContentDisposition(wrong))).toBe('MIME_BAD_HEADER');
});

describe('Content-ID and cid URLs (RFC 2392 §2)', () => {
  it('are translated both ways', () => {
    expect(parseContentId(' <foo4%foo1@bar.net> ')).toBe('foo4%foo1@bar.net');
    expect(contentIdOfCid('cid:foo4%25foo1@bar.net')).toBe('foo4%foo1@bar.net');
    expect(cidOfContentId('foo4%foo1@bar.net')).toBe('cid:foo4%25foo1@bar.net');
    expect(cidOfContentId('a/b@c')).toBe('cid:a%2Fb@c');
    fc.assert(fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (id) => contentIdOfCid(cidOfContentId(id)) === id));
  });

  it.each(['', 'a@b', '<>', '<a b>', '<a@b', '<a@b> x'])('refuses the Content-ID "%s"', (value) => expect(codeOf(() => parseContentId(value))).toBe('MIME_BAD_HEADER'));
  it.each(['', 'cid:', 'mid:a@b', 'cid:a b', 'cid:%4', 'cid:<a@b>'])('refuses the URL "%s"', (url) => expect(codeOf(() => contentIdOfCid(url))).toBe('MIME_BAD_CID'));
});

describe('entity headers', () => {
  const headers = parseEntityHeaders(bytesOf('Content-Type: message/cpim\r\nContent-Disposition: attachment\r\nContent-ID: <a@b>\r\nContent-Transfer-Encoding: BASE64\r\ncontent-type: a/b\r\nX: \xc3\xa9'));

  it('are read by name without case, the first winning', () => {
    expect(headers.contentType?.type).toBe('message/cpim');
    expect(headers.contentDisposition?.type).toBe('attachment');
    expect(headers.contentId).toBe('a@b');
    expect(headers.contentTransferEncoding).toBe('base64');
    expect(headers.get('x')).toBe('é');
    expect(headers.fields).toHaveLength(6);
  });

  it('have defaults when absent (RFC 3261 §27.5)', () => {
    const none = parseEntityHeaders(new Uint8Array(0));
    expect([none.contentType, none.contentDisposition, none.contentId, none.contentTransferEncoding, none.text]).toEqual([undefined, undefined, undefined, 'binary', '']);
  });

  it('are written as text', () => {
    expect(new EntityHeaders([['Subject', 'é']]).text).toBe('Subject: \xc3\xa9\r\n');
  });
});

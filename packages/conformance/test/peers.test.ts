import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { cases, wireText } from '@simple-im/conformance';
import { digestAnswer } from '../src/digest-answer.js';
import { cutMessage, header, headers, parameter, statusOf, uriOf } from '../src/sip-text.js';
import { fill, without } from '../src/template.js';
import { WireLog } from '../src/wire-log.js';

describe('cases', () => {
  it('have ids of their own that say reference point, document, section and what', () => {
    expect(new Set(cases.map(({ id }) => id)).size).toBe(cases.length);
    for (const { id } of cases) expect(id).toMatch(/^[A-Z]+-\d+\/[a-z0-9.-]+\/[\w.-]+\/[a-z0-9-]+$/);
  });
});

describe('templates', () => {
  it('lose their indentation, end lines with CRLF, and take values as they are', () => {
    expect(fill('\n    A: {a}\n    {none}\n\n    {body}\n  ', { a: '1', none: '', body: '{a}\n\xff' })).toBe('A: 1\r\n\r\n{a}\n\xff\r\n');
    expect(fill('é', {})).toBe('\xc3\xa9\r\n');
  });

  it('with a placeholder nobody fills are a mistake, as is taking away what is not there', () => {
    expect(() => fill('{typo}', {})).toThrow('{typo}');
    expect(without('  A: 1\n  B: 2', 'A:')).toBe('  B: 2');
    expect(() => without('A: 1', 'C:')).toThrow('C:');
  });
});

describe('the reader of SIP', () => {
  const message = 'SIP/2.0 200 OK\r\nv: SIP/2.0/UDP a;branch=z9hG4bK1;rport\r\nVia: SIP/2.0/UDP b\r\nSubject: one\r\n two\r\nContact: "x;tag=no" <sip:a@b;tag=in>;tag=1\r\nl: 2\r\n\r\nhi';

  it('finds headers in both forms, unfolded', () => {
    expect(headers(message, 'Via')).toEqual(['SIP/2.0/UDP a;branch=z9hG4bK1;rport', 'SIP/2.0/UDP b']);
    expect(header(message, 'subject')).toBe('one two');
    expect([statusOf(message), uriOf(header(message, 'contact'))]).toEqual([200, 'sip:a@b;tag=in']);
    expect(parameter(header(message, 'Contact'), 'tag')).toBe('1');
    expect([parameter(header(message, 'Via'), 'branch'), parameter(header(message, 'Via'), 'rport'), parameter(header(message, 'Via'), 'port')]).toEqual(['z9hG4bK1', '', undefined]);
  });

  it('cuts a stream at every octet', () => {
    for (let length = 0; length < message.length; length++) expect(cutMessage(message.slice(0, length))).toBeUndefined();
    expect(cutMessage(`\r\n\r\n${message}SIP`)).toEqual({ message, rest: 'SIP' });
  });
});

describe('the digest answer', () => {
  const md5 = 'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';
  const question = { method: 'GET', uri: '/dir/index.html', username: 'Mufasa', password: 'Circle of Life' };

  it.each([['md5', md5], ['sha256', md5.replace('=MD5', '=SHA-256')]])('is that of RFC 7616 §3.4.1 with %s', (name, challenge) => {
    const hash = (text: string): string => createHash(name).update(text).digest('hex');
    const answer = digestAnswer({ ...question, challenges: [challenge] }) ?? '';
    const cnonce = /cnonce="([^"]+)"/.exec(answer)?.[1];
    const nonce = '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v';
    const expected = hash(`${hash('Mufasa:http-auth@example.org:Circle of Life')}:${nonce}:00000001:${cnonce}:auth:${hash('GET:/dir/index.html')}`);
    expect(answer).toContain(`response="${expected}"`);
    expect(answer).toContain('opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"');
  });

  it('takes the first challenge it can answer, without qop as RFC 2069 did', () => {
    const answer = digestAnswer({ ...question, challenges: ['Digest realm="r", nonce="n", algorithm=SHA-512-256', 'Basic realm="r"', 'Digest realm="r", nonce="n"'] });
    expect(answer).not.toContain('cnonce');
    expect(digestAnswer({ ...question, challenges: ['Basic realm="r"'] })).toBeUndefined();
  });
});

describe('the wire log', () => {
  it('masks what proves a user and escapes what is not text', () => {
    const log = new WireLog();
    log.add('sent', 'alice', 'REGISTER x SIP/2.0\r\nAuthorization: Digest username="a", nonce="n", response="abc", cnonce="def"\r\nProxy-Authorization: Basic YTpi\r\n\r\n\0\n\xff');
    const text = wireText(log.entries);
    expect(text).toContain('username="a", nonce="***", response="***", cnonce="***"');
    expect(text).toContain('Proxy-Authorization: ***');
    expect(text).toContain('\\x00\\n\\xff');
    expect(text).not.toMatch(/abc|def|YTpi/);
  });
});

import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { codeOf } from '@simple-im/testkit';
import { formatChallenge, formatCredentials, parseChallenges, parseCredentials } from '../src/index.js';

describe('challenges (RFC 7616 §3.3)', () => {
  it('reads every parameter', () => {
    expect(parseChallenges('Digest realm="a \\"b\\"", qop="auth, auth-int,token", nonce="n=", opaque="o",algorithm=SHA-256 , stale=TRUE, domain="sip:x", userhash=true')).toEqual([
      { realm: 'a "b"', nonce: 'n=', algorithm: 'SHA-256', qop: ['auth', 'auth-int'], opaque: 'o', stale: true, domain: 'sip:x', userhash: true },
    ]);
  });

  it('takes MD5 where no algorithm is named, and no qop for RFC 2069', () => {
    expect(parseChallenges('digest realm="r", nonce="n"')).toMatchObject([{ algorithm: 'MD5', qop: undefined, stale: false }]);
    expect(parseChallenges('Digest realm="r", nonce="n", qop=""')).toMatchObject([{ qop: undefined }]);
  });

  it('passes over unknown algorithms, schemes and qop (§3.3)', () => {
    expect(parseChallenges(['Digest realm="r", nonce="n", algorithm=SHA3', 'Basic realm="x"', 'Negotiate', 'Negotiate abc==', 'Digest realm="r", nonce="n", qop="new"',
      'Digest realm="r", nonce="m", algorithm=sha-512-256-SESS, qop=auth'])).toMatchObject([{ nonce: 'm', algorithm: 'SHA-512-256-sess', qop: ['auth'] }]);
  });

  it('reads several challenges from one field (RFC 7235 §4.1)', () => {
    const read = parseChallenges('Digest realm="r", nonce="1", algorithm=SHA-256, Basic realm="b", Negotiate, Digest realm = "r", nonce="2", algorithm=MD5');
    expect(read.map(({ nonce, algorithm }) => [nonce, algorithm])).toEqual([['1', 'SHA-256'], ['2', 'MD5']]);
  });

  it('keeps commas and equal signs inside quotes', () => {
    expect(parseChallenges('Digest realm="a, Digest nonce=x", nonce="n"')).toMatchObject([{ realm: 'a, Digest nonce=x', nonce: 'n' }]);
  });

  it.each(['Digest', 'Digest realm="r"', 'Digest nonce="n"', 'realm="r", nonce="n"', 'Digest realm="r", nonce="n", realm="s"', 'Digest realm="r, nonce="n"', 'Digest realm="r", nonce=n n',
    'Digest ,'])('refuses %j', (field) => {
    expect(codeOf(() => parseChallenges(field))).toBe('DIGEST_BAD_CHALLENGE');
  });

  it('has limits', () => {
    expect(codeOf(() => parseChallenges(`Digest realm="${'r'.repeat(8192)}"`))).toBe('DIGEST_TOO_LONG');
    expect(codeOf(() => parseChallenges(Array.from({ length: 17 }, () => 'Digest realm="r", nonce="n"')))).toBe('DIGEST_TOO_MANY_CHALLENGES');
  });

  it('gives what was written', () => {
    const text = fc.string({ unit: 'grapheme' }).filter((value) => !/[\r\n]/.test(value));
    fc.assert(fc.property(text, text, text, fc.boolean(), (realm, nonce, opaque, stale) => {
      const challenge = { realm, nonce, opaque, stale, algorithm: 'SHA-256', qop: ['auth'], userhash: true, domain: 'sip:a' } as const;
      expect(parseChallenges(formatChallenge(challenge))).toEqual([challenge]);
    }));
  });
});

describe('credentials (RFC 7616 §3.4)', () => {
  const good = 'Digest username="u", realm="r", nonce="n", uri="sip:a@b", response="ABCD", qop=auth, nc=0000000A, cnonce="c"';

  it('reads every parameter', () => {
    expect(parseCredentials(`${good}, opaque="o", algorithm=MD5, userhash=false`)).toEqual([
      { username: 'u', realm: 'r', nonce: 'n', uri: 'sip:a@b', response: 'abcd', qop: 'auth', nc: '0000000a', cnonce: 'c', opaque: 'o', algorithm: 'MD5', userhash: false },
    ]);
  });

  it('reads a name in the extended notation (RFC 5987)', () => {
    expect(parseCredentials(good.replace('username="u"', "username*=UTF-8''J%C3%A4s%C3%B8n%20Doe"))[0]?.username).toBe('Jäsøn Doe');
    for (const wrong of ["username*=UTF-8''%ff", "username*=latin1''a", "username=\"u\", username*=UTF-8''u"]) {
      expect(codeOf(() => parseCredentials(good.replace('username="u"', wrong)))).toBe('DIGEST_BAD_CREDENTIALS');
    }
  });

  it('reads a name in UTF-8', () => {
    expect(parseCredentials(good.replace('"u"', '"Jürgen"'))[0]?.username).toBe('Jürgen');
  });

  it.each([['username="u", ', ''], ['realm="r", ', ''], ['nonce="n", ', ''], ['uri="sip:a@b", ', ''], ['response="ABCD", ', ''], ['nc=0000000A', 'nc=1'], ['nc=0000000A, ', ''],
    [', cnonce="c"', ''], ['qop=auth', 'qop=other'], ['qop=auth, nc=0000000A, cnonce="c"', 'algorithm=MD5-sess']])('refuses credentials with %j changed to %j', (part, other) => {
    expect(codeOf(() => parseCredentials(good.replace(part, other)))).toBe('DIGEST_BAD_CREDENTIALS');
  });

  it('passes over other schemes and unknown algorithms', () => {
    expect(parseCredentials(['Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==', 'Bearer abc', `${good}, algorithm=SHA3`])).toEqual([]);
  });

  it('gives what was written', () => {
    const [credentials] = parseCredentials(`${good}, opaque="o", userhash=true`);
    expect(parseCredentials(formatCredentials(credentials as never))).toEqual([credentials]);
  });

  it('writes no line break whatever the values are', () => {
    expect(codeOf(() => formatChallenge({ realm: 'a\r\nVia: x', nonce: 'n', algorithm: 'MD5' }))).toBe('GRAMMAR_UNENCODABLE');
  });
});

it('ends with a value or a ProtocolError on any input, in linear time', () => {
  const piece = fc.constantFrom('Digest ', 'realm', 'nonce', '=', '"', ',', ' ', 'x', '\\', '\x00', 'é', 'nc=00000001', 'qop=auth', 'username*=', "UTF-8''%");
  fc.assert(fc.property(fc.oneof(fc.string(), fc.array(piece).map((pieces) => pieces.join(''))), (field) => {
    codeOf(() => parseChallenges(field));
    codeOf(() => parseCredentials(field));
  }), { numRuns: 2000 });
  for (const text of ['Digest a' + ' '.repeat(8000), `Digest ${'a '.repeat(4000)}`, `Digest a=${'"'.repeat(8000)}`, ','.repeat(8192), `Digest ${'a=b,'.repeat(2000)}`]) {
    expect(codeOf(() => parseCredentials(text))).toBe('DIGEST_BAD_CREDENTIALS');
  }
});

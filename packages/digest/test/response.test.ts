import { createHash, createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { digestResponse, ha1Of, hmac, parseCredentials, type Credentials, type Hash } from '../src/index.js';
import { hash } from './hash.js';

interface Vector { source: string; method: string; password: string; authorization: string; truncatedSha512?: boolean }

const vectors = JSON.parse(readFileSync(new URL('vectors/responses.json', import.meta.url), 'utf8')) as Vector[];
const truncated: Hash = (algorithm, data) => (algorithm === 'SHA-512-256' ? createHash('sha512').update(data).digest().subarray(0, 32) : hash(algorithm, data));

describe('response (RFC 7616 §3.4.1)', () => {
  it.each(vectors)('$source', ({ authorization, method, password, truncatedSha512 }) => {
    const [credentials] = parseCredentials(authorization) as [Credentials];
    const input = { ...credentials, method };
    expect(digestResponse(truncatedSha512 === true ? truncated : hash, { password }, input)).toBe(credentials.response);
    expect(digestResponse(hash, { password }, { ...input, method: 'PUT' })).not.toBe(credentials.response);
    if (truncatedSha512 === true) expect(digestResponse(hash, { password }, input)).not.toBe(credentials.response);
  });

  const input = { algorithm: 'MD5', username: 'u', realm: 'r', nonce: 'n', uri: 'sip:a', method: 'INVITE', qop: 'auth-int', nc: '00000001', cnonce: 'c' } as const;

  it('hashes an absent body as an empty one with auth-int (RFC 8760 §2.6 point 7)', () => {
    const ha1 = ha1Of(hash, 'SHA-256', 'u', 'r', 'p');
    const ha2 = createHash('sha256').update('INVITE:sip:a:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855').digest('hex');
    const expected = createHash('sha256').update(`${ha1}:n:00000001:c:auth-int:${ha2}`).digest('hex');
    expect(digestResponse(hash, { password: 'p' }, { ...input, algorithm: 'SHA-256' })).toBe(expected);
    expect(digestResponse(hash, { password: 'p' }, { ...input, algorithm: 'SHA-256', body: Uint8Array.of(1) })).not.toBe(expected);
  });

  it('makes the session key of nonce and cnonce (§3.4.2)', () => {
    const ha1 = createHash('md5').update(`${ha1Of(hash, 'MD5', 'u', 'r', 'p')}:n:c`).digest('hex');
    const ha2 = createHash('md5').update('INVITE:sip:a').digest('hex');
    const expected = createHash('md5').update(`${ha1}:n:00000001:c:auth:${ha2}`).digest('hex');
    expect(digestResponse(hash, { password: 'p' }, { ...input, algorithm: 'MD5-sess', qop: 'auth' })).toBe(expected);
  });

  it('is the same from a password and from its stored hash', () => {
    const ha1 = { MD5: ha1Of(hash, 'MD5', 'u', 'r', 'p').toUpperCase() };
    expect(digestResponse(hash, { ha1 }, input)).toBe(digestResponse(hash, { password: 'p' }, input));
    expect(digestResponse(hash, { ha1 }, { ...input, algorithm: 'SHA-256' })).toBeUndefined();
  });
});

it('makes HMAC as RFC 2104 has it, with short and long keys', () => {
  const names = [['MD5', 'md5'], ['SHA-256', 'sha256'], ['SHA-512-256', 'sha512-256']] as const;
  fc.assert(fc.property(fc.constantFrom(...names), fc.uint8Array({ maxLength: 200 }), fc.uint8Array(), ([algorithm, name], key, data) => {
    expect(Buffer.from(hmac(hash, algorithm, key, data)).toString('hex')).toBe(createHmac(name, key).update(data).digest('hex'));
  }));
});

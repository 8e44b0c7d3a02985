import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ProtocolError } from '@simple-im/grammar';
import {
  DigestClient, DigestServer, digestResponse, formatChallenge, ha1Of, parseChallenges, parseCredentials,
  type Challenge, type Credentials, type DigestClientOptions, type DigestServerOptions, type Secret, type Verdict,
} from '../src/index.js';
import { counter, hash } from './hash.js';

const NOW = 1_700_000_000_000;
const request = { method: 'REGISTER', uri: 'sip:example.com' };
const password: Secret = { password: 'secret' };

function makeClient(options: Partial<DigestClientOptions> = {}): DigestClient {
  return new DigestClient({ hash, username: 'alice', secret: password, random: counter(), ...options });
}

function makeServer(options: Partial<DigestServerOptions> = {}): DigestServer {
  return new DigestServer({ hash, realm: 'example.com', key: new Uint8Array(32).fill(7), random: counter(), ...options });
}

function check(server: DigestServer, fields: string | string[], more: { now?: number; secret?: Secret | undefined; method?: string; alternativeMethod?: string; body?: Uint8Array; uri?: string } = {}): Verdict | undefined {
  const credentials = server.credentials(fields);
  if (credentials === undefined) return undefined;
  const { now = NOW, method = request.method, uri = request.uri } = more;
  const secret = 'secret' in more ? more.secret : password;
  return server.verify(credentials, secret, { method, body: more.body, alternativeMethod: more.alternativeMethod, matchesUri: (text) => text === uri }, now);
}

function only(fields: string[]): Credentials {
  expect(fields).toHaveLength(1);
  return (parseCredentials(fields) as [Credentials])[0];
}

function challenge(values: Partial<Challenge> = {}): string {
  return formatChallenge({ realm: 'r', nonce: 'n1', algorithm: 'MD5', qop: ['auth'], ...values });
}

describe('client', () => {
  it('chooses the strongest algorithm it knows, whatever the order (RFC 8760 §2.4)', () => {
    const fields = [challenge(), challenge({ algorithm: 'SHA-256' }), challenge({ algorithm: 'SHA-512-256-sess' }), 'Digest realm="r", nonce="n", algorithm=SHA3, qop="auth"'];
    expect(only(makeClient().answer(fields, request)).algorithm).toBe('SHA-512-256-sess');
  });

  it('chooses among those its stored hashes are for', () => {
    const client = makeClient({ secret: { ha1: { MD5: ha1Of(hash, 'MD5', 'alice', 'r', 'secret') } } });
    expect(only(client.answer([challenge({ algorithm: 'SHA-256' }), challenge()], request)).algorithm).toBe('MD5');
    expect(client.answer(challenge({ algorithm: 'SHA-256' }), request)).toEqual([]);
  });

  it('counts nc for each nonce from 1 (RFC 7616 §3.4)', () => {
    const client = makeClient();
    expect(only(client.answer(challenge(), request))).toMatchObject({ nc: '00000001', nonce: 'n1' });
    expect(only([client.authorize('r', request) as string])).toMatchObject({ nc: '00000002', nonce: 'n1' });
    expect(only(client.answer(challenge({ nonce: 'n2' }), request))).toMatchObject({ nc: '00000001', nonce: 'n2' });
    expect(client.authorize('other', request)).toBeUndefined();
    expect(client.realms).toEqual(['r']);
  });

  it('sends no nc and cnonce to a server without qop (RFC 3261 §22.4 point 8)', () => {
    expect(only(makeClient().answer(challenge({ qop: undefined }), request))).toMatchObject({ qop: undefined, nc: undefined, cnonce: undefined });
    expect(makeClient().answer(challenge({ qop: undefined, algorithm: 'MD5-sess' }), request)).toEqual([]);
  });

  it('takes auth where offered, auth-int when asked to or alone', () => {
    expect(only(makeClient().answer(challenge({ qop: ['auth-int', 'auth'] }), request)).qop).toBe('auth');
    expect(only(makeClient({ integrity: true }).answer(challenge({ qop: ['auth', 'auth-int'] }), request)).qop).toBe('auth-int');
    expect(only(makeClient().answer(challenge({ qop: ['auth-int'] }), request)).qop).toBe('auth-int');
  });

  it('gives up when the secret just sent was refused (RFC 3261 §22.2)', () => {
    const client = makeClient();
    const sent = client.answer(challenge(), request);
    expect(client.answer(challenge({ nonce: 'n2' }), request, sent)).toEqual([]);
  });

  it('renews a stale nonce without its user (RFC 7616 §3.3), but not for the same nonce', () => {
    const client = makeClient();
    const sent = client.answer(challenge(), request);
    const again = client.answer(challenge({ nonce: 'n2', stale: true }), request, sent);
    expect(only(again).nonce).toBe('n2');
    expect(client.answer(challenge({ nonce: 'n2', stale: true }), request, again)).toEqual([]);
  });

  it('tries once more when a nonce that had served is refused by a server that forgot it', () => {
    const client = makeClient();
    client.answer(challenge(), request);
    const sent = client.authorize('r', request) as string;
    const again = client.answer(challenge({ nonce: 'n2' }), request, sent);
    expect(only(again).nc).toBe('00000001');
    expect(client.answer(challenge({ nonce: 'n3' }), request, again)).toEqual([]);
  });

  it('answers every realm, and keeps those that did not challenge again (RFC 3261 §22.3)', () => {
    const client = makeClient();
    const both = client.answer([challenge(), challenge({ realm: 's' })], request);
    expect(parseCredentials(both).map(({ realm }) => realm)).toEqual(['r', 's']);
    const third = client.answer(challenge({ realm: 't' }), request, both);
    expect(parseCredentials(third).map(({ realm, nc }) => [realm, nc])).toEqual([['r', '00000002'], ['s', '00000002'], ['t', '00000001']]);
    expect(makeClient({ realm: 's' }).answer([challenge()], request)).toEqual([]);
  });

  it('returns opaque and hashes the name when asked (RFC 7616 §3.4.4)', () => {
    const credentials = only(makeClient().answer(challenge({ opaque: 'o', userhash: true }), request));
    expect(credentials).toMatchObject({ opaque: 'o', userhash: true, username: createHash('md5').update('alice:r').digest('hex') });
    expect(credentials.response).toBe(digestResponse(hash, password, { ...credentials, username: 'alice', method: 'REGISTER' }));
  });

  it('remembers a bounded number of realms', () => {
    const client = makeClient();
    for (let i = 0; i < 70; i++) client.answer(challenge({ realm: `r${i}` }), request);
    expect(client.realms).toHaveLength(64);
    expect(client.realms).not.toContain('r0');
  });
});

describe('server', () => {
  it('offers each algorithm in a field of its own, strongest first, with qop (RFC 8760 §2.3, §2.6)', () => {
    const fields = makeServer({ algorithms: ['MD5', 'SHA-512-256', 'SHA-256'], qop: ['auth', 'auth-int'] }).challenges(NOW);
    expect(fields.map((field) => parseChallenges(field))).toMatchObject([[{ algorithm: 'SHA-512-256' }], [{ algorithm: 'SHA-256' }], [{ algorithm: 'MD5', qop: ['auth', 'auth-int'] }]]);
    expect(makeServer().challenges(NOW).map((field) => parseChallenges(field)[0]?.algorithm)).toEqual(['SHA-256', 'MD5']);
  });

  it.each(['MD5', 'SHA-256', 'SHA-512-256'] as const)('takes the right credentials by %s, from password and stored hash', (algorithm) => {
    for (const secret of [password, { ha1: { [algorithm]: ha1Of(hash, algorithm, 'alice', 'example.com', 'secret') } }]) {
      const server = makeServer({ algorithms: [algorithm] });
      expect(check(server, makeClient().answer(server.challenges(NOW), request), { secret })).toMatchObject({ ok: true, username: 'alice' });
    }
  });

  it('takes auth-int, and not with another body', () => {
    const server = makeServer({ qop: ['auth-int'] });
    const body = Uint8Array.of(1, 2);
    const fields = makeClient().answer(server.challenges(NOW), { ...request, body });
    expect(check(server, fields, { body: Uint8Array.of(1, 3) })).toEqual({ ok: false, reason: 'wrong' });
    expect(check(server, fields, { body })).toMatchObject({ ok: true });
  });

  it('takes RFC 2069 credentials once for each nonce', () => {
    const server = makeServer();
    const offered = parseChallenges(server.challenges(NOW)).map((one) => formatChallenge({ ...one, qop: undefined }));
    const fields = makeClient().answer(offered, request);
    expect(check(server, fields)).toMatchObject({ ok: true });
    expect(check(server, fields)).toEqual({ ok: false, reason: 'stale' });
  });

  it.each<[string, Parameters<typeof check>[2]]>([
    ['another password', { secret: { password: 'other' } }],
    ['an unknown user', { secret: undefined }],
    ['a user without a hash for the algorithm', { secret: { ha1: {} } }],
    ['another method', { method: 'INVITE' }],
  ])('refuses %s', (_, more) => {
    const server = makeServer();
    const fields = makeClient().answer(server.challenges(NOW), request);
    expect(check(server, fields, more)).toEqual({ ok: false, reason: 'wrong' });
    expect(check(server, fields)).toMatchObject({ ok: true });
  });

  it('refuses the password it computes with for users who do not exist', () => {
    const server = makeServer();
    expect(check(server, makeClient({ secret: { password: 'nobody' } }).answer(server.challenges(NOW), request), { secret: undefined })).toEqual({ ok: false, reason: 'wrong' });
  });

  it('refuses algorithms and qop it did not offer', () => {
    const server = makeServer({ algorithms: ['SHA-256'] });
    const [offered] = parseChallenges(server.challenges(NOW)) as [Challenge];
    for (const other of [{ algorithm: 'MD5' }, { algorithm: 'SHA-256-sess' }, { qop: ['auth-int'] }] as Partial<Challenge>[]) {
      expect(check(server, makeClient().answer(formatChallenge({ ...offered, ...other }), request))).toEqual({ ok: false, reason: 'wrong' });
    }
  });

  it('tells a URI that is not the request-URI (RFC 7616 §3.4.6)', () => {
    const server = makeServer();
    expect(check(server, makeClient().answer(server.challenges(NOW), request), { uri: 'sip:other' })).toEqual({ ok: false, reason: 'uri' });
  });

  it('takes the method a well-known MSRP relay hashes only when told so', () => {
    const server = makeServer();
    const fields = makeClient().answer(server.challenges(NOW), { ...request, method: 'MSRP' });
    expect(check(server, fields, { method: 'AUTH' })).toEqual({ ok: false, reason: 'wrong' });
    expect(check(server, fields, { method: 'AUTH', alternativeMethod: 'MSRP' })).toMatchObject({ ok: true });
  });

  it('calls right credentials with an old, future, foreign or altered nonce stale', () => {
    const server = makeServer({ nonceSeconds: 60 });
    const fields = makeClient().answer(server.challenges(NOW), request);
    expect(check(server, fields, { now: NOW + 60_001 })).toEqual({ ok: false, reason: 'stale' });
    expect(check(server, fields, { now: NOW - 1 })).toEqual({ ok: false, reason: 'stale' });
    expect(check(server, fields, { now: NOW + 60_000 })).toMatchObject({ ok: true });
    const foreign = makeServer({ key: new Uint8Array(16) }).challenges(NOW);
    expect(check(server, makeClient().answer(foreign, request))).toEqual({ ok: false, reason: 'stale' });
    const [offered] = parseChallenges(server.challenges(NOW)) as [Challenge];
    for (const nonce of ['', 'x', `${offered.nonce}00`, offered.nonce.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')), `f${offered.nonce.slice(1)}`, 'zz'.repeat(30)]) {
      expect(check(server, makeClient().answer(formatChallenge({ ...offered, nonce }), request))).toEqual({ ok: false, reason: 'stale' });
    }
    expect(parseChallenges(server.challenges(NOW, true))[0]?.stale).toBe(true);
  });

  it('knows the nonces of another node with its key, not those of another realm', () => {
    expect(check(makeServer(), makeClient().answer(makeServer().challenges(NOW), request))).toMatchObject({ ok: true });
    const other = parseChallenges(makeServer({ realm: 'other.example' }).challenges(NOW)).map((one) => formatChallenge({ ...one, realm: 'example.com' }));
    expect(check(makeServer(), makeClient().answer(other, request))).toEqual({ ok: false, reason: 'stale' });
  });

  it('takes each nc once, also out of order (RFC 7616 §3.4)', () => {
    const server = makeServer();
    const client = makeClient();
    const fields = [...client.answer(server.challenges(NOW), request), ...Array.from({ length: 40 }, () => client.authorize('example.com', request) as string)];
    const at = (i: number): boolean => check(server, fields[i] as string)?.ok === true;
    expect([at(0), at(0), at(2), at(1), at(1), at(2), at(40), at(8), at(39), at(9), at(9)]).toEqual([true, false, true, true, false, false, true, false, true, true, false]);
  });

  it('refuses replays even when its table is full', () => {
    const server = makeServer({ maxNonces: 2 });
    const fields = Array.from({ length: 3 }, (_, i) => makeClient().answer(server.challenges(NOW + i), request));
    for (const field of fields) expect(check(server, field, { now: NOW + 10 })).toMatchObject({ ok: true });
    for (const field of fields) expect(check(server, field, { now: NOW + 10 })).toEqual({ ok: false, reason: 'stale' });
    expect(check(server, makeClient().answer(server.challenges(NOW + 11), request), { now: NOW + 11 })).toMatchObject({ ok: true });
  });

  it('never makes the same nonce twice', () => {
    const server = makeServer();
    expect(new Set(Array.from({ length: 50 }, () => parseChallenges(server.challenges(NOW))[0]?.nonce)).size).toBe(50);
  });

  it('finds the credentials of its realm among several', () => {
    const server = makeServer();
    const client = makeClient();
    const fields = client.answer([challenge(), ...server.challenges(NOW)], request);
    expect(fields).toHaveLength(2);
    expect(check(server, fields)).toMatchObject({ ok: true });
    expect(check(server, fields[0] as string)).toBeUndefined();
    expect(check(server, [])).toBeUndefined();
  });

  it.each<Partial<DigestServerOptions>>([{ key: new Uint8Array(15) }, { algorithms: [] }, { qop: [] }, { nonceSeconds: 0 }, { nonceSeconds: NaN }, { maxNonces: 0 }])('refuses the options %j', (options) => {
    expect(() => makeServer(options)).toThrow(expect.objectContaining({ code: 'DIGEST_BAD_OPTION' }) as ProtocolError);
  });
});

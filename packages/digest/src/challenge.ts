import type { ProtocolError } from '@simple-im/grammar';
import { quoted, readAuthValues } from './auth-params.js';
import { digestError } from './errors.js';
import { ALGORITHMS, type DigestAlgorithm } from './hash.js';

/** Quality of protection. */
export type Qop = 'auth' | 'auth-int';

/** A Digest challenge (RFC 7616 §3.3). */
export interface Challenge {
  readonly realm: string;
  readonly nonce: string;
  /** `MD5` where the field names none. */
  readonly algorithm: DigestAlgorithm;
  /** What the server knows; `undefined` when the challenge has no `qop` at all (RFC 2069). */
  readonly qop?: readonly Qop[] | undefined;
  readonly opaque?: string | undefined;
  readonly domain?: string | undefined;
  readonly stale?: boolean | undefined;
  readonly userhash?: boolean | undefined;
}

/** Credentials of a Digest user agent (RFC 7616 §3.4). */
export interface Credentials {
  /** The name, or its hash when `userhash` is true. */
  readonly username: string;
  readonly realm: string;
  readonly nonce: string;
  readonly uri: string;
  /** Lower-case hexadecimal digits. */
  readonly response: string;
  readonly algorithm: DigestAlgorithm;
  readonly opaque?: string | undefined;
  readonly qop?: Qop | undefined;
  /** The nonce count as its eight hexadecimal digits; there with `qop`. */
  readonly nc?: string | undefined;
  readonly cnonce?: string | undefined;
  readonly userhash?: boolean | undefined;
}

const FIELD_MAX = 8192;
const CHALLENGES_MAX = 16;

/**
 * The Digest challenges of all WWW-Authenticate or all Proxy-Authenticate fields of a message, in their order. Other schemes
 * and unknown algorithms are passed over, as is a `qop` that names nothing we know.
 * @throws DIGEST_BAD_CHALLENGE, DIGEST_TOO_LONG (8192 characters a field), DIGEST_TOO_MANY_CHALLENGES (16)
 */
export function parseChallenges(fields: string | readonly string[]): Challenge[] {
  const values = asList(fields).flatMap((field) => {
    checkLength(field);
    const read = readAuthValues(field);
    if (read === undefined) throw digestError('DIGEST_BAD_CHALLENGE');
    return read;
  }).filter((value) => value.scheme === 'digest');
  if (values.length > CHALLENGES_MAX) throw digestError('DIGEST_TOO_MANY_CHALLENGES', { detail: `more than ${CHALLENGES_MAX}` });
  return values.flatMap(({ params }) => challengeOf(params) ?? []);
}

function challengeOf(params: ReadonlyMap<string, string>): Challenge | undefined {
  const algorithm = algorithmOf(params.get('algorithm'));
  if (algorithm === undefined) return undefined;
  const realm = params.get('realm');
  const nonce = params.get('nonce');
  if (realm === undefined || nonce === undefined) throw digestError('DIGEST_BAD_CHALLENGE', { detail: 'realm or nonce is missing' });
  const qop = params.get('qop')?.toLowerCase().split(',').map((word) => word.trim()).filter(isQop);
  if (qop?.length === 0 && params.get('qop') !== '') return undefined;
  return {
    realm,
    nonce,
    algorithm,
    qop: qop?.length === 0 ? undefined : qop,
    opaque: params.get('opaque'),
    domain: params.get('domain'),
    stale: isTrue(params.get('stale')),
    userhash: isTrue(params.get('userhash')),
  };
}

/** A challenge as the value of one header field. @throws GRAMMAR_UNENCODABLE for a realm with a line break */
export function formatChallenge(challenge: Challenge): string {
  const { realm, nonce, algorithm, qop, opaque, domain, stale, userhash } = challenge;
  let text = `Digest realm=${quoted(realm)}, nonce=${quoted(nonce)}, algorithm=${algorithm}`;
  if (qop !== undefined) text += `, qop="${qop.join(',')}"`;
  if (opaque !== undefined) text += `, opaque=${quoted(opaque)}`;
  if (domain !== undefined) text += `, domain=${quoted(domain)}`;
  if (stale === true) text += ', stale=true';
  if (userhash === true) text += ', userhash=true';
  return text;
}

/**
 * The Digest credentials of all Authorization or all Proxy-Authorization fields of a message. Those of other schemes and with
 * unknown algorithms are passed over.
 * @throws DIGEST_BAD_CREDENTIALS, DIGEST_TOO_LONG (8192 characters a field)
 */
export function parseCredentials(fields: string | readonly string[]): Credentials[] {
  return asList(fields).flatMap((field) => {
    checkLength(field);
    const values = readAuthValues(field);
    if (values === undefined) throw digestError('DIGEST_BAD_CREDENTIALS');
    return values.filter((value) => value.scheme === 'digest').flatMap(({ params }) => credentialsOf(params) ?? []);
  });
}

function credentialsOf(params: ReadonlyMap<string, string>): Credentials | undefined {
  const algorithm = algorithmOf(params.get('algorithm'));
  if (algorithm === undefined) return undefined;
  const qop = params.get('qop')?.toLowerCase();
  if (qop !== undefined && !isQop(qop)) throw badCredentials('qop');
  const nc = params.get('nc')?.toLowerCase();
  if (nc !== undefined && !/^[0-9a-f]{8}$/.test(nc)) throw badCredentials('nc is not eight hexadecimal digits');
  const cnonce = params.get('cnonce');
  if (qop !== undefined && (nc === undefined || cnonce === undefined)) throw badCredentials('qop without nc and cnonce');
  if (algorithm.endsWith('-sess') && cnonce === undefined) throw badCredentials('a session without cnonce');
  return {
    username: usernameOf(params),
    realm: required(params, 'realm'),
    nonce: required(params, 'nonce'),
    uri: required(params, 'uri'),
    response: required(params, 'response').toLowerCase(),
    algorithm,
    opaque: params.get('opaque'),
    qop,
    nc,
    cnonce,
    userhash: isTrue(params.get('userhash')),
  };
}

function badCredentials(detail: string, cause?: unknown): ProtocolError {
  return digestError('DIGEST_BAD_CREDENTIALS', { detail, cause });
}

function required(params: ReadonlyMap<string, string>, name: string): string {
  const value = params.get(name);
  if (value === undefined) throw badCredentials(`${name} is missing`);
  return value;
}

/** `username`, or `username*` in the notation of RFC 5987; never both. */
function usernameOf(params: ReadonlyMap<string, string>): string {
  const extended = params.get('username*');
  if (extended === undefined) return required(params, 'username');
  const encoded = /^utf-8'[^']*'(.*)$/i.exec(extended)?.[1];
  if (encoded === undefined || params.has('username')) throw badCredentials('username*');
  try {
    return decodeURIComponent(encoded);
  } catch (cause) {
    throw badCredentials('username*', cause);
  }
}

/** Credentials as the value of one header field; `uri` in quotes as SIP asks for (RFC 8760 §2.6). */
export function formatCredentials(credentials: Credentials): string {
  const { username, realm, nonce, uri, response, algorithm, opaque, qop, nc, cnonce, userhash } = credentials;
  let text = `Digest username=${quoted(username)}, realm=${quoted(realm)}, nonce=${quoted(nonce)}, uri=${quoted(uri)}`
    + `, response="${response}", algorithm=${algorithm}`;
  if (cnonce !== undefined) text += `, cnonce=${quoted(cnonce)}`;
  if (opaque !== undefined) text += `, opaque=${quoted(opaque)}`;
  if (qop !== undefined) text += `, qop=${qop}`;
  if (nc !== undefined) text += `, nc=${nc}`;
  if (userhash === true) text += ', userhash=true';
  return text;
}

function asList(fields: string | readonly string[]): readonly string[] {
  return typeof fields === 'string' ? [fields] : fields;
}

function checkLength(field: string): void {
  if (field.length > FIELD_MAX) throw digestError('DIGEST_TOO_LONG', { detail: `more than ${FIELD_MAX} characters` });
}

function algorithmOf(name = 'MD5'): DigestAlgorithm | undefined {
  return ALGORITHMS.find((known) => known.toLowerCase() === name.toLowerCase());
}

function isQop(word: string): word is Qop {
  return word === 'auth' || word === 'auth-int';
}

function isTrue(flag: string | undefined): boolean {
  return flag?.toLowerCase() === 'true';
}

/* The answer to a digest challenge (RFC 7616 §3.4, RFC 8760), calculated here and not by the package under test. */
import { createHash, randomBytes } from 'node:crypto';

const hashes: Readonly<Record<string, string>> = { md5: 'md5', 'sha-256': 'sha256', 'sha-512-256': 'sha512-256' };

function parametersOf(challenge: string): Record<string, string> {
  const pairs = challenge.replace(/^\s*Digest\s+/i, '').matchAll(/([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/g);
  return Object.fromEntries([...pairs].map(([, name = '', quoted, bare]) => [name.toLowerCase(), quoted ?? bare ?? '']));
}

export interface DigestQuestion {
  /** The values of every WWW-Authenticate or Proxy-Authenticate header field. */
  readonly challenges: readonly string[];
  readonly method: string;
  readonly uri: string;
  readonly username: string;
  readonly password: string;
}

/** The value of the Authorization header field for the first challenge we can answer; undefined when there is none. */
export function digestAnswer({ challenges, method, uri, username, password }: DigestQuestion): string | undefined {
  const usable = challenges.filter((challenge) => /^\s*Digest\s/i.test(challenge)).map(parametersOf)
    .find(({ algorithm = 'MD5' }) => Object.hasOwn(hashes, algorithm.toLowerCase()));
  if (usable === undefined) return undefined;
  const { realm = '', nonce = '', opaque, algorithm, qop } = usable;
  const hash = (text: string): string => createHash(hashes[(algorithm ?? 'MD5').toLowerCase()] ?? '').update(text).digest('hex');
  const ha1 = hash(`${username}:${realm}:${password}`);
  const ha2 = hash(`${method}:${uri}`);
  const cnonce = randomBytes(8).toString('hex');
  const withQop = qop?.split(',').some((option) => option.trim() === 'auth') === true;
  const response = withQop ? hash(`${ha1}:${nonce}:00000001:${cnonce}:auth:${ha2}`) : hash(`${ha1}:${nonce}:${ha2}`);
  return [
    `Digest username="${username}"`, `realm="${realm}"`, `nonce="${nonce}"`, `uri="${uri}"`, `response="${response}"`,
    ...(algorithm === undefined ? [] : [`algorithm=${algorithm}`]),
    ...(opaque === undefined ? [] : [`opaque="${opaque}"`]),
    ...(withQop ? ['qop=auth', 'nc=00000001', `cnonce="${cnonce}"`] : []),
  ].join(', ');
}

import { baseOf, hexDigest, type Algorithm, type DigestAlgorithm, type Hash } from './hash.js';
import type { Qop } from './challenge.js';

/** What a user is known by: the password, or H(username:realm:password) in hexadecimal digits for each algorithm stored. */
export type Secret = { readonly password: string } | { readonly ha1: Readonly<Partial<Record<Algorithm, string>>> };

/** The request that is authenticated. */
export interface AuthenticatedRequest {
  readonly method: string;
  /** The entity body, for `auth-int`; none is the same as an empty one (RFC 8760 §2.6). */
  readonly body?: Uint8Array | undefined;
}

/** What goes into `response` besides the secret. */
export interface ResponseInput extends AuthenticatedRequest {
  readonly algorithm: DigestAlgorithm;
  readonly username: string;
  readonly realm: string;
  readonly nonce: string;
  readonly uri: string;
  readonly qop?: Qop | undefined;
  readonly nc?: string | undefined;
  readonly cnonce?: string | undefined;
}

/** H(username:realm:password): what a server may store instead of the password. */
export function ha1Of(hash: Hash, algorithm: Algorithm, username: string, realm: string, password: string): string {
  return hexDigest(hash, algorithm, `${username}:${realm}:${password}`);
}

/**
 * The value of `response` (RFC 7616 §3.4.1), without `qop` that of RFC 2069; `undefined` when the secret has nothing for the
 * algorithm.
 */
export function digestResponse(hash: Hash, secret: Secret, input: ResponseInput): string | undefined {
  const algorithm = baseOf(input.algorithm);
  const stored = 'password' in secret
    ? ha1Of(hash, algorithm, input.username, input.realm, secret.password)
    : secret.ha1[algorithm]?.toLowerCase();
  if (stored === undefined) return undefined;
  const { nonce, nc = '', cnonce = '', qop, method, uri } = input;
  const ha1 = input.algorithm.endsWith('-sess') ? hexDigest(hash, algorithm, `${stored}:${nonce}:${cnonce}`) : stored;
  const integrity = qop === 'auth-int' ? `:${hexDigest(hash, algorithm, input.body ?? new Uint8Array(0))}` : '';
  const ha2 = hexDigest(hash, algorithm, `${method}:${uri}${integrity}`);
  return hexDigest(hash, algorithm, qop === undefined ? `${ha1}:${nonce}:${ha2}` : `${ha1}:${nonce}:${nc}:${cnonce}:${qop}:${ha2}`);
}

import { formatChallenge, parseCredentials, type Credentials, type Qop } from './challenge.js';
import { digestError } from './errors.js';
import { ALGORITHMS, equalInConstantTime, type Algorithm, type Hash, type RandomOctets } from './hash.js';
import { NonceCounts } from './nonce-counts.js';
import { NonceMaker } from './nonce.js';
import { digestResponse, type AuthenticatedRequest, type Secret } from './response.js';

export interface DigestServerOptions {
  readonly hash: Hash;
  readonly realm: string;
  /** What nonces are derived from, at least 16 octets; the same on all nodes. */
  readonly key: Uint8Array;
  /** Random octets to tell nonces of the same millisecond apart. */
  readonly random: RandomOctets;
  /** What is offered; SHA-256 and MD5 by default, as SIP clients in the field know these. Order does not matter. */
  readonly algorithms?: readonly Algorithm[] | undefined;
  /** `['auth']` by default. */
  readonly qop?: readonly Qop[] | undefined;
  /** How long a nonce is good, in seconds; 300 by default. */
  readonly nonceSeconds?: number | undefined;
  /** How many nonces' counts are remembered; 100,000 by default. Past that, old nonces become stale early. */
  readonly maxNonces?: number | undefined;
}

/** The request whose credentials are verified. */
export interface ServerRequest extends AuthenticatedRequest {
  /**
   * Whether the `uri` of the credentials is that of the request. In SIP the two may differ after a proxy has forwarded the
   * request (RFC 8760 §2.6 point 6); it is for the caller to say what it still takes.
   */
  readonly matchesUri: (uri: string) => boolean;
  /**
   * A second method name to try in A2. For peers of a well-known MSRP relay, which hash `MSRP` where RFC 4976 says `AUTH`;
   * leave it out otherwise.
   */
  readonly alternativeMethod?: string | undefined;
}

/**
 * The outcome: `wrong` user, password, realm or algorithm; `stale` credentials that are right but for their nonce, which is
 * expired, foreign or was used with this count before; `uri` that is not the request's, to be answered with 400
 * (RFC 7616 §3.4.6). Answer the others with new challenges.
 */
export type Verdict =
  | { readonly ok: true; readonly username: string; readonly credentials: Credentials }
  | { readonly ok: false; readonly reason: 'wrong' | 'stale' | 'uri' };

const KEY_MIN = 16;

/**
 * The server's side of Digest. Nonces are made from a key and the time, so any node can check them; only the counts of nonces
 * that were used rightly are remembered. That memory is a node's own: after a restart, or on another node, one request can be
 * replayed until its nonce expires.
 */
export class DigestServer {
  readonly realm: string;
  readonly #hash: Hash;
  readonly #random: RandomOctets;
  readonly #algorithms: readonly Algorithm[];
  readonly #qop: readonly Qop[];
  readonly #nonceMs: number;
  readonly #nonces: NonceMaker;
  readonly #counts: NonceCounts;

  /** @throws DIGEST_BAD_OPTION */
  constructor(options: DigestServerOptions) {
    const { algorithms = ['SHA-256', 'MD5'], qop = ['auth'], nonceSeconds = 300, maxNonces = 100_000 } = options;
    if (options.key.length < KEY_MIN) throw digestError('DIGEST_BAD_OPTION', { detail: `key of less than ${KEY_MIN} octets` });
    if (algorithms.length === 0 || qop.length === 0) throw digestError('DIGEST_BAD_OPTION', { detail: 'no algorithm or no qop' });
    if (!(nonceSeconds > 0) || !(maxNonces > 0)) throw digestError('DIGEST_BAD_OPTION', { detail: 'nonceSeconds or maxNonces' });
    this.realm = options.realm;
    this.#hash = options.hash;
    this.#random = options.random;
    this.#algorithms = ALGORITHMS.filter((known): known is Algorithm => (algorithms as readonly string[]).includes(known));
    this.#qop = qop;
    this.#nonceMs = nonceSeconds * 1000;
    this.#nonces = new NonceMaker(options.hash, options.key, options.realm);
    this.#counts = new NonceCounts(maxNonces);
  }

  /**
   * Values for WWW-Authenticate or Proxy-Authenticate fields, one field each, strongest algorithm first (RFC 8760 §2.3).
   * @param now milliseconds since 1970
   * @param stale say true when the verdict was `stale`, so that the client does not ask its user (RFC 7616 §3.3)
   */
  challenges(now: number, stale = false): string[] {
    const nonce = this.#nonces.make(now, this.#random.bytes(8));
    return this.#algorithms.map((algorithm) => formatChallenge({ realm: this.realm, nonce, algorithm, qop: this.#qop, stale }));
  }

  /**
   * The credentials for this realm among the Authorization or Proxy-Authorization fields of a request; look up the secret of
   * their `username` and go on with {@link verify}. `undefined`: challenge.
   * @throws DIGEST_BAD_CREDENTIALS, DIGEST_TOO_LONG
   */
  credentials(fields: string | readonly string[]): Credentials | undefined {
    return parseCredentials(fields).find(({ realm }) => realm === this.realm);
  }

  /**
   * @param secret of the user, `undefined` for one who does not exist, which takes as long and ends as `wrong`
   * @param now milliseconds since 1970
   */
  verify(credentials: Credentials, secret: Secret | undefined, request: ServerRequest, now: number): Verdict {
    if (!this.#isRight(credentials, secret, request)) return { ok: false, reason: 'wrong' };
    if (!request.matchesUri(credentials.uri)) return { ok: false, reason: 'uri' };
    if (!this.#isFresh(credentials, now)) return { ok: false, reason: 'stale' };
    return { ok: true, username: credentials.username, credentials };
  }

  #isRight(credentials: Credentials, secret: Secret | undefined, request: ServerRequest): boolean {
    const { algorithm, qop } = credentials;
    const offered = credentials.realm === this.realm && (this.#algorithms as readonly string[]).includes(algorithm)
      // Without qop it is a client of RFC 2069; SIP servers still take these (RFC 8760 §2.6 point 8).
      && (qop === undefined || this.#qop.includes(qop));
    const methods = request.alternativeMethod === undefined ? [request.method] : [request.method, request.alternativeMethod];
    let matches = false;
    for (const method of methods) {
      const expected = digestResponse(this.#hash, secret ?? NOBODY, { ...credentials, method, body: request.body });
      if (expected !== undefined && equalInConstantTime(expected, credentials.response)) matches = true;
    }
    return matches && offered && secret !== undefined;
  }

  #isFresh({ nonce, nc }: Credentials, now: number): boolean {
    const time = this.#nonces.timeOf(nonce);
    if (time === undefined || time > now || now - time > this.#nonceMs) return false;
    this.#counts.forgetBefore(now - this.#nonceMs);
    // Without nc the nonce serves one request: otherwise nothing would tell a replay.
    return this.#counts.take(nonce, time, nc === undefined ? 0 : parseInt(nc, 16));
  }
}

const NOBODY: Secret = { password: 'nobody' };

import { formatCredentials, parseChallenges, parseCredentials, type Challenge, type Credentials, type Qop } from './challenge.js';
import { ALGORITHMS, baseOf, hex, hexDigest, type Hash, type RandomOctets } from './hash.js';
import { digestResponse, type AuthenticatedRequest, type Secret } from './response.js';

export interface DigestClientOptions {
  readonly hash: Hash;
  readonly username: string;
  /** A password, or `ha1` for the algorithms it was stored for; others are then not answered. */
  readonly secret: Secret;
  /** Random octets for the cnonce, from a secure source. */
  readonly random: RandomOctets;
  /** Answers challenges of this realm only; of any by default. */
  readonly realm?: string | undefined;
  /** Prefers `auth-int` to `auth` where both are offered; false by default. */
  readonly integrity?: boolean | undefined;
}

/** A request to authenticate. */
export interface ClientRequest extends AuthenticatedRequest {
  /** The request-URI as it is sent. */
  readonly uri: string;
}

interface Session {
  readonly challenge: Challenge;
  readonly cnonce: string;
  count: number;
}

const REALMS_MAX = 64;

/** The user's side of Digest: answers challenges, counts `nc` for each nonce, and uses a nonce again for later requests. */
export class DigestClient {
  readonly #options: DigestClientOptions;
  readonly #sessions = new Map<string, Session>();

  constructor(options: DigestClientOptions) {
    this.#options = options;
  }

  /**
   * Credentials to send the request again with, one field for each realm; empty when there is no point in it: no algorithm is
   * known, or the credentials just sent were refused for the user's secret, which only the user can mend (RFC 3261 §22.2).
   * @param fields all WWW-Authenticate, or all Proxy-Authenticate fields of the response
   * @param sent the credentials fields the refused request had under the corresponding name
   * @throws DIGEST_BAD_CHALLENGE, DIGEST_TOO_LONG, DIGEST_TOO_MANY_CHALLENGES
   */
  answer(fields: string | readonly string[], request: ClientRequest, sent: string | readonly string[] = []): string[] {
    const refused = parseCredentials(sent);
    const challenges = this.#strongestByRealm(parseChallenges(fields));
    const sentTo = new Map(refused.map((credentials) => [credentials.realm, credentials]));
    const fresh = challenges.filter((challenge) => isWorthwhile(challenge, sentTo.get(challenge.realm)));
    if (fresh.length === 0 || fresh.length < challenges.length) return [];
    for (const challenge of fresh) this.#open(challenge);
    const kept = refused.filter(({ realm }) => !challenges.some((challenge) => challenge.realm === realm));
    return [...kept, ...fresh].flatMap(({ realm }) => this.authorize(realm, request) ?? []);
  }

  /** Credentials for another request to a realm that has challenged before, without waiting for a challenge. */
  authorize(realm: string, request: ClientRequest): string | undefined {
    const session = this.#sessions.get(realm);
    return session === undefined ? undefined : this.#write(session, request);
  }

  /** The realms {@link authorize} has a nonce for. */
  get realms(): string[] {
    return [...this.#sessions.keys()];
  }

  #strongestByRealm(challenges: readonly Challenge[]): Challenge[] {
    const best = new Map<string, Challenge>();
    for (const challenge of challenges) {
      if (!this.#canAnswer(challenge)) continue;
      const rival = best.get(challenge.realm);
      if (rival === undefined || strength(challenge) > strength(rival)) best.set(challenge.realm, challenge);
    }
    return [...best.values()];
  }

  #canAnswer({ realm, algorithm, qop }: Challenge): boolean {
    const { secret } = this.#options;
    if (this.#options.realm !== undefined && this.#options.realm !== realm) return false;
    // A session key is made with the cnonce, which may only be sent with qop (RFC 3261 §22.4 point 8).
    if (algorithm.endsWith('-sess') && qop === undefined) return false;
    return 'password' in secret || secret.ha1[baseOf(algorithm)] !== undefined;
  }

  #open(challenge: Challenge): void {
    const oldest = this.#sessions.keys().next();
    if (this.#sessions.size >= REALMS_MAX && oldest.done !== true) this.#sessions.delete(oldest.value);
    this.#sessions.delete(challenge.realm);
    this.#sessions.set(challenge.realm, { challenge, cnonce: hex(this.#options.random.bytes(16)), count: 0 });
  }

  #write(session: Session, request: ClientRequest): string | undefined {
    const { hash, username, secret } = this.#options;
    const { realm, nonce, algorithm, opaque, userhash } = session.challenge;
    const qop = this.#qopFor(session.challenge);
    session.count++;
    const counted = qop === undefined ? {} : { qop, nc: session.count.toString(16).padStart(8, '0'), cnonce: session.cnonce };
    const response = digestResponse(hash, secret, { ...request, ...counted, algorithm, username, realm, nonce });
    if (response === undefined) return undefined;
    const name = userhash === true ? hexDigest(hash, baseOf(algorithm), `${username}:${realm}`) : username;
    return formatCredentials({ username: name, realm, nonce, uri: request.uri, response, algorithm, opaque, ...counted, userhash });
  }

  #qopFor({ qop }: Challenge): Qop | undefined {
    if (qop === undefined) return undefined;
    const wanted: Qop = this.#options.integrity === true ? 'auth-int' : 'auth';
    return qop.includes(wanted) ? wanted : qop[0];
  }
}

function strength({ algorithm }: Challenge): number {
  return -ALGORITHMS.indexOf(algorithm);
}

/**
 * Whether answering can help after these credentials were refused: nothing was sent yet, or the server says that only the nonce
 * was stale, or the nonce had served other requests before and the server forgot it.
 */
function isWorthwhile(challenge: Challenge, refused: Credentials | undefined): boolean {
  if (refused === undefined) return true;
  if (challenge.nonce === refused.nonce) return false;
  return challenge.stale === true || (refused.nc !== undefined && refused.nc !== '00000001');
}

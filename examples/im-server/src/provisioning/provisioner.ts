/*
 * GET /provisioning: the document of the user who proves to be one by Digest (RFC 7616). It holds a password, so whoever serves it sees to
 * it that nobody reads along.
 */
import { ProtocolError } from '@simple-im/grammar';
import { DigestServer, type Credentials, type Hash, type Secret } from '@simple-im/digest';
import { PROVISIONING_TYPE } from '@simple-im/im-client/provisioning';
import type { Address, Clock, Random } from '@simple-im/transport';
import type { HttpAnswer, HttpRequest } from '../observe/http.js';
import type { Log } from '../observe/ports.js';
import { isUnspecified } from '../option-values.js';
import type { User } from '../users.js';
import { provisioningOf, usernameOf, type ProvisionedServer } from './document.js';

export interface ProvisionerOptions extends ProvisionedServer {
  readonly users: readonly User[];
  readonly hash: Hash;
  /** What nonces are derived from. */
  readonly key: Uint8Array;
  readonly random: Random;
  readonly clock: Clock;
  readonly log: Log;
  /** Web pages that may read the answer. */
  readonly allowOrigin: (origin: string | undefined) => boolean;
}

const NEVER_KEPT = { 'Cache-Control': 'no-store' };

export class Provisioner {
  readonly #options: ProvisionerOptions;
  readonly #digest: DigestServer;
  readonly #users: ReadonlyMap<string, User>;

  constructor(options: ProvisionerOptions) {
    this.#options = options;
    const { hash, domain: realm, key, random } = options;
    // SHA-256 first, then MD5 (RFC 7616 §3.7).
    this.#digest = new DigestServer({ hash, realm, key, random });
    this.#users = new Map(options.users.map((user) => [usernameOf(user.aor), user]));
  }

  answer(request: HttpRequest): HttpAnswer {
    const { status, headers, body = '' } = request.method === 'OPTIONS' ? { status: 204, headers: {} } : this.#answer(request);
    return { status, headers: { ...NEVER_KEPT, ...headers, ...this.#forPages(request.origin) }, body };
  }

  #answer(request: HttpRequest): HttpAnswer {
    const { log, clock } = this.#options;
    const now = clock.date().getTime();
    const credentials = this.#credentials(request);
    if (credentials === undefined) return this.#challenge(now, false);
    const user = this.#users.get(credentials.username);
    const matchesUri = (uri: string): boolean => uri === request.url || (URL.canParse(uri) && uri.endsWith(request.url));
    const verdict = this.#digest.verify(credentials, user === undefined ? undefined : secretOf(user), { method: request.method, matchesUri }, now);
    if (verdict.ok && user !== undefined) return this.#document(user, request);
    const reason = verdict.ok ? 'wrong' : verdict.reason;
    if (reason === 'stale') return this.#challenge(now, true);
    log.warn({ user: credentials.username.slice(0, 64), remote: request.remote, reason }, 'the provisioning document was refused');
    return reason === 'uri' ? { status: 400 } : this.#challenge(now, false);
  }

  /** What is no Digest, or cannot be read, is as if there were none. */
  #credentials({ authorization }: HttpRequest): Credentials | undefined {
    try {
      return authorization === undefined ? undefined : this.#digest.credentials(authorization);
    } catch (error) {
      if (!ProtocolError.is(error)) throw error;
      return undefined;
    }
  }

  #challenge(now: number, stale: boolean): HttpAnswer {
    return { status: 401, headers: { 'WWW-Authenticate': this.#digest.challenges(now, stale) } };
  }

  #document(user: User, { hostname }: HttpRequest): HttpAnswer {
    const { domain, registrationTime, maxMessageSize, services } = this.#options;
    // A socket on every address has none to be told: the client has reached the one it asked.
    const reached = ({ host, port }: Address): Address => ({ host: isUnspecified(host) ? hostname : host, port });
    const sip = this.#options.sip.map(({ transport, address }) => ({ transport, address: reached(address) }));
    const webSockets = this.#options.webSockets.map(({ secure, address }) => ({ secure, address: reached(address) }));
    const body = provisioningOf(user, { domain, registrationTime, maxMessageSize, services, sip, webSockets });
    return { status: 200, headers: { 'Content-Type': PROVISIONING_TYPE }, body };
  }

  /** Fetch Standard, "CORS protocol": a page of another origin reads the challenge and sends credentials only if it may. */
  #forPages(origin: string | undefined): Record<string, string> {
    if (origin === undefined || !this.#options.allowOrigin(origin)) return { Vary: 'Origin' };
    return {
      Vary: 'Origin', 'Access-Control-Allow-Origin': origin, 'Access-Control-Allow-Headers': 'Authorization',
      'Access-Control-Expose-Headers': 'WWW-Authenticate',
    };
  }
}

function secretOf({ password, ha1 = {} }: User): Secret {
  return password === undefined ? { ha1 } : { password };
}

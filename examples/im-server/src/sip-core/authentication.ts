/*
 * Who sent a request (RFC 3261 §22, RFC 8760): digest against the provisioned users, and the rule that From must be the
 * user who authenticated.
 */
import { aorOf, canonicalHost, isSipUri, parseUri, ProtocolError, type Uri } from '@simple-im/grammar';
import { DigestServer, parseCredentials, type Algorithm, type Hash, type Secret } from '@simple-im/digest';
import { respondTo, type SipRequest, type SipResponse } from '@simple-im/sip';
import type { Random } from '@simple-im/transport';
import type { Log, Metrics } from '../observe/ports.js';
import { userOf } from './address-of-record.js';
import type { OwnAddresses } from './own-addresses.js';

/** What the core knows of a user. */
export interface Credential {
  /** Address-of-record. */
  readonly aor: string;
  readonly secret: Secret;
}

export interface AuthenticationOptions {
  /** By digest username, the user part of the address-of-record. */
  readonly users: ReadonlyMap<string, Credential>;
  readonly own: OwnAddresses;
  readonly mode: 'digest' | 'none';
  readonly algorithms: readonly Algorithm[];
  readonly hash: Hash;
  readonly key: Uint8Array;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Whether a request will be answered by the notifier of the core. */
  readonly isNotifier?: (request: SipRequest) => boolean;
}

/** `aor`: the authenticated user; absent for a stranger from another domain. */
export type Identification =
  | { readonly ok: true; readonly aor: string | undefined }
  | { readonly ok: false; readonly response: SipResponse };

const CREDENTIALS = ['Proxy-Authorization', 'Authorization'];

export class Authentication {
  readonly #options: AuthenticationOptions;
  readonly #digest: DigestServer;
  /** Addresses-of-record by digest username. */
  readonly #aors: ReadonlyMap<string, string>;
  readonly #provisioned: ReadonlySet<string>;

  constructor(options: AuthenticationOptions) {
    this.#options = options;
    const { hash, own, algorithms, key, random } = options;
    this.#digest = new DigestServer({ hash, realm: own.domain, algorithms, key, random });
    this.#aors = new Map([...options.users].map(([username, { aor }]) => [username, userOf(parseUri(aor))]));
    this.#provisioned = new Set(this.#aors.values());
  }

  /** Whether we have such a user; without authentication everybody in our domain is one. */
  isProvisioned(aor: string): boolean {
    return this.#options.mode === 'none' || this.#provisioned.has(aor);
  }

  /** `now`: milliseconds of the wall clock. */
  identify(request: SipRequest, now: number): Identification {
    const from = request.from?.uri;
    if (from === undefined) return { ok: false, response: respondTo(request, 400, { reason: 'Missing From' }) };
    // A REGISTER is always for our domain; other requests of strangers are let in, without an identity.
    if (request.method !== 'REGISTER' && !this.#options.own.isOurDomain(from)) {
      const isOurUser = this.#mayProve(from) && this.#digest.credentials(request.headers.all('Proxy-Authorization')) !== undefined;
      return isOurUser ? this.#authenticate(request, undefined, now) : { ok: true, aor: undefined };
    }
    const aor = userOf(from);
    if (this.#options.mode === 'none') return { ok: true, aor };
    return this.#authenticate(request, aor, now);
  }

  /** Who comes as a stranger and wants to go out of our domain is refused, unless it may be a user of ours who hides the name. */
  refuseRelaying(request: SipRequest, now: number): SipResponse {
    if (request.from !== undefined && this.#mayProve(request.from.uri)) {
      return this.#challenge(request, now, false).response;
    }
    return respondTo(request, 403, { reason: 'Relaying Denied' });
  }

  /** Anonymity towards others is no anonymity towards us (RFC 3323 §4.1.1.3, RFC 3325 §9.3). */
  #mayProve(from: Uri): boolean {
    return this.#options.mode === 'digest' && isSipUri(from) && canonicalHost(from.host) === 'anonymous.invalid';
  }

  /** `from`: whom From names; undefined for an anonymous one, behind which any user may stand. */
  #authenticate(request: SipRequest, from: string | undefined, now: number): Identification {
    const credentials = this.#digest.credentials(request.headers.all(this.#isEnd(request) ? 'Authorization' : 'Proxy-Authorization'));
    if (credentials === undefined) return this.#challenge(request, now, false);
    const user = this.#options.users.get(credentials.username);
    const { method, body } = request;
    const verdict = this.#digest.verify(credentials, user?.secret, { method, body, matchesUri: (uri) => namesRequest(uri, request) }, now);
    if (!verdict.ok) return this.#refuse(request, verdict.reason, now);
    // The From of somebody else: RFC 3261 §22 leaves authorisation to us, and nobody may act as someone else.
    const aor = this.#aors.get(credentials.username);
    return from === undefined || aor === from ? { ok: true, aor } : this.#forbid(request, aor);
  }

  /** Takes away the credentials that were meant for us (§22.3); those for another realm are for somebody behind us. */
  removeCredentials(request: SipRequest): void {
    for (const name of CREDENTIALS) {
      if (!request.headers.has(name)) continue;
      const fields = request.headers.all(name);
      const others = fields.filter((field) => !this.#isForUs(field));
      if (others.length < fields.length) request.headers.set(name, others);
    }
  }

  /** A field that cannot be read may be meant for us. */
  #isForUs(field: string): boolean {
    try {
      return parseCredentials(field).some(({ realm }) => realm === this.#digest.realm);
    } catch (error) {
      if (!ProtocolError.is(error)) throw error;
      return true;
    }
  }

  #refuse(request: SipRequest, reason: 'wrong' | 'stale' | 'uri', now: number): Identification {
    if (reason === 'stale') return this.#challenge(request, now, true);
    this.#options.metrics.count('sip_authentication_failures_total', { reason });
    if (reason === 'uri') return { ok: false, response: respondTo(request, 400, { reason: 'Digest uri is not the Request-URI' }) };
    return this.#challenge(request, now, false);
  }

  #forbid(request: SipRequest, aor: string | undefined): Identification {
    this.#options.metrics.count('sip_authentication_failures_total', { reason: 'from' });
    this.#options.log.warn({ user: aor, method: request.method }, 'From is not the authenticated user');
    return { ok: false, response: respondTo(request, 403, { reason: 'From is not the authenticated user' }) };
  }

  #challenge(request: SipRequest, now: number, stale: boolean): Extract<Identification, { ok: false }> {
    const isEnd = this.#isEnd(request);
    const field = isEnd ? 'WWW-Authenticate' : 'Proxy-Authenticate';
    const headers = this.#digest.challenges(now, stale).map((challenge): [string, string] => [field, challenge]);
    return { ok: false, response: respondTo(request, isEnd ? 401 : 407, { headers }) };
  }

  /** A registrar and a notifier challenge as the end they are, not as a proxy (RFC 3261 §22.1, RFC 6665 §4.2.1.3). */
  #isEnd(request: SipRequest): boolean {
    return request.method === 'REGISTER' || this.#options.isNotifier?.(request) === true;
  }
}

/** The digest uri must be the Request-URI; clients differ in parameters and escapes, so URIs are compared (RFC 8760 §2.6 point 6). */
function namesRequest(uri: string, request: SipRequest): boolean {
  if (uri === request.uri) return true;
  try {
    const given = parseUri(uri);
    return isSipUri(given) && isSipUri(request.parsedUri) && aorOf(given) === aorOf(request.parsedUri);
  } catch (error) {
    if (!ProtocolError.is(error)) throw error;
    return false;
  }
}

import { DigestClient, parseCredentials } from '@simple-im/digest';
import type { Hash } from '@simple-im/digest';
import { ProtocolError } from '@simple-im/grammar';
import type { Random } from '@simple-im/transport';
import type { SipRequest, SipResponse } from './message.js';
import type { UserAgentCredentials } from './ua-options.js';

type CredentialsField = 'Authorization' | 'Proxy-Authorization';

const challengesOf = { Authorization: 'WWW-Authenticate', 'Proxy-Authorization': 'Proxy-Authenticate' } as const;
const fields: readonly CredentialsField[] = ['Authorization', 'Proxy-Authorization'];

/** Servers remembered for credentials in advance. */
const MAX_PLACES = 64;

/** Credentials of a user agent (§22): answers 401 and 407, and repeats them for the next hop that asked before. */
export class Authenticator {
  readonly #client: DigestClient;
  /** By next hop: which realms asked, and in which field the answer goes. */
  readonly #realms = new Map<string, Map<string, CredentialsField>>();

  constructor(credentials: UserAgentCredentials, hash: Hash, random: Random) {
    const { username, password, realm } = credentials;
    this.#client = new DigestClient({ hash, random, username, secret: { password }, realm });
  }

  /** Adds what the servers behind `nextHop` asked for before, so that they need not ask again. */
  authorize(request: SipRequest, nextHop: string): void {
    for (const [realm, field] of this.#realms.get(nextHop) ?? []) this.#add(request, field, realm);
  }

  /**
   * Puts credentials for the challenges of a 401 or 407 into `retry`, a copy of the refused request without any. False
   * when there is no use in a retry: no challenge we can answer, or the secret was wrong. Throws nothing for a malformed
   * challenge, which is one that cannot be answered.
   */
  answer(response: SipResponse, refused: SipRequest, retry: SipRequest, nextHop: string): boolean {
    const field: CredentialsField = response.status === 407 ? 'Proxy-Authorization' : 'Authorization';
    let answers: string[];
    try {
      answers = this.#client.answer(response.headers.all(challengesOf[field]), asked(retry), refused.headers.all(field));
    } catch (error) {
      if (ProtocolError.is(error)) return false;
      throw error;
    }
    if (answers.length === 0) return false;
    for (const answer of answers) {
      retry.headers.add(field, answer);
      this.#remember(nextHop, realmOf(answer), field);
    }
    // Credentials for the other kind of server go along, with a nonce count of their own.
    const other = fields.find((one) => one !== field) as CredentialsField;
    for (const sent of refused.headers.all(other)) this.#add(retry, other, realmOf(sent));
    return true;
  }

  #add(request: SipRequest, field: CredentialsField, realm: string): void {
    const credentials = this.#client.authorize(realm, asked(request));
    if (credentials !== undefined) request.headers.add(field, credentials);
  }

  #remember(nextHop: string, realm: string, field: CredentialsField): void {
    const known = this.#realms.get(nextHop) ?? new Map<string, CredentialsField>();
    known.set(realm, field);
    this.#realms.delete(nextHop);
    this.#realms.set(nextHop, known);
    const oldest = this.#realms.keys().next();
    if (this.#realms.size > MAX_PLACES && oldest.done !== true) this.#realms.delete(oldest.value);
  }
}

function asked(request: SipRequest): { method: string; uri: string; body: Uint8Array } {
  return { method: request.method, uri: request.uri, body: request.body };
}

function realmOf(credentials: string): string {
  return parseCredentials(credentials)[0]?.realm ?? '';
}

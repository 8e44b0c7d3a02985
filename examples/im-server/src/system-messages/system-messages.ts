/*
 * System Messages (004): what the operator has to tell one user, some, or all. Each is stored for its user first and then pushed like any
 * deferred message, so that it reaches who is away as well, and outlives a crash.
 */
import { aorOf, parseUri, ProtocolError, textToByteString, utf8 } from '@simple-im/grammar';
import type { Hash } from '@simple-im/digest';
import type { Clock, Random } from '@simple-im/transport';
import { serverError } from '../errors.js';
import type { Deferral } from '../internal-ports.js';
import type { Log, Metrics } from '../observe/ports.js';
import type { AuditEntry, AuditStore } from './store.js';

export interface SystemMessagesOptions {
  readonly domain: string;
  /** Canonical addresses-of-record of everybody there is. */
  readonly users: readonly string[];
  readonly deferral: Pick<Deferral, 'accept'>;
  readonly audit: AuditStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly hash: Hash;
  readonly log: Log;
  readonly metrics: Metrics;
}

export interface SystemMessage {
  /** `all`, or addresses-of-record of our users. */
  readonly to: 'all' | readonly string[];
  /** UTF-8, 700 octets at most: it goes as a MESSAGE (RFC 3428 §8). */
  readonly text: string;
  /** Who asks, for the audit entry. */
  readonly operator: string;
  /** Seconds after which it is of no use to who was away; a week by default. */
  readonly expires?: number;
}

export interface SystemMessageResult {
  /** Of the audit entry. */
  readonly id: string;
  /** For how many it was stored. */
  readonly stored: number;
  /** For whom it could not be, and why. */
  readonly refused: readonly { readonly user: string; readonly reason: string }[];
}

/** The user part of who sends them, whom the core asserts and no user can be: a client tells the operator's words by it (docs/profile.md). */
export const SYSTEM = 'system';
const MOST_OCTETS = 700;
/** Recipients at once: they share commits. */
const AT_ONCE = 256;

export class SystemMessages {
  readonly #options: SystemMessagesOptions;
  readonly #users: ReadonlySet<string>;

  constructor(options: SystemMessagesOptions) {
    this.#options = options;
    this.#users = new Set(options.users);
  }

  /**
   * Resolves when everybody's message is on disk, or refused. Rejects with IM_SYSTEM_MESSAGE (400) for a text that is empty or too long, for
   * nobody, and for users there are not; with IM_STORE_FULL, IM_STORE_FAILED when not even the audit entry could be written. Then nobody
   * is told anything.
   */
  async send({ to, text, operator, expires }: SystemMessage): Promise<SystemMessageResult> {
    const { clock, random, hash, audit, log } = this.#options;
    const body = utf8(text);
    if (body.length === 0 || body.length > MOST_OCTETS) throw bad(`the text has ${body.length} octets, not 1 to ${MOST_OCTETS}`);
    if (expires !== undefined && !(expires >= 1)) throw bad('it expires before anybody has it');
    const recipients = to === 'all' ? [...this.#users] : this.#recipients(to);
    const at = clock.date().getTime();
    const id = Buffer.from(random.bytes(16)).toString('base64url');
    const entry: AuditEntry = {
      id, at, operator, to: to === 'all' ? to : recipients, recipients: recipients.length, digest: hexOf(hash('SHA-256', body)), stored: undefined,
    };
    await audit.begin(entry);
    log.info({ id, operator, recipients: recipients.length }, 'a system message');
    const refused = await this.#store(recipients, body, expires === undefined ? undefined : at + expires * 1000);
    const stored = recipients.length - refused.length;
    await audit.finish(id, stored);
    return { id, stored, refused };
  }

  /** The latest first; up to 1000. */
  audit(limit = 100): Promise<readonly AuditEntry[]> {
    return this.#options.audit.latest(Math.min(limit, 1000));
  }

  #recipients(to: readonly string[]): readonly string[] {
    const users = [...new Set(to.map(canonical))];
    if (users.length === 0) throw bad('it is for nobody');
    const unknown = users.filter((user) => !this.#users.has(user));
    if (unknown.length > 0) throw bad(`there is no such user: ${unknown.slice(0, 10).join(', ')}`);
    return users;
  }

  async #store(recipients: readonly string[], body: Uint8Array, expiresAt: number | undefined): Promise<SystemMessageResult['refused']> {
    const refused: { user: string; reason: string }[] = [];
    for (let from = 0; from < recipients.length; from += AT_ONCE) {
      await Promise.all(recipients.slice(from, from + AT_ONCE).map(async (user) => {
        const reason = await this.#refusal(user, body, expiresAt);
        if (reason !== undefined) refused.push({ user, reason });
      }));
    }
    return refused;
  }

  /** Undefined when it is stored. */
  async #refusal(recipient: string, body: Uint8Array, expiresAt: number | undefined): Promise<string | undefined> {
    const { domain, deferral, metrics, log } = this.#options;
    const sender = `sip:${SYSTEM}@${domain}`;
    try {
      await deferral.accept({
        mode: 'pager', recipient, sender, expiresAt, body,
        from: `<${sender}>`, to: textToByteString(`<${recipient}>`),
        contentType: 'text/plain;charset=utf-8', headers: [],
        held: false, attempted: false,
      });
      metrics.count('im_system_messages_total', { result: 'stored' });
      return undefined;
    } catch (error) {
      metrics.count('im_system_messages_total', { result: 'refused' });
      if (ProtocolError.is(error)) return error.message;
      log.error({ err: error }, 'a system message could not be stored');
      return 'the server failed';
    }
  }
}

function canonical(user: string): string {
  try {
    return aorOf(parseUri(user));
  } catch (error) {
    if (!ProtocolError.is(error)) throw error;
    throw bad(`this is no address: ${user.slice(0, 100)}`);
  }
}

function hexOf(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex');
}

function bad(detail: string): ProtocolError {
  return serverError('IM_SYSTEM_MESSAGE', { detail });
}

/*
 * Message waiting where the IM server is another process: it publishes how many messages it stores for a user (RFC 3903), the core composes
 * that and notifies (RFC 3842).
 */
import { ProtocolError } from '@simple-im/grammar';
import type { Hash } from '@simple-im/digest';
import { SipEndpoint, UserAgent, type SipRequest } from '@simple-im/sip';
import { EventStateCompositor } from '@simple-im/sip-events';
import { MESSAGE_SUMMARY_MEDIA_TYPE, parseMessageSummary, type MessageClassSummary } from '@simple-im/sip-events/documents/message-summary';
import type { Clock, Random } from '@simple-im/transport';
import { ExchangeRequest } from '../exchange-request.js';
import type { MessageAccounts, MessageCounts } from '../internal-ports.js';
import type { Log } from '../observe/ports.js';
import type { Exchange } from './exchange.js';
import { MESSAGE_SUMMARY } from './message-summary.js';

export interface PublishedAccountsOptions {
  readonly domain: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly hash: Hash;
  readonly log: Log;
}

/** Octets of a summary, and users that have one. */
const LIMITS = { maxBody: 4096, maxPublications: 1_000_000 };

export class PublishedAccounts implements MessageAccounts {
  onChanged: ((user: string) => void) | undefined;
  readonly #endpoint: SipEndpoint;
  readonly #compositor: EventStateCompositor;

  constructor({ domain, clock, random, hash, log }: PublishedAccountsOptions) {
    this.#endpoint = new SipEndpoint({ clock, random, onError: (error) => log.error({ err: error }, 'a message summary could not be taken') });
    this.#compositor = new EventStateCompositor({
      agent: new UserAgent({ endpoint: this.#endpoint, aor: `sip:${domain}`, hash }),
      packages: [{ name: MESSAGE_SUMMARY, contentTypes: [MESSAGE_SUMMARY_MEDIA_TYPE] }],
      limits: LIMITS,
      onChange: (_event, user) => this.onChanged?.(user),
    });
  }

  /** Whether a request of the IM server's own is for us. */
  takes(request: SipRequest): boolean {
    return request.method === 'PUBLISH' && request.headers.get('Event')?.split(';', 1)[0]?.trim() === MESSAGE_SUMMARY;
  }

  /** A request that came over IM-2: nobody else's word is taken for what is stored. */
  receive(exchange: Exchange): void {
    this.#endpoint.onRequest(new ExchangeRequest(exchange.request, (response) => exchange.respond(response)));
  }

  async summary(user: string): Promise<readonly MessageCounts[]> {
    const publications = await this.#compositor.publications(MESSAGE_SUMMARY, user);
    return publications.flatMap(({ body }) => classesIn(body)).map(({ context, newMessages, oldMessages }) => {
      return { context: context as MessageCounts['context'], newMessages, oldMessages };
    });
  }

  close(): void {
    this.#compositor.close();
  }
}

function classesIn(body: Uint8Array): readonly MessageClassSummary[] {
  try {
    return parseMessageSummary(body).classes ?? [];
  } catch (error) {
    if (!ProtocolError.is(error)) throw error;
    return [];
  }
}

/*
 * Tells a core in another process how many messages wait for a user (RFC 3903, RFC 3842): users who are there, since nobody else asks.
 */
import { ProtocolError } from '@simple-im/grammar';
import { buildRequest, newTag, type SipRequest, type SipResponse } from '@simple-im/sip';
import { buildMessageSummary, MESSAGE_SUMMARY_MEDIA_TYPE } from '@simple-im/sip-events/documents/message-summary';
import type { Random } from '@simple-im/transport';
import type { Availability, MessageAccounts } from '../internal-ports.js';
import type { Log } from '../observe/ports.js';
import type { Im2Core } from '../reference-points.js';

export interface WaitingPublisherOptions {
  readonly core: Im2Core;
  readonly accounts: MessageAccounts;
  readonly availability: Availability;
  readonly domain: string;
  readonly random: Random;
  readonly log: Log;
}

/** What the core was told of a user last. */
interface Told {
  etag: string | undefined;
  cseq: number;
  state: 'idle' | 'under way' | 'changed';
}

/** Seconds: longer than a registration goes without a refresh, with which the state is published again. */
const EXPIRES = 86_400;
/** The entity tag is not known any more (RFC 3903 §6). */
const CONDITION_FAILED = 412;

export class WaitingPublisher {
  readonly #options: WaitingPublisherOptions;
  /** Users of whom the core was told. */
  readonly #told = new Map<string, Told>();
  /** The same for all publications of a user, so that one made anew takes the place of the old. */
  readonly #callId: string;

  constructor(options: WaitingPublisherOptions) {
    this.#options = options;
    this.#callId = newTag(options.random);
    options.accounts.onChanged = (user) => { if (options.availability.isAvailable(user)) this.#publish(user); };
  }

  /** The user is there: whoever asks now has to be told, unless there is nothing and never was. */
  available(user: string): void {
    this.#publish(user);
  }

  #publish(user: string): void {
    const told = this.#told.get(user);
    if (told?.state === 'under way') told.state = 'changed';
    if (told === undefined || told.state === 'idle') this.#send(user).catch((error: unknown) => this.#failed(user, error));
  }

  async #send(user: string): Promise<void> {
    const { core, accounts } = this.#options;
    const known = this.#told.get(user);
    const told: Told = known ?? { etag: undefined, cseq: 0, state: 'idle' };
    told.state = 'under way';
    this.#told.set(user, told);
    const classes = await accounts.summary(user);
    if (classes.length === 0 && told.etag === undefined) return this.#ended(user, told);
    const body = buildMessageSummary({ messagesWaiting: classes.some(({ newMessages }) => newMessages > 0), classes });
    core.request(this.#request(user, told, body, classes.length === 0 ? 0 : EXPIRES), undefined, {
      response: (response) => { if (response.status >= 200) this.#answered(user, told, response); },
      failed: (error) => this.#failed(user, error),
    });
  }

  #request(user: string, told: Told, body: Uint8Array, expires: number): SipRequest {
    const { core, random } = this.#options;
    const us = core.contactUri('');
    const isRemoval = expires === 0;
    return buildRequest({
      method: 'PUBLISH', uri: user, cseq: ++told.cseq, callId: `${this.#callId}@${this.#options.domain}`,
      from: `<${us}>;tag=${newTag(random)}`, to: `<${user}>`,
      headers: [
        ['P-Asserted-Identity', `<${us}>`], ['Event', 'message-summary'], ['Expires', String(expires)],
        ...(told.etag === undefined ? [] : [['SIP-If-Match', told.etag] as const]),
      ],
      ...(isRemoval ? {} : { contentType: MESSAGE_SUMMARY_MEDIA_TYPE, body }),
    });
  }

  #answered(user: string, told: Told, response: SipResponse): void {
    const isUnknown = response.status === CONDITION_FAILED && told.etag !== undefined;
    told.etag = response.status < 300 ? response.headers.get('SIP-ETag') : undefined;
    if (isUnknown) told.state = 'changed';
    else if (response.status >= 300) this.#options.log.debug({ user, status: response.status }, 'a message summary was not published');
    this.#ended(user, told);
  }

  #ended(user: string, told: Told): void {
    const isChanged = told.state === 'changed';
    told.state = 'idle';
    if (isChanged) this.#publish(user);
    else if (!this.#options.availability.isAvailable(user) || told.etag === undefined) this.#told.delete(user);
  }

  /** The next change or registration tries again. */
  #failed(user: string, error: unknown): void {
    this.#options.log.debug({ user, err: ProtocolError.is(error) ? error.code : error }, 'a message summary was not published');
    this.#told.delete(user);
  }
}

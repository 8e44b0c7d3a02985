/*
 * Pager mode (RFC 3428): the IM server looks at a MESSAGE and hands it back. Only the recipient's own 200 is a 200 to the sender (§7); what
 * the recipient cannot have now is stored and answered 202, or refused where there is no store or no room.
 */
import { aorOf, isSipUri, ProtocolError } from '@simple-im/grammar';
import { respondTo, type SipRequest, type SipResponse } from '@simple-im/sip';
import type { Clock } from '@simple-im/transport';
import { serverError } from '../errors.js';
import type { Deferral, Settings, StoredMessage, UndeliveredMessage } from '../internal-ports.js';
import type { Log } from '../observe/ports.js';
import type { Im2Core, Im2Request } from '../reference-points.js';
import type { Recording } from '../session-ports.js';
import { after, type Soon } from '../soon.js';
import { isUndelivered } from '../undelivered.js';
import type { ImdnWay } from './imdn-way.js';
import { recordedPager } from './pager-recording.js';
import type { Policy } from './policy.js';
import { undeliveredMessage } from './undelivered-message.js';
import { warning } from './warning.js';

export interface PagerOptions {
  readonly core: Im2Core;
  readonly policy: Policy;
  readonly settings: Settings;
  /** Undefined without a Deferred Messaging Function. */
  readonly deferral: Deferral | undefined;
  readonly imdnWay: ImdnWay;
  /** Undefined without conversation history. */
  readonly recording?: Recording | undefined;
  /** Octets that a body may have; undefined: any number. */
  readonly maxMessageSize?: number | undefined;
  /** Milliseconds after which silent devices count as away. */
  readonly pagerTimeout: number;
  /** The domain we serve. */
  readonly domain: string;
  readonly clock: Clock;
  readonly log: Log;
}

export class Pager {
  readonly #options: PagerOptions;

  constructor(options: PagerOptions) {
    this.#options = options;
  }

  receive(exchange: Im2Request): Soon<void> {
    return after(this.#options.policy.evaluate(exchange, 'pager'), (refusal) => (refusal === undefined ? this.#admitted(exchange) : exchange.respond(refusal)));
  }

  #admitted(given: Im2Request): Soon<void> {
    const { settings, deferral, imdnWay, recording, clock, maxMessageSize = Infinity } = this.#options;
    if (given.request.body.length > maxMessageSize) return this.#fail(given, tooLarge(maxMessageSize));
    const exchange = recording === undefined ? given : recordedPager(given, recording, clock);
    imdnWay.stayOn(exchange.request);
    const recipient = exchange.sessionCase === 'terminating' ? exchange.servedUser : undefined;
    if (recipient === undefined) return this.#handBack(exchange);
    const held = settings.of(recipient).holdPager;
    return after(deferral !== undefined && (held || deferral.isQueued(recipient)), (isBehind) => {
      if (!isBehind) return this.#deliver(exchange, recipient);
      void this.#store(exchange, this.#message(exchange.request, recipient, { held, attempted: false }));
    });
  }

  /** Out of the originating services. What our own users do not get is a matter of their side of us. */
  #handBack(exchange: Im2Request): void {
    const { core, domain } = this.#options;
    const { request, originalDialog } = exchange;
    const target = request.parsedUri;
    const isOurs = isSipUri(target) && target.host.toLowerCase() === domain;
    const end = (response: SipResponse | undefined): void => {
      if (isOurs) exchange.respond(response ?? unavailable(request));
      else void this.#answer(exchange, aorOf(target), response);
    };
    core.request(request, originalDialog, { response: end, failed: () => end(undefined) });
  }

  /** To our user's devices. Those that stay silent count as away before the sender's Timer F, though they may still answer then. */
  #deliver(exchange: Im2Request, recipient: string): void {
    const { core, clock, pagerTimeout } = this.#options;
    let answered: Promise<StoredMessage | undefined> | undefined;
    const end = (response: SipResponse | undefined): void => {
      timer.cancel();
      answered ??= this.#answer(exchange, recipient, response);
    };
    const timer = clock.setTimer(pagerTimeout, () => end(undefined));
    core.request(exchange.request, exchange.originalDialog, {
      response: (response) => {
        if (response.status < 200) return;
        if (answered === undefined) end(response);
        else if (response.status < 300) void this.#deliveredLate(answered);
      },
      failed: () => end(undefined),
    });
  }

  /** Answers as the devices did, or stores for them; resolves with the copy. `response` undefined: nobody answered. */
  async #answer(exchange: Im2Request, recipient: string, response: SipResponse | undefined): Promise<StoredMessage | undefined> {
    const { deferral } = this.#options;
    const { request } = exchange;
    try {
      const isAway = response === undefined || isUndelivered(response.status);
      const message = isAway ? this.#message(request, recipient, { held: false, attempted: true }) : undefined;
      if (message !== undefined && deferral?.isOurs(message) === true) return await this.#store(exchange, message);
      exchange.respond(response ?? unavailable(request));
    } catch (error) {
      this.#fail(exchange, error);
    }
    return undefined;
  }

  #message(request: SipRequest, recipient: string, how: Pick<UndeliveredMessage, 'held' | 'attempted'>): UndeliveredMessage {
    return undeliveredMessage(request, { recipient, now: this.#options.clock.date().getTime(), ...how });
  }

  /** The 202 leaves when the message is on disk. */
  async #store(exchange: Im2Request, message: UndeliveredMessage): Promise<StoredMessage | undefined> {
    try {
      const stored = await this.#options.deferral?.accept(message);
      exchange.respond(respondTo(exchange.request, 202));
      return stored;
    } catch (error) {
      this.#fail(exchange, error);
      return undefined;
    }
  }

  #fail(exchange: Im2Request, error: unknown): void {
    const { domain, log } = this.#options;
    if (!ProtocolError.is(error)) log.error({ err: error, method: 'MESSAGE' }, 'the IM server failed');
    const status = ProtocolError.is(error) ? error.status ?? 400 : 500;
    exchange.respond(respondTo(exchange.request, status, { headers: ProtocolError.is(error) ? [['Warning', warning(domain, error)]] : [] }));
  }

  async #deliveredLate(answered: Promise<StoredMessage | undefined>): Promise<void> {
    try {
      const stored = await answered;
      if (stored !== undefined) await this.#options.deferral?.delivered(stored);
    } catch (error) {
      // The copy stays, and the recipient gets it twice.
      this.#options.log.warn({ err: error }, 'a message that was delivered late stays stored');
    }
  }
}

/** Tells the sender the maximum (004), in the words of RCS. */
function tooLarge(maximum: number): ProtocolError {
  return serverError('IM_MESSAGE_TOO_LARGE', { detail: `133 Size exceeded, at most ${maximum} octets` });
}

/** Never 408 to a request that is not an INVITE (RFC 4320 §4.2). */
function unavailable(request: SipRequest): SipResponse {
  return respondTo(request, 480);
}

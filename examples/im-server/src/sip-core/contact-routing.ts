/*
 * Where a request for one of our users goes: to the bindings of the user, or of the one device that a GRUU means.
 */
import { ProtocolError } from '@simple-im/grammar';
import { respondTo, type SipRequest } from '@simple-im/sip';
import type { Clock } from '@simple-im/transport';
import type { Log } from '../observe/ports.js';
import { after, attempt, type Soon } from '../soon.js';
import { latestOf } from './contact-binding.js';
import type { Exchange } from './exchange.js';
import type { Forwarder } from './forwarder.js';
import type { Gruus, Recipient } from './gruus.js';
import { activeBindings, type Binding, type LocationStore } from './location.js';
import type { FlowReference } from './tokens.js';

export interface ContactRoutingOptions {
  readonly gruus: Gruus;
  readonly location: LocationStore;
  readonly forwarder: Forwarder;
  readonly clock: Clock;
  readonly log: Log;
}

export class ContactRouting {
  readonly #options: ContactRoutingOptions;

  constructor(options: ContactRoutingOptions) {
    this.#options = options;
  }

  /** RFC 3261 §16.5: the bindings are the targets, all of the user or those of the device that a GRUU means. */
  toContacts(exchange: Exchange, recipient: Recipient): Soon<void> {
    return after(this.#bindingsOf(recipient), (bindings) => {
      if (bindings.length === 0) return exchange.respond(respondTo(exchange.request, recipient.unbound ?? 480));
      return this.#options.forwarder.forwardToBindings(exchange, bindings);
    });
  }

  /** Along the route set; what is for a GRUU finds the device where it is now (RFC 5627 §6.1). */
  alongDialog(exchange: Exchange, next: FlowReference | undefined): Soon<void> {
    const { request } = exchange;
    const { gruus, forwarder } = this.#options;
    if (!gruus.isGruu(request.parsedUri)) return forwarder.forwardWithinDialog(exchange, next);
    const recipient = gruus.recipientOf(request.parsedUri);
    return recipient === undefined ? exchange.respond(respondTo(request, 404)) : this.toContacts(exchange, recipient);
  }

  forwardAck(request: SipRequest, next: FlowReference | undefined): void {
    const { gruus, forwarder, log } = this.#options;
    const recipient = gruus.isGruu(request.parsedUri) ? gruus.recipientOf(request.parsedUri) : undefined;
    const forwarded = (): Soon<void> => (recipient === undefined
      ? forwarder.forwardAck(request, next)
      : after(this.#bindingsOf(recipient), (bindings) => forwarder.forwardAck(request, next, latestOf(bindings))));
    const failed = 'an ACK could not be forwarded';
    attempt(forwarded, (error) => (ProtocolError.is(error) ? log.debug({ err: error }, failed) : log.error({ err: error }, failed)));
  }

  /** Where a request that the IM server hands back for its user goes: the user's device, if the Request-URI still names one. */
  servedRecipient({ parsedUri }: SipRequest, servedUser: string): Recipient {
    const { gruus } = this.#options;
    const named = gruus.isGruu(parsedUri) ? gruus.recipientOf(parsedUri) : undefined;
    return named?.aor === servedUser ? named : { aor: servedUser };
  }

  #bindingsOf({ aor, isBound }: Recipient): Soon<readonly Binding[]> {
    const bindings = activeBindings(this.#options.location, aor, this.#options.clock.date().getTime());
    return isBound === undefined ? bindings : after(bindings, (all) => all.filter(isBound));
  }
}

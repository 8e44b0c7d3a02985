/*
 * How the devices of a user registered, as the REGISTERs tell that third-party registrations carry (3GPP TS 24.229 §5.4.1.7).
 */
import { ProtocolError } from '@simple-im/grammar';
import { decodeDatagram, SipRequest, type Contact } from '@simple-im/sip';

interface Device {
  /** The transport of the client's own Via: `TLS`, `WSS`. */
  readonly transport: string;
  /** Milliseconds of the clock. */
  readonly until: number;
}

/** Devices of a user that are remembered; more than a registrar takes. */
const MAX_DEVICES = 32;
const DEFAULT_EXPIRES = 3600;

/** The devices of one user. */
export class RegisteredDevices {
  readonly #devices = new Map<string, Device>();

  /** The SIP transport of the device that registered last; undefined if none is known. */
  latest(now: number): string | undefined {
    for (const [name, { until }] of this.#devices) if (until <= now) this.#devices.delete(name);
    return [...this.#devices.values()].at(-1)?.transport;
  }

  /** `body`: a REGISTER as `message/sip`. One that cannot be read says nothing. */
  registered(body: Uint8Array, now: number): void {
    try {
      const request = decodeDatagram(body);
      if (request instanceof SipRequest) this.#registered(request, now);
    } catch (error) {
      if (!ProtocolError.is(error)) throw error;
    }
  }

  #registered(request: SipRequest, now: number): void {
    // The client's own is the last: each proxy puts one in front.
    const transport = request.vias.at(-1)?.transport.toUpperCase();
    for (const contact of request.contacts) {
      if (contact.wildcardContact) return this.#devices.clear();
      const name = nameOf(contact);
      const expires = contact.expires ?? request.expires ?? DEFAULT_EXPIRES;
      this.#devices.delete(name);
      if (expires > 0 && transport !== undefined) this.#devices.set(name, { transport, until: now + expires * 1000 });
      if (this.#devices.size > MAX_DEVICES) this.#devices.delete(this.#devices.keys().next().value as string);
    }
  }
}

function nameOf(contact: Contact): string {
  return contact.params.get('+sip.instance') ?? contact.uriText;
}

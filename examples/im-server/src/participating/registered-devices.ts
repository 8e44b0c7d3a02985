/*
 * The devices of a user and how they registered, as the REGISTERs tell that third-party registrations carry (3GPP TS 24.229 §5.4.1.7), and
 * registration information (RFC 3680).
 */
import { ProtocolError } from '@simple-im/grammar';
import { decodeDatagram, SipRequest, type Contact } from '@simple-im/sip';
import type { KnownDevice } from '../internal-ports.js';

interface Device {
  /** The transport of the client's own Via: `TLS`, `WSS`. */
  readonly transport: string;
  /** Milliseconds of the clock. */
  readonly until: number;
  /** In lower case. */
  readonly featureTags: readonly string[];
}

/** Of a device that takes instant messages. */
const IM_FEATURE_TAG = '+g.oma.sip-im';

/** Devices of a user that are remembered; more than a registrar takes. */
const MAX_DEVICES = 32;
const DEFAULT_EXPIRES = 3600;

/** The devices of one user. */
export class RegisteredDevices {
  readonly #devices = new Map<string, Device>();

  /** The SIP transport of the device that registered last, of those that take instant messages if any says so; undefined if none is known. */
  latest(now: number): string | undefined {
    for (const [name, { until }] of this.#devices) if (until <= now) this.#devices.delete(name);
    const devices = [...this.#devices.values()];
    return (devices.findLast(({ featureTags }) => featureTags.includes(IM_FEATURE_TAG)) ?? devices.at(-1))?.transport;
  }

  /** These and no others are registered. How one registered is told best by its REGISTER, if there was one; those not known yet come last. */
  are(devices: readonly KnownDevice[], now: number): void {
    const before = new Map(this.#devices);
    const order = new Map([...before.keys()].map((name, at) => [name, at]));
    const placeOf = ({ name }: KnownDevice): number => order.get(name) ?? order.size;
    this.#devices.clear();
    for (const { name, transport, expires, featureTags } of devices.toSorted((a, b) => placeOf(a) - placeOf(b)).slice(0, MAX_DEVICES)) {
      this.#devices.set(name, { transport: before.get(name)?.transport ?? transport, until: now + expires * 1000, featureTags });
    }
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
      if (expires > 0 && transport !== undefined) this.#devices.set(name, { transport, until: now + expires * 1000, featureTags: featureTagsOf(contact) });
      if (this.#devices.size > MAX_DEVICES) this.#devices.delete(this.#devices.keys().next().value as string);
    }
  }
}

function nameOf(contact: Contact): string {
  return contact.params.get('+sip.instance') ?? contact.uriText;
}

function featureTagsOf({ params }: Contact): readonly string[] {
  return params.entries().map(([name]) => name.toLowerCase()).filter((name) => name.startsWith('+') && name !== '+sip.instance');
}

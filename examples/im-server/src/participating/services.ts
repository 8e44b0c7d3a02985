/*
 * Which IM service a request asks for, and which of them a user has.
 */
import { byteString } from '@simple-im/grammar';
import { callerPreferences, type SipRequest } from '@simple-im/sip';
import type { ImMode, ImService } from '../internal-ports.js';

/** The tag of Large Message Mode (docs/profile.md). That of the service, `+g.oma.sip-im`, is another one, of which it is no part. */
const LARGE_MESSAGE_TAG = '+g.oma.sip-im.large-message';
const IM_TAG = '+g.oma.sip-im';
const ICSI_TAG = '+g.3gpp.icsi-ref';

/** Service identifiers (RFC 6050 §4.4) as clients of RCS write them; `.group` may follow. */
const SERVICE_URNS: Readonly<Record<ImService, string>> = {
  pager: 'urn:urn-7:3gpp-service.ims.icsi.oma.cpm.msg',
  large: 'urn:urn-7:3gpp-service.ims.icsi.oma.cpm.largemsg',
  session: 'urn:urn-7:3gpp-service.ims.icsi.oma.cpm.session',
  file: 'urn:urn-7:3gpp-service.ims.icsi.oma.cpm.filetransfer',
};

/**
 * A file is known by its media (RFC 5547 §6), a large message by what the caller wants the device to be able to do. Throws
 * SIP_BAD_HEADER for an Accept-Contact that cannot be read.
 */
export function serviceOf(request: SipRequest): ImService {
  if (request.method === 'MESSAGE') return 'pager';
  if (/(^|[\r\n])a=file-selector[:\r\n]/i.test(byteString(request.body))) return 'file';
  const wanted = callerPreferences(request).accept;
  const isLarge = wanted.some(({ features }) => features.has(LARGE_MESSAGE_TAG) || named(features.get(ICSI_TAG)).some((urn) => isFor('large', urn)));
  return isLarge ? 'large' : 'session';
}

/** What a device names that takes a large message, or sessions. */
export function featureOf(service: 'large' | 'session'): string {
  return service === 'large' ? LARGE_MESSAGE_TAG : IM_TAG;
}

/** What access rules know of a service: a file comes in a session. */
export function modeOf(service: ImService): ImMode {
  return service === 'file' ? 'session' : service;
}

/**
 * Turns the service that the sender prefers into one that we assert, if it is the one that the request itself is for (RFC 6050 §5.1.2).
 * Otherwise the preference goes on as it is.
 */
export function assertService({ headers }: SipRequest, service: ImService): void {
  const preferred = headers.list('P-Preferred-Service').find((urn) => isFor(service, urn));
  if (preferred === undefined) return;
  headers.set('P-Asserted-Service', preferred);
  headers.delete('P-Preferred-Service');
}

/** The services that the provisioned users have; somebody without an entry has all. */
export class ServiceProfiles {
  readonly #services: ReadonlyMap<string, readonly ImService[]>;

  /** By canonical address-of-record. */
  constructor(services: ReadonlyMap<string, readonly ImService[]> = new Map()) {
    this.#services = services;
  }

  has(user: string, service: ImService): boolean {
    return this.#services.get(user)?.includes(service) ?? true;
  }
}

function isFor(service: ImService, urn: string): boolean {
  const expected = SERVICE_URNS[service];
  return [expected, `${expected}.group`].includes(urn.trim().toLowerCase());
}

/** A service identifier in a feature tag has its colons escaped. */
function named(filters: readonly { readonly kind: string; readonly text?: string }[] = []): readonly string[] {
  return filters.map(({ text = '' }) => text.replace(/%3a/gi, ':'));
}

import { escapeUser, formatUri, isSipUri, parseUri } from '@simple-im/grammar';
import type { ImUri } from '@simple-im/grammar';
import type { Random } from '@simple-im/transport';
import { enumUris } from './enum.js';
import type { EnumOptions } from './enum.js';
import { sipError } from './errors.js';
import { DEFAULT_LOCATE_LIMITS, Lookups } from './locate-lookups.js';
import { domainName } from './locate-names.js';
import { srvOrder } from './locate-srv.js';

export interface AddressResolutionOptions extends EnumOptions {
  readonly random: Random;
}

/** How to send to somebody. */
export interface ResolvedAddress {
  /** A SIP or SIPS URI: the Request-URI. */
  readonly uri: string;
  /** Where it goes first when that is not where the URI leads: a Route, as the server of an `im:` domain for SIP. */
  readonly route?: string | undefined;
}

/**
 * SIP URIs for an address of any kind, most preferred first: `im:` and `pres:` by the SRV records of their domain for SIP
 * (RFC 3861 §4, RFC 3428 §5), `tel:` by ENUM (RFC 6116), a SIP URI is one already. Throws, at the first step,
 * SIP_UNRESOLVED when there is none; an `im:` or `pres:` URI may then be left to a proxy as it is (RFC 3428 §5).
 */
export async function* resolveAddress(
  address: string, options: AddressResolutionOptions,
): AsyncGenerator<ResolvedAddress, void, undefined> {
  const uri = parseUri(address);
  let found = false;
  for await (const resolved of uri.scheme === 'tel' ? numberAddresses(uri.number, options) : addresses(address, options)) {
    found = true;
    yield resolved;
  }
  if (!found) throw sipError('SIP_UNRESOLVED', { detail: uri.scheme });
}

async function* numberAddresses(number: string, options: AddressResolutionOptions): AsyncGenerator<ResolvedAddress, void, undefined> {
  for await (const uri of enumUris(number, options)) yield* addresses(uri, options);
}

/** Of URIs that need no ENUM; of others there are none. */
async function* addresses(text: string, options: AddressResolutionOptions): AsyncGenerator<ResolvedAddress, void, undefined> {
  const uri = parseUri(text);
  // Header components must not stand in a Request-URI (RFC 3261 §19.1.1, Table 1).
  if (isSipUri(uri)) yield { uri: uri.headers.length === 0 ? text : formatUri({ ...uri, headers: [] }) };
  if (uri.scheme === 'im' || uri.scheme === 'pres') yield* imAddresses(uri, options);
}

async function* imAddresses(uri: ImUri, options: AddressResolutionOptions): AsyncGenerator<ResolvedAddress, void, undefined> {
  const lookups = new Lookups(options.resolver, { ...DEFAULT_LOCATE_LIMITS, ...options.limits });
  const sip = `sip:${escapedUser(uri.user)}@${uri.host}`;
  const domain = domainName(uri.host);
  const records = domain === undefined ? [] : await lookups.srv(`_${uri.scheme}._sip.${domain}`);
  // RFC 3861 §4: with SRV records no address of the domain itself may be used, without any the domain is the server.
  if (records.length === 0) yield { uri: sip };
  for (const { target, port } of srvOrder(records, options.random)) {
    const name = domainName(target);
    if (name !== undefined && port !== 0) yield { uri: sip, route: `sip:${name}:${port};lr` };
  }
}

/** Characters that stand for themselves in a mailbox but not in the user part of a SIP URI; escapes stay as they are. */
function escapedUser(user: string): string {
  return user.replace(/%[0-9A-Fa-f]{2}|[^%]+/g, (part) => (part.startsWith('%') ? part : escapeUser(part)));
}

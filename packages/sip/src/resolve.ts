import { isSipUri, parseUri } from '@simple-im/grammar';
import type { SipUri } from '@simple-im/grammar';
import type { Address, Resolver } from '@simple-im/transport';
import { sipError } from './errors.js';
import { isNumericHost, withoutBrackets } from './response-routing.js';

/** Where to send a request: a transport and an address. */
export interface Target {
  readonly transport: 'UDP' | 'TCP';
  readonly address: Address;
}

/**
 * The place a SIP URI names (RFC 3263 §4), as far as it follows from the URI itself and from address records: `maddr`
 * before the host, the `transport` parameter or UDP, the port or 5060. SIPS needs TLS, which is not here yet.
 * Throws SIP_UNRESOLVED, SIP_UNSUPPORTED_TRANSPORT.
 */
export async function resolveUri(uri: string | SipUri, resolver: Resolver | undefined): Promise<Target> {
  const parsed = typeof uri === 'string' ? sipUriOf(uri) : uri;
  if (parsed.scheme === 'sips') throw sipError('SIP_UNSUPPORTED_TRANSPORT', { detail: 'sips' });
  const transport = (parsed.params.get('transport') ?? 'udp').toUpperCase();
  if (transport !== 'UDP' && transport !== 'TCP') throw sipError('SIP_UNSUPPORTED_TRANSPORT', { detail: transport });
  const host = withoutBrackets(parsed.params.get('maddr') ?? parsed.host);
  return { transport, address: { host: await lookUp(host, resolver), port: parsed.port ?? 5060 } };
}

function sipUriOf(text: string): SipUri {
  const uri = parseUri(text);
  if (!isSipUri(uri)) throw sipError('SIP_UNRESOLVED', { detail: `scheme of ${uri.text}` });
  return uri;
}

async function lookUp(host: string, resolver: Resolver | undefined): Promise<string> {
  if (isNumericHost(host)) return host;
  if (resolver === undefined) throw sipError('SIP_UNRESOLVED', { detail: `${host} is a name and there is no resolver` });
  let addresses: readonly string[];
  try {
    addresses = await resolver.lookup(host);
  } catch (cause) {
    throw sipError('SIP_UNRESOLVED', { detail: host, cause });
  }
  const [first] = addresses;
  if (first === undefined) throw sipError('SIP_UNRESOLVED', { detail: host });
  return first;
}

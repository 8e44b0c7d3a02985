import { parseNameAddr, parseUri, ProtocolError, textToByteString, type NameAddr } from '@simple-im/grammar';
import type { Flow, SipRequest } from '@simple-im/sip';

/** Who sent a request. */
export interface Sender {
  readonly uri: string;
  readonly name: string | undefined;
  /** The network vouches for it: it stood in P-Asserted-Identity. From is only what the sender says. */
  readonly asserted: boolean;
}

/**
 * P-Asserted-Identity comes before From, but only from the proxy: from an element that is not trusted it must not be used in
 * any way (RFC 3325 §8), and anybody who can reach our socket could write one.
 */
export function senderOf(request: SipRequest, flow: Flow, proxyHost: string): Sender {
  const asserted = flow.remote.host === proxyHost ? assertedIdentity(request) : undefined;
  const address = asserted ?? (request.from as NameAddr);
  return { uri: address.uriText, name: address.displayName, asserted: asserted !== undefined };
}

/** The SIP URI among the one or two asserted (RFC 3325 §9.1), else the tel URI. */
function assertedIdentity(request: SipRequest): NameAddr | undefined {
  try {
    const identities = request.headers.list('P-Asserted-Identity').map((text) => parseNameAddr(textToByteString(text)));
    return identities.find(({ uriText }) => /^sips?:/i.test(uriText)) ?? identities[0];
  } catch (error) {
    if (ProtocolError.is(error)) return undefined;
    throw error;
  }
}

/** The SIP URI that reaches a CPIM address: itself, or for `im:` the same mailbox (RFC 3861 §3); `undefined` if none does. */
export function sipUriFor(address: string | undefined): string | undefined {
  if (address === undefined) return undefined;
  try {
    const uri = parseUri(address);
    if (uri.scheme === 'sip' || uri.scheme === 'sips') return uri.text;
    return uri.scheme === 'im' ? `sip:${uri.user}@${uri.host}` : undefined;
  } catch (error) {
    if (ProtocolError.is(error)) return undefined;
    throw error;
  }
}

import { aorOf, isSipUri, parseNameAddr, parseUri, ProtocolError } from '@simple-im/grammar';
import type { SipRequest } from '@simple-im/sip';
import type { Sender } from './identity.js';

/** The user part by which servers that store and forward are known in the field (docs/profile.md). */
const STORE_AND_FORWARD = 'rcse-standfw';

/** An invitation of the server's own, to hand over what it has stored. */
export interface Handover {
  /** Of the messages; undefined: notifications are handed over. */
  readonly sender: Sender | undefined;
}

/** Undefined for an invitation of somebody else. `domain`: ours; whoever claims to be the server must be asserted to be. */
export function handoverOf(request: SipRequest, { uri, asserted }: Sender, domain: string): Handover | undefined {
  if (!asserted || !isStore(uri, domain)) return undefined;
  const field = request.headers.get('Referred-By');
  if (field === undefined) return { sender: undefined };
  const { uriText, displayName } = parseNameAddr(field);
  return { sender: { uri: uriText, name: displayName ?? request.from?.displayName, asserted: true } };
}

function isStore(text: string, domain: string): boolean {
  try {
    const uri = parseUri(text);
    return isSipUri(uri) && uri.user === STORE_AND_FORWARD && aorOf(uri).endsWith(`@${domain}`);
  } catch (error) {
    if (!ProtocolError.is(error)) throw error;
    return false;
  }
}

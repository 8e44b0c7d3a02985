/*
 * The name of the IM server in its domain: where disposition notifications find it (RFC 5438 §8).
 */
import { isSipUri, parseUri, ProtocolError } from '@simple-im/grammar';
import { IM_SERVER } from './reference-points.js';

export function imServerAddress(domain: string): string {
  return `sip:${IM_SERVER}@${domain}`;
}

/** Whether a text is that address, in whatever spelling; something that is no URI is not. */
export function isImServerAddress(text: string, domain: string): boolean {
  try {
    const uri = parseUri(text);
    return isSipUri(uri) && uri.user === IM_SERVER && uri.host.toLowerCase() === domain;
  } catch (error) {
    if (!ProtocolError.is(error)) throw error;
    return false;
  }
}

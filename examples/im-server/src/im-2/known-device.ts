/*
 * A device as a contact of registration information tells of it (RFC 3680 §5.1).
 */
import { isSipUri, parseUri, unquote } from '@simple-im/grammar';
import type { RegisteredContact } from '@simple-im/sip-events/documents/reg';
import type { KnownDevice } from '../internal-ports.js';

/** Where a contact does not say how long it is registered: as long as a registrar grants at most, the next NOTIFY will say it has ended. */
const LONGEST = 7200;

/** Throws GRAMMAR_... for a contact that is no URI. */
export function deviceOf({ uri, expires = LONGEST, unknownParams = [] }: RegisteredContact): KnownDevice {
  const instance = unknownParams.find(({ name }) => name.toLowerCase() === '+sip.instance')?.value;
  const names = unknownParams.map(({ name }) => name.toLowerCase());
  return {
    name: instance === undefined ? uri : unquoted(instance),
    transport: transportOf(uri),
    expires,
    featureTags: names.filter((name) => name.startsWith('+') && name !== '+sip.instance'),
  };
}

/** Who writes a value without its quotes leaves it as it is. */
function unquoted(value: string): string {
  const text = value.trim();
  return text.startsWith('"') ? unquote(text) : text;
}

/** `ws` stands for WebSocket with and without TLS (RFC 7118 §5.2); where both may be meant it is the one that every page may use. */
function transportOf(text: string): string {
  const uri = parseUri(text);
  if (uri.scheme === 'sips') return 'TLS';
  const transport = isSipUri(uri) ? uri.params.get('transport')?.toUpperCase() : undefined;
  return transport === 'WS' ? 'WSS' : transport ?? 'UDP';
}

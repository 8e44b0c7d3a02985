import { isSipUri, parseUri } from '@simple-im/grammar';
import type { Flow } from './flow.js';

/**
 * The URI by which the peer of a flow reaches us on it: sips where the address of record is (§8.1.1.8), and `transport`,
 * which is `ws` with and without TLS (RFC 7118 §5.2).
 */
export function contactUriOf(aor: string, flow: Flow): string {
  const uri = parseUri(aor);
  const user = isSipUri(uri) && uri.user !== undefined ? `${uri.user}@` : '';
  const transport = flow.transport === 'WSS' ? 'ws' : flow.transport.toLowerCase();
  return `${uri.scheme === 'sips' ? 'sips' : 'sip'}:${user}${flow.sentBy}${transport === 'udp' ? '' : `;transport=${transport}`}`;
}

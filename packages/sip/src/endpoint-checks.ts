import type { SipEndpointOptions } from './endpoint-types.js';
import { sipError } from './errors.js';
import { isSecure } from './flow.js';
import type { Flow, TransportName } from './flow.js';
import type { SipRequest } from './message.js';
import type { Target } from './resolve.js';

/** §26.2.2: every hop of a request to a sips URI must be TLS. Throws SIP_TLS_REQUIRED. */
export function checkSecurity({ uri }: SipRequest, to: Target | Flow): void {
  if (!isSecure(to) && /^sips:/i.test(uri)) throw sipError('SIP_TLS_REQUIRED', { detail: to.transport });
}

/** What an endpoint can send over. */
export function transportsOf({ network, tls, webSockets }: SipEndpointOptions): TransportName[] {
  return [...(network ? ['UDP', 'TCP'] as const : []), ...(tls ? ['TLS'] as const : []), ...(webSockets ? ['WSS', 'WS'] as const : [])];
}

export function isFlow(to: Target | Flow): to is Flow {
  return 'id' in to;
}

import { sipError } from './errors.js';
import type { TransportName } from './flow.js';
import { placesOf } from './locate.js';
import type { LocateOptions } from './locate.js';
import type { Target } from './resolve.js';
import { isNumericHost, withoutBrackets } from './response-routing.js';
import type { Via } from './via.js';

const TRANSPORTS: readonly TransportName[] = ['UDP', 'TCP', 'TLS', 'WS', 'WSS'];

/**
 * Where a response goes when the way its request came by is lost (RFC 3263 §5, RFC 3261 §18.2.2): the places sent-by of the
 * topmost Via names, over the transport of the Via. For after a failure only: at first a response goes back where its
 * request came from. Throws as `locate`.
 */
export async function* locateVia(via: Via, options: LocateOptions): AsyncGenerator<Target, void, undefined> {
  const { transports = ['UDP', 'TCP'] } = options;
  const transport = TRANSPORTS.find((name) => name === via.transport && transports.includes(name));
  if (transport === undefined) throw sipError('SIP_UNSUPPORTED_TRANSPORT', { detail: via.transport });
  if (via.port === 0) throw sipError('SIP_UNRESOLVED', { detail: 'port 0' });
  const host = withoutBrackets(via.host);
  yield* placesOf({
    host,
    port: via.port,
    transport,
    transports: [transport],
    fallback: transport,
    serverName: isNumericHost(host) ? undefined : host.toLowerCase(),
  }, options);
}

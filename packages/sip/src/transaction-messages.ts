import { respondTo } from './build.js';
import { readDatagram } from './decoder.js';
import { encode } from './encoder.js';
import { SipRequest } from './message.js';
import type { SipResponse } from './message.js';
import { statelessTag } from './transaction-key.js';
import type { EncodedMessage } from './transaction.js';

/** A message with its octets. */
export function encoded<M extends SipRequest | SipResponse>(message: M): EncodedMessage<M> {
  return { message, bytes: encode(message) };
}

const NO_LIMITS = { headOctets: Infinity, fields: Infinity, bodyOctets: Infinity };

/** A response of ours that went out, kept as octets only: the message is read from them when it must go out again. */
export class SentResponse implements EncodedMessage<SipResponse> {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get message(): SipResponse {
    return readDatagram(this.bytes, NO_LIMITS, false) as SipResponse;
  }
}

/** The ACK a client transaction makes for a non-2xx response (§17.1.1.3). */
export function ackForFailure(invite: SipRequest, response: SipResponse): SipRequest {
  const ack = sameHop(invite, 'ACK');
  ack.headers.addFrom(response.headers, 'To');
  return ack;
}

/** The CANCEL of a request (§9.1); `reason` is a Reason field's value (RFC 3326). */
export function cancelFor(request: SipRequest, reason?: string): SipRequest {
  const cancel = sameHop(request, 'CANCEL');
  cancel.headers.addFrom(request.headers, 'To');
  if (reason !== undefined) cancel.headers.add('Reason', reason);
  return cancel;
}

/** The 100 a server transaction sends by itself, without a To tag (§17.2.1). */
export function tryingFor(request: SipRequest): SipResponse {
  return respondTo(request, 100);
}

/** Seconds a peer is asked to wait while there are too many transactions. */
const RETRY_AFTER = '10';

/** The 503 to a request that gets no transaction (§8.2.7): its tag comes from the request and is the same for each retransmission. */
export function busyFor(request: SipRequest, key: string): SipResponse {
  return respondTo(request, 503, { toTag: `busy-${statelessTag(key)}`, headers: [['Retry-After', RETRY_AFTER]] });
}

/** A request for the same hop and transaction: only the top Via, and what §9.1 and §17.1.1.3 copy, but for To. */
function sameHop(original: SipRequest, method: string): SipRequest {
  const request = new SipRequest(method, original.uri);
  const { headers } = request;
  headers.addFrom(original.headers, 'Via');
  const topVia = headers.removeFirst('Via');
  if (topVia !== undefined) headers.set('Via', topVia);
  headers.addFrom(original.headers, 'Route');
  headers.add('Max-Forwards', original.headers.get('Max-Forwards') ?? '70');
  headers.addFrom(original.headers, 'From');
  headers.addFrom(original.headers, 'Call-ID');
  headers.add('CSeq', `${original.cseq?.number ?? 0} ${method}`);
  return request;
}

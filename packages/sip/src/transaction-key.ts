import { hasMagicCookie } from './flow.js';
import type { Flow } from './flow.js';
import type { SipRequest, SipResponse } from './message.js';

/*
 * Keys are joined with spaces, which none of the parts can hold. Joining makes new strings, so that a key does not keep
 * the datagram it came from in memory.
 */

/** The branch we made; a CANCEL shares that of its INVITE (§9.1). */
export function clientKey(branch: string, method: string): string {
  return method === 'CANCEL' ? `${branch} CANCEL` : branch;
}

/** Where to look for the client transaction of a response, whose method must be that of CSeq then (§17.1.3). */
export function clientKeyOf(response: SipResponse): string | undefined {
  const branch = response.via?.branch;
  return branch === undefined ? undefined : clientKey(branch, response.cseq?.method ?? '');
}

/**
 * §17.2.3: what a request shares with the request that created its server transaction, apart from the method. An ACK
 * has the key of its INVITE; a CANCEL has the key of what it cancels (§9.2).
 */
export function serverKeyOf(request: SipRequest): string {
  const via = request.via;
  if (via !== undefined && hasMagicCookie(via.branch)) {
    return `${via.branch} ${via.host.toLowerCase()}:${via.port ?? ''}`;
  }
  const base = rfc2543Key(request);
  return request.method === 'ACK' ? rfc2543AckKey(base, request.toTag) : `${base} to ${request.toTag ?? ''}`;
}

/** Where the ACK of an RFC 2543 client will be looked for: its To tag is that of our response. */
export function ackAlias(invite: SipRequest, response: SipResponse): string | undefined {
  return hasMagicCookie(invite.via?.branch) ? undefined : rfc2543AckKey(rfc2543Key(invite), response.toTag);
}

function rfc2543AckKey(base: string, toTag: string | undefined): string {
  return `${base} ack ${toTag ?? ''}`;
}

/** Request-URI, From tag, Call-ID, CSeq number and top Via, for requests without the magic cookie. */
function rfc2543Key(request: SipRequest): string {
  const via = request.via;
  const top = via === undefined ? '' : `${via.transport} ${via.host.toLowerCase()}:${via.port ?? ''} ${via.branch ?? ''}`;
  return `2543 ${request.uri} ${request.fromTag ?? ''} ${request.callId ?? ''} ${request.cseq?.number ?? ''} ${top}`;
}

/** §18.1.2: the sent-by of a response to us is the one we put there. */
export function isOurs(response: SipResponse, flow: Flow): boolean {
  const via = response.via;
  if (via === undefined) return false;
  const { host, port } = via;
  const ours = flow.sentBy;
  const portAt = host.length;
  if (ours.slice(portAt) !== (port === undefined ? '' : `:${port}`)) return false;
  return ours.startsWith(host) || ours.slice(0, portAt).toLowerCase() === host.toLowerCase();
}

/** FNV-1a over the transaction's key. */
export function statelessTag(key: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  return (hash >>> 0).toString(16);
}

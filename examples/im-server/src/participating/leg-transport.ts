/*
 * How MSRP is spoken on one leg: by what the peer's description asks for, or, towards somebody who has not said yet, by how they
 * registered.
 */
import { parseMsrpUri, type MsrpUri } from '@simple-im/msrp';
import { connectionRole, fingerprintsOf, matchesFingerprint, parseMsrpSdp, type MsrpMedia } from '@simple-im/msrp/sdp';
import type { TlsConnectOptions } from '@simple-im/transport';
import { serverError } from '../errors.js';
import type { MediaTransport } from '../media/media.js';

/** What we have listeners for. */
export interface OwnTransports {
  has(transport: MediaTransport): boolean;
}

/** The transport a description asks for. Throws IM_MEDIA_TRANSPORT, which carries 488, where m-line and path disagree or we lack it. */
export function transportOf(media: MsrpMedia, own: OwnTransports): MediaTransport {
  const uri = parseMsrpUri(media.path[0] as string);
  // RFC 4975 §8.1, §9.1: TCP/TLS/MSRP goes with msrps, TCP/MSRP with msrp.
  if (uri.secure !== media.secure) throw serverError('IM_MEDIA_TRANSPORT', { detail: 'the scheme of the path is not that of the m-line' });
  const transport = namedBy(uri);
  if (transport === undefined) throw serverError('IM_MEDIA_TRANSPORT', { detail: `there is no MSRP over ${uri.transport} here` });
  if (!own.has(transport)) throw serverError('IM_MEDIA_TRANSPORT', { detail: `there is no MSRP ${NAMES[transport]} here` });
  return transport;
}

const NAMES: Readonly<Record<MediaTransport, string>> = {
  tcp: 'over TCP', tls: 'over TLS', ws: 'over WebSocket without TLS', wss: 'over WebSocket with TLS',
};

function namedBy({ secure, transport }: MsrpUri): MediaTransport | undefined {
  switch (transport.toLowerCase()) {
    case 'tcp': return secure ? 'tls' : 'tcp';
    case 'ws': return secure ? 'wss' : 'ws';
    default: return undefined;
  }
}

/** In order, what a client is offered that registered over a transport of SIP; undefined: not known. */
const PREFERRED: Readonly<Record<string, readonly MediaTransport[]>> = {
  WS: ['ws', 'wss'],
  WSS: ['wss', 'ws'],
  TLS: ['tls', 'tcp'],
};

/** What to offer somebody who registered over `sip`, the transport of their Via. */
export function offeredTransport(sip: string | undefined, own: OwnTransports): MediaTransport {
  const wanted = [...(PREFERRED[sip ?? ''] ?? []), 'tcp', 'tls', 'wss', 'ws'] as const;
  return wanted.find((transport) => own.has(transport)) ?? 'tcp';
}

/** Whether we may have to connect to the peer: who speaks through a WebSocket cannot be called (RFC 7977 §5.1). */
export function canBeCalled(transport: MediaTransport): boolean {
  return transport === 'tcp' || transport === 'tls';
}

/** Throws IM_MEDIA_TRANSPORT where we would have to connect and cannot. */
export function refuseUnlessReachable(transport: MediaTransport, weConnect: boolean): void {
  if (weConnect && !canBeCalled(transport)) throw serverError('IM_MEDIA_TRANSPORT', { detail: 'who speaks MSRP over WebSocket connects' });
}

/** What a user answered to our offer of `actpass` over a transport. Throws the errors of `parseMsrpSdp` and IM_MEDIA_TRANSPORT. */
export function answeredMedia(body: Uint8Array, offered: MediaTransport, own: OwnTransports): { answer: MsrpMedia; weConnect: boolean } {
  const answer = parseMsrpSdp(body);
  if (transportOf(answer, own) !== offered) {
    throw serverError('IM_MEDIA_TRANSPORT', { detail: 'the answer is for another transport than the offer' });
  }
  const weConnect = connectionRole('actpass', answer.setup) === 'active';
  refuseUnlessReachable(offered, weConnect);
  return { answer, weConnect };
}

/**
 * How to know the peer when we connect by TLS: by the fingerprint of its description, which came with its SIP (RFC 4975 §14.4); without
 * one its certificate must lead to a trusted root and name its host.
 */
export function tlsTowards(media: MsrpMedia): Pick<TlsConnectOptions, 'anyRoot' | 'verify'> | undefined {
  if (fingerprintsOf(media).length === 0) return undefined;
  return { anyRoot: true, verify: (certificate) => matchesFingerprint(media, certificate) };
}

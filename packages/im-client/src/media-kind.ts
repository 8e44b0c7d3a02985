import { parseMsrpUri, type MessageSession } from '@simple-im/msrp';
import { fingerprintsOf, matchesFingerprint, type MsrpMedia } from '@simple-im/msrp/sdp';
import type { Flow } from '@simple-im/sip';
import type { PeerCertificate, TlsConnectOptions } from '@simple-im/transport';
import type { ClientCore } from './core.js';
import { imError } from './errors.js';

/** What a session's messages travel on. */
export interface MediaKind {
  /** TLS: `msrps:` and `TCP/TLS/MSRP`. */
  readonly secure: boolean;
  readonly transport: 'tcp' | 'ws';
}

/** What we ask for: WebSocket where there is nothing else, in a page (RFC 7977); TLS where the way to our server has it. */
export function kindToOffer({ platform: { network, tls } }: ClientCore, flow: Flow): MediaKind {
  const secure = flow.transport === 'TLS' || flow.transport === 'WSS';
  if (network === undefined && tls === undefined) return { transport: 'ws', secure };
  return { transport: 'tcp', secure: tls !== undefined && (secure || network === undefined) };
}

/** What a description wants, by the URI that is to be connected to. Throws IM_NO_COMMON_MEDIA if we have no such thing. */
export function kindOf({ platform: { network, tls, webSockets } }: ClientCore, { path }: MsrpMedia): MediaKind {
  const { secure, transport } = parseMsrpUri(path[0] as string);
  const name = transport.toLowerCase();
  if (name === 'ws' && webSockets !== undefined) return { secure, transport: name };
  if (name === 'tcp' && (secure ? tls : network) !== undefined) return { secure, transport: name };
  throw imError('IM_NO_COMMON_MEDIA', { detail: `the peer wants ${describe({ secure, transport: name })}, which this platform does not have` });
}

/** For messages to people. */
export function describe({ secure, transport }: { readonly secure: boolean; readonly transport: string }): string {
  return `${secure ? 'msrps' : 'msrp'} over ${transport}`;
}

/** Connects to where a description says, and checks who is there. Rejects as `MessageSession.connect`. */
export function connectMedia(core: ClientCore, media: MessageSession, remote: MsrpMedia, signal?: AbortSignal): Promise<void> {
  const tls = pinned(core, remote);
  return media.connect(remote.path, { ...(signal === undefined ? {} : { signal }), ...(tls === undefined ? {} : { tls }) });
}

/**
 * RFC 4975 §14.4: the certificate must be the one whose fingerprint the description has. It may be self-signed then, but only if the
 * description came by TLS: else whoever could change it could name a certificate of his own.
 */
function pinned(core: ClientCore, remote: MsrpMedia): TlsConnectOptions | undefined {
  if (!remote.secure || fingerprintsOf(remote).length === 0) return undefined;
  return {
    trusted: core.options.trusted,
    anyRoot: core.isSecure,
    verify: (certificate: PeerCertificate) => matchesFingerprint(remote, certificate),
  };
}

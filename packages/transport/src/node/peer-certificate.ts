import { checkServerIdentity, type PeerCertificate as NodeCertificate, type TLSSocket } from 'node:tls';
import type { PeerCertificate } from '../ports.js';

/** What the peer has shown, or undefined. */
export function peerCertificateOf(socket: TLSSocket): PeerCertificate | undefined {
  const certificate = shown(socket);
  if (certificate === undefined) return undefined;
  return {
    authorized: socket.authorized,
    subjectAltNames: subjectAltNames(certificate.subjectaltname ?? ''),
    commonName: commonName(certificate),
    fingerprint: certificate.fingerprint256,
  };
}

/** Whether the certificate holds the name, by the rule of HTTPS (RFC 9525 §6). */
export function holdsName(socket: TLSSocket, name: string): boolean {
  const certificate = shown(socket);
  return certificate !== undefined && checkServerIdentity(name, certificate) === undefined;
}

/** Node gives an empty object for a peer without one. */
function shown(socket: TLSSocket): NodeCertificate | undefined {
  const certificate = socket.getPeerCertificate() as NodeCertificate | null;
  return certificate === null || certificate.fingerprint256 === undefined ? undefined : certificate;
}

/** Node joins the names to one string, and quotes as JSON those that could be taken for two. */
export function subjectAltNames(joined: string): string[] {
  return Array.from(joined.matchAll(/(?:^|, )([^:,]+):("(?:[^"\\]|\\.)*"|[^,]*)/g), ([, type = '', value = '']) => {
    return `${type === 'IP Address' ? 'IP' : type}:${value.startsWith('"') ? String(JSON.parse(value)) : value}`;
  });
}

/** Undefined also where there are several: nobody could say which counts. */
function commonName(certificate: NodeCertificate): string | undefined {
  const name: unknown = certificate.subject?.CN;
  return typeof name === 'string' ? name : undefined;
}

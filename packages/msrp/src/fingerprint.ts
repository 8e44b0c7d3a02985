import type { PeerCertificate } from '@simple-im/transport';
import type { MsrpMedia } from './sdp.js';

/** One `a=fingerprint` (RFC 8122 §5). */
export interface Fingerprint {
  /** In lower case: `sha-256`. */
  readonly algorithm: string;
  /** Pairs of upper-case hex digits and colons. */
  readonly value: string;
}

/** The fingerprints of the certificate that the other side will show; attributes that are malformed are passed over. */
export function fingerprintsOf({ attributes }: Pick<MsrpMedia, 'attributes'>): readonly Fingerprint[] {
  return attributes.flatMap((attribute) => {
    const [, algorithm, value] = /^fingerprint:\s*([A-Za-z0-9-]+) +((?:[0-9A-Fa-f]{2}:)*[0-9A-Fa-f]{2})\s*$/.exec(attribute) ?? [];
    return algorithm === undefined || value === undefined ? [] : [{ algorithm: algorithm.toLowerCase(), value: value.toUpperCase() }];
  });
}

/**
 * Whether the certificate is one the description names (RFC 4975 §14.4, RFC 8122 §6.2): compared by SHA-256, the only hash this package
 * trusts; a description without a SHA-256 fingerprint names none.
 */
export function matchesFingerprint(media: Pick<MsrpMedia, 'attributes'>, { fingerprint }: Pick<PeerCertificate, 'fingerprint'>): boolean {
  const shown = fingerprint.toUpperCase();
  return fingerprintsOf(media).some(({ algorithm, value }) => algorithm === 'sha-256' && value === shown);
}

/** The attribute for a description of ours: `fingerprint:sha-256 AB:CD...`. */
export function fingerprintAttribute(fingerprint: string): string {
  return `fingerprint:sha-256 ${fingerprint.toUpperCase()}`;
}

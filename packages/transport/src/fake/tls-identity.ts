import { transportError } from '../errors.js';
import type { PeerCertificate, TlsIdentity } from '../ports.js';
import { FakeRandom } from './random.js';

/** What a certificate of FakeTls says. */
export interface FakeCertificate {
  /** `DNS:example.com`, `URI:sip:example.com` ... */
  readonly subjectAltNames?: readonly string[];
  readonly commonName?: string;
  /** The root it leads to, FAKE_ROOT by default; a self-signed one names a root that nobody trusts. */
  readonly issuer?: string;
  readonly expired?: boolean;
}

/** The root that FakeTls trusts unless told otherwise, in place of those of the system. */
export const FAKE_ROOT = 'fake root';

/** An identity for FakeTls, which reads no PEM. Different certificates have different keys and fingerprints. */
export function fakeIdentity(certificate: FakeCertificate): TlsIdentity {
  const text = JSON.stringify(certificate);
  return { certificate: text, key: keyOf(text) };
}

/** Throws TRANSPORT_BAD_IDENTITY unless it was made by `fakeIdentity`. */
export function checkIdentity(identity: TlsIdentity | undefined): void {
  if (identity === undefined) return;
  if (parse(identity.certificate) !== undefined && identity.key === keyOf(identity.certificate)) return;
  throw transportError('TRANSPORT_BAD_IDENTITY', { detail: 'FakeTls takes what fakeIdentity() makes' });
}

/** Undefined for what is no certificate of `fakeIdentity`; `trusted` holds names of roots, one on each line. */
export function readCertificate(text: string, trusted: string | undefined): PeerCertificate | undefined {
  const certificate = parse(text);
  if (certificate === undefined) return undefined;
  return {
    authorized: certificate.expired !== true && (trusted ?? FAKE_ROOT).split('\n').includes(certificate.issuer ?? FAKE_ROOT),
    subjectAltNames: certificate.subjectAltNames ?? [],
    commonName: certificate.commonName,
    fingerprint: fingerprintOf(text),
  };
}

/** The rule of HTTPS without wildcards: `DNS:` or `IP:` with this name, or the CN where there are no names. */
export function holdsName({ subjectAltNames, commonName }: PeerCertificate, name: string): boolean {
  if (subjectAltNames.length === 0) return commonName === name;
  return subjectAltNames.includes(`DNS:${name}`) || subjectAltNames.includes(`IP:${name}`);
}

function parse(text: string): FakeCertificate | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function keyOf(certificate: string): string {
  return `the key of ${fingerprintOf(certificate)}`;
}

function fingerprintOf(text: string): string {
  let seed = 0;
  for (let i = 0; i < text.length; i++) seed = (Math.imul(seed, 31) + text.charCodeAt(i)) | 0;
  return Array.from(new FakeRandom(seed).bytes(32), (octet) => octet.toString(16).padStart(2, '0').toUpperCase()).join(':');
}

import { X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import { transportError } from '../errors.js';
import type { TlsIdentity } from '../ports.js';

/** The oldest version spoken (RFC 8996 withdrew those before it). */
export const MIN_VERSION = 'TLSv1.2';

/** What `node:tls` needs of an identity and of roots. Throws TRANSPORT_BAD_IDENTITY for what is no PEM or no pair. */
export function contextOptions(identity: TlsIdentity | undefined, trusted: string | undefined): SecureContextOptions {
  return {
    minVersion: MIN_VERSION,
    ...(identity === undefined ? {} : { cert: identity.certificate, key: identity.key }),
    ...(trusted === undefined ? {} : { ca: checkRoots(trusted) }),
  };
}

export function secureContext(identity: TlsIdentity | undefined, trusted: string | undefined): SecureContext {
  const options = contextOptions(identity, trusted);
  try {
    return createSecureContext(options);
  } catch (error) {
    throw transportError('TRANSPORT_BAD_IDENTITY', { detail: errorName(error), cause: error });
  }
}

/** Node takes any text for roots, and then trusts none. */
export function checkRoots(trusted: string): string {
  parseCertificate(trusted);
  return trusted;
}

function parseCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    throw transportError('TRANSPORT_BAD_IDENTITY', { detail: `the trusted roots: ${errorName(error)}`, cause: error });
  }
}

function errorName(error: unknown): string {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' ? code : String(error);
}

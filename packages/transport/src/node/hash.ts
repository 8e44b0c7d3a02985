import { createHash } from 'node:crypto';
import type { HashAlgorithm } from '../hash-algorithm.js';

const OPENSSL_NAMES = { MD5: 'md5', 'SHA-256': 'sha256', 'SHA-512-256': 'sha512-256' } as const;

/** The hash of `data`, at once: 16 octets for MD5, 32 for the others. */
export function nodeHash(algorithm: HashAlgorithm, data: Uint8Array): Uint8Array {
  return createHash(OPENSSL_NAMES[algorithm]).update(data).digest();
}

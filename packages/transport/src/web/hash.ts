import { md5 } from '@noble/hashes/legacy';
import { sha256, sha512_256 } from '@noble/hashes/sha2';
import type { HashAlgorithm } from '../hash-algorithm.js';

const HASHES = { MD5: md5, 'SHA-256': sha256, 'SHA-512-256': sha512_256 } as const;

/** The hash of `data`, at once, which WebCrypto cannot: 16 octets for MD5, 32 for the others. */
export function webHash(algorithm: HashAlgorithm, data: Uint8Array): Uint8Array {
  return HASHES[algorithm](data);
}

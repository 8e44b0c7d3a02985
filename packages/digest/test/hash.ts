import { createHash } from 'node:crypto';
import type { Algorithm, Hash } from '../src/index.js';

const NAMES: Record<Algorithm, string> = { MD5: 'md5', 'SHA-256': 'sha256', 'SHA-512-256': 'sha512-256' };

export const hash: Hash = (algorithm, data) => createHash(NAMES[algorithm]).update(data).digest();

/** Random octets that are a count, so that a test knows them. */
export function counter(): { bytes(length: number): Uint8Array } {
  let count = 0;
  return {
    bytes(length) {
      const octets = new Uint8Array(length);
      new DataView(octets.buffer).setUint32(length - 4, ++count);
      return octets;
    },
  };
}

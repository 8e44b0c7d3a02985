import { randomFillSync } from 'node:crypto';
import type { Random } from '../ports.js';

/** Octets asked of the generator at once: a call for sixteen costs as much as one for all of these. */
const POOL = 4096;
const LARGEST_FROM_POOL = 256;

const pool = new Uint8Array(POOL);
let used = POOL;

/** OpenSSL's generator. Each octet is given out once. */
export const nodeRandom: Random = {
  bytes(length) {
    if (length > LARGEST_FROM_POOL) return randomFillSync(new Uint8Array(length));
    if (used + length > POOL) {
      randomFillSync(pool);
      used = 0;
    }
    const octets = pool.slice(used, used + length);
    // What was given out is a secret of whoever has it now.
    pool.fill(0, used, used + length);
    used += length;
    return octets;
  },
};

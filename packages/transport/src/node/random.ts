import { randomFillSync } from 'node:crypto';
import type { Random } from '../ports.js';

/** OpenSSL's generator. */
export const nodeRandom: Random = {
  bytes: (length) => randomFillSync(new Uint8Array(length)),
};

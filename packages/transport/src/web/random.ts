import type { Random } from '../ports.js';

// What one call of getRandomValues gives at most (W3C Web Cryptography §10.1.1).
const LARGEST = 65_536;

/** The generator of the browser. */
export const webRandom: Random = {
  bytes(length) {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at += LARGEST) globalThis.crypto.getRandomValues(bytes.subarray(at, at + LARGEST));
    return bytes;
  },
};

import { concatBytes, utf8 } from '@simple-im/grammar';
import { equalInConstantTime, hex, hmac, unhex, type Hash } from './hash.js';

const TIME = 6;
const SALT = 8;
const SEAL = 16;

/**
 * Makes and checks nonces that need no memory: time stamp, salt, and an HMAC-SHA-256 over both and the realm, in hexadecimal
 * digits. Every node that has the key knows the nonces of the others.
 */
export class NonceMaker {
  readonly #hash: Hash;
  readonly #key: Uint8Array;
  readonly #realm: Uint8Array;

  constructor(hash: Hash, key: Uint8Array, realm: string) {
    this.#hash = hash;
    this.#key = key.slice();
    this.#realm = utf8(realm);
  }

  /** @param now milliseconds since 1970 @param salt eight random octets, so that no two nonces are equal */
  make(now: number, salt: Uint8Array): string {
    const body = new Uint8Array(TIME + SALT);
    const view = new DataView(body.buffer);
    view.setUint16(0, Math.floor(now / 2 ** 32));
    view.setUint32(2, now % 2 ** 32);
    body.set(salt.subarray(0, SALT), TIME);
    return hex(concatBytes([body, this.#seal(body)]));
  }

  /** When the nonce was made, in milliseconds since 1970; `undefined` for one we never made. */
  timeOf(nonce: string): number | undefined {
    const bytes = nonce.length === 2 * (TIME + SALT + SEAL) ? unhex(nonce) : undefined;
    if (bytes === undefined) return undefined;
    const body = bytes.subarray(0, TIME + SALT);
    if (!equalInConstantTime(hex(this.#seal(body)), hex(bytes.subarray(TIME + SALT)))) return undefined;
    const view = new DataView(bytes.buffer);
    return view.getUint16(0) * 2 ** 32 + view.getUint32(2);
  }

  #seal(body: Uint8Array): Uint8Array {
    return hmac(this.#hash, 'SHA-256', this.#key, concatBytes([body, this.#realm])).subarray(0, SEAL);
  }
}

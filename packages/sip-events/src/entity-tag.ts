import { utf8 } from '@simple-im/grammar';
import type { StateDocument } from './event-package.js';

/**
 * The entity tag of a document: a hash over its type and octets, so that a state keeps its tag over restarts and on every node
 * (RFC 5839 §6.1 leaves the way open). Two multiplicative hashes of 32 bits, for chance, not for malice: a watcher that is
 * kept from news by two documents of one tag has asked for that with Suppress-If-Match.
 */
export function entityTagOf(document: StateDocument | undefined): string {
  if (document === undefined) return 'none';
  const hash = new Hash();
  hash.add(utf8(document.contentType));
  hash.add(document.body);
  return hash.text();
}

class Hash {
  #one = 0xdeadbeef;
  #two = 0x41c6ce57;

  add(bytes: Uint8Array): void {
    let one = this.#one;
    let two = this.#two;
    for (const byte of bytes) {
      one = Math.imul(one ^ byte, 2_654_435_761);
      two = Math.imul(two ^ byte, 1_597_334_677);
    }
    this.#one = one ^ bytes.length;
    this.#two = two ^ bytes.length;
  }

  text(): string {
    const one = Math.imul(this.#one ^ (this.#one >>> 16), 2_246_822_507) ^ Math.imul(this.#two ^ (this.#two >>> 13), 3_266_489_909);
    const two = Math.imul(this.#two ^ (this.#two >>> 16), 2_246_822_507) ^ Math.imul(one ^ (one >>> 13), 3_266_489_909);
    return (one >>> 0).toString(36) + (two >>> 0).toString(36);
  }
}

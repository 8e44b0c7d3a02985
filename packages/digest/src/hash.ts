import { concatBytes, utf8 } from '@simple-im/grammar';

/** The unkeyed digests of RFC 7616 §3.3; `SHA-512-256` is SHA-512/256, not a shortened SHA-512. */
export type Algorithm = 'MD5' | 'SHA-256' | 'SHA-512-256';

/** What `algorithm` may name: a digest or its session variant. */
export type DigestAlgorithm = Algorithm | `${Algorithm}-sess`;

/**
 * A hash function, injected because it differs between platforms: `createHash` of node:crypto in Node (its names are `md5`,
 * `sha256`, `sha512-256`), a library such as noble-hashes in a browser, where WebCrypto is asynchronous and has no MD5.
 */
export type Hash = (algorithm: Algorithm, data: Uint8Array) => Uint8Array;

/** Where random octets come from; the `Random` of @simple-im/transport is one. */
export interface RandomOctets {
  /** `length` octets that nobody can predict. */
  bytes(length: number): Uint8Array;
}

/** All algorithms, strongest first. */
export const ALGORITHMS: readonly DigestAlgorithm[] = ['SHA-512-256', 'SHA-512-256-sess', 'SHA-256', 'SHA-256-sess', 'MD5', 'MD5-sess'];

/** The digest under an algorithm that may be a session variant. */
export function baseOf(algorithm: DigestAlgorithm): Algorithm {
  return (algorithm.endsWith('-sess') ? algorithm.slice(0, -5) : algorithm) as Algorithm;
}

/** H(data) as lower-case hexadecimal digits (RFC 8760 §2.2); text is taken as UTF-8. */
export function hexDigest(hash: Hash, algorithm: Algorithm, data: Uint8Array | string): string {
  return hex(hash(algorithm, typeof data === 'string' ? utf8(data) : data));
}

export function hex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

/** The bytes of hexadecimal digits; `undefined` when there is anything else. */
export function unhex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(text)) return undefined;
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => parseInt(text.slice(2 * i, 2 * i + 2), 16));
}

/** HMAC (RFC 2104) over an injected hash. */
export function hmac(hash: Hash, algorithm: Algorithm, key: Uint8Array, data: Uint8Array): Uint8Array {
  const blockSize = algorithm === 'SHA-512-256' ? 128 : 64;
  const block = new Uint8Array(blockSize);
  block.set(key.length > blockSize ? hash(algorithm, key) : key);
  const inner = hash(algorithm, concatBytes([block.map((octet) => octet ^ 0x36), data]));
  return hash(algorithm, concatBytes([block.map((octet) => octet ^ 0x5c), inner]));
}

/** Whether two texts are equal, in a time that tells only whether their lengths are. */
export function equalInConstantTime(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}

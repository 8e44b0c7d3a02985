/*
 * Finding the start of an end-line in a body. Node's Buffer searches for several octets natively; elsewhere the engine's
 * search for one octet is the fastest there is.
 */

interface BufferClass {
  from(buffer: ArrayBufferLike, offset: number, length: number): Uint8Array;
  isBuffer(bytes: Uint8Array): boolean;
}
interface NativeSearch { indexOf(needle: Uint8Array, from: number): number }

const NodeBuffer = (globalThis as { Buffer?: BufferClass }).Buffer;

/** The same octets in the form that searches fastest here; never a copy. */
export function searchable(bytes: Uint8Array): Uint8Array {
  if (NodeBuffer === undefined || NodeBuffer.isBuffer(bytes)) return bytes;
  return NodeBuffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Where `needle` (one octet or more) stands at or after `from`, or -1. `bytes` comes from {@link searchable}. */
export const indexOfBytes: (bytes: Uint8Array, needle: Uint8Array, from: number) => number =
  NodeBuffer === undefined ? portableIndexOfBytes : (bytes, needle, from) => (bytes as Uint8Array & NativeSearch).indexOf(needle, from);

export function portableIndexOfBytes(bytes: Uint8Array, needle: Uint8Array, from: number): number {
  const first = needle[0];
  for (let at = bytes.indexOf(first, from); at >= 0; at = bytes.indexOf(first, at + 1)) {
    let matched = 1;
    while (matched < needle.length && bytes[at + matched] === needle[matched]) matched++;
    if (matched === needle.length) return at;
  }
  return -1;
}

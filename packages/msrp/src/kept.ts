/** A view that is at least this part of its buffer is kept as it is: memory in use is then bounded by what is counted. */
const PART = 4;

/**
 * The octets, to be held for a while: as they are, without a copy, unless they are a small part of a larger buffer that they
 * would keep in memory.
 */
export function kept(bytes: Uint8Array): Uint8Array {
  // Not `slice`: that of a Node Buffer is a view.
  return bytes.length * PART >= bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}

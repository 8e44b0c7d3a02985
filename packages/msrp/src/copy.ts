/** The octets in memory of their own. `slice` would not do: that of a Node Buffer is a view. */
export function copyOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

/*
 * Octets and text. Header text is held as a "byte string": one character per octet (ISO 8859-1), so that what was not
 * changed goes out exactly as it came in, and UTF-8 is decoded only where a person reads it.
 */

interface NodeBuffer { latin1Slice(from: number, to: number): string; latin1Write(text: string, at: number): number }
interface NodeBufferClass { from(buffer: ArrayBufferLike, offset: number, length: number): Uint8Array & NodeBuffer }

// Node's Buffer turns octets into text about ten times faster than a loop. TextDecoder('latin1') is windows-1252: unusable.
const NodeBuffer = (globalThis as unknown as { Buffer?: NodeBufferClass }).Buffer;
const utf8Encoder = new TextEncoder();
const utf8Decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const strictUtf8Decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const SLICE = 8192;

/** The octets from `from` to before `to` as a byte string. */
export function byteString(bytes: Uint8Array, from = 0, to = bytes.length): string {
  if (NodeBuffer !== undefined) {
    const own = bytes as Uint8Array & Partial<NodeBuffer>;
    if (own.latin1Slice !== undefined) return own.latin1Slice(from, to);
    return NodeBuffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).latin1Slice(from, to);
  }
  let text = '';
  for (let at = from; at < to; at += SLICE) text += String.fromCharCode(...bytes.subarray(at, Math.min(to, at + SLICE)));
  return text;
}

/** The octets of a byte string; the inverse of {@link byteString}. A character above U+00FF loses its high bits. */
export function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  writeByteString(bytes, 0, text);
  return bytes;
}

/** Writes a byte string into `target` at `at` and returns the offset behind it. */
export function writeByteString(target: Uint8Array, at: number, text: string): number {
  const own = target as Uint8Array & Partial<NodeBuffer>;
  if (own.latin1Write !== undefined) own.latin1Write(text, at);
  else for (let i = 0; i < text.length; i++) target[at + i] = text.charCodeAt(i);
  return at + text.length;
}

/** UTF-8 octets of a text. */
export function utf8(text: string): Uint8Array {
  return utf8Encoder.encode(text);
}

/** The text of UTF-8 octets; what is not UTF-8 becomes U+FFFD. */
export function utf8Text(bytes: Uint8Array): string {
  return utf8Decoder.decode(bytes);
}

/** The text of UTF-8 octets, or `undefined` when they are not UTF-8. */
export function strictUtf8Text(bytes: Uint8Array): string | undefined {
  try {
    return strictUtf8Decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** A text as a byte string of its UTF-8 octets: what to put into a header field. */
export function textToByteString(text: string): string {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return byteString(utf8(text));
  return text;
}

/** The text a byte string holds as UTF-8: what to show a person. */
export function byteStringToText(bytes: string): string {
  for (let i = 0; i < bytes.length; i++) if (bytes.charCodeAt(i) > 0x7f) return utf8Text(bytesOf(bytes));
  return bytes;
}

/** One array with the octets of all. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0] as Uint8Array;
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A string of its own: a slice keeps its whole parent, such as the datagram it came in, in memory. */
export function copied(text: string): string;
export function copied(text: string | undefined): string | undefined;
export function copied(text: string | undefined): string | undefined {
  return text === undefined ? undefined : utf8Text(utf8(text));
}

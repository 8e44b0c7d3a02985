import { textToByteString } from '@simple-im/grammar';
import { declaredLength } from './decoder.js';
import { sipError } from './errors.js';
import { SipRequest, type SipMessage } from './message.js';

const utf8 = new TextEncoder();

/**
 * The octets of a message, as a view of a buffer that other messages may share. Header fields nobody changed go out as they
 * came; Content-Length is set to the length of the body where it is absent or says something else (RFC 3261 §20.14). The
 * message itself is not changed. Throws SIP_UNSAFE_FIELD for a method, Request-URI, status or phrase that would not give one start line.
 */
export function encode(message: SipMessage): Uint8Array {
  const { body, headers } = message;
  const start = startLine(message);
  const head = declaredLength(headers) === body.length
    ? `${start}${headers.toByteString()}\r\n`
    : `${start}${headers.toByteString(true)}Content-Length: ${body.length}\r\n\r\n`;
  const bytes = room(head.length + body.length);
  writeHead(bytes, head);
  if (body.length > 0) bytes.set(body, head.length);
  return bytes;
}

// Small messages stand side by side in one buffer, each octet given out once: a buffer of its own costs more than the rest.
const SLAB = 32_768;
const LARGEST_IN_SLAB = 4096;
let slab = new ArrayBuffer(0);
let used = 0;

function room(length: number): Uint8Array {
  if (length > LARGEST_IN_SLAB) return new Uint8Array(length);
  if (used + length > slab.byteLength) {
    slab = new ArrayBuffer(SLAB);
    used = 0;
  }
  const bytes = new Uint8Array(slab, used, length);
  used += length;
  return bytes;
}

const blankOrControl = /[\0-\x20]/;

function startLine(message: SipMessage): string {
  if (message instanceof SipRequest) {
    const { method, uri } = message;
    if (blankOrControl.test(method) || blankOrControl.test(uri)) throw sipError('SIP_UNSAFE_FIELD', { detail: 'request line' });
    return `${method} ${textToByteString(uri)} SIP/2.0\r\n`;
  }
  const { status, reason } = message;
  if (!(status >= 100 && status <= 699) || /[\r\n]/.test(reason)) throw sipError('SIP_UNSAFE_FIELD', { detail: 'status line' });
  return `SIP/2.0 ${status} ${textToByteString(reason)}\r\n`;
}

/** Writes a byte string at the start of `bytes`. */
function writeHead(bytes: Uint8Array, head: string): void {
  // For ASCII, nearly every head, UTF-8 is the same and far faster than a loop; otherwise it does not fit or reads short.
  const { read, written } = utf8.encodeInto(head, bytes);
  if (read === head.length && written === head.length) return;
  for (let at = 0; at < head.length; at++) bytes[at] = head.charCodeAt(at);
}

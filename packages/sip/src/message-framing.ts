import { decodeDatagram, headEnd, noteFlaw } from './decoder.js';
import { sipError } from './errors.js';
import type { DecoderOptions } from './limits.js';
import type { SipMessage } from './message.js';

const CR = 0x0d;
const LF = 0x0a;

/** Takes SIP messages out of a connection that keeps their bounds (RFC 7118 §5); used like the decoder of a stream. */
export class MessageFraming {
  readonly #options: DecoderOptions;
  #waiting: Uint8Array | undefined;

  constructor(options: DecoderOptions) {
    this.#options = options;
  }

  /** Takes one WebSocket message; it is read by the next `next`. */
  receive(bytes: Uint8Array): void {
    this.#waiting = bytes;
  }

  /**
   * What came: a message, whose body reaches to the end where no Content-Length is given, or a keepalive. More than one
   * message, or a part of one, has a `flaw`. Throws what `decodeDatagram` throws; what comes next can be read all the same.
   */
  next(): SipMessage | 'ping' | 'pong' | undefined {
    const bytes = this.#waiting;
    this.#waiting = undefined;
    if (bytes === undefined || bytes.length === 0) return undefined;
    if (isLineEnds(bytes, 2)) return 'ping';
    if (isLineEnds(bytes, 1)) return 'pong';
    const message = decodeDatagram(bytes, this.#options);
    const behind = bytes.length - headLength(bytes) - message.body.length;
    if (behind > 0) noteFlaw(message, sipError('SIP_MORE_THAN_ONE_MESSAGE', { offset: bytes.length - behind, detail: `${behind} octets` }));
    return message;
  }
}

function isLineEnds(bytes: Uint8Array, count: number): boolean {
  if (bytes.length !== 2 * count) return false;
  return bytes.every((octet, at) => octet === (at % 2 === 0 ? CR : LF));
}

/** Octets up to where the body begins; all of them when the empty line is missing. */
function headLength(bytes: Uint8Array): number {
  let start = 0;
  while (bytes[start] === CR || bytes[start] === LF) start++;
  const end = headEnd(bytes, start, start);
  return end < 0 ? bytes.length : end;
}

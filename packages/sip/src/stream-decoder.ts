import { sipError } from './errors.js';
import { bodyView, declaredLength, headEnd, noteFlaw, readHead } from './decoder.js';
import { limitsOf, type DecoderOptions, type Limits } from './limits.js';
import type { SipMessage } from './message.js';

const CR = 0x0d;
const LF = 0x0a;
const FIRST_CAPACITY = 4096;
const KEPT_CAPACITY = 65_536;

/**
 * Takes messages out of a stream (RFC 3261 §18.3). `receive` octets as they come, then call `next` until it gives
 * `undefined`: messages, `'ping'` for a double CRLF between messages, `'pong'` for a single one (RFC 5626 §4.4.1).
 *
 * A message whose Content-Length is missing or malformed is still given, with its `flaw` and no body, so that it can be
 * answered; the next call throws SIP_STREAM_UNUSABLE, since nobody knows where the next message begins. Exceeded limits throw
 * their own errors at once. After a throw the decoder is dead: it takes octets and gives `undefined`.
 */
export class SipStreamDecoder {
  readonly #limits: Limits;
  readonly #liberal: boolean;
  #buffer: Uint8Array = new Uint8Array(0);
  #from = 0; // what was taken
  #to = 0; // what was received
  #scanned = 0; // no head ends before this
  #pending: { message: SipMessage; length: number } | undefined; // its head is taken, its body not whole
  #unusable = false; // the last message did not say where it ends
  #dead = false;

  constructor(options?: DecoderOptions) {
    this.#limits = limitsOf(options);
    this.#liberal = options?.liberal === true;
  }

  /** Octets received but not yet given out. */
  get buffered(): number {
    return this.#to - this.#from;
  }

  /** Takes octets from the stream; they are copied. */
  receive(bytes: Uint8Array): void {
    if (this.#dead) return;
    this.#makeRoom(bytes.length);
    this.#buffer.set(bytes, this.#to);
    this.#to += bytes.length;
  }

  /** The next message or keepalive, if it is there as a whole. Throws once when the stream cannot be used any further. */
  next(): SipMessage | 'ping' | 'pong' | undefined {
    if (this.#dead) return undefined;
    try {
      if (this.#unusable) throw sipError('SIP_STREAM_UNUSABLE', { offset: 0 });
      if (this.#pending === undefined) {
        const keepalive = this.#takeKeepalive();
        if (keepalive !== undefined) return keepalive;
        this.#pending = this.#takeHead();
      }
      return this.#takeBody();
    } catch (error) {
      this.#dead = true;
      this.#buffer = new Uint8Array(0);
      this.#from = this.#to = 0;
      throw error;
    }
  }

  /** CRLF CRLF or CRLF where a message could begin. What could still become the longer one is left until more comes. */
  #takeKeepalive(): 'ping' | 'pong' | undefined {
    const buffer = this.#buffer;
    const at = this.#from;
    const length = this.#to - at;
    if (length < 2 || buffer[at] !== CR || buffer[at + 1] !== LF) return undefined;
    if (length === 3 && buffer[at + 2] === CR) return undefined;
    const double = length > 3 && buffer[at + 2] === CR && buffer[at + 3] === LF;
    this.#take(double ? 4 : 2);
    return double ? 'ping' : 'pong';
  }

  #takeHead(): { message: SipMessage; length: number } | undefined {
    const start = this.#from;
    const end = headEnd(this.#buffer, start, this.#scanned, this.#to);
    const length = (end < 0 ? this.#to : end) - start;
    if (length > this.#limits.headOctets) throw sipError('SIP_HEAD_TOO_LARGE', { offset: length });
    if (end < 0) {
      this.#scanned = Math.max(start, this.#to - 3);
      return undefined;
    }
    const message = readHead(this.#buffer, start, end, this.#limits, this.#liberal);
    this.#take(length);
    return { message, length: this.#bodyLength(message) };
  }

  /** What Content-Length says. Where it says nothing, the message gets a flaw and the stream ends behind its head. */
  #bodyLength(message: SipMessage): number {
    const declared = declaredLength(message.headers);
    if (typeof declared === 'number') {
      if (declared > this.#limits.bodyOctets) throw sipError('SIP_BODY_TOO_LARGE', { header: 'Content-Length', detail: `${declared} octets` });
      return declared;
    }
    noteFlaw(message, declared ?? sipError('SIP_NO_CONTENT_LENGTH', { header: 'Content-Length' }));
    this.#unusable = true;
    return 0;
  }

  #takeBody(): SipMessage | undefined {
    const pending = this.#pending;
    if (pending === undefined || this.#to - this.#from < pending.length) return undefined;
    // The buffer is used again, so the body is the one thing that is copied.
    pending.message.body = bodyView(this.#buffer, this.#from, pending.length).slice();
    this.#take(pending.length);
    this.#pending = undefined;
    return pending.message;
  }

  #take(octets: number): void {
    this.#from += octets;
    this.#scanned = this.#from;
    if (this.#from === this.#to) {
      this.#from = this.#to = this.#scanned = 0;
      if (this.#buffer.length > KEPT_CAPACITY) this.#buffer = new Uint8Array(0);
    }
  }

  /** Room for so many octets more: grows with what has come, never with what is announced; each octet moves O(1) times. */
  #makeRoom(octets: number): void {
    if (this.#to + octets <= this.#buffer.length) return;
    const waiting = this.#to - this.#from;
    const needed = waiting + octets;
    const buffer = 2 * needed <= this.#buffer.length ? this.#buffer : new Uint8Array(Math.max(2 * needed, FIRST_CAPACITY));
    buffer.set(this.#buffer.subarray(this.#from, this.#to));
    this.#buffer = buffer;
    this.#scanned -= this.#from;
    this.#from = 0;
    this.#to = waiting;
  }
}

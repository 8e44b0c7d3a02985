import { ProtocolError, byteString, concatBytes } from '@simple-im/grammar';
import { indexOfBytes, searchable } from './bytes-search.js';
import { EndLine } from './end-line.js';
import { msrpError } from './errors.js';
import { FastLaneMemory, readHeadFast } from './fast-lane.js';
import { type Continuation, type HeadParts, MsrpHead } from './frame.js';
import { type HeadEnd, HeadScanner } from './head-scanner.js';
import { type MsrpLimits, defaultMsrpLimits } from './limits.js';
import { readHead, salvageHead } from './read-head.js';

/** A frame is `head`, any number of `body`, `end`; a frame that does not follow the syntax is one `refused`. */
export type MsrpEvent =
  | { readonly type: 'head'; readonly head: MsrpHead }
  /** `offset` counts from the chunk's first octet, 0. `bytes` is a view on the input: valid until the next `receive`. */
  | { readonly type: 'body'; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly type: 'end'; readonly flag: Continuation }
  /** `head` holds what could be read, to answer with `error.status`: paths may be empty. The frame's body is skipped. */
  | { readonly type: 'refused'; readonly error: ProtocolError; readonly head: MsrpHead };

const CR = 13;
const LF = 10;
/** Octets of a head copied at a time when it did not arrive whole: enough for most, so that little of the body is copied too. */
const HEAD_STEP = 512;
/** The CRLF that starts an end-line, when the blank line before the body already brought it. */
const CRLF = 2;

/**
 * Octets of one connection in, frames out (RFC 4975 §9). Time and memory are linear in the input however it is cut; a body is
 * neither copied nor looked into; Byte-Range never frames anything.
 *
 * Feed it with `receive`, then call `next` until it answers `undefined`. Events may be reused: each is valid until the next
 * call of `next`.
 */
export class MsrpDecoder {
  readonly #limits: MsrpLimits;
  readonly #endLine = new EndLine();
  readonly #scanner: HeadScanner;
  readonly #memory = new FastLaneMemory();
  #state: 'between' | 'head' | 'body' | 'end' | 'dead' = 'between';
  #input: Uint8Array = new Uint8Array(0);
  #at = 0;
  /** A head that did not arrive whole; its first `#partialLength` octets count. */
  #partial: Uint8Array = new Uint8Array(0);
  #partialLength = 0;
  /** Octets of a possible end-line that are not in `#input`; the first `#notBody` of them cannot be body. */
  #matched = 0;
  #notBody = 0;
  #skipping = false;
  #offset = 0;
  readonly #bodyEvent = { type: 'body' as const, offset: 0, bytes: this.#input };
  readonly #endEvent: { type: 'end'; flag: Continuation } = { type: 'end', flag: '$' };

  constructor(options: { readonly limits?: Partial<MsrpLimits> } = {}) {
    this.#limits = { ...defaultMsrpLimits, ...options.limits };
    this.#scanner = new HeadScanner(this.#limits, this.#endLine);
  }

  /** True when the octets so far end with a whole frame: nothing is lost if the connection closes now. */
  get betweenFrames(): boolean {
    return this.#state === 'between';
  }

  /**
   * Takes octets as they arrived. They must stay as they are until the next call. What `next` was not asked for is copied, so
   * ask until it answers `undefined`. Throws `MSRP_STREAM_DEAD` after `next` has thrown.
   */
  receive(bytes: Uint8Array): void {
    if (this.#state === 'dead') throw msrpError('MSRP_STREAM_DEAD');
    const left = this.#input.subarray(this.#at);
    this.#input = searchable(left.length === 0 ? bytes : concatBytes([left, bytes]));
    this.#at = 0;
  }

  /**
   * The next event, or `undefined` when more octets are needed. Throws once, `MSRP_NOT_MSRP` or `MSRP_START_LINE_TOO_LONG`,
   * when the stream cannot be cut into frames: close the connection.
   */
  next(): MsrpEvent | undefined {
    for (;;) {
      let event: MsrpEvent | undefined;
      switch (this.#state) {
        case 'between':
          if (!this.#skipLineEnds()) return undefined;
          this.#scanner.reset();
          this.#state = 'head';
          break;
        case 'head':
          event = this.#head();
          if (event !== undefined || this.#state === 'head') return event;
          break;
        case 'body':
          event = this.#body();
          if (event !== undefined || this.#state === 'body') return event;
          break;
        case 'end':
          this.#state = 'between';
          if (this.#skipping) {
            this.#skipping = false;
            break;
          }
          this.#endEvent.flag = this.#endLine.flag;
          return this.#endEvent;
        case 'dead':
          return undefined;
      }
    }
  }

  // Some peers send a CRLF after a frame, or to keep a connection alive.
  #skipLineEnds(): boolean {
    const input = this.#input;
    let at = this.#at;
    while (at < input.length && (input[at] === CR || input[at] === LF)) at++;
    this.#at = at;
    return at < input.length;
  }

  #head(): MsrpEvent | undefined {
    if (this.#partialLength === 0) {
      const from = this.#at;
      const end = this.#scan(this.#input, from);
      if (end === 'unknown') {
        this.#keepPartial(this.#input.length - from);
        return undefined;
      }
      this.#at += end === 'too-large' ? this.#scanner.line : this.#scanner.length;
      return this.#readHead(end, this.#input, from);
    }
    while (this.#at < this.#input.length) {
      const room = Math.min(HEAD_STEP, Math.max(1, this.#limits.maxHead - this.#partialLength));
      this.#keepPartial(Math.min(room, this.#input.length - this.#at));
      const partial = this.#partial.subarray(0, this.#partialLength);
      const end = this.#scan(partial, 0);
      if (end === 'unknown') continue;
      this.#partialLength = 0;
      // The end lies within what was copied last, or the scan before had found it.
      if (end !== 'too-large') this.#at -= partial.length - this.#scanner.length;
      else if (partial[partial.length - 1] === CR) this.#matched = 1;
      return this.#readHead(end, partial, 0);
    }
    return undefined;
  }

  #scan(bytes: Uint8Array, from: number): HeadEnd {
    try {
      return this.#scanner.scan(bytes, from);
    } catch (error) {
      this.#state = 'dead';
      throw error;
    }
  }

  #keepPartial(count: number): void {
    const length = this.#partialLength + count;
    if (this.#partial.length < length) {
      const larger = new Uint8Array(Math.max(HEAD_STEP, 2 * length));
      larger.set(this.#partial.subarray(0, this.#partialLength));
      this.#partial = larger;
    }
    this.#partial.set(this.#input.subarray(this.#at, this.#at + count), this.#partialLength);
    this.#partialLength = length;
    this.#at += count;
  }

  #readHead(end: HeadEnd, bytes: Uint8Array, from: number): MsrpEvent {
    const hasBody = end !== 'end-line';
    this.#state = hasBody ? 'body' : 'end';
    if (end === 'too-large') {
      const text = byteString(bytes, from, from + this.#scanner.line);
      return this.#refuse(msrpError('MSRP_HEAD_TOO_LARGE', { detail: `more than ${this.#limits.maxHead} octets` }), text, hasBody);
    }
    const text = byteString(bytes, from, from + this.#scanner.textLength);
    this.#offset = 0;
    // The blank line may serve as the CRLF before the end-line: some peers end an empty body that way.
    this.#matched = hasBody ? CRLF : 0;
    this.#notBody = this.#matched;
    let parts: HeadParts;
    try {
      parts = readHeadFast(text, this.#limits, this.#memory) ?? readHead(text, this.#limits);
      if (hasBody && parts.method === undefined) throw msrpError('MSRP_RESPONSE_WITH_BODY');
    } catch (error) {
      if (!ProtocolError.is(error)) throw error;
      return this.#refuse(error, text, hasBody);
    }
    return { type: 'head', head: new MsrpHead(parts, text, hasBody) };
  }

  #refuse(error: ProtocolError, text: string, hasBody: boolean): MsrpEvent {
    this.#skipping = true;
    return { type: 'refused', error, head: new MsrpHead(salvageHead(text, this.#limits), text, hasBody) };
  }

  #body(): MsrpEvent | undefined {
    const input = this.#input;
    if (this.#matched > 0) {
      const before = this.#matched;
      const matched = this.#endLine.match(input, this.#at, before);
      if (matched < 0) {
        this.#matched = 0;
        if (before > this.#notBody && !this.#skipping) return this.#bodyOf(this.#endLine.octets(this.#notBody, before));
      } else if (matched === this.#endLine.length) {
        this.#at += matched - before;
        this.#matched = 0;
        this.#state = 'end';
        return undefined;
      } else {
        this.#matched = matched;
        this.#at = input.length;
        return undefined;
      }
    }
    const from = this.#at;
    const to = this.#findEndLine(from);
    return to === from || this.#skipping ? undefined : this.#bodyOf(input.subarray(from, to));
  }

  #bodyOf(bytes: Uint8Array): MsrpEvent {
    const event = this.#bodyEvent;
    event.offset = this.#offset;
    event.bytes = bytes;
    this.#offset += bytes.length;
    return event;
  }

  /** Where the body in the input ends: before the end-line, before what may be the start of it, or with the input. */
  #findEndLine(from: number): number {
    const input = this.#input;
    const needle = this.#endLine.needle(input.length - from);
    let search = from;
    for (;;) {
      let at = indexOfBytes(input, needle, search);
      if (at < 0) at = input.indexOf(CR, Math.max(search, input.length - needle.length + 1));
      if (at < 0) {
        this.#at = input.length;
        return input.length;
      }
      const matched = this.#endLine.match(input, at, 0);
      if (matched === this.#endLine.length) {
        this.#at = at + matched;
        this.#state = 'end';
        return at;
      }
      if (matched > 0) {
        this.#at = input.length;
        this.#matched = matched;
        this.#notBody = 0;
        return at;
      }
      search = at + 1;
    }
  }
}

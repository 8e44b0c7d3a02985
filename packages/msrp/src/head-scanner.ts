import type { EndLine } from './end-line.js';
import { msrpError } from './errors.js';
import type { MsrpLimits } from './limits.js';

const CR = 13;
const LF = 10;
const SP = 32;
const HYPHEN = 45;
const MSRP = [0x4d, 0x53, 0x52, 0x50, SP];
/** In a head the CRLF before the end-line belongs to the last header line. */
const CRLF = 2;

/** What stands behind a head: a body, the end-line, neither within the limit; or it is not known yet. */
export type HeadEnd = 'body' | 'end-line' | 'too-large' | 'unknown';

/** Finds where a head ends, octet by octet if need be: every octet is looked at once, however they arrive. */
export class HeadScanner {
  /** Octets of start line and header lines. */
  textLength = 0;
  /** Octets of all that, and of the blank line or the end-line behind it. */
  length = 0;
  readonly #limits: MsrpLimits;
  readonly #endLine: EndLine;
  /** Where the current line starts, and up to where it was searched for its end; both from the head's first octet. */
  #line = 0;
  #searched = 0;

  constructor(limits: MsrpLimits, endLine: EndLine) {
    this.#limits = limits;
    this.#endLine = endLine;
  }

  reset(): void {
    this.#line = 0;
    this.#searched = 0;
  }

  /** Where the line starts that was under way when the head was found too large. */
  get line(): number {
    return this.#line;
  }

  /**
   * `bytes` from `from` on are the head so far: at each call the same ones and more. Throws when they cannot be the start of a
   * frame.
   */
  scan(bytes: Uint8Array, from: number): HeadEnd {
    if (this.#line === 0 && !this.#startLine(bytes, from)) return 'unknown';
    const { maxHead } = this.#limits;
    for (;;) {
      const line = from + this.#line;
      if (line >= bytes.length) return 'unknown';
      const octet = bytes[line];
      if (octet === CR) {
        if (line + 1 === bytes.length) return 'unknown';
        if (bytes[line + 1] === LF) return this.#found('body', 2);
      } else if (octet === HYPHEN) {
        const matched = this.#endLine.match(bytes, line, CRLF);
        if (matched === this.#endLine.length) return this.#found('end-line', matched - CRLF);
        if (matched >= 0) return 'unknown';
      }
      const next = this.#nextLine(bytes, from);
      if (next < 0 ? bytes.length - from >= maxHead : next > maxHead) return 'too-large';
      if (next < 0) return 'unknown';
      this.#line = next;
    }
  }

  #found(end: 'body' | 'end-line', length: number): HeadEnd {
    this.textLength = this.#line;
    this.length = this.#line + length;
    return end;
  }

  /** Where the line after the current one starts, or -1. A lone LF ends no line. */
  #nextLine(bytes: Uint8Array, from: number): number {
    let at = bytes.indexOf(LF, from + Math.max(this.#searched, this.#line));
    while (at > from && bytes[at - 1] !== CR) at = bytes.indexOf(LF, at + 1);
    this.#searched = (at < 0 ? bytes.length : at + 1) - from;
    return at < 0 ? -1 : this.#searched;
  }

  // RFC 4975 §9: pMSRP SP transact-id SP ... CRLF. Without these there is no end-line to look for.
  #startLine(bytes: Uint8Array, from: number): boolean {
    const known = Math.min(MSRP.length, bytes.length - from);
    for (let i = 0; i < known; i++) if (bytes[from + i] !== MSRP[i]) throw msrpError('MSRP_NOT_MSRP');
    const next = this.#nextLine(bytes, from);
    const { maxStartLine } = this.#limits;
    if (next < 0 ? bytes.length - from >= maxStartLine : next > maxStartLine) {
      throw msrpError('MSRP_START_LINE_TOO_LONG', { detail: `more than ${maxStartLine} octets` });
    }
    if (next < 0) return false;
    const id = from + MSRP.length;
    const space = bytes.indexOf(SP, id);
    if (space < 0 || space >= from + next) throw msrpError('MSRP_NOT_MSRP', { detail: 'a start line of one word' });
    this.#endLine.expect(bytes, id, space);
    this.#line = next;
    return true;
  }
}

import { bytesOf } from '@simple-im/grammar';

const CR = 0x0d;
const LF = 0x0a;
const HYPHEN = 0x2d;
const SPACE = 0x20;
const TAB = 0x09;

/** A delimiter line of a multipart body (RFC 2046 §5.1.1). */
export interface Delimiter {
  /** Where the part before it ends: in front of the CRLF that belongs to the delimiter. */
  readonly start: number;
  /** Behind its own CRLF; for the closing one that may be the end of the body. */
  readonly end: number;
  readonly closes: boolean;
}

// bchars without space at the end
const boundarySyntax = /^[A-Za-z0-9'()+_,\-./:=? ]{0,69}[A-Za-z0-9'()+_,\-./:=?]$/;

export function isBoundary(text: string): boolean {
  return boundarySyntax.test(text);
}

/** Finds the delimiters of one boundary, each once, in time linear in the body. */
export class DelimiterScanner {
  readonly #body: Uint8Array;
  readonly #dashBoundary: Uint8Array;
  #at = 0;

  constructor(body: Uint8Array, boundary: string) {
    this.#body = body;
    this.#dashBoundary = bytesOf(`--${boundary}`);
  }

  /** The next delimiter; `undefined` when there is none any more. */
  next(): Delimiter | undefined {
    while (this.#at < this.#body.length) {
      const line = this.#at;
      const delimiter = this.#delimiterAt(line);
      this.#at = delimiter?.end ?? nextLine(this.#body, line);
      if (delimiter !== undefined) return delimiter;
    }
    return undefined;
  }

  #delimiterAt(line: number): Delimiter | undefined {
    const body = this.#body;
    if (!startsWith(body, line, this.#dashBoundary)) return undefined;
    let at = line + this.#dashBoundary.length;
    const closes = body[at] === HYPHEN && body[at + 1] === HYPHEN;
    if (closes) at += 2;
    while (body[at] === SPACE || body[at] === TAB) at++;
    const atEnd = closes && at === body.length;
    if (!atEnd && !(body[at] === CR && body[at + 1] === LF)) return undefined;
    return { start: Math.max(line - 2, 0), end: atEnd ? at : at + 2, closes };
  }
}

/** Where the line behind the next CRLF begins; the end of the body when there is no CRLF. */
function nextLine(body: Uint8Array, from: number): number {
  for (let lf = body.indexOf(LF, from); lf >= 0; lf = body.indexOf(LF, lf + 1)) if (lf > 0 && body[lf - 1] === CR) return lf + 1;
  return body.length;
}

function startsWith(body: Uint8Array, at: number, wanted: Uint8Array): boolean {
  if (at + wanted.length > body.length) return false;
  for (let i = 0; i < wanted.length; i++) if (body[at + i] !== wanted[i]) return false;
  return true;
}

/** Whether the octets occur anywhere. */
export function includesBytes(body: Uint8Array, wanted: Uint8Array): boolean {
  for (let at = body.indexOf(HYPHEN); at >= 0; at = body.indexOf(HYPHEN, at + 1)) if (startsWith(body, at, wanted)) return true;
  return false;
}

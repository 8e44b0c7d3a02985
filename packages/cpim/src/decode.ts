import { byteString } from '@simple-im/grammar';
import { entityHeaderOf, type EntityHeader } from './entity.js';
import { cpimError } from './errors.js';
import { headerOf, type CpimHeader } from './header.js';
import { cpimLimits, type CpimLimits } from './limits.js';
import { checkRequired, CpimMessage } from './message.js';
import { PrefixScope, type QualifiedName } from './namespaces.js';

export interface CpimDecodeOptions extends Partial<CpimLimits> {
  /**
   * Takes what is seen in the field: lines that end in LF alone, other white space around values, addresses without
   * brackets, the prefix `imdn` without its NS header, no blank line before the MIME headers, content without Content-Type.
   * Off by default.
   */
  readonly liberal?: boolean;
  /**
   * What the reader understands beyond RFC 3862 §4. With it, a message that requires anything else is refused, as its final
   * recipient must (§3.5); an intermediary, which only passes it on, leaves this out.
   */
  readonly understands?: readonly QualifiedName[];
}

/**
 * Decodes a whole Message/CPIM object, without the MIME headers around it. The body is a view of `bytes`. The time is
 * linear in the headers; the body is not looked at.
 *
 * @throws ProtocolError `CPIM_...`; its offset counts octets.
 */
export function decodeCpim(bytes: Uint8Array, options: CpimDecodeOptions = {}): CpimMessage {
  const liberal = options.liberal ?? false;
  const lines = new HeadLines(bytes, { ...cpimLimits, ...options }, liberal);
  const headers = messageHeaders(lines, liberal);
  const entityHeaders = contentHeaders(lines, liberal);
  const message = new CpimMessage(headers, entityHeaders, bytes.subarray(lines.offset), liberal);
  if (message.contentType === undefined && !liberal) throw cpimError('CPIM_NO_CONTENT_TYPE');
  if (options.understands !== undefined) checkRequired(message, options.understands);
  return message;
}

function messageHeaders(lines: HeadLines, liberal: boolean): CpimHeader[] {
  const headers: CpimHeader[] = [];
  const scope = new PrefixScope(liberal);
  for (;;) {
    const offset = lines.offset;
    const line = lines.next();
    if (line === '') return headers;
    if (line === undefined) throw cpimError('CPIM_TRUNCATED', { offset });
    // RFC 5438 prints its examples without the blank line before the MIME headers, and so some write them.
    if (liberal && CONTENT_HEADER.test(line) && !lines.contentFollows()) {
      lines.offset = offset;
      return headers;
    }
    lines.count(offset);
    headers.push(headerOf(line, scope, liberal, offset));
  }
}

const CONTENT_HEADER = /^content-[a-z-]+[\t ]*:/i;

/** The content may end behind its headers, without a blank line: then it has no body (RFC 2046 §5.1.1, body-part). */
function contentHeaders(lines: HeadLines, liberal: boolean): EntityHeader[] {
  const headers: EntityHeader[] = [];
  let begun: { offset: number; parts: string[] } | undefined;
  for (;;) {
    const offset = lines.offset;
    const line = lines.next();
    if (begun !== undefined && line !== undefined && /^[\t ]/.test(line)) {
      begun.parts.push(line);
      continue;
    }
    if (begun !== undefined) headers.push(entityHeaderOf(begun.parts.join('\r\n'), begun.offset));
    if (line === undefined && headers.length === 0 && !liberal) throw cpimError('CPIM_TRUNCATED', { offset });
    if (line === undefined || line === '') return headers;
    lines.count(offset);
    begun = { offset, parts: [line] };
  }
}

const LF = 0x0a;
const CR = 0x0d;

/** The lines before the body, within the limits. */
class HeadLines {
  /** Where the next line begins. */
  offset = 0;
  private readonly bytes: Uint8Array;
  private readonly limits: CpimLimits;
  private readonly liberal: boolean;
  private headers = 0;
  private following: boolean | undefined;

  constructor(bytes: Uint8Array, limits: CpimLimits, liberal: boolean) {
    this.bytes = bytes;
    this.limits = limits;
    this.liberal = liberal;
  }

  /** The next line without its end, as a byte string; `undefined` at the end of the octets. */
  next(): string | undefined {
    const { bytes, offset: from } = this;
    if (from === bytes.length) return undefined;
    const window = bytes.subarray(from, this.limits.maxHeadOctets);
    const found = window.indexOf(LF);
    if (found < 0 && bytes.length > this.limits.maxHeadOctets) {
      throw cpimError('CPIM_HEAD_TOO_LARGE', { offset: this.limits.maxHeadOctets });
    }
    if (found < 0) return this.unended();
    this.offset = from + found + 1;
    if (found > 0 && window[found - 1] === CR) return byteString(window, 0, found - 1);
    if (!this.liberal) throw cpimError('CPIM_BAD_LINE_END', { offset: from + found });
    return byteString(window, 0, found);
  }

  /** Counts a header against the limit. */
  count(offset: number): void {
    if (++this.headers > this.limits.maxHeaders) {
      throw cpimError('CPIM_TOO_MANY_HEADERS', { offset, detail: `${this.limits.maxHeaders} allowed` });
    }
  }

  /** Whether MIME headers stand behind the next blank line, where they belong (RFC 3862 §2.4). */
  contentFollows(): boolean {
    if (this.following !== undefined) return this.following;
    const { offset } = this;
    let line = this.next();
    while (line !== undefined && line !== '') line = this.next();
    this.following = CONTENT_HEADER.test(this.next() ?? '');
    this.offset = offset;
    return this.following;
  }

  private unended(): string {
    if (!this.liberal) throw cpimError('CPIM_TRUNCATED', { offset: this.bytes.length });
    const line = byteString(this.bytes, this.offset);
    this.offset = this.bytes.length;
    return line;
  }
}

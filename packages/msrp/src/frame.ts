import type { ByteRange, FailureReport, StatusHeader } from './grammar.js';

/** How a frame ends: `$` the message is complete, `+` more chunks follow, `#` the sender gave the message up. */
export type Continuation = '$' | '+' | '#';

/** What the readers of a head found; {@link MsrpHead} adds the text it came from. */
export interface HeadParts {
  readonly transactionId: string;
  readonly method: string | undefined;
  readonly status: number | undefined;
  readonly comment: string | undefined;
  readonly toPath: readonly string[];
  readonly fromPath: readonly string[];
  readonly messageId: string | undefined;
  readonly byteRange: ByteRange | undefined;
  readonly successReport: boolean;
  readonly failureReport: FailureReport;
  readonly statusHeader: StatusHeader | undefined;
  readonly contentType: string | undefined;
}

/** A header field as it came in. */
export type Field = readonly [name: string, value: string];

/** Start line and header fields of a frame. All text is byte strings: one character per octet, UTF-8 not decoded. */
export class MsrpHead implements HeadParts {
  readonly transactionId: string;
  /** Of a request, such as `SEND`; `undefined` for a response. */
  readonly method: string | undefined;
  /** Of a response, 000 to 999; `undefined` for a request. */
  readonly status: number | undefined;
  readonly comment: string | undefined;
  /** URIs from the next hop to the far end. */
  readonly toPath: readonly string[];
  /** URIs from the previous hop to the sender. */
  readonly fromPath: readonly string[];
  readonly messageId: string | undefined;
  /** Where the chunk lies in its message. It never says how long the chunk is: count the body. */
  readonly byteRange: ByteRange | undefined;
  /** False where the header is absent (RFC 4975 §7.1.1). */
  readonly successReport: boolean;
  /** `yes` where the header is absent (RFC 4975 §7.1.1). */
  readonly failureReport: FailureReport;
  /** The Status header of a REPORT. */
  readonly statusHeader: StatusHeader | undefined;
  readonly contentType: string | undefined;
  /** True when a blank line followed, even if no octet of body does. */
  readonly hasBody: boolean;
  readonly #text: string;
  #fields: readonly Field[] | undefined;

  /** `text` is the start line and the header lines, each with its CRLF. */
  constructor(parts: HeadParts, text: string, hasBody: boolean) {
    this.transactionId = parts.transactionId;
    this.method = parts.method;
    this.status = parts.status;
    this.comment = parts.comment;
    this.toPath = parts.toPath;
    this.fromPath = parts.fromPath;
    this.messageId = parts.messageId;
    this.byteRange = parts.byteRange;
    this.successReport = parts.successReport;
    this.failureReport = parts.failureReport;
    this.statusHeader = parts.statusHeader;
    this.contentType = parts.contentType;
    this.hasBody = hasBody;
    this.#text = text;
  }

  /** All header fields in their order, the paths first. */
  get fields(): readonly Field[] {
    return (this.#fields ??= splitFields(this.#text));
  }

  /** The value of the first field of that name; names have no case. */
  header(name: string): string | undefined {
    const wanted = name.toLowerCase();
    return this.fields.find(([each]) => each.toLowerCase() === wanted)?.[1];
  }
}

/** The lines after the start line as name and value. A line without ": " gets an empty name. */
export function splitFields(text: string): Field[] {
  const fields: Field[] = [];
  let at = text.indexOf('\r\n') + 2;
  while (at < text.length) {
    const lineEnd = text.indexOf('\r\n', at);
    const end = lineEnd < 0 ? text.length : lineEnd;
    const colon = text.indexOf(': ', at);
    if (colon < 0 || colon > end) fields.push(['', text.slice(at, end)]);
    else fields.push([text.slice(at, colon), text.slice(colon + 2, end)]);
    at = end + 2;
  }
  return fields;
}

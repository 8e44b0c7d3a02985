/*
 * The common head, read in one pass: plain paths as this connection saw them before or in the plainest form, the headers of
 * RFC 4975 in the spelling everyone uses, each at most once. Anything else is `undefined` and goes to the grammar. Where both
 * answer they answer the same; a property test holds them to it.
 */
import type { HeadParts } from './frame.js';
import type { ByteRange, FailureReport, StatusHeader } from './grammar.js';
import type { MsrpLimits } from './limits.js';

const CR = 13;
const STAR = 42;
const DIGIT_0 = 48;
const DIGIT_9 = 57;
const LETTER_B = 66;
const LETTER_C = 67;
const LETTER_F = 70;
const LETTER_M = 77;
const LETTER_S = 83;

/** Consecutive frames of a connection mostly have the same paths and type: what they were read as is kept for the next. */
export class FastLaneMemory {
  /** "To-Path: ...CRLF" and "From-Path: ...CRLF" as in the last frame. */
  paths = '';
  toPath: readonly string[] = [];
  fromPath: readonly string[] = [];
  /** "Content-Type: ...CRLF" as in the last frame that had one. */
  typeLine = '';
  contentType = '';
}

const ident = '[A-Za-z0-9][A-Za-z0-9.\\-+%=]{3,31}';
const token = "[!#-'*+\\-.0-9A-Z^-~]+";
const uri = 'msrps?:\\/\\/(?:[A-Za-z0-9.\\-]+|\\[[0-9A-Fa-f:]{2,}\\])(?::[0-9]{1,4})?(?:\\/[A-Za-z0-9\\-._~+=/]+)?;[A-Za-z0-9]+';
const uris = `${uri}(?: ${uri})*`;
const sticky = (source: string): RegExp => new RegExp(source, 'y');

const startLine = sticky(`MSRP ${ident} (?:[A-Z]+|[0-9]{3}(?: [\\t\\x20-\\x7e]*)?)\\r\\n`);
const pathLines = sticky(`To-Path: ${uris}\\r\\nFrom-Path: ${uris}\\r\\n`);
const messageIdLine = sticky(`Message-ID: ${ident}\\r\\n`);
// 15 digits are below 2^53 without looking.
const byteRangeLine = sticky('Byte-Range: [0-9]{1,15}-(?:[0-9]{1,15}|\\*)\\/(?:[0-9]{1,15}|\\*)\\r\\n');
const statusLine = sticky('Status: [0-9]{3} [0-9]{3}(?: [\\t\\x20-\\x7e]*)?\\r\\n');
const contentTypeLine = sticky(`Content-Type: ${token}\\/${token}(?: *; *${token}=${token})*\\r\\n`);

/** Where the line (or two) ends that `lines` describes and that starts at `at`; -1 when it is another. */
function lineEnd(lines: RegExp, text: string, at: number): number {
  lines.lastIndex = at;
  return lines.test(text) ? lines.lastIndex : -1;
}

/** `text` is the start line and the header lines, each with its CRLF. */
export function readHeadFast(text: string, limits: MsrpLimits, memory: FastLaneMemory): HeadParts | undefined {
  let at = lineEnd(startLine, text, 0);
  if (at < 0) return undefined;
  const space = text.indexOf(' ', 9);
  const isResponse = text.charCodeAt(space + 1) <= DIGIT_9;

  if (!standsAt(text, at, memory.paths)) {
    const end = lineEnd(pathLines, text, at);
    if (end < 0 || !rememberPaths(text.slice(at, end), limits, memory)) return undefined;
  }
  let lines = 2;
  const { toPath, fromPath } = memory;
  const firstLine = at - 2;
  at += memory.paths.length;

  let messageId: string | undefined;
  let byteRange: ByteRange | undefined;
  let success: 'yes' | 'no' | undefined;
  let failure: FailureReport | undefined;
  let statusHeader: StatusHeader | undefined;
  let contentType: string | undefined;
  while (at < text.length) {
    let end = -1;
    // One letter tells which header this may be; comparing the whole names in turn costs more than all the rest here.
    switch (text.charCodeAt(at)) {
      case LETTER_M:
        if (messageId !== undefined) return undefined;
        end = lineEnd(messageIdLine, text, at);
        messageId = text.slice(at + 12, end - 2);
        break;
      case LETTER_B:
        if (byteRange !== undefined) return undefined;
        end = lineEnd(byteRangeLine, text, at);
        if (end >= 0) byteRange = readByteRange(text, at + 12);
        break;
      case LETTER_C:
        if (contentType !== undefined) return undefined;
        end = standsAt(text, at, memory.typeLine) ? at + memory.typeLine.length : rememberType(text, at, memory);
        contentType = memory.contentType;
        break;
      case LETTER_F:
        if (failure !== undefined || !text.startsWith('Failure-Report: ', at)) return undefined;
        failure = word(text, at + 16, 'no') ?? word(text, at + 16, 'yes') ?? word(text, at + 16, 'partial');
        if (failure !== undefined) end = at + 18 + failure.length;
        break;
      case LETTER_S: {
        const status = lineEnd(statusLine, text, at);
        if (status >= 0) {
          if (statusHeader !== undefined) return undefined;
          statusHeader = readStatus(text.slice(at + 8, status - 2));
          end = status;
          break;
        }
        if (success !== undefined || !text.startsWith('Success-Report: ', at)) return undefined;
        success = word(text, at + 16, 'no') ?? word(text, at + 16, 'yes');
        if (success !== undefined) end = at + 18 + success.length;
        break;
      }
    }
    if (end < 0) return undefined;
    at = end;
    lines++;
  }
  if (lines > limits.maxHeaders) return undefined;

  return {
    transactionId: text.slice(5, space),
    method: isResponse ? undefined : text.slice(space + 1, firstLine),
    status: isResponse ? Number(text.slice(space + 1, space + 4)) : undefined,
    comment: isResponse && firstLine > space + 4 ? text.slice(space + 5, firstLine) : undefined,
    toPath,
    fromPath,
    messageId,
    byteRange,
    successReport: success === 'yes',
    failureReport: failure ?? 'yes',
    statusHeader,
    contentType,
  };
}

// Comparing a slice is about twice as fast as startsWith.
function standsAt(text: string, at: number, wanted: string): boolean {
  return wanted !== '' && text.slice(at, at + wanted.length) === wanted;
}

function rememberPaths(lines: string, limits: MsrpLimits, memory: FastLaneMemory): boolean {
  const toEnd = lines.indexOf('\r');
  const toPath = lines.slice('To-Path: '.length, toEnd).split(' ');
  const fromPath = lines.slice(toEnd + '\r\nFrom-Path: '.length, -2).split(' ');
  if (toPath.length > limits.maxPathUris || fromPath.length > limits.maxPathUris) return false;
  memory.paths = lines;
  memory.toPath = Object.freeze(toPath);
  memory.fromPath = Object.freeze(fromPath);
  return true;
}

function rememberType(text: string, at: number, memory: FastLaneMemory): number {
  const end = lineEnd(contentTypeLine, text, at);
  if (end < 0) return -1;
  memory.typeLine = text.slice(at, end);
  memory.contentType = memory.typeLine.slice('Content-Type: '.length, -2);
  return end;
}

function word<T extends string>(text: string, at: number, wanted: T): T | undefined {
  return text.startsWith(wanted, at) && text.charCodeAt(at + wanted.length) === CR ? wanted : undefined;
}

function readStatus(value: string): StatusHeader {
  const status = { namespace: value.slice(0, 3), code: Number(value.slice(4, 7)) };
  return value.length > 7 ? { ...status, comment: value.slice(8) } : status;
}

// The line is known to be one: digits end where none stands.
function readByteRange(text: string, from: number): ByteRange {
  const dash = text.indexOf('-', from);
  const slash = text.indexOf('/', dash);
  return { start: number(text, from), end: numberOrStar(text, dash + 1), total: numberOrStar(text, slash + 1) };
}

function numberOrStar(text: string, from: number): number | undefined {
  return text.charCodeAt(from) === STAR ? undefined : number(text, from);
}

function number(text: string, from: number): number {
  let value = 0;
  for (let at = from; ; at++) {
    const digit = text.charCodeAt(at) - DIGIT_0;
    if (digit < 0 || digit > 9) return value;
    value = value * 10 + digit;
  }
}

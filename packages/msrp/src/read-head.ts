import { ProtocolError } from '@simple-im/grammar';
import { msrpError } from './errors.js';
import { type Field, type HeadParts, splitFields } from './frame.js';
import {
  type Rule,
  byteRangeRule,
  failureReportRule,
  hnameRule,
  identRule,
  mediaTypeRule,
  pathRule,
  startLineRule,
  statusRule,
  successReportRule,
  utf8textRule,
} from './grammar.js';
import type { MsrpLimits } from './limits.js';

type Building = { -readonly [K in keyof HeadParts]: HeadParts[K] };
type Read = (parts: Building, value: string, limits: MsrpLimits) => void;

// The fields this package understands: each may stand once. All others are ext-headers or MIME headers: text, kept as it came.
const known: Readonly<Record<string, Read>> = {
  'to-path': (parts, value, limits) => { parts.toPath = readPath('To-Path', value, limits); },
  'from-path': (parts, value, limits) => { parts.fromPath = readPath('From-Path', value, limits); },
  'message-id': (parts, value) => { parts.messageId = take('Message-ID', identRule, value); },
  'byte-range': (parts, value) => { parts.byteRange = take('Byte-Range', byteRangeRule, value); },
  'success-report': (parts, value) => { parts.successReport = take('Success-Report', successReportRule, value); },
  'failure-report': (parts, value) => { parts.failureReport = take('Failure-Report', failureReportRule, value); },
  'status': (parts, value) => { parts.statusHeader = take('Status', statusRule, value); },
  'content-type': (parts, value) => {
    take('Content-Type', mediaTypeRule, value);
    parts.contentType = value;
  },
};

/** Reads a head by the grammar: `text` is the start line and the header lines, each with its CRLF. Throws a ProtocolError. */
export function readHead(text: string, limits: MsrpLimits): HeadParts {
  const parts = empty();
  readStartLine(parts, text);
  const fields = splitFields(text);
  if (fields.length > limits.maxHeaders) throw msrpError('MSRP_TOO_MANY_HEADERS', { detail: `more than ${limits.maxHeaders}` });
  if (fields[0]?.[0].toLowerCase() !== 'to-path' || fields[1]?.[0].toLowerCase() !== 'from-path') throw msrpError('MSRP_MISSING_PATH');
  const seen = new Set<string>();
  for (const field of fields) readField(parts, field, seen, limits);
  return parts;
}

/**
 * What can still be read of a head that {@link readHead} refused, so that a 400 finds its way: every line is tried alone,
 * up to the limit on header fields.
 */
export function salvageHead(text: string, limits: MsrpLimits): HeadParts {
  const parts = empty();
  parts.transactionId = text.slice('MSRP '.length, text.indexOf(' ', 'MSRP '.length));
  attempt(() => readStartLine(parts, text));
  const seen = new Set<string>();
  for (const field of splitFields(text).slice(0, limits.maxHeaders)) attempt(() => readField(parts, field, seen, limits));
  return parts;
}

// The error of the whole head is already on its way to the peer; those of single lines add nothing to it.
function attempt(read: () => void): void {
  try {
    read();
  } catch (error) {
    if (!ProtocolError.is(error)) throw error;
  }
}

function empty(): Building {
  return {
    transactionId: '',
    method: undefined,
    status: undefined,
    comment: undefined,
    toPath: [],
    fromPath: [],
    messageId: undefined,
    byteRange: undefined,
    successReport: false,
    failureReport: 'yes',
    statusHeader: undefined,
    contentType: undefined,
  };
}

function readStartLine(parts: Building, text: string): void {
  const result = startLineRule(text.slice(0, text.indexOf('\r\n')));
  if ('at' in result) throw msrpError('MSRP_BAD_START_LINE', { offset: result.at, detail: `expected ${result.expected}` });
  Object.assign(parts, result.value);
}

function readField(parts: Building, [name, value]: Field, seen: Set<string>, limits: MsrpLimits): void {
  if ('at' in hnameRule(name)) throw msrpError('MSRP_BAD_HEADER', { detail: 'a line is no "name: value"' });
  const key = name.toLowerCase();
  const read = Object.hasOwn(known, key) ? known[key] : undefined;
  if (read === undefined) {
    take(name, utf8textRule, value);
    return;
  }
  if (seen.has(key)) throw msrpError('MSRP_DUPLICATE_HEADER', { header: name });
  seen.add(key);
  read(parts, value, limits);
}

function readPath(header: string, value: string, limits: MsrpLimits): readonly string[] {
  const uris = take(header, pathRule, value);
  if (uris.length > limits.maxPathUris) throw msrpError('MSRP_PATH_TOO_LONG', { header, detail: `more than ${limits.maxPathUris} URIs` });
  return uris.map(([from, to]) => value.slice(from, to));
}

function take<T>(header: string, rule: Rule<T>, value: string): T {
  const result = rule(value);
  if ('at' in result) throw msrpError('MSRP_BAD_HEADER', { header, offset: result.at, detail: `expected ${result.expected}` });
  return result.value;
}

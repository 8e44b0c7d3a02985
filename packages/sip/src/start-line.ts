import { byteStringToText, isToken } from '@simple-im/grammar';
import { sipError } from './errors.js';
import type { Headers } from './headers.js';
import { isBlank } from './lists.js';
import { SipRequest, SipResponse, type SipMessage } from './message.js';

/** The message that the start line and the fields of a head are; `lineEnd` is where the line ends (RFC 3261 §7.1, §7.2). */
export function readStartLine(head: string, lineEnd: number, headers: Headers): SipMessage {
  return head.startsWith('SIP/') ? readStatusLine(head.slice(0, lineEnd), headers) : readRequestLine(head, lineEnd, headers);
}

/** Half a line end: the line itself ends at a whole one. */
const lineEnd = /[\r\n]/;

/** Status-Line = SIP-Version SP Status-Code SP Reason-Phrase (RFC 3261 §7.2). */
function readStatusLine(line: string, headers: Headers): SipResponse {
  if (!line.startsWith('SIP/2.0 ')) throw sipError('SIP_BAD_STATUS_LINE', { offset: 0, detail: 'version' });
  const status = (line.charCodeAt(8) - 48) * 100 + (line.charCodeAt(9) - 48) * 10 + (line.charCodeAt(10) - 48);
  const digits = isDigit(line.charCodeAt(8)) && isDigit(line.charCodeAt(9)) && isDigit(line.charCodeAt(10));
  // The space behind the code is mandatory, yet many leave it out when they leave out the phrase.
  if (!digits || status < 100 || status > 699 || (line.length > 11 && line.charCodeAt(11) !== 0x20)) {
    throw sipError('SIP_BAD_STATUS_LINE', { offset: 8, detail: 'status code' });
  }
  const phrase = line.slice(12);
  if (lineEnd.test(phrase)) throw sipError('SIP_BAD_STATUS_LINE', { offset: 12, detail: 'reason phrase' });
  return new SipResponse(status, byteStringToText(phrase), headers);
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

const usualRequestLine = /[A-Za-z0-9\-.!%*_+`'~]+ [!-~]+ SIP\/2\.0\r\n/y;

/** Request-Line = Method SP Request-URI SP SIP-Version (RFC 3261 §7.1). */
function readRequestLine(head: string, lineEnd: number, headers: Headers): SipRequest {
  const methodEnd = head.indexOf(' ');
  const uriEnd = lineEnd - ' SIP/2.0'.length;
  usualRequestLine.lastIndex = 0;
  if (usualRequestLine.test(head)) return new SipRequest(head.slice(0, methodEnd), head.slice(methodEnd + 1, uriEnd), headers);
  const method = head.slice(0, Math.max(methodEnd, 0));
  const uri = head.slice(methodEnd + 1, Math.max(uriEnd, methodEnd + 1));
  if (!head.startsWith(' SIP/2.0', uriEnd) || uri === '' || !isToken(method) || isBlank(uri.charCodeAt(0)) || isBlank(uri.charCodeAt(uri.length - 1))) {
    return readOddRequestLine(head.slice(0, lineEnd), headers);
  }
  return new SipRequest(method, byteStringToText(uri), headers);
}

/** A request line with a flaw that can be answered, or no request line at all. */
function readOddRequestLine(line: string, headers: Headers): SipRequest {
  const parts = /^[ \t]*([^ \t]+)[ \t]+(?=[^ \t])(.*[^ \t])[ \t]+(SIP\/\d+\.\d+)[ \t]*$/is.exec(line) as [string, string, string, string] | null;
  if (parts === null) throw sipError('SIP_NOT_SIP', { offset: 0 });
  const [, method, uri, version] = parts;
  const request = new SipRequest(method, byteStringToText(uri), headers);
  if (!isToken(method)) request.flaw = sipError('SIP_BAD_REQUEST_LINE', { offset: 0, detail: 'the method is not a token' });
  else if (`${method} ${uri} ${version}` !== line) request.flaw = sipError('SIP_BAD_REQUEST_LINE', { offset: 0, detail: 'blanks' });
  else if (version.toUpperCase() !== 'SIP/2.0') request.flaw = sipError('SIP_UNSUPPORTED_VERSION', { offset: line.length - version.length, detail: version });
  return request;
}


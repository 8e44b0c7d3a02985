import { ProtocolError, type NameAddr } from '@simple-im/grammar';
import { sipError } from './errors.js';
import { CALL_ID, CONTENT_LENGTH, CONTENT_TYPE, CSEQ, EXPIRES, FROM, MAX_FORWARDS, MIN_EXPIRES, TO, fieldName } from './field-names.js';
import { SipRequest, type SipMessage } from './message.js';
import { reasonPhrase } from './reason-phrases.js';
import { repair } from './repair.js';

export interface ValidateOptions {
  /**
   * Put right what RFC 4475 lets a receiver put right: spaces in the request line, a Request-URI in angle brackets or with
   * header components, display names without quotes, an overlarge Max-Forwards or Expires. The message is corrected.
   * Default false.
   */
  readonly liberal?: boolean;
}

/** What to do with a message: use it, answer it with a status, or drop it (responses and ACK are never answered). */
export type Verdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly action: 'respond'; readonly status: number; readonly reason: string; readonly error: ProtocolError }
  | { readonly ok: false; readonly action: 'drop'; readonly error: ProtocolError };

const OK: Verdict = { ok: true };
const SINGLE = [FROM, TO, CALL_ID, CSEQ, MAX_FORWARDS, CONTENT_LENGTH, CONTENT_TYPE, EXPIRES, MIN_EXPIRES];
const REPAIRS = 16;

/** Methods whose requests are understood here or in extensions (the IANA registry); others may be newer than this code. */
const METHODS = new Set(['ACK', 'BYE', 'CANCEL', 'INFO', 'INVITE', 'MESSAGE', 'NOTIFY', 'OPTIONS', 'PRACK', 'PUBLISH', 'REFER', 'REGISTER',
  'SUBSCRIBE', 'UPDATE']);

/**
 * Whether a decoded message may be processed (RFC 3261 §8.1.1, §8.2, §16.3 step 1): its framing, its mandatory header fields
 * and the values that every element reads. What depends on the role of the element is left to it: Require and Proxy-Require
 * (420), Max-Forwards 0 (483), methods (405, 501). A request without Max-Forwards, From tag or branch is let pass, as
 * RFC 3261 lets older ones pass (§16.3 step 3, §12.1.1, §17.2.3).
 */
export function validate(message: SipMessage, options: ValidateOptions = {}): Verdict {
  for (let repairs = 0; ; repairs++) {
    try {
      check(message, options.liberal === true);
      return OK;
    } catch (error) {
      if (!ProtocolError.is(error)) throw error;
      if (repairs === REPAIRS || !repair(message, error, options.liberal === true)) return refusal(message, error);
    }
  }
}

function refusal(message: SipMessage, error: ProtocolError): Verdict {
  const answered = message instanceof SipRequest && message.method !== 'ACK' && message.headers.has('Via');
  if (!answered) return { ok: false, action: 'drop', error };
  const status = error.status ?? 400;
  return { ok: false, action: 'respond', status, reason: reasonOf(error, status), error };
}

/** A 400 says in its reason phrase what was wrong (RFC 3261 §21.4.1). */
function reasonOf(error: ProtocolError, status: number): string {
  switch (error.code) {
    case 'SIP_MISSING_HEADER': return `Missing ${error.header}`;
    case 'SIP_DUPLICATE_HEADER': return `More Than One ${error.header}`;
    case 'SIP_BAD_HEADER': case 'SIP_BAD_CONTENT_LENGTH': return `Malformed ${error.header}`;
    case 'SIP_OUT_OF_RANGE': return `${error.header} Out Of Range`;
    case 'SIP_CSEQ_METHOD': return status === 400 ? 'Method In CSeq Differs' : reasonPhrase(status);
    case 'SIP_BAD_URI': return 'Malformed Request-URI';
    case 'SIP_BAD_REQUEST_LINE': return 'Malformed Request Line';
    case 'SIP_BODY_TRUNCATED': return 'Body Shorter Than Content-Length';
    case 'SIP_NO_CONTENT_LENGTH': return 'Missing Content-Length';
    default: return reasonPhrase(status);
  }
}

function check(message: SipMessage, liberal: boolean): void {
  if (message.flaw !== undefined) throw message.flaw;
  const repeated = message.headers.repeated(SINGLE);
  if (repeated !== undefined) throw sipError('SIP_DUPLICATE_HEADER', { header: fieldName(repeated), detail: fieldName(repeated) });
  checkVias(message, liberal);
  checkAddress(present(message.from, 'From'), 'From');
  checkAddress(present(message.to, 'To'), 'To');
  present(message.callId, 'Call-ID');
  const { method } = present(message.cseq, 'CSeq');
  for (const contact of message.contacts) if (!contact.wildcardContact) checkAddress(contact, 'Contact');
  for (const route of message.routes) checkAddress(route, 'Route');
  for (const route of message.recordRoutes) checkAddress(route, 'Record-Route');
  readNumbers(message);
  if (message instanceof SipRequest) checkRequest(message, method);
}

function present<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw sipError('SIP_MISSING_HEADER', { header: name, detail: name });
  return value;
}

function checkVias(message: SipMessage, liberal: boolean): void {
  const top = present(message.vias[0], 'Via');
  void top.ttl; // these throw when out of range
  void top.rport;
  // The magic cookie promises an identifier behind it (RFC 4475 §3.2.1).
  if (top.branch === 'z9hG4bK' && !liberal) throw sipError('SIP_BAD_HEADER', { header: 'Via', detail: 'a branch without an identifier' });
}

/** Reads the URI, which otherwise happens when somebody first needs it. */
function checkAddress(address: Pick<NameAddr, 'uri'>, header: string): void {
  try {
    void address.uri;
  } catch (cause) {
    throw sipError('SIP_BAD_HEADER', { header, detail: `the URI in ${header}`, cause });
  }
}

/** Each throws when it is malformed or out of range. */
function readNumbers(message: SipMessage): void {
  void message.maxForwards;
  void message.expires;
  void message.minExpires;
  void message.contentType;
}

function checkRequest(request: SipRequest, cseqMethod: string): void {
  if (cseqMethod !== request.method) {
    // A 501 says more to the sender of a method nobody here knows (RFC 4475 §3.1.2.18).
    const status = METHODS.has(request.method) ? 400 : 501;
    throw sipError('SIP_CSEQ_METHOD', { header: 'CSeq', detail: `${cseqMethod} in a ${request.method} request`, status });
  }
  const uri = request.parsedUri;
  if (uri.scheme === 'other') throw sipError('SIP_UNSUPPORTED_SCHEME', { detail: uri.name });
  if ('headers' in uri && uri.headers.length > 0) throw sipError('SIP_BAD_URI', { detail: 'header components', section: 'RFC 3261 §19.1.1' });
}

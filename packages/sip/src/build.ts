import type { NameAddrLike } from '@simple-im/grammar';
import { sipError } from './errors.js';
import { addressText } from './field-reading.js';
import { Headers } from './headers.js';
import { SipRequest, SipResponse } from './message.js';
import { reasonPhrase } from './reason-phrases.js';

const NO_OCTETS = new Uint8Array(0);
const PRINTABLE = /^[!-~]+$/;
const TOKEN = /^[A-Za-z0-9\-.!%*_+`'~]+$/;

export interface BodyOptions {
  /** Added in this order, a name may come more than once. */
  readonly headers?: Iterable<readonly [name: string, value: string]> | undefined;
  readonly contentType?: string | undefined;
  readonly body?: Uint8Array | undefined;
}

export interface ResponseOptions extends BodyOptions {
  /** The registered phrase when absent. */
  readonly reason?: string | undefined;
  /** Put on To unless the request's To has a tag already; none for a 100 (RFC 3261 §8.2.6.2). */
  readonly toTag?: string | undefined;
}

/**
 * A response to a request (RFC 3261 §8.2.6): Via, From, To, Call-ID and CSeq as they came, Timestamp in a 100, and
 * Record-Route in a response that makes a dialog (§12.1.1). `status`: 100 to 699. Throws SIP_UNSAFE_FIELD.
 */
export function respondTo(request: SipRequest, status: number, options: ResponseOptions = {}): SipResponse {
  const headers = new Headers();
  headers.addFrom(request.headers, 'Via');
  if (status === 100) headers.addFrom(request.headers, 'Timestamp');
  if (status > 100 && status < 300) headers.addFrom(request.headers, 'Record-Route');
  for (const name of ['From', 'To', 'Call-ID', 'CSeq']) headers.addFrom(request.headers, name);
  if (options.toTag !== undefined && status !== 100) addToTag(headers, options.toTag);
  const reason = options.reason ?? reasonPhrase(status);
  if (/[\r\n]/.test(reason)) throw sipError('SIP_UNSAFE_FIELD', { detail: 'line end in the reason phrase' });
  const response = new SipResponse(status, reason, headers);
  addBody(response, options);
  return response;
}

/** Puts the tag on To, as text: a To that cannot be read, in an answer 400, keeps what it has. */
function addToTag(headers: Headers, tag: string): void {
  const to = headers.get('To');
  if (!TOKEN.test(tag)) throw sipError('SIP_UNSAFE_FIELD', { header: 'To', detail: 'the tag is not a token' });
  if (to === undefined || headers.count('To') > 1) return;
  const behindAddress = to.slice(to.lastIndexOf('>') + 1);
  if (!/;\s*tag\s*=/i.test(behindAddress)) headers.set('To', `${to};tag=${tag}`);
}

/** What every request of a dialog has of its own. */
export interface RequestParts extends BodyOptions {
  readonly method: string;
  /** The Request-URI. */
  readonly uri: string;
  /** 0 to 2^31-1. */
  readonly cseq: number;
}

export interface RequestOptions extends RequestParts {
  /** A text as it is to stand in the field, or an address to be written. */
  readonly from: string | NameAddrLike;
  readonly to: string | NameAddrLike;
  readonly callId: string;
  /** 70 when absent (RFC 3261 §8.1.1.6). */
  readonly maxForwards?: number | undefined;
  readonly routes?: readonly (string | NameAddrLike)[] | undefined;
}

/** A request without Via, which the transaction layer adds (RFC 3261 §8.1.1). Throws SIP_UNSAFE_FIELD, GRAMMAR_UNENCODABLE. */
export function buildRequest(options: RequestOptions): SipRequest {
  return finishRequest(leadingFields(options), options);
}

/** The fields of a request that stand before CSeq, the same for all requests of a dialog. */
export function leadingFields(options: Omit<RequestOptions, keyof RequestParts>): Headers {
  const { maxForwards = 70 } = options;
  if (!isUpTo(maxForwards, 255)) throw sipError('SIP_UNSAFE_FIELD', { header: 'Max-Forwards', detail: 'maxForwards is not an integer from 0 to 255' });
  const headers = new Headers();
  for (const route of options.routes ?? []) headers.add('Route', written(route));
  headers.add('Max-Forwards', String(maxForwards));
  headers.add('From', written(options.from));
  headers.add('To', written(options.to));
  headers.add('Call-ID', options.callId);
  return headers;
}

/** A request of its leading fields, which become its own. */
export function finishRequest(headers: Headers, parts: RequestParts): SipRequest {
  const { method, uri, cseq } = parts;
  if (!TOKEN.test(method)) throw sipError('SIP_UNSAFE_FIELD', { detail: 'the method is not a token' });
  if (!PRINTABLE.test(uri)) throw sipError('SIP_UNSAFE_FIELD', { detail: 'the Request-URI has blanks or is empty' });
  if (!isUpTo(cseq, 2 ** 31 - 1)) throw sipError('SIP_UNSAFE_FIELD', { header: 'CSeq', detail: 'cseq is not an integer from 0 to 2^31-1' });
  headers.add('CSeq', `${cseq} ${method}`);
  const request = new SipRequest(method, uri, headers);
  addBody(request, parts);
  return request;
}

function isUpTo(number: number, most: number): boolean {
  return Number.isInteger(number) && number >= 0 && number <= most;
}

function written(address: string | NameAddrLike): string {
  return typeof address === 'string' ? address : addressText(address);
}

function addBody(message: SipRequest | SipResponse, options: BodyOptions): void {
  for (const [name, value] of options.headers ?? []) message.headers.add(name, value);
  if (options.contentType !== undefined) message.headers.set('Content-Type', options.contentType);
  message.body = options.body ?? NO_OCTETS;
}

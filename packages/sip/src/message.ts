import { parseUri, type NameAddr, type ProtocolError, type Uri } from '@simple-im/grammar';
import { sipError } from './errors.js';
import * as field from './field-names.js';
import { readCallId, readContacts, readContentType, readCseq, readNameAddr, readNameAddrs, readNumber, readVia, readVias } from './header-values.js';
import type { Contact, ContentType, Cseq } from './header-values.js';
import { Headers } from './headers.js';
import type { Via } from './via.js';

const NO_OCTETS: Uint8Array = new Uint8Array(0);

/**
 * What requests and responses share. Typed values are read when asked for and kept until their header field changes; they
 * are `undefined` (lists: empty) when the field is absent and throw SIP_BAD_HEADER with the field's name when it is malformed.
 */
export abstract class Message {
  readonly headers: Headers;
  body: Uint8Array;
  /** What the decoder found wrong in the framing; {@link validate} answers it. */
  flaw: ProtocolError | undefined = undefined;

  constructor(headers: Headers, body: Uint8Array) {
    this.headers = headers;
    this.body = body;
  }

  /** The topmost Via: that of the element the message came from last. */
  get via(): Via | undefined {
    return this.headers.typed(field.VIA, 0, readVia);
  }

  get vias(): readonly Via[] {
    return this.headers.typed(field.VIA, 1, readVias);
  }

  get from(): NameAddr | undefined {
    return this.headers.typed(field.FROM, 0, readNameAddr);
  }

  get to(): NameAddr | undefined {
    return this.headers.typed(field.TO, 0, readNameAddr);
  }

  get fromTag(): string | undefined {
    return this.from?.tag;
  }

  get toTag(): string | undefined {
    return this.to?.tag;
  }

  get callId(): string | undefined {
    return this.headers.typed(field.CALL_ID, 0, readCallId);
  }

  get cseq(): Cseq | undefined {
    return this.headers.typed(field.CSEQ, 0, readCseq);
  }

  get contacts(): readonly Contact[] {
    return this.headers.typed(field.CONTACT, 1, readContacts);
  }

  get routes(): readonly NameAddr[] {
    return this.headers.typed(field.ROUTE, 1, readNameAddrs);
  }

  get recordRoutes(): readonly NameAddr[] {
    return this.headers.typed(field.RECORD_ROUTE, 1, readNameAddrs);
  }

  /** RFC 3327 */
  get paths(): readonly NameAddr[] {
    return this.headers.typed(field.PATH, 1, readNameAddrs);
  }

  /** RFC 3608 */
  get serviceRoutes(): readonly NameAddr[] {
    return this.headers.typed(field.SERVICE_ROUTE, 1, readNameAddrs);
  }

  /** 0 to 255. */
  get maxForwards(): number | undefined {
    return this.headers.typed(field.MAX_FORWARDS, 0, readNumber);
  }

  /** Seconds, 0 to 2^32-1. */
  get expires(): number | undefined {
    return this.headers.typed(field.EXPIRES, 0, readNumber);
  }

  /** Seconds, 0 to 2^32-1. */
  get minExpires(): number | undefined {
    return this.headers.typed(field.MIN_EXPIRES, 0, readNumber);
  }

  /** Octets, as the field says; the encoder does not trust it. */
  get contentLength(): number | undefined {
    return this.headers.typed(field.CONTENT_LENGTH, 0, readNumber);
  }

  get contentType(): ContentType | undefined {
    return this.headers.typed(field.CONTENT_TYPE, 0, readContentType);
  }

  /** Option tags (RFC 3261 §20.32). */
  require(): string[] {
    return this.headers.list('Require');
  }

  /** Option tags (RFC 3261 §20.29). */
  proxyRequire(): string[] {
    return this.headers.list('Proxy-Require');
  }

  /** Option tags (RFC 3261 §20.37). */
  supported(): string[] {
    return this.headers.list('Supported');
  }

  /** Methods (RFC 3261 §20.5). */
  allow(): string[] {
    return this.headers.list('Allow');
  }
}

/** A request (RFC 3261 §7.1). */
export class SipRequest extends Message {
  /** Case matters; `%` is no escape here. */
  method: string;
  /** The Request-URI as it came. */
  uri: string;
  #parsedUri: Uri | undefined;
  #parsedFrom = '';

  constructor(method: string, uri: string, headers = new Headers(), body: Uint8Array = NO_OCTETS) {
    super(headers, body);
    this.method = method;
    this.uri = uri;
  }

  /** The Request-URI read. Throws SIP_BAD_URI. */
  get parsedUri(): Uri {
    if (this.#parsedUri === undefined || this.#parsedFrom !== this.uri) {
      this.#parsedUri = readUri(this.uri);
      this.#parsedFrom = this.uri;
    }
    return this.#parsedUri;
  }

  /** A copy with headers of its own; the body is shared. */
  clone(): SipRequest {
    const copy = new SipRequest(this.method, this.uri, this.headers.clone(), this.body);
    copy.flaw = this.flaw;
    return copy;
  }
}

/** A response (RFC 3261 §7.2). */
export class SipResponse extends Message {
  /** 100 to 699. */
  status: number;
  reason: string;

  constructor(status: number, reason: string, headers = new Headers(), body: Uint8Array = NO_OCTETS) {
    super(headers, body);
    this.status = status;
    this.reason = reason;
  }

  /** A copy with headers of its own; the body is shared. */
  clone(): SipResponse {
    const copy = new SipResponse(this.status, this.reason, this.headers.clone(), this.body);
    copy.flaw = this.flaw;
    return copy;
  }
}

export type SipMessage = SipRequest | SipResponse;

function readUri(text: string): Uri {
  try {
    return parseUri(text);
  } catch (cause) {
    throw sipError('SIP_BAD_URI', { cause });
  }
}

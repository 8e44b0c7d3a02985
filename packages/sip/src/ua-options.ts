import type { Hash } from '@simple-im/digest';
import type { BodyOptions } from './build.js';
import type { Capabilities } from './capabilities.js';
import type { SipEndpoint } from './endpoint.js';
import type { Target } from './resolve.js';
import type { SessionTimerSettings } from './session-refresh.js';

export interface UserAgentCredentials {
  readonly username: string;
  readonly password: string;
  /** Answer challenges of this realm only; of any realm when absent. */
  readonly realm?: string | undefined;
}

export interface UserAgentOptions {
  readonly endpoint: SipEndpoint;
  /** The address of record, `sip:alice@example.com`: our From. */
  readonly aor: string;
  readonly displayName?: string | undefined;
  /** The URI of our Contact; made from the flow a request takes when absent. */
  readonly contact?: string | undefined;
  /**
   * Where requests outside of dialogs go first. A URI with `lr` becomes a Route as well (§8.1.2 recommends it); a target
   * or another URI is only an address.
   */
  readonly outboundProxy?: Target | string | undefined;
  readonly credentials?: UserAgentCredentials | undefined;
  /** Needed to answer challenges. */
  readonly hash: Hash;
  /** For User-Agent and Server fields. */
  readonly userAgent?: string | undefined;
  /**
   * Option tags we support; requests that require others are answered 420. The user agent itself knows `100rel` (RFC 3262), `timer`
   * (RFC 4028), `replaces` (RFC 3891) and `norefersub` (RFC 4488), each once it is listed here.
   */
  readonly supported?: readonly string[] | undefined;
  /** For OPTIONS, which it answers by itself unless there is a handler (§11.2). */
  readonly capabilities?: Capabilities | undefined;
}

/** What a request of a user agent may carry besides method and URI. */
export interface UaRequestOptions extends BodyOptions {
  /** Gives up: an INVITE is cancelled, any other request is no longer waited for. */
  readonly signal?: AbortSignal | undefined;
}

export interface OutOfDialogOptions extends UaRequestOptions {
  /** The From URI when it is not the address of record, as of an application server that others know by several names. */
  readonly from?: string | undefined;
  /** The To URI when it is not the Request-URI, as in REGISTER (§10.2). */
  readonly to?: string | undefined;
  /** To keep the Call-ID of earlier requests, as REGISTER does (§10.2); then give `cseq` too. */
  readonly callId?: string | undefined;
  /** First CSeq number; retries with credentials add one each. Default 1. */
  readonly cseq?: number | undefined;
  /** Route URIs in place of the user agent's `serviceRoute`. */
  readonly routes?: readonly string[] | undefined;
}

export interface InviteOptions extends OutOfDialogOptions {
  /** Whether provisional responses may be reliable, or must be (RFC 3262). By default they may if `100rel` is among what we support. */
  readonly reliable?: 'supported' | 'required' | undefined;
  /** Session timer (RFC 4028). Absent: what the peer wants, if `timer` is among what we support. */
  readonly sessionTimer?: SessionTimerSettings | undefined;
}

import type { ProtocolError } from '@simple-im/grammar';
import type { SipRequest, SipResponse } from './message.js';
import type { UaRequest } from './ua-request.js';

/**
 * Why a usage came to its end with its dialog. `lost`: a failure response that destroys the whole dialog (RFC 5057 §5.1).
 * `closed`: the user agent was.
 */
export type UsageEnd = 'lost' | 'closed';

/**
 * What lives in a dialog besides the session of an INVITE: a subscription, on either side (RFC 5057 §3.2). A dialog lives while
 * one of them does. What a failed request does to its own usage (RFC 5057 §5.1, "destroys usage", §5.2) is the usage's business:
 * it calls `detach`.
 */
export interface DialogUsage {
  /** Whether a request in the dialog belongs to this usage (RFC 5057 §5.3), for a subscription by its Event. */
  owns(request: SipRequest): boolean;
  /** A request that `owns` was true for, in order of CSeq numbers; to be answered. What it throws is answered with its status or 500. */
  receive(incoming: UaRequest): void | Promise<void>;
  /** A request of ours in this usage goes once more, with credentials and this CSeq number. */
  retried?(request: SipRequest, cseq: number): void;
  /** The dialog is over and took the usage along; never called after `detach`. */
  ended(end: UsageEnd): void;
}

/** What becomes of a request that a usage sends. */
export interface DialogRequestHandlers {
  /** The final response, whatever its status; challenges were answered. */
  answered(response: SipResponse): void;
  /** No final response: SIP_TIMEOUT (408), SIP_TRANSPORT (503), SIP_UNRESOLVED. May be told before `send` has returned. */
  failed(error: ProtocolError): void;
}

/** Status codes that end the dialog with every usage in it: the target or the route is wrong for all of them (RFC 5057 §5.1). */
const DESTROYS_DIALOG = new Set([404, 410, 416, 482, 483, 484, 485, 502, 604]);
/** Those that end the usage the request was made in. */
const DESTROYS_USAGE = new Set([405, 480, 481, 489, 501]);

/** How far a failure response to a request in a dialog reaches (RFC 5057 §5.1, tables 1 and 2). */
export function failureReach(status: number): 'transaction' | 'usage' | 'dialog' {
  if (DESTROYS_DIALOG.has(status)) return 'dialog';
  return DESTROYS_USAGE.has(status) ? 'usage' : 'transaction';
}

/** Methods that mean the session in a dialog (RFC 5057 §5.3); without one they are answered 481. */
export const OF_SESSION: ReadonlySet<string> = new Set(['BYE', 'INVITE', 'PRACK', 'UPDATE']);

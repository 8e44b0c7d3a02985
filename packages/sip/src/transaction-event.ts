import type { Flow } from './flow.js';
import type { SipRequest, SipResponse } from './message.js';
import type { Transaction, TransactionNotice, TransactionSide } from './transaction.js';

/** What the transaction layer tells its user (TU). `key` names the transaction; each side has keys of its own. */
export type TransactionEvent =
  /** A new server transaction; answer with `respond`. */
  | { readonly type: 'request'; readonly key: string; readonly request: SipRequest; readonly flow: Flow }
  /** An ACK to a 2xx: §13.3.1.4, RFC 6026 §7.1. */
  | { readonly type: 'ack'; readonly request: SipRequest; readonly flow: Flow }
  /** A CANCEL matched this INVITE server transaction, which has no final response yet; the CANCEL was answered 200. */
  | { readonly type: 'cancelled'; readonly key: string; readonly cancel: SipRequest }
  /** A response to a client transaction: each 1xx, the final one, and every 2xx to an INVITE, repeated ones too. */
  | { readonly type: 'response'; readonly key: string; readonly response: SipResponse }
  /** Client: Timer B or F. Server: Timer H, no ACK came. */
  | { readonly type: 'timeout'; readonly side: TransactionSide; readonly key: string }
  /** A message could not be sent. The client transaction is over, a server transaction goes on (RFC 6026 §8.8). */
  | { readonly type: 'transportError'; readonly side: TransactionSide; readonly key: string }
  /** A response no client transaction knows: to be dropped (RFC 6026 §8.9). */
  | { readonly type: 'stray'; readonly response: SipResponse; readonly flow: Flow }
  | { readonly type: 'terminated'; readonly side: TransactionSide; readonly key: string };

/** A message for the transport. */
export interface Transmission {
  readonly flow: Flow;
  readonly bytes: Uint8Array;
  readonly message: SipRequest | SipResponse;
  /** Whom to tell with `sendFailed`; absent for what no transaction sent. */
  readonly side?: TransactionSide;
  readonly key?: string;
  /** A response that goes where its request came from: its Via, which says so, need not be read again. */
  readonly direct?: boolean;
}

/** What a machine tells, as an event for the TU. */
export function eventOf(transaction: Transaction, what: TransactionNotice, message: SipRequest | SipResponse | undefined): TransactionEvent {
  const { key, side, flow } = transaction;
  switch (what) {
    case 'request':
      return { type: 'request', key, request: message as SipRequest, flow };
    case 'response':
      return { type: 'response', key, response: message as SipResponse };
    case 'ACK':
      return { type: 'ack', request: message as SipRequest, flow };
    case 'CANCEL':
      return { type: 'cancelled', key, cancel: message as SipRequest };
    case 'timeout':
      return { type: 'timeout', side, key };
    case 'transport error':
      return { type: 'transportError', side, key };
  }
}

/*
 * The reference points of the architecture that this server has today, each with the entity on either side and how it is
 * bound: `wire` is a protocol on sockets, `either` an interface that is called inside one process and spoken on sockets between two.
 */
import type { ProtocolError } from '@simple-im/grammar';
import type { SipRequest, SipResponse } from '@simple-im/sip';

export interface ReferencePoint {
  readonly name: string;
  readonly between: readonly [string, string];
  readonly protocol: 'SIP' | 'MSRP' | 'XCAP' | 'Diameter';
  /** `either`: called in one process, on the wire between two. */
  readonly binding: 'wire' | 'either';
}

/** What a running server answers on, for documents and the ready line. */
export const referencePoints: readonly ReferencePoint[] = [
  { name: 'IM-1', between: ['IM Client', 'SIP/IP Core'], protocol: 'SIP', binding: 'wire' },
  { name: 'IM-2', between: ['IM Server', 'SIP/IP Core'], protocol: 'SIP', binding: 'either' },
  { name: 'IM-7', between: ['IM Client', 'IM Server'], protocol: 'MSRP', binding: 'wire' },
];

/** Whose services a request is to pass through: the caller's or the callee's (3GPP TS 23.218 calls it session case). */
export type SessionCase = 'originating' | 'terminating';

/** The user part of URIs that mean the IM server; in the Contacts of its dialogs `.` and the name of a leg follow. */
export const IM_SERVER = 'im-server';

/** The user parts of the URIs of services that the IM server is the far end of (docs/profile.md, "Retrieval of stored messages"). */
export const retrievalServices = ['deferred', 'history'] as const;
export type RetrievalServiceName = (typeof retrievalServices)[number];

/** Their URIs, of those that there are. */
export function serviceUris(domain: string, { deferred }: { readonly deferred: boolean }): Partial<Record<RetrievalServiceName, string>> {
  return { ...(deferred ? { deferred: `sip:deferred@${domain}` } : {}), history: `sip:history@${domain}` };
}

/** A request the core hands to the IM server, with a way to answer it. */
export interface Im2Request {
  readonly request: SipRequest;
  /** Absent for a request inside a dialog of the IM server's own and for a third-party REGISTER. */
  readonly sessionCase: SessionCase | undefined;
  /** The address-of-record whose services apply (RFC 5502 P-Served-User); absent where `sessionCase` is. */
  readonly servedUser: string | undefined;
  /** What ties the request, once handed back, to the routing it was taken out of (the original dialog identifier of ISC). */
  readonly originalDialog: string | undefined;
  /** Any number of provisional responses, then one final one; further 2xx only for a forked INVITE. */
  respond(response: SipResponse): void;
  /** The caller cancelled; the core has answered the CANCEL and awaits a final response. */
  onCancelled: (() => void) | undefined;
}

export interface Im2Handlers {
  response(response: SipResponse): void;
  /** No response came: `SIP_TIMEOUT` (408) or `SIP_TRANSPORT` (503). Nothing follows. */
  failed(error: ProtocolError): void;
}

export interface Im2Outgoing {
  /** Cancels an INVITE that has no final response; harmless otherwise. */
  cancel(): void;
}

/** IM-2 as the IM server sees it: the core. */
export interface Im2Core {
  /**
   * Hands a request back (`originalDialog` as received: the core goes on from where it had handed over) or sends one of
   * the IM server's own (`originalDialog` absent: the core routes it by its Route and Request-URI). What those assert is believed;
   * one with `P-Served-User: <AOR>;sescase=term` goes to the contacts of that user without the terminating services once more.
   */
  request(request: SipRequest, originalDialog: string | undefined, handlers: Im2Handlers): Im2Outgoing;
  /** Sends an ACK to a 2xx (RFC 3261 §13.2.2.4); it is routed like any request and never answered. */
  ack(request: SipRequest): void;
  /** The SIP URI by which requests inside the IM server's dialogs come back over IM-2; `leg` becomes part of it. */
  contactUri(leg: string): string;
}

/** IM-2 as the core sees it: the IM server. */
export interface Im2Server {
  receive(exchange: Im2Request): void;
  /** An ACK to a 2xx of the IM server's. */
  ack(request: SipRequest): void;
}

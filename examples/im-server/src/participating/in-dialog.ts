/*
 * A request within the dialog of one leg (RFC 3261 §12.2.2), whoever the leg is with.
 */
import { respondTo, type Dialog, type SipRequest } from '@simple-im/sip';
import type { Im2Request } from '../reference-points.js';
import { ALLOW } from './invited-leg.js';
import type { LegRefresh } from './leg-refresh.js';

/** What is addressed by the names of legs: a session with dialogs of its own. */
export interface RoutedSession<S extends string = string> {
  /** Throws SIP_CSEQ_OUT_OF_ORDER, which carries 500. */
  receive(side: S, exchange: Im2Request): void;
  acknowledged(side: S, ack: SipRequest): void;
  /** Ends it; resolves when every BYE is answered. */
  end(): Promise<void>;
}

export interface DialogLeg {
  readonly dialog: Dialog | undefined;
  readonly refresh: LegRefresh;
  /** The user said BYE, which has been answered; the dialog is to be ended. */
  ended(dialog: Dialog): void;
}

export function receiveInDialog(exchange: Im2Request, { dialog, refresh, ended }: DialogLeg): void {
  const { request } = exchange;
  if (dialog === undefined || dialog.state === 'terminated' || !isWithin(dialog, request)) return respond(exchange, 481);
  dialog.receive(request);
  if (request.method === 'BYE') {
    respond(exchange, 200);
    ended(dialog);
  } else if (request.method === 'INVITE' || request.method === 'UPDATE') {
    refresh.receive(exchange, dialog);
  } else {
    respond(exchange, request.method === 'OPTIONS' ? 200 : 405, [['Allow', ALLOW]]);
  }
}

export function respond(exchange: Im2Request, status: number, headers: readonly (readonly [string, string])[] = []): void {
  exchange.respond(respondTo(exchange.request, status, { headers }));
}

function isWithin(dialog: Dialog, request: SipRequest): boolean {
  return request.callId === dialog.callId && request.toTag === dialog.localTag && (request.fromTag ?? '') === dialog.remoteTag;
}

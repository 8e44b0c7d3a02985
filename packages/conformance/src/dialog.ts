/* What requests within a dialog are filled with (RFC 3261 §12.2.1.1), for either side. */
import type { SipMessage } from './raw-sip.js';
import { uriOf } from './sip-text.js';

/** Values of a template: `{target}` the Request-URI, `{routes}` the Route lines, `{local}` From, `{remote}` To, `{callId}`. */
export interface Dialog {
  readonly target: string;
  readonly routes: string;
  readonly local: string;
  readonly remote: string;
  readonly callId: string;
  readonly [name: string]: string;
}

const recordRoutes = (message: SipMessage): string[] =>
  message.headers('Record-Route').flatMap((value) => value.split(/,(?=\s*<)/)).map((value) => value.trim());
const routeLines = (routes: readonly string[]): string => routes.map((route) => `Route: ${route}`).join('\r\n');
const value = (message: SipMessage, name: string): string => message.header(name) ?? '';

/** The dialog of the user who sent the INVITE, from the 2xx it got (RFC 3261 §12.1.2). */
export function dialogOfCaller(answer: SipMessage): Dialog {
  return {
    target: uriOf(answer.header('Contact')) ?? '', routes: routeLines(recordRoutes(answer).reverse()),
    local: value(answer, 'From'), remote: value(answer, 'To'), callId: value(answer, 'Call-ID'),
  };
}

/** The dialog of the invited user, from the INVITE and the To of its 2xx (RFC 3261 §12.1.1). */
export function dialogOfCallee(invite: SipMessage, to: string): Dialog {
  return {
    target: uriOf(invite.header('Contact')) ?? '', routes: routeLines(recordRoutes(invite)),
    local: to, remote: value(invite, 'From'), callId: value(invite, 'Call-ID'),
  };
}

/*
 * What a proxy does with the Route it receives (RFC 3261 §16.4), and what our Record-Route tokens tell it.
 */
import { isSipUri, parseNameAddr } from '@simple-im/grammar';
import type { Flow, SipRequest } from '@simple-im/sip';
import type { OwnAddresses } from './own-addresses.js';
import type { FlowReference, RouteToken, Tokens } from './tokens.js';

export interface OwnRoutes {
  /** Of the last Route of ours that carried a valid token for this dialog; undefined for a pre-loaded or foreign Route. */
  readonly token: RouteToken | undefined;
  /** The flow on the other side from the one the request came over; undefined to go by URI. */
  next(from: Flow | undefined): FlowReference | undefined;
}

/** Takes away every leading Route that is ours (§16.4; two of them where transports differ, RFC 5658). */
export function takeOwnRoutes(request: SipRequest, own: OwnAddresses, tokens: Tokens): OwnRoutes {
  restoreStrictRoute(request, own, tokens);
  let token: RouteToken | undefined;
  for (let route = request.routes[0]; route !== undefined; route = request.routes[0]) {
    const uri = route.uri;
    const isDomain = isSipUri(uri) && uri.user === undefined && own.isOurDomain(uri);
    if (!isDomain && !own.isOurs(uri)) break;
    if (isSipUri(uri) && uri.user !== undefined) token = tokens.readRoute(request.callId ?? '', uri.user) ?? token;
    request.headers.removeFirst('Route');
  }
  return { token, next: (from) => (token === undefined ? undefined : otherSide(token, from)) };
}

/** A strict router put our Record-Route into the Request-URI and the real one last into Route (§16.4, first paragraph). */
function restoreStrictRoute(request: SipRequest, own: OwnAddresses, tokens: Tokens): void {
  const uri = request.parsedUri;
  if (!own.isOurs(uri) || uri.user === undefined || tokens.readRoute(request.callId ?? '', uri.user) === undefined) return;
  const routes = request.headers.list('Route');
  const last = routes.pop();
  if (last === undefined) return;
  request.headers.set('Route', [`<${uri.text}>`, ...routes]);
  request.uri = parseNameAddr(last).uriText;
}

/** From the caller towards the callee and the other way round; a request of the IM server's own goes to the side there is. */
function otherSide(token: RouteToken, from: Flow | undefined): FlowReference | undefined {
  if (from === undefined) return token.caller ?? token.callee;
  return isSameFlow(token.caller, from) ? token.callee : token.caller;
}

/** A UDP flow is its remote address: the socket may have been opened anew. */
function isSameFlow(reference: FlowReference | undefined, flow: Flow): boolean {
  if (reference === undefined) return false;
  if (reference.id === flow.id) return true;
  return !flow.reliable && reference.transport === flow.transport && reference.host === flow.remote.host && reference.port === flow.remote.port;
}

/*
 * What a proxy does with the Route it receives (RFC 3261 §16.4) and with the one it sends (§16.6 step 6), and what our
 * Record-Route tokens tell it.
 */
import { isSipUri, parseNameAddr, type SipUri } from '@simple-im/grammar';
import type { SipRequest } from '@simple-im/sip';
import type { OwnAddresses } from './own-addresses.js';
import type { FlowReference, Tokens } from './tokens.js';

export interface OwnRoutes {
  /** Whether a Route of ours was sealed for the dialog of this request: its path was authenticated when the dialog began. */
  readonly sealed: boolean;
  /** The flow towards the other side of the dialog, if we know it; undefined to go by URI. */
  readonly next: FlowReference | undefined;
}

/** Takes away every leading Route that is ours (§16.4; two of them where transports differ, RFC 5658). The last one counts. */
export function takeOwnRoutes(request: SipRequest, own: OwnAddresses, tokens: Tokens): OwnRoutes {
  restoreStrictRoute(request, own, tokens);
  let routes: OwnRoutes = { sealed: false, next: undefined };
  for (let route = request.routes[0]; route !== undefined; route = request.routes[0]) {
    const uri = route.uri;
    const isDomain = isSipUri(uri) && uri.user === undefined && own.isOurDomain(uri);
    if (!isDomain && !own.isOurs(uri)) break;
    if (isSipUri(uri)) routes = readToken(request, uri, tokens) ?? routes;
    request.headers.removeFirst('Route');
  }
  return routes;
}

/**
 * The URI of the next hop. A hop without `lr` is a strict router, which wants its own URI in the request line and the real
 * one last in Route (§16.6 step 6).
 */
export function takeNextHop(request: SipRequest): string {
  const [first] = request.routes;
  if (first === undefined) return request.uri;
  if (isSipUri(first.uri) && first.uri.params.has('lr')) return first.uriText;
  request.headers.removeFirst('Route');
  request.headers.add('Route', `<${request.uri}>`);
  request.uri = first.uriText;
  return request.uri;
}

/** A strict router put our Record-Route into the Request-URI and the real one last into Route (§16.4, first paragraph). */
function restoreStrictRoute(request: SipRequest, own: OwnAddresses, tokens: Tokens): void {
  const uri = request.parsedUri;
  if (!own.isOurs(uri) || readToken(request, uri, tokens) === undefined) return;
  const routes = request.headers.list('Route');
  const last = routes.pop();
  if (last === undefined) return;
  request.headers.set('Route', [`<${uri.text}>`, ...routes]);
  request.uri = parseNameAddr(last).uriText;
}

/**
 * The caller's tag is in From of what the caller sends and in To of what the callee sends, so the seal tells the direction,
 * also when a side has a new connection since.
 */
function readToken(request: SipRequest, { user }: SipUri, tokens: Tokens): OwnRoutes | undefined {
  if (user === undefined) return undefined;
  const { callId, fromTag, toTag } = request;
  const fromCaller = tokens.readRoute({ callId, callerTag: fromTag }, user);
  if (fromCaller !== undefined) return { sealed: true, next: fromCaller.callee };
  const fromCallee = tokens.readRoute({ callId, callerTag: toTag }, user);
  return fromCallee === undefined ? undefined : { sealed: true, next: fromCallee.caller };
}

/*
 * From a Contact of a REGISTER to a binding (RFC 3261 §10.3 step 7, RFC 5626 §6).
 */
import { copied, isSipUri, parseNameAddr, parseUri, uriEquals } from '@simple-im/grammar';
import type { Contact, SipRequest } from '@simple-im/sip';
import type { Binding } from './location.js';

/** Parameters that a binding has elsewhere, and GRUUs, which no client can suggest (RFC 5627 §5.1). */
const NOT_KEPT = ['q', 'expires', 'pub-gruu', 'temp-gruu'];

/** What the bindings of one REGISTER have in common. */
export interface Registration {
  readonly request: SipRequest;
  /** Path URIs, ours first. */
  readonly path: readonly string[];
  /** Whether the first hop keeps the flow to the client (RFC 5626 §5.1: `ob` in its Path). */
  readonly outbound: boolean;
  /** Milliseconds of the wall clock. */
  readonly now: number;
}

export function registrationOf(request: SipRequest, path: readonly string[], now: number): Registration {
  return { request, path: path.map((uri) => copied(uri)), outbound: isOutbound(path), now };
}

/** The Path URI of the first hop is the last one: each proxy puts its own in front (RFC 3327 §5.2). */
function isOutbound(path: readonly string[]): boolean {
  const firstHop = path.at(-1);
  if (firstHop === undefined) return false;
  const { uri } = parseNameAddr(firstHop);
  return isSipUri(uri) && uri.params.has('ob');
}

/** The flow of a device that the client numbered; without an instance the number means nothing (RFC 5626 §6). */
export function regIdOf(contact: Contact): string | undefined {
  return contact.params.has('+sip.instance') ? contact.params.get('reg-id') : undefined;
}

/** `lifetime` in seconds. Throws SIP_BAD_HEADER for a malformed q. */
export function bindingOf(contact: Contact, lifetime: number, { request, path, outbound, now }: Registration): Binding {
  const parameters = contact.params.entries().filter(([name]) => !NOT_KEPT.includes(name.toLowerCase()));
  const instance = contact.params.get('+sip.instance');
  // Nobody kept the number of a flow that passed a first hop without outbound (RFC 5626 §6).
  const regId = outbound || request.vias.length === 1 ? regIdOf(contact) : undefined;
  return {
    contact: copied(contact.uriText),
    parameters: copied(parameters.map(([name, value]) => (value === undefined ? `;${name}` : `;${name}=${value}`)).join('')),
    q: contact.q ?? 1,
    expiresAt: now + lifetime * 1000,
    callId: copied(request.callId ?? ''),
    cseq: request.cseq?.number ?? 0,
    ...(instance === undefined ? {} : { instance: copied(instance) }),
    ...(regId === undefined ? {} : { regId: copied(regId) }),
    path,
    refreshedAt: now,
  };
}

/** One device over one flow is one binding (RFC 5626 §6); otherwise contacts compare as URIs (RFC 3261 §10.3 step 7). */
export function isSameBinding(a: Binding, b: Binding): boolean {
  if (a.regId !== undefined && b.regId !== undefined) return a.instance === b.instance && a.regId === b.regId;
  return uriEquals(parseUri(a.contact), parseUri(b.contact));
}

/** The binding made or refreshed last of those given; undefined of none. */
export function latestOf(bindings: readonly Binding[]): Binding | undefined {
  return [...bindings].sort(byLatest)[0];
}

/** For sorting: what was refreshed last comes first. */
export function byLatest(a: Binding, b: Binding): number {
  return (b.refreshedAt ?? 0) - (a.refreshedAt ?? 0);
}

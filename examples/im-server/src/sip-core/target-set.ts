/*
 * Which devices of a user a request goes to, and in which order: by the callee's q, then by what the caller prefers
 * (RFC 3841 §7.2), then by what the caller asks of proxies (§9.1).
 */
import { parseParams } from '@simple-im/grammar';
import { byCallerPreferences, callerPreferences, featureSetOf, type SipRequest } from '@simple-im/sip';
import { byLatest } from './contact-binding.js';
import type { Binding } from './location.js';
import type { Disposition } from './request-disposition.js';

/** Devices that one request is tried at; those that rank lower are left out. */
export const MAX_DEVICES = 10;

/**
 * Bindings in groups of equal rank, the best first; those that the caller does not want are left out. Throws SIP_BAD_HEADER for
 * preferences that cannot be read and SIP_TOO_MANY_PREFERENCES, which carry 400.
 */
export function rankedBindings(request: SipRequest, bindings: readonly Binding[]): readonly (readonly Binding[])[] {
  // Nothing asked for leaves nobody out where there is one device (§7.2.4).
  if (bindings.length === 1 && !request.headers.has('Accept-Contact') && !request.headers.has('Reject-Contact')) return [bindings];
  const preferences = callerPreferences(request);
  const contacts = [...bindings].sort(byLatest).map((binding) => ({
    binding, q: binding.q, features: featureSetOf(parseParams(binding.parameters)),
  }));
  const groups: Binding[][] = [];
  let before: number | undefined;
  for (const group of byCallerPreferences(contacts, preferences)) {
    const q = group[0]?.q;
    // What is merely implied leaves devices out, but puts none before another: nobody asked for it.
    if (groups.length === 0 || !preferences.implicit || q !== before) groups.push([]);
    before = q;
    groups.at(-1)?.push(...group.map(({ binding }) => binding));
  }
  return groups;
}

/** Groups of devices as the caller wants them asked: the groups one after the other, each at once. */
export function arranged<Device>(groups: readonly (readonly Device[])[], { fork, order }: Disposition): readonly (readonly Device[])[] {
  if (groups.length === 1 && groups[0]?.length === 1) return groups;
  const devices = groups.flat();
  const most = fork ? MAX_DEVICES : 1;
  if (order === 'sequential' || most === 1) return devices.slice(0, most).map((device) => [device]);
  if (order === 'parallel') return devices.length === 0 ? [] : [devices.slice(0, most)];
  let left = most;
  return groups.flatMap((group) => {
    const taken = group.slice(0, left);
    left -= taken.length;
    return taken.length === 0 ? [] : [taken];
  });
}

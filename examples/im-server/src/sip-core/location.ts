/*
 * The location service (RFC 3261 §10): which contacts an address-of-record has. The store is asynchronous and versioned,
 * so that several nodes can share it.
 */

import { after, type Soon } from '../soon.js';

/** One binding of an address-of-record to a contact. */
export interface Binding {
  /** The Contact's URI as the client wrote it. */
  readonly contact: string;
  /** The Contact's parameters other than q and expires, as written, such as `;+g.oma.sip-im`. */
  readonly parameters: string;
  /** 0 to 1; contacts with a higher one are tried first (RFC 3261 §16.6). */
  readonly q: number;
  /** Milliseconds of the wall clock. */
  readonly expiresAt: number;
  readonly callId: string;
  readonly cseq: number;
  /** The `+sip.instance` of the device (RFC 5626 §4.1), if it gave one. */
  readonly instance?: string;
  readonly regId?: string;
  /** Path URIs, ours first (RFC 3327): the Route of a request to this contact. */
  readonly path: readonly string[];
  /** Milliseconds of the wall clock of the last REGISTER for it; absent in what an older version stored, as the next one. */
  readonly refreshedAt?: number;
  /** Which temporary GRUUs of the instance count (RFC 5627 §5.1): those of this epoch. The same in all bindings of an instance. */
  readonly gruuEpoch?: string;
  /** CSeq of the REGISTER that began the epoch (RFC 5628 §5). */
  readonly gruuFirstCseq?: number;
  /** Which temporary GRUU of the epoch was made last (RFC 5628 §5): {@link newTemporary}. The same in all bindings of an instance. */
  readonly gruuLatest?: string;
  /** Names the binding in registration information (RFC 3680 §5.1); absent in what an older version stored, as the next two. */
  readonly id?: string;
  /** Milliseconds of the wall clock when the contact was first bound. */
  readonly since?: number;
  /** What brought about its present state (RFC 3680 §4.7.1). */
  readonly event?: 'registered' | 'created' | 'refreshed' | 'shortened';
}

export interface Bindings {
  /** Changes with every save; 0 for an address-of-record that was never saved. */
  readonly version: number;
  /** May include expired ones. */
  readonly bindings: readonly Binding[];
}

/** What the registrar and the proxy need of storage. */
export interface LocationStore {
  load(aor: string): Soon<Bindings>;
  /** Replaces all bindings if the version is still the one given; false if somebody else saved meanwhile. */
  save(aor: string, version: number, bindings: readonly Binding[]): Soon<boolean>;
}

/** The bindings that have not expired, best q first; equal q keeps the order of registration. */
export function activeBindings(store: LocationStore, aor: string, now: number): Soon<readonly Binding[]> {
  return after(store.load(aor), ({ bindings }) => {
    const [only] = bindings;
    // Nearly everybody has one device: nothing to sort.
    if (bindings.length === 1 && only !== undefined && only.expiresAt > now) return bindings;
    return bindings.filter((binding) => binding.expiresAt > now).sort((a, b) => b.q - a.q);
  });
}

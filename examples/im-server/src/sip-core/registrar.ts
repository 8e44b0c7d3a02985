/*
 * The registrar (RFC 3261 §10.3), with Path (RFC 3327) and instance identifiers (RFC 5626 §6).
 */
import { parseUri, uriEquals } from '@simple-im/grammar';
import { respondTo, type Contact, type SipRequest, type SipResponse } from '@simple-im/sip';
import type { Binding, LocationStore } from './location.js';

export interface RegistrarLimits {
  /** Seconds; a shorter lifetime is answered 423 with this as Min-Expires. */
  readonly minExpires: number;
  /** Seconds; a longer lifetime is cut to it. */
  readonly maxExpires: number;
  /** Seconds, where the client names none. */
  readonly defaultExpires: number;
  /** Contacts an address-of-record may have. */
  readonly maxContacts: number;
}

export const registrarLimits: RegistrarLimits = { minExpires: 60, maxExpires: 7200, defaultExpires: 3600, maxContacts: 16 };

export interface RegistrationResult {
  readonly response: SipResponse;
  /** Bindings after the request; undefined when it was refused and nothing changed. */
  readonly bindings?: readonly Binding[];
}

/** A refusal while the bindings are worked out. */
interface Refusal {
  readonly status: number;
  readonly reason?: string;
  readonly headers?: readonly (readonly [string, string])[];
}

const SAVE_ATTEMPTS = 5;

export class Registrar {
  readonly #store: LocationStore;
  readonly #limits: RegistrarLimits;

  constructor(store: LocationStore, limits: RegistrarLimits = registrarLimits) {
    this.#store = store;
    this.#limits = limits;
  }

  /**
   * Handles an authenticated and authorised REGISTER for `aor`. `path` is the Path as it reached us, ours first.
   * `now` is the wall clock in milliseconds.
   */
  async register(request: SipRequest, aor: string, path: readonly string[], now: number): Promise<RegistrationResult> {
    for (let attempt = 0; attempt < SAVE_ATTEMPTS; attempt++) {
      const { version, bindings } = await this.#store.load(aor);
      const active = bindings.filter((binding) => binding.expiresAt > now);
      const next = this.#apply(request, active, path, now);
      if (!Array.isArray(next)) return { response: refuse(request, next as Refusal) };
      const changed = request.contacts.length > 0;
      if (!changed || (await this.#store.save(aor, version, next))) return { response: confirm(request, next, now), bindings: next };
    }
    // Another REGISTER for the same address-of-record won every time.
    return { response: respondTo(request, 500, { headers: [['Retry-After', '1']] }) };
  }

  /** The bindings after the request, or why it is refused: §10.3 steps 6 and 7, all or nothing. */
  #apply(request: SipRequest, active: readonly Binding[], path: readonly string[], now: number): readonly Binding[] | Refusal {
    const contacts = request.contacts;
    const wildcard = contacts.find((contact) => contact.wildcardContact);
    if (wildcard !== undefined) {
      if (contacts.length > 1 || request.expires !== 0) return { status: 400, reason: 'Contact * needs Expires: 0 and no other Contact' };
      return removeAll(request, active);
    }
    let next: readonly Binding[] = active;
    for (const contact of contacts) {
      const updated = this.#applyContact(request, contact, next, path, now);
      if (!Array.isArray(updated)) return updated;
      next = updated;
    }
    if (next.length > this.#limits.maxContacts) return { status: 403, reason: `At most ${this.#limits.maxContacts} contacts` };
    return next;
  }

  #applyContact(request: SipRequest, contact: Contact, bindings: readonly Binding[], path: readonly string[], now: number): readonly Binding[] | Refusal {
    const asked = contact.expires ?? request.expires ?? this.#limits.defaultExpires;
    if (asked > 0 && asked < this.#limits.minExpires) return { status: 423, headers: [['Min-Expires', String(this.#limits.minExpires)]] };
    const lifetime = Math.min(asked, this.#limits.maxExpires);
    const made = binding(request, contact, path, now + lifetime * 1000);
    const index = bindings.findIndex((existing) => isSameContact(existing, made));
    const existing = bindings[index];
    if (existing !== undefined && existing.callId === made.callId && made.cseq <= existing.cseq) return { status: 400, reason: 'CSeq is not higher than that of the binding' };
    if (lifetime === 0) return bindings.filter((_, at) => at !== index);
    return existing === undefined ? [...bindings, made] : bindings.map((kept, at) => (at === index ? made : kept));
  }
}

function removeAll(request: SipRequest, active: readonly Binding[]): readonly Binding[] | Refusal {
  const late = active.some((existing) => existing.callId === request.callId && (request.cseq?.number ?? 0) <= existing.cseq);
  return late ? { status: 400, reason: 'CSeq is not higher than that of the binding' } : [];
}

function binding(request: SipRequest, contact: Contact, path: readonly string[], expiresAt: number): Binding {
  const instance = contact.params.get('+sip.instance');
  const regId = contact.params.get('reg-id');
  const parameters = [...contact.params.entries()].filter(([name]) => !['q', 'expires'].includes(name.toLowerCase())).map(([name, value]) => (value === undefined ? `;${name}` : `;${name}=${value}`));
  return {
    contact: contact.uriText,
    parameters: parameters.join(''),
    q: contact.q ?? 1,
    expiresAt,
    callId: request.callId ?? '',
    cseq: request.cseq?.number ?? 0,
    ...(instance === undefined ? {} : { instance }),
    ...(regId === undefined ? {} : { regId }),
    path,
  };
}

/** One device over one flow is one binding (RFC 5626 §6); otherwise contacts compare as URIs (RFC 3261 §10.3 step 7). */
function isSameContact(a: Binding, b: Binding): boolean {
  if (a.instance !== undefined && a.regId !== undefined && a.instance === b.instance && a.regId === b.regId) return true;
  return uriEquals(parseUri(a.contact), parseUri(b.contact));
}

function refuse(request: SipRequest, refusal: Refusal): SipResponse {
  return respondTo(request, refusal.status, {
    ...(refusal.reason === undefined ? {} : { reason: refusal.reason }),
    ...(refusal.headers === undefined ? {} : { headers: refusal.headers }),
  });
}

/** The 200 lists every binding with what is left of its lifetime (§10.3 step 8), and Path where the client understands it. */
function confirm(request: SipRequest, bindings: readonly Binding[], now: number): SipResponse {
  const headers: [string, string][] = bindings.map((one) => ['Contact', `<${one.contact}>${one.parameters};q=${one.q};expires=${Math.ceil((one.expiresAt - now) / 1000)}`]);
  if (request.supported().includes('path')) for (const path of request.headers.all('Path')) headers.push(['Path', path]);
  headers.push(['Date', new Date(now).toUTCString()]);
  return respondTo(request, 200, { headers });
}

/*
 * The registrar (RFC 3261 §10.3), with Path (RFC 3327), the flows of a device (RFC 5626 §6) and GRUUs (RFC 5627 §5).
 */
import { isSipUri, parseUri, quote, uriEquals } from '@simple-im/grammar';
import { formatVia, respondTo, type Contact, type SipRequest, type SipResponse } from '@simple-im/sip';
import { changesOf, tracked, type ContactListener } from './contact-events.js';
import { bindingOf, isSameBinding, latestOf, registrationOf, regIdOf, type Registration } from './contact-binding.js';
import { newEpoch, newTemporary, type Gruus } from './gruus.js';
import type { Binding, LocationStore } from './location.js';

export interface RegistrarLimits {
  /** Seconds, less than an hour; a shorter lifetime is answered 423 with this as Min-Expires. */
  readonly minExpires: number;
  /** Seconds; a longer lifetime is cut to it. */
  readonly maxExpires: number;
  /** Seconds, where the client names none. */
  readonly defaultExpires: number;
  /** Contacts an address-of-record may have. */
  readonly maxContacts: number;
}

export const registrarLimits: RegistrarLimits = { minExpires: 60, maxExpires: 7200, defaultExpires: 3600, maxContacts: 16 };

/** Option tags that may stand in Require. */
export const EXTENSIONS: readonly string[] = ['path', 'outbound', 'gruu'];

export interface RegistrationResult {
  readonly response: SipResponse;
  /** Bindings after the request; undefined when it changed none. */
  readonly bindings?: readonly Binding[];
}

/** Why a REGISTER is refused. */
interface Refusal {
  readonly status: number;
  readonly reason?: string;
  readonly headers?: readonly (readonly [string, string])[];
}

/** §10.3: "the update MUST be aborted and the request fails", which is a 500. */
const OUT_OF_ORDER: Refusal = { status: 500, reason: 'CSeq Is Not Higher Than That Of The Binding' };
const ROUTING_LOOP: Refusal = { status: 403, reason: 'The Contact Leads Back To The Registrar' };
const SAVE_ATTEMPTS = 5;
/** Seconds between keepalives of a flow (RFC 5626 §4.4.1); much less than what an endpoint waits before it closes an idle connection. */
const FLOW_TIMER = 120;

export class Registrar {
  readonly #store: LocationStore;
  readonly #gruus: Gruus;
  readonly #limits: RegistrarLimits;
  readonly #onChanges: ContactListener;

  /** `onChanges`: for registration events (RFC 3680). */
  constructor(store: LocationStore, gruus: Gruus, limits: RegistrarLimits = registrarLimits, onChanges: ContactListener = () => {}) {
    this.#store = store;
    this.#gruus = gruus;
    this.#limits = limits;
    this.#onChanges = onChanges;
  }

  /**
   * Handles an authenticated and authorised REGISTER for `aor`. `path` is the Path as it reached us, ours first.
   * `now` is the wall clock in milliseconds.
   */
  async register(request: SipRequest, aor: string, path: readonly string[], now: number): Promise<RegistrationResult> {
    const registration = registrationOf(request, path, now);
    const refusal = refusalOf(registration);
    if (refusal !== undefined) return { response: refuse(request, refusal) };
    for (let attempt = 0; attempt < SAVE_ATTEMPTS; attempt++) {
      const { version, bindings } = await this.#store.load(aor);
      const active = bindings.filter((binding) => binding.expiresAt > now);
      if (request.contacts.length === 0) return { response: this.#confirm(registration, aor, active) };
      const next = this.#apply(registration, aor, active);
      if ('status' in next) return { response: refuse(request, next) };
      if (!(await this.#store.save(aor, version, next))) continue;
      const removal = { event: 'unregistered' as const, callId: request.callId ?? '', cseq: request.cseq?.number ?? 0 };
      this.#onChanges(aor, changesOf(bindings, next, now, removal), next);
      return { response: this.#confirm(registration, aor, next), bindings: next };
    }
    // Another REGISTER for the same address-of-record won every time.
    return { response: respondTo(request, 500, { headers: [['Retry-After', '1']] }) };
  }

  /** The bindings after the request, or why it is refused: §10.3 steps 6 and 7, all or nothing. */
  #apply(registration: Registration, aor: string, active: readonly Binding[]): readonly Binding[] | Refusal {
    const { request } = registration;
    if (request.contacts.some((contact) => contact.wildcardContact)) return removeAll(request, active);
    let next = active;
    for (const contact of request.contacts) {
      const updated = this.#applyContact(registration, aor, contact, next);
      if ('status' in updated) return updated;
      next = updated;
    }
    const { maxContacts } = this.#limits;
    return next.length > maxContacts && next.length > active.length ? { status: 403, reason: `At most ${maxContacts} contacts` } : next;
  }

  #applyContact(registration: Registration, aor: string, contact: Contact, bindings: readonly Binding[]): readonly Binding[] | Refusal {
    const { minExpires, maxExpires, defaultExpires } = this.#limits;
    const asked = contact.expires ?? registration.request.expires ?? defaultExpires;
    if (asked > 0 && asked < minExpires) return { status: 423, headers: [['Min-Expires', String(minExpires)]] };
    if (asked > 0 && this.#isLoop(contact, aor)) return ROUTING_LOOP;
    const read = bindingOf(contact, Math.min(asked, maxExpires), registration);
    const epoch = asked === 0 ? undefined : epochFor(read, bindings);
    const existing = bindings.find((binding) => isSameBinding(binding, read));
    const first = bindings.find((binding) => binding.gruuEpoch === epoch)?.gruuFirstCseq ?? read.cseq;
    const gruu = epoch === undefined ? {} : { gruuEpoch: epoch, gruuFirstCseq: first, gruuLatest: newTemporary() };
    const made = tracked({ ...read, ...gruu }, existing, registration.now);
    if (existing !== undefined && isOutOfOrder(registration.request, existing)) return OUT_OF_ORDER;
    if (asked === 0) return bindings.filter((binding) => binding !== existing);
    const others = bindings.map((binding) => (epoch !== undefined && binding.instance === made.instance ? { ...binding, ...gruu } : binding));
    return existing === undefined ? [...others, made] : others.map((binding, at) => (bindings[at] === existing ? made : binding));
  }

  /** A device that is reached where its user is, or at a GRUU of its user, is reached nowhere (RFC 5627 §5.1). */
  #isLoop(contact: Contact, aor: string): boolean {
    if (!contact.params.has('+sip.instance')) return false;
    const { uri } = contact;
    if (!isSipUri(uri) || uriEquals(uri, parseUri(aor))) return true;
    return this.#gruus.isGruu(uri) && this.#gruus.recipientOf(uri)?.aor === aor;
  }

  /** The 200 lists every binding with what is left of its lifetime (§10.3 step 8), and Path where the client understands it. */
  #confirm({ request, path, outbound, now }: Registration, aor: string, bindings: readonly Binding[]): SipResponse {
    const gruus = supports(request, 'gruu') ? this.#gruusOf(aor, bindings) : undefined;
    const headers: [string, string][] = bindings.map((binding) => ['Contact', `${contactOf(binding, now)}${gruus?.get(binding.instance) ?? ''}`]);
    if (supports(request, 'path')) for (const uri of path) headers.push(['Path', uri]);
    const usesFlows = outbound && request.contacts.some((contact) => regIdOf(contact) !== undefined);
    if (usesFlows && supports(request, 'outbound')) headers.push(['Require', 'outbound'], ['Flow-Timer', String(FLOW_TIMER)]);
    headers.push(['Date', new Date(now).toUTCString()]);
    const response = respondTo(request, 200, { headers });
    // §10.3: a Record-Route that some proxy added has no meaning here.
    response.headers.delete('Record-Route');
    if (outbound && request.vias.length === 1) takeKeepAlives(response);
    return response;
  }

  /** Parameters by instance: all contacts of one have the same GRUUs, the latest ones (RFC 5627 §5.2). */
  #gruusOf(aor: string, bindings: readonly Binding[]): ReadonlyMap<string | undefined, string> {
    const gruus = new Map<string | undefined, string>();
    for (const { instance, gruuEpoch, gruuLatest } of bindings) {
      if (instance === undefined || gruuEpoch === undefined || gruus.has(instance)) continue;
      const [pub, temp] = [this.#gruus.publicGruu(aor, instance), this.#gruus.temporaryGruu(aor, instance, gruuEpoch, gruuLatest)];
      if (pub !== undefined && temp !== undefined) gruus.set(instance, `;pub-gruu=${quote(pub)};temp-gruu=${quote(temp)}`);
    }
    return gruus;
  }
}

/**
 * Which temporary GRUUs of the device count from now on (RFC 5627 §5.1): none of the earlier ones where it has begun anew, which a
 * new Call-ID says, for the same flow if it has several. Undefined without an instance.
 */
function epochFor(made: Binding, bindings: readonly Binding[]): string | undefined {
  if (made.instance === undefined) return undefined;
  const siblings = bindings.filter((binding) => binding.instance === made.instance);
  const before = latestOf(siblings.filter((binding) => made.regId === undefined || binding.regId === made.regId));
  const isNewBegin = before !== undefined && before.callId !== made.callId;
  return isNewBegin ? newEpoch() : siblings[0]?.gruuEpoch ?? newEpoch();
}

/** What can be refused without a look at the bindings: §10.3 step 2, RFC 5626 §6. */
function refusalOf({ request, outbound }: Registration): Refusal | undefined {
  const unknown = request.require().filter((tag) => !EXTENSIONS.includes(tag.toLowerCase()));
  if (unknown.length > 0) return { status: 420, headers: [['Unsupported', unknown.join(', ')]] };
  if (!request.contacts.some((contact) => regIdOf(contact) !== undefined)) return undefined;
  const kept = request.contacts.filter((contact) => (contact.expires ?? request.expires) !== 0);
  if (kept.length > 1) return { status: 400, reason: 'One Contact For A reg-id' };
  const lacksOutbound = !outbound && request.vias.length > 1 && supports(request, 'outbound');
  return lacksOutbound ? { status: 439, reason: 'First Hop Lacks Outbound Support' } : undefined;
}

/** Contact: * (§10.3 step 6). */
function removeAll(request: SipRequest, active: readonly Binding[]): readonly Binding[] | Refusal {
  const isAlone = request.contacts.length === 1 && request.expires === 0;
  if (!isAlone) return { status: 400, reason: 'Contact * Needs Expires: 0 And No Other Contact' };
  return active.some((existing) => isOutOfOrder(request, existing)) ? OUT_OF_ORDER : [];
}

function isOutOfOrder(request: SipRequest, existing: Binding): boolean {
  return existing.callId === request.callId && (request.cseq?.number ?? 0) <= existing.cseq;
}

function supports(request: SipRequest, extension: string): boolean {
  return [...request.supported(), ...request.require()].some((tag) => tag.toLowerCase() === extension);
}

function refuse(request: SipRequest, refusal: Refusal): SipResponse {
  return respondTo(request, refusal.status, {
    ...(refusal.reason === undefined ? {} : { reason: refusal.reason }),
    ...(refusal.headers === undefined ? {} : { headers: refusal.headers }),
  });
}

/** The first hop, which we are, takes the keepalives that the client offers (RFC 6223 §4.4). */
function takeKeepAlives(response: SipResponse): void {
  const { via } = response;
  if (via?.params.get('keep') !== '') return;
  const { protocol, transport, host, port, params } = via;
  response.headers.removeFirst('Via');
  response.headers.prepend('Via', formatVia({ protocol, transport, host, port, params: params.with('keep', FLOW_TIMER) }));
}

function contactOf({ contact, parameters, q, expiresAt }: Binding, now: number): string {
  return `<${contact}>${parameters};q=${q};expires=${Math.ceil((expiresAt - now) / 1000)}`;
}

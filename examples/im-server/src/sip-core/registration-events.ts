/*
 * The registration event package (RFC 3680), with GRUUs (RFC 5628): which contacts an address-of-record has, and what became of them.
 */
import { createHash } from 'node:crypto';
import { byteStringToText, parseParams } from '@simple-im/grammar';
import type { EventPackage, StateDocument } from '@simple-im/sip-events';
import {
  buildRegInfo, REG_INFO_MEDIA_TYPE, type RegInfo, type RegisteredContact, type Registration, type TempGruu,
} from '@simple-im/sip-events/documents/reg';
import type { Clock } from '@simple-im/transport';
import { contactId, type ContactChange } from './contact-events.js';
import type { Gruus } from './gruus.js';
import type { Binding, LocationStore } from './location.js';

export const REGISTRATION_EVENTS = 'reg';

export interface RegistrationEventsOptions {
  readonly location: LocationStore;
  readonly clock: Clock;
  /** Milliseconds between two NOTIFYs of one subscription; RFC 3680 §4.10 recommends 5000. */
  readonly minInterval: number;
  /** A watcher is shown temporary GRUUs too: it may register itself (RFC 5628 §5), or is the IM server. */
  readonly gruus: Pick<Gruus, 'publicGruu' | 'temporaryGruu'>;
}

/** The changes given to the notifier are lists of {@link ContactChange}. */
export function registrationEvents({ location, clock, minInterval, gruus }: RegistrationEventsOptions): EventPackage {
  const now = (): number => clock.date().getTime();

  const write = (aor: string, version: number, state: RegInfo['state'], registration: Pick<Registration, 'state' | 'contacts'>): StateDocument => ({
    contentType: REG_INFO_MEDIA_TYPE,
    body: buildRegInfo({ version, state, registrations: [{ aor, id: registrationId(aor), ...registration }] }),
  });

  const contactOf = (aor: string, { binding, event, at, retryAfter }: ContactChange, active: readonly Binding[]): RegisteredContact => {
    // A change waits its time, and another contact of the device may have been registered since.
    const device = active.find(({ instance }) => instance === binding.instance);
    const [pubGruu, temporary] = gruusOf(gruus, aor, device ?? binding);
    // Those of a device that is gone are no more (RFC 5627 §5.3).
    const tempGruu = device === undefined ? undefined : temporary;
    const isActive = !TERMINATING.has(event);
    return {
      id: contactId(binding),
      state: isActive ? 'active' : 'terminated',
      event,
      uri: binding.contact,
      q: String(binding.q),
      callId: binding.callId,
      cseq: binding.cseq,
      ...(binding.since === undefined ? {} : { durationRegistered: seconds((isActive ? now() : at) - binding.since) }),
      ...(isActive ? { expires: Math.ceil(Math.max(0, binding.expiresAt - now()) / 1000) } : {}),
      ...(retryAfter === undefined ? {} : { retryAfter }),
      unknownParams: unknownParams(binding),
      ...(pubGruu === undefined ? {} : { pubGruu: { uri: pubGruu } }),
      ...(tempGruu === undefined ? {} : { tempGruu }),
    };
  };

  const activeOf = async (aor: string): Promise<readonly Binding[]> => {
    const { bindings } = await location.load(aor);
    return bindings.filter((binding) => binding.expiresAt > now());
  };

  return {
    name: REGISTRATION_EVENTS,
    // Longer than a registration's, so that their refreshes do not fall together (§4.4).
    defaultExpires: 3761,
    contentTypes: [REG_INFO_MEDIA_TYPE],
    minInterval,

    async fullState(aor, { version }) {
      const bindings = await activeOf(aor);
      const contacts = bindings.map((binding) => contactOf(aor, { binding, event: binding.event ?? 'registered', at: now() }, bindings));
      return { ...write(aor, version, 'full', { state: contacts.length === 0 ? 'init' : 'active', contacts }), etag: entityTag(bindings) };
    },

    /** Of each contact the last transition; "terminated" is told once and is "init" from then on (§4.7.1). */
    async partialState(aor, { version }, changes) {
      const latest = new Map<string, ContactChange>();
      for (const change of (changes as readonly (readonly ContactChange[])[]).flat()) latest.set(contactId(change.binding), change);
      const active = await activeOf(aor);
      const contacts = [...latest.values()].map((change) => contactOf(aor, change, active));
      return write(aor, version, 'partial', { state: active.length === 0 ? 'terminated' : 'active', contacts });
    },

    // Documents differ by their number alone.
    view: (_aor, { version }) => String(version),
  };
}

/** All contacts of an instance have the same GRUUs, and the temporary one is that which the last REGISTER of one was given (RFC 5628 §5). */
function gruusOf(gruus: RegistrationEventsOptions['gruus'], aor: string, binding: Binding): [publicGruu: string | undefined, temporary: TempGruu | undefined] {
  const { instance, gruuEpoch, gruuFirstCseq, gruuLatest } = binding;
  if (instance === undefined || gruuEpoch === undefined) return [undefined, undefined];
  const uri = gruuFirstCseq === undefined ? undefined : gruus.temporaryGruu(aor, instance, gruuEpoch, gruuLatest);
  return [gruus.publicGruu(aor, instance), uri === undefined || gruuFirstCseq === undefined ? undefined : { uri, firstCseq: gruuFirstCseq }];
}

const TERMINATING: ReadonlySet<string> = new Set(['expired', 'deactivated', 'probation', 'unregistered', 'rejected']);

/** The same in every notification, another for another address-of-record (§5.1). */
function registrationId(aor: string): string {
  return createHash('sha256').update(aor).digest('base64url').slice(0, 16);
}

/** Two documents of one state differ in their number and in seconds (RFC 5839 §6.1). */
function entityTag(bindings: readonly Binding[]): string {
  const state = bindings.map((binding) => [contactId(binding), binding.event, binding.callId, binding.cseq]);
  return createHash('sha256').update(JSON.stringify(state)).digest('hex').slice(0, 16);
}

/** Parameters of Contact that RFC 3261 does not define, with their quotes, as the example of RFC 5628 §7 has them. */
function unknownParams({ parameters }: Binding): { readonly name: string; readonly value: string }[] {
  return parseParams(parameters).entries().map(([name, value]) => ({ name, value: byteStringToText(value ?? '') }));
}

function seconds(milliseconds: number): number {
  return Math.max(0, Math.floor(milliseconds / 1000));
}
